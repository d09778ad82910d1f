"""Wait a little, commit once: a batcher without a clock of its own."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from bridge.decide.decision import Decision
from bridge.manifest.target import Target


@dataclass(frozen=True, slots=True)
class Debounce:
    """Due after `quiet` seconds without news, at the latest `longest` after the first."""

    quiet: float
    longest: float


@dataclass(slots=True)
class _Timer:
    """When a debounce comes due; None while nothing waits."""

    debounce: Debounce
    first: float | None = None
    last: float = 0.0

    def touch(self, now: float) -> None:
        self.first = now if self.first is None else self.first
        self.last = now

    @property
    def due_at(self) -> float | None:
        if self.first is None:
            return None
        return min(self.last + self.debounce.quiet, self.first + self.debounce.longest)


class Batcher:
    """Decisions waiting to become one commit; the last one for each target counts."""

    def __init__(self, debounce: Debounce, scale_up: Debounce) -> None:
        self._waiting: dict[Target, Decision] = {}
        self._raising: set[Target] = set()
        self._any = _Timer(debounce)
        self._up = _Timer(scale_up)

    def put(self, decision: Decision, now: float) -> None:
        """Takes a decision; one that wants no change voids what waits for its target."""
        if not self._waiting and not decision.changes:
            return
        before = self._waiting.get(decision.target)
        self._raising.discard(decision.target)
        if decision.raises:
            self._raising.add(decision.target)
        if not decision.changes:
            self._waiting.pop(decision.target, None)
        else:
            self._waiting[decision.target] = decision
            if before is None or _news(before) != _news(decision):
                self._touch(decision, now)
        if not self._raising:
            self._up.first = None
        if not self._waiting:
            self._any.first = None

    def _touch(self, decision: Decision, now: float) -> None:
        self._any.touch(now)
        if decision.raises:
            self._up.touch(now)

    def put_back(self, decisions: Iterable[Decision], now: float) -> None:
        """Lets what was taken and could not be committed wait again, unless there is news."""
        for decision in decisions:
            if decision.target not in self._waiting:
                self.put(decision, now)

    @property
    def waiting(self) -> tuple[Decision, ...]:
        """What the next batch holds so far."""
        return tuple(self._waiting.values())

    @property
    def since(self) -> float | None:
        """When the first of them came, in the caller's clock; None while nothing waits."""
        return self._any.first

    @property
    def due_at(self) -> float | None:
        """When the batch is to be taken, in the caller's clock; None while nothing waits."""
        if not self._waiting:
            return None
        due = [at for at in (self._any.due_at, self._up.due_at) if at is not None]
        return min(due) if due else None

    def take(self) -> tuple[Decision, ...]:
        """The batch, sorted by target; the batcher is empty afterwards."""
        batch = tuple(sorted(self.waiting, key=_by_target))
        self._waiting.clear()
        self._raising.clear()
        self._any.first = self._up.first = None
        return batch

    def keep(self, targets: Collection[Target]) -> None:
        """Drops what waits for other targets: no policy governs them any more."""
        for target, decision in list(self._waiting.items()):
            if target not in targets:
                self.put(replace(decision, desired=decision.current, adopts=False), 0.0)


def _news(decision: Decision) -> tuple[int, bool]:
    return decision.desired, decision.raises


def _by_target(decision: Decision) -> str:
    return str(decision.target)
