"""The log of a round: what is new, once, and once for all members of a fleet that share it."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

import structlog

from bridge.decide.decision import Decision
from bridge.observe.events import EVENTS
from bridge.service.outcome import Outcome

log = structlog.get_logger()

_DIGITS = re.compile(r"[0-9.]+")


class News:
    """Remembers what was said of each policy, or member of a fleet, last."""

    def __init__(self) -> None:
        self._told: dict[str, str] = {}
        self._new: dict[tuple[str, str], list[Outcome]] = defaultdict(list)

    def hear(self, outcome: Outcome, *, lost: bool = False) -> None:
        """One of a round's outcomes: no news while it stays the same, but for digits.

        Ages and values move with every tick. Where Prometheus is `lost`, and that was told,
        unknown metrics are no news.
        """
        event, facts = _event(outcome), _facts(outcome)
        title, news = outcome.policy.title, _news(outcome, f"{event} {facts}")
        known = self._told.get(title) == news or (lost and event == "metrics_unknown")
        if known or event == "steady":
            log.debug(event, **_whose(outcome), **facts)
        else:
            self._new[outcome.policy.name, news].append(outcome)
        self._told[title] = news

    def tell(self) -> None:
        """What was new in the round, once for all members of a fleet that share it."""
        for first, *others in self._new.values():
            more = {"others": len(others)} if others else {}
            event = _event(first)
            getattr(log, EVENTS[event].level)(event, **_whose(first), **_facts(first), **more)
        self._new.clear()


def _news(outcome: Outcome, told: str) -> str:
    """Without digits, and without what only names the member."""
    if outcome.policy.is_member:
        target = outcome.policy.target
        for name in filter(None, (target.name, target.namespace)):
            told = told.replace(name, "")
    return _DIGITS.sub("", told)


def _event(outcome: Outcome) -> str:
    made = outcome.decision
    if made is None:
        return "not_decided"
    if made.errors:
        return "metrics_unknown"
    if made.hold:
        return "quarrel" if made.hold.override.rivals else "held"
    return "decided" if made.changes else "steady"


def _whose(outcome: Outcome) -> dict[str, str]:
    policy = outcome.policy
    whose = {"policy": policy.name}
    return {**whose, "target": str(policy.target)} if policy.is_member else whose


def _facts(outcome: Outcome) -> dict[str, Any]:
    made = outcome.decision
    if made is None:
        return {"error": outcome.problem}
    return {"current": made.current, "desired": made.desired, "reason": made.reason}


def tell_turns(before: Decision | None, decision: Decision) -> None:
    """What begins or ends with a decision, and was not so with the one before."""
    facts = {"policy": decision.policy, "target": str(decision.target)}
    stuck_before = before is not None and bool(before.stuck_rollout)
    if decision.stuck_rollout and not stuck_before:
        log.warning("rollout_stuck", reason=decision.stuck_rollout, **facts)
    elif stuck_before and not decision.stuck_rollout:
        log.info("rollout_goes_on", **facts)
    if before is not None and before.hold and not decision.hold:
        log.info("hold_ended", held_at=before.hold.override.count, **facts)
