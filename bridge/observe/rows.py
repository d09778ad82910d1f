"""The targets as rows: what state each is in, and which of thousands are shown."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil
from operator import itemgetter
from typing import Any, Final, Literal, get_args

from bridge.decide.decision import Decision
from bridge.evaluate.reading import Reading

State = Literal[
    "failed", "stuck", "unknown", "held", "paused", "changing", "in flight", "steady", "suspended"
]
STATES: Final[tuple[State, ...]] = get_args(State)
_ORDER: Final = {state: place for place, state in enumerate(STATES)}
TROUBLE: Final = frozenset({"failed", "stuck", "unknown"})
Sort = Literal["attention", "target", "policy", "live", "committed", "desired"]
_PAUSES: Final = ("spec.paused", "spec.pausedUntil", "spec.pausedReplicas")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a round saw of a target, beside its decision."""

    target: str
    policy: str
    at: datetime
    live: int | None = None
    live_error: str = ""
    committed: int | None = None
    readings: tuple[Reading, ...] = ()
    in_flight_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A target, as the last round that looked at it left it."""

    repo: str
    title: str
    decision: Decision | None
    problem: str = ""
    suspended: bool = False
    waiting: bool = False
    seen: Seen | None = None

    @property
    def id(self) -> str:
        """Short, the same for ever, and fit for a URL."""
        return hashlib.sha256(f"{self.repo}\0{self.title}".encode()).hexdigest()[:16]

    @property
    def target(self) -> str:
        """Its own name; where nobody ever saw it, the policy's."""
        if self.decision:
            return str(self.decision.target)
        return self.seen.target if self.seen else self.title

    @property
    def policy(self) -> str:
        """The name of the policy that governs it."""
        if self.decision:
            return self.decision.policy
        return self.seen.policy if self.seen else self.title

    @property
    def live(self) -> int | None:
        """Ready replicas."""
        return self.seen.live if self.seen else None

    @property
    def committed(self) -> int | None:
        """What Git says."""
        if self.decision:
            return self.decision.committed
        return self.seen.committed if self.seen else None

    @property
    def desired(self) -> int | None:
        """What was decided."""
        return self.decision.desired if self.decision and not self.suspended else None

    @property
    def state(self) -> State:
        """The one that most concerns a person."""
        if self.suspended:
            return "suspended"
        if self.problem or self.decision is None:
            return "failed"
        state = _state(self.decision)
        moving = state == "steady" and self.seen and self.seen.in_flight_since
        return "in flight" if moving else state

    def says(self, words: Iterable[str]) -> bool:
        """Whether each of these lower-case words is in its names, its state or its reasons."""
        why = self.decision.reason if self.decision else ""
        text = f"{self.target} {self.policy} {self.repo} {self.state} {self.problem} {why}".lower()
        return all(word in text for word in words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which rows, in which order, and how many at once."""

    words: tuple[str, ...] = ()
    states: frozenset[str] = frozenset()
    sort: Sort = "attention"
    descending: bool = False
    page: int = 1
    size: int = 50


@dataclass(frozen=True, slots=True)
class Shown:
    """A page of rows, and what it is a page of."""

    rows: Sequence[Row]
    page: int
    pages: int
    matching: int
    total: int
    states: Mapping[str, int] = field(default_factory=dict)
    """How many of all rows are in each state."""


def chosen(rows: Sequence[Row], wanted: Wanted) -> Shown:
    """The page that is asked for, or the last one where there are fewer."""
    states = [row.state for row in rows]
    key = _KEYS[wanted.sort]
    found = [
        (key(row, state), row)
        for row, state in zip(rows, states, strict=True)
        if (not wanted.states or state in wanted.states)
        and (not wanted.words or row.says(wanted.words))
    ]
    found.sort(key=itemgetter(0), reverse=wanted.descending)
    pages = max(1, ceil(len(found) / wanted.size))
    page = min(wanted.page, pages)
    start = (page - 1) * wanted.size
    part = [row for _, row in found[start : start + wanted.size]]
    return Shown(part, page, pages, len(found), len(rows), Counter(states))


def _state(made: Decision) -> State:
    if made.stuck_rollout:
        return "stuck"
    if made.errors:
        return "unknown"
    pause = made.hold and made.hold.override.paused_until
    if pause or any(step.field in _PAUSES for step in made.steps):
        return "paused"
    if made.hold:
        return "held"
    return "changing" if made.changes else "steady"


def _count(number: int | None) -> int:
    return -1 if number is None else number


_KEYS: Final[Mapping[Sort, Callable[[Row, State], Any]]] = {
    "attention": lambda row, state: (_ORDER[state], row.target),
    "target": lambda row, _: row.target,
    "policy": lambda row, _: (row.policy, row.target),
    "live": lambda row, _: (_count(row.live), row.target),
    "committed": lambda row, _: (_count(row.committed), row.target),
    "desired": lambda row, _: (_count(row.desired), row.target),
}
