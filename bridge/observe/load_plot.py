"""Need, supply and commits over time in one picture: SVG, a page of HTML, or matplotlib's PNG."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from pathlib import Path

from bridge.errors import ConfigInvalid
from bridge.observe.curve import need_matplotlib

Step = tuple[int, float | None]
"""From that second on so much; None: unknown."""

Lack = tuple[int, int, int, float]
"""From one second to before another so many were ready, and so many needed."""

_WIDTH, _HEIGHT = 1000, 320
_LEFT, _TOP, _ROW = 50, 48, 32
_COLORS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#555555")
"""Told apart by the colour-blind (Okabe and Ito, Color Universal Design); the dashes help, too."""
_DASHES = ((), (7, 3), (2, 2), (9, 3, 2, 3), (4, 4))
NEED, SHORT = "#d9d9d9", "#d55e00"


@dataclass(frozen=True, slots=True)
class Supply:
    """One contestant: its ready replicas, the seconds of its commits, and where it fell short."""

    name: str
    steps: Sequence[Step]
    commits: Sequence[int]
    lacks: Sequence[Lack] = ()


@dataclass(frozen=True, slots=True)
class Plot:
    """All of a picture; the first supply's shortages are marked."""

    title: str
    begin: datetime
    seconds: int
    need: Sequence[Step]
    supplies: Sequence[Supply]


def suffix_of(file: Path) -> str:
    """Which kind of picture a file is to be.

    Raises:
        ConfigInvalid: none of ours, or one that needs a library that is not installed.
    """
    kind = file.suffix.lower()
    if kind not in (".svg", ".html", ".png"):
        raise ConfigInvalid(f"--plot {file}: expected a name that ends with .svg, .html or .png")
    if kind == ".png":
        need_matplotlib()
    return kind


def write_plot(plot: Plot, file: Path) -> None:
    """Writes the picture that the file's suffix asks for.

    Raises:
        ConfigInvalid: see suffix_of; or the file can't be written.
    """
    kind = suffix_of(file)
    try:
        if kind == ".png":
            from bridge.observe.load_plot_png import write_png

            write_png(plot, file)
        else:
            file.write_text(svg(plot) if kind == ".svg" else page(plot), "utf-8")
    except OSError as error:
        raise ConfigInvalid(f"--plot {file}: can't be written: {error.strerror}") from error


def page(plot: Plot) -> str:
    """The picture as a page of its own."""
    title = escape(plot.title)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>body{{font-family:sans-serif;margin:2em}}svg{{max-width:100%;height:auto}}</style>"
        f"</head><body><h1>{title}</h1>\n{svg(plot)}</body></html>\n"
    )


def svg(plot: Plot) -> str:
    """The need as an area, supplies as lines, red where the first falls short; commits below."""
    return "".join(_drawn(plot))


def _drawn(plot: Plot) -> Iterator[str]:
    rows = len(plot.supplies)
    height = _TOP + _HEIGHT + 64 + _ROW * rows
    top = max((most for _, _, most in _columns(plot.need, plot.seconds)), default=1.0)
    for supply in plot.supplies:
        top = max([top, *(most for _, _, most in _columns(supply.steps, plot.seconds))])
    scale = _HEIGHT / max(top * 1.05, 1.0)
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDTH + 20} {height}" '
        f'font-family="sans-serif" font-size="12" role="img"><title>{escape(plot.title)}</title>\n'
        f'<rect width="100%" height="100%" fill="white"/>\n'
        f'<text x="{_LEFT}" y="18" font-size="14">{escape(plot.title)}</text>\n'
    )
    yield from _axes(plot, top, scale)
    yield _area(plot, scale)
    if plot.supplies:
        yield _shortages(plot, scale)
    for row in reversed(range(rows)):  # the first one on top
        drawn = _line(plot.supplies[row].steps, plot.seconds, scale)
        yield f'<path d="{drawn}" fill="none" {_stroke(row)}/>\n'
    yield from _legend(plot)
    yield "</svg>\n"


def color_of(row: int) -> str:
    """Of the contestant in that row."""
    return _COLORS[row % len(_COLORS)]


def dashes_of(row: int) -> tuple[int, ...]:
    """Lengths of stroke and gap; empty: a whole line."""
    return _DASHES[row % len(_DASHES)]


def _stroke(row: int) -> str:
    dashes = " ".join(map(str, dashes_of(row)))
    return f'stroke="{color_of(row)}" stroke-width="2" stroke-dasharray="{dashes or "none"}"'


def _columns(steps: Sequence[Step], seconds: int) -> Iterator[tuple[int, float, float]]:
    """For each column of pixels the least and the most of what is known in it."""
    ends = [*(start for start, _ in steps[1:]), seconds]
    found: dict[int, tuple[float, float]] = {}
    for (start, amount), end in zip(steps, ends, strict=True):
        if amount is None or end <= 0:
            continue
        first, last = max(start, 0) * _WIDTH // seconds, max(end - 1, 0) * _WIDTH // seconds
        for column in range(first, last + 1):
            least, most = found.get(column, (amount, amount))
            found[column] = min(least, amount), max(most, amount)
    for column in sorted(found):
        yield column, *found[column]


