"""From the metrics' wish to a count: stabilisation first, then the rates and the bounds.

Source: kubernetes pkg/controller/podautoscaler/horizontal.go, normalizeDesiredReplicas and
normalizeDesiredReplicasWithBehaviors.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from bridge.decide.behavior import Bounds, Changes, Limit, factor_limited, rate_limited
from bridge.decide.memory import Memory, Recommended
from bridge.decide.recommendation import Tolerance
from bridge.decide.stabilization import Steps, Windows, highest_of, remembered, stabilized
from bridge.policy.behavior import Behavior, Level


class Condition(NamedTuple):
    """A status condition, without its message."""

    status: Literal["True", "False", "Unknown"]
    reason: str


@dataclass(frozen=True, slots=True)
class Flags:
    """The HPA controller's flags: what holds where an object says nothing."""

    tolerance: float = 0.1
    downscale_stabilization_s: float = 300
    scale_up_limit_factor: float = 2
    scale_up_limit_minimum: float = 4
    zero_mode: Literal["legacy", "condition"] = "legacy"


@dataclass(frozen=True)  # without slots: both windows and tolerance are worked out once
class Order:
    """What the owner asks for: bounds, and `behavior`, or None for an HPA that has none."""

    bounds: Bounds
    behavior: Behavior | None
    flags: Flags = Flags()
    wakes: bool = True
    """Whether some metric still says something at 0 replicas (Object, External)."""

    @cached_property
    def tolerance(self) -> Tolerance:
        """The object's own, or the controller's."""
        if self.behavior is None:
            return Tolerance(self.flags.tolerance, self.flags.tolerance)
        up, down = self.behavior.scale_up.tolerance, self.behavior.scale_down.tolerance
        return Tolerance(
            self.flags.tolerance if up is None else float(up),
            self.flags.tolerance if down is None else float(down),
        )

    @cached_property
    def ignored(self) -> Tolerance:
        """What a wish leaves alone: nothing where a level is held, which has steps of its own."""
        leveled = self.behavior is not None and self.behavior.level is not None
        return Tolerance(0.0, 0.0) if leveled else self.tolerance

    @cached_property
    def windows(self) -> Windows:
        """The object's own, or the controller's."""
        default = self.flags.downscale_stabilization_s
        if self.behavior is None:
            return Windows(0, default)
        if self.behavior.level:
            return _level_windows(self.behavior.level)
        up, down = self.behavior.scale_up, self.behavior.scale_down
        seconds = down.stabilization_window_seconds
        return Windows(
            up.stabilization_window_seconds,
            default if seconds is None else seconds,
            up_quantile=up.stabilization_quantile,
            down_quantile=down.stabilization_quantile,
            surge=up.surge,
        )


def _level_windows(level: Level) -> Windows:
    steps = Steps(level.quantile, level.up, level.down, level.surge)
    return Windows(level.window, level.window, steps=steps)


@dataclass(frozen=True, slots=True)
class Normalized:
    """A count and both steps to it."""

    stable: int
    replicas: int
    stability: str
    limit: Limit
    recommended: tuple[Recommended, ...]
    rule: int | None = None
    """The place of the scaling policy that limited it; None where none did."""

    @property
    def able_to_scale(self) -> Condition:
        """AbleToScale: whether the window held the wish."""
        return Condition("True", self.stability)

    @property
    def scaling_limited(self) -> Condition:
        """ScalingLimited: whether a rate or bound held the rest of it."""
        return Condition("True" if self.replicas != self.stable else "False", self.limit)


def normalized(current: int, desired: int, order: Order, memory: Memory) -> Normalized:
    """The wish after the owner's windows, rates and bounds."""
    past = memory.recommended or ()
    after = remembered(desired, order.windows, past)
    if order.behavior is None:
        stable = highest_of(desired, order.windows.down, past)
        flags = order.flags
        limited = factor_limited(
            current, stable, order.bounds, flags.scale_up_limit_factor, flags.scale_up_limit_minimum
        )
        held = "ScaleDownStabilized"
    else:
        stable = stabilized(current, desired, order.windows, past)
        changes = Changes(memory.ups, memory.downs)
        limited = rate_limited(current, stable, order.bounds, order.behavior, changes)
        held = held_reason(current, desired)
    stability = held if stable != desired else "ReadyForNewScale"
    return Normalized(stable, limited.replicas, stability, limited.limit, after, limited.rule)


def held_reason(current: int, desired: int) -> str:
    """Which window held a wish, by the HPA's name of it."""
    return "ScaleUpStabilized" if desired >= current else "ScaleDownStabilized"
