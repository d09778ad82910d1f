"""Charts of one line: the whole run from left to right, the future still empty. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from rich.text import Text

_BARS: Final = "▁▂▃▄▅▆▇█"
_FUTURE: Final = "·"


@dataclass(slots=True)
class Chart:
    """Values over time, drawn as bars; each keeps the style it was added with."""

    seconds: float
    points: list[tuple[float, float, str]] = field(default_factory=list)

    def add(self, at: float, value: float, style: str) -> None:
        """Notes a value; times only grow."""
        self.points.append((at, value, style))

    def draw(self, width: int, top: float) -> Text:
        """The largest value of each cell's time, as bars below `top`."""
        cells: list[tuple[float, str] | None] = [None] * width
        for at, value, style in self.points:
            place = min(int(at / self.seconds * width), width - 1)
            best = cells[place]
            if best is None or value >= best[0]:
                cells[place] = (value, style)
        line = Text()
        for cell in cells[: self._drawn(cells)]:
            line.append(*_bar(cell, top))
        return line.append(_FUTURE * (width - len(line)), "grey35")

    @staticmethod
    def _drawn(cells: list[tuple[float, str] | None]) -> int:
        """The cells up to now; gaps before it are drawn empty."""
        return max((place for place, cell in enumerate(cells) if cell), default=-1) + 1


def _bar(cell: tuple[float, str] | None, top: float) -> tuple[str, str]:
    if cell is None:
        return " ", ""
    value, style = cell
    height = min(len(_BARS) - 1, max(0, round(value / top * len(_BARS)) - 1))
    return _BARS[height], style
