"""What a decision remembers of the past: wishes and changes, each with its age."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeVar

from bridge.policy.behavior import ScalingRules

_Item = TypeVar("_Item")


class Recommended(NamedTuple):
    """What the metrics wished for, `age` seconds ago."""

    age: float
    replicas: int


@dataclass(frozen=True, slots=True)
class Change:
    """A scaling in one direction `age` seconds ago; `by` is positive."""

    age: float
    by: int
    outdated: bool = False

    def older(self, seconds: float) -> Change:
        """The same, that much later."""
        return Change(self.age + seconds, self.by, self.outdated)


@dataclass(frozen=True, slots=True)
class Memory:
    """All that the next decision needs; `recommended` is None before the first one."""

    recommended: tuple[Recommended, ...] | None = None
    ups: tuple[Change, ...] = ()
    downs: tuple[Change, ...] = ()
    scaled_to_zero: bool | None = None

    def recommending(self, wishes: tuple[Recommended, ...]) -> Memory:
        """The same with these wishes."""
        return Memory(wishes, self.ups, self.downs, self.scaled_to_zero)

    def older(self, seconds: float) -> Memory:
        """The same, that much later."""
        if not (self.recommended or self.ups or self.downs):
            return self
        recommended = self.recommended
        if recommended is not None:
            recommended = tuple([Recommended(age + seconds, count) for age, count in recommended])
        return Memory(
            recommended,
            tuple([change.older(seconds) for change in self.ups]),
            tuple([change.older(seconds) for change in self.downs]),
            self.scaled_to_zero,
        )


def changed(changes: Iterable[Change], period: float) -> int:
    """How many replicas the changes within the period come to."""
    return sum(change.by for change in changes if change.age < period)


def with_change(changes: Iterable[Change], rules: ScalingRules, by: int) -> tuple[Change, ...]:
    """The changes of one direction after one more; outdated ones make room, as in the HPA."""
    longest = max((rule.period_seconds for rule in rules.policies), default=0)
    marked = [
        replace(change, outdated=change.outdated or change.age > longest) for change in changes
    ]
    return with_newest(marked, Change(0, by), lambda change: change.outdated)


def with_newest(
    items: Iterable[_Item], newest: _Item, outdated: Callable[[_Item], bool]
) -> tuple[_Item, ...]:
    """The newest takes the place of the last outdated one, or the end."""
    kept = list(items)
    places = [place for place, item in enumerate(kept) if outdated(item)]
    if places:
        kept[places[-1]] = newest
    else:
        kept.append(newest)
    return tuple(kept)
