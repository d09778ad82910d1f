"""Finding alerts by a label: of thousands, each rule looks at a few."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Generic, Protocol, TypeVar


class Labelled(Protocol):
    """Whatever has labels."""

    @property
    def labels(self) -> Mapping[str, str]: ...


_Item = TypeVar("_Item", bound=Labelled)


class LabelIndex(Generic[_Item]):
    """Made label by label, when one is first asked for."""

    def __init__(self, items: Sequence[_Item]) -> None:
        self._items = items
        self._by: dict[str, dict[str | None, list[_Item]]] = {}

    def having(self, label: str, value: str | None) -> Sequence[_Item]:
        """Those whose label has this value, in their order; None: those without it."""
        if label not in self._by:
            found: dict[str | None, list[_Item]] = defaultdict(list)
            for item in self._items:
                found[item.labels.get(label)].append(item)
            self._by[label] = found
        return self._by[label].get(value, ())

    def near(self, match: Mapping[str, str]) -> Sequence[_Item]:
        """All that have these labels and some others: the fewest that share one of them."""
        return min((self.having(*pair) for pair in match.items()), key=len)
