"""Paused altogether, at a count, until a time, or in one direction; by a policy or an order.

Source: kedacore/keda apis/keda/v1alpha1/scaledobject_types.go and controllers/keda/hpa.go.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from bridge.decide.override import LONGEST_PAUSE
from bridge.policy.behavior import Behavior
from bridge.policy.model import Spec
from bridge.units import parse_duration


@dataclass(frozen=True, slots=True)
class Pauses:
    """What is switched off, and what is forced on."""

    paused: bool = False
    scale_in: bool = False
    scale_out: bool = False
    force_activation: bool = False

    @classmethod
    def of(cls, spec: Spec) -> Self:
        """By the policy's fields; a pause altogether ends before this counts."""
        return cls(scale_in=spec.paused_scale_in, scale_out=spec.paused_scale_out)


def paused_behavior(behavior: Behavior, pauses: Pauses) -> Behavior:
    """The behaviour with the paused directions disabled."""
    disabled = {"select_policy": "Disabled"}
    changes: dict[str, object] = {}
    if pauses.scale_out:
        changes["scale_up"] = behavior.scale_up.model_copy(update=disabled)
    if pauses.scale_in:
        changes["scale_down"] = behavior.scale_down.model_copy(update=disabled)
    return behavior.model_copy(update=changes) if changes else behavior


def until_when(text: str, now: datetime) -> datetime:
    """A time with its zone, or a duration from now.

    Raises:
        ValueError: it is neither, or no time that a pause can end at.
    """
    try:
        until = now + timedelta(seconds=parse_duration(text))
    except ValueError:
        until = _time(text)
    if fault := _fault(until, now):
        raise ValueError(fault)
    return until


def _time(text: str) -> datetime:
    try:
        until = datetime.fromisoformat(text)
    except ValueError:
        until = None
    if until is None or until.tzinfo is None:
        raise ValueError(f"{text!r} is no time: give 2h, or 2026-03-04T18:00Z")
    return until


def _fault(until: datetime, now: datetime) -> str:
    """Why a target can't be paused until then; empty where it can."""
    if until <= now:
        return f"{until:%Y-%m-%d %H:%M %Z} is over: name a time to come"
    if until > now + LONGEST_PAUSE:
        return (
            "a pause lasts 24 hours at most: for a longer one, set spec.pausedUntil in the policy"
        )
    return ""