def _y(amount: float, scale: float) -> float:
    return round(_TOP + _HEIGHT - amount * scale, 1)


def _area(plot: Plot, scale: float) -> str:
    tops = [(x, _y(0, scale), _y(most, scale)) for x, _, most in _columns(plot.need, plot.seconds)]
    return f'<path d="{_bars(tops)}" fill="{NEED}"/>\n'


def _bars(columns: Iterable[tuple[int, float, float]]) -> str:
    """From one height to another in each column; equal neighbours are one bar."""
    drawn: list[tuple[int, int, float, float]] = []
    for x, low, high in columns:
        if drawn and drawn[-1][1:] == (x, low, high):
            drawn[-1] = (drawn[-1][0], x + 1, low, high)
        else:
            drawn.append((x, x + 1, low, high))
    return "".join(
        f"M{_LEFT + x} {low:g}V{high:g}h{end - x}V{low:g}z" for x, end, low, high in drawn
    )


def _line(steps: Sequence[Step], seconds: int, scale: float) -> str:
    """Through each column's least and most."""
    drawn, before, at = [], -2, math.nan
    for x, least, most in _columns(steps, seconds):
        low, high = _y(least, scale), _y(most, scale)
        if x != before + 1:
            drawn.append(f"M{_LEFT + x} {low:g}")
            at = low
        if (low, high) != (at, at):
            drawn.append(f"H{_LEFT + x}V{low:g}V{high:g}")
        at, before = high, x
    return "".join([*drawn, f"H{_LEFT + before + 1}"] if drawn else [])


def _shortages(plot: Plot, scale: float) -> str:
    """The worst lack of each column, from what was ready to what was needed."""
    worst: dict[int, tuple[float, int, float]] = {}
    for begin, end, ready, need in plot.supplies[0].lacks:
        for x in range(begin * _WIDTH // plot.seconds, (end - 1) * _WIDTH // plot.seconds + 1):
            worst[x] = max(worst.get(x, (0.0, 0, 0.0)), (need - ready, ready, need))
    lacks = [
        (x, _y(ready, scale), _y(need, scale)) for x, (_, ready, need) in sorted(worst.items())
    ]
    return f'<path d="{_bars(lacks)}" fill="{SHORT}" fill-opacity="0.7"/>\n'


def _axes(plot: Plot, top: float, scale: float) -> Iterator[str]:
    every = max(1, round(top / 5))
    for count in range(0, int(top) + 1, every):
        y = _y(count, scale)
        yield f'<path d="M{_LEFT} {y}h{_WIDTH}" stroke="#eeeeee"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4}" text-anchor="end">{count}</text>\n'
    yield f'<text x="{_LEFT - 8}" y="{_TOP - 12}" fill="#666666">replicas</text>\n'
    shown = "%Y-%m-%d %H:%M" if plot.seconds >= 86_400 else "%H:%M:%S"
    for part in range(5):
        at = plot.begin + timedelta(seconds=plot.seconds * part / 4)
        anchor = "start" if part == 0 else "end" if part == 4 else "middle"
        zone = " UTC" if part == 4 else ""
        x, y = _LEFT + _WIDTH * part // 4, _TOP + _HEIGHT + 18
        yield f'<text x="{x}" y="{y}" text-anchor="{anchor}">{at:{shown}}{zone}</text>\n'


def _legend(plot: Plot) -> Iterator[str]:
    """A row for each contestant: its name, and a tick for each of its commits below."""
    base = _TOP + _HEIGHT + 44
    for row, supply in enumerate(plot.supplies):
        y = base + _ROW * row
        columns = sorted({second * _WIDTH // plot.seconds for second in supply.commits})
        ticks = "".join(f"M{_LEFT + x} {y + 4}v10" for x in columns)
        yield f'<path d="M{_LEFT} {y - 4}h36" {_stroke(row)}/>'
        yield f'<text x="{_LEFT + 44}" y="{y}">{escape(named(supply))}</text>'
        yield f'<path d="{ticks}" stroke="{color_of(row)}"/>\n'
    y = base + _ROW * len(plot.supplies) + 6
    keys = ((NEED, 1, "replicas needed"), (SHORT, 0.7, "too few of the first one ready"))
    for place, (color, opacity, text) in enumerate(keys):
        x = _LEFT + 200 * place
        yield f'<path d="M{x} {y - 10}h36v12h-36z" fill="{color}" fill-opacity="{opacity}"/>'
        yield f'<text x="{x + 44}" y="{y}">{text}</text>\n'


def named(supply: Supply) -> str:
    """A contestant with its changes."""
    count = len(supply.commits)
    return f"{supply.name}: {count or 'no'} change{'' if count == 1 else 's'}"
