"""Need, supply and commits over time in one picture: SVG, a page of HTML, or matplotlib's PNG."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
_LEFT, _TOP, _ROW = 50, 30, 32
_COLORS = ("#0b63ce", "#7b3fb5", "#0f8a6b", "#b5651d", "#555555")
_NEED, _SHORT = "#d9d9d9", "#d62728"


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
            _png(plot, file)
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
    for supply, color in zip(plot.supplies, _colors(rows), strict=True):
        yield _line(supply.steps, plot.seconds, scale, color)
    if plot.supplies:
        yield _shortages(plot, scale)
    yield from _legend(plot)
    yield "</svg>\n"


def _colors(count: int) -> list[str]:
    return [_COLORS[place % len(_COLORS)] for place in range(count)]


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
    bars = (
        f"M{_LEFT + x} {_y(0, scale)}V{_y(most, scale)}h1V{_y(0, scale)}z"
        for x, _, most in _columns(plot.need, plot.seconds)
    )
    return f'<path d="{"".join(bars)}" fill="{_NEED}"/>\n'


def _line(steps: Sequence[Step], seconds: int, scale: float, color: str) -> str:
    """Through each column's least and most."""
    drawn, before = [], -2
    for x, least, most in _columns(steps, seconds):
        move = "L" if x == before + 1 else "M"
        drawn.append(f"{move}{_LEFT + x} {_y(least, scale)}V{_y(most, scale)}h1")
        before = x
    return f'<path d="{"".join(drawn)}" fill="none" stroke="{color}" stroke-width="1.5"/>\n'


def _shortages(plot: Plot, scale: float) -> str:
    """The worst lack of each column, from what was ready to what was needed."""
    worst: dict[int, tuple[float, int, float]] = {}
    for begin, end, ready, need in plot.supplies[0].lacks:
        for x in range(begin * _WIDTH // plot.seconds, (end - 1) * _WIDTH // plot.seconds + 1):
            worst[x] = max(worst.get(x, (0.0, 0, 0.0)), (need - ready, ready, need))
    bars = (
        f"M{_LEFT + x} {_y(ready, scale)}V{_y(need, scale)}h1V{_y(ready, scale)}z"
        for x, (_, ready, need) in sorted(worst.items())
    )
    return f'<path d="{"".join(bars)}" fill="{_SHORT}" fill-opacity="0.7"/>\n'


def _axes(plot: Plot, top: float, scale: float) -> Iterator[str]:
    every = max(1, round(top / 5))
    for count in range(0, int(top) + 1, every):
        y = _y(count, scale)
        yield f'<path d="M{_LEFT} {y}h{_WIDTH}" stroke="#eeeeee"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4}" text-anchor="end">{count}</text>\n'
    shown = "%Y-%m-%d %H:%M" if plot.seconds >= 86_400 else "%H:%M:%S"
    for part in range(5):
        at = plot.begin + timedelta(seconds=plot.seconds * part / 4)
        anchor = "start" if part == 0 else "end" if part == 4 else "middle"
        x, y = _LEFT + _WIDTH * part // 4, _TOP + _HEIGHT + 18
        yield f'<text x="{x}" y="{y}" text-anchor="{anchor}">{at:{shown}}</text>\n'


def _legend(plot: Plot) -> Iterator[str]:
    """A row for each contestant: its name, and a tick for each of its commits below."""
    base, colors = _TOP + _HEIGHT + 44, _colors(len(plot.supplies))
    for row, (supply, color) in enumerate(zip(plot.supplies, colors, strict=True)):
        y = base + _ROW * row
        columns = sorted({second * _WIDTH // plot.seconds for second in supply.commits})
        ticks = "".join(f"M{_LEFT + x} {y + 4}v10" for x in columns)
        text = f"{escape(supply.name)}: {len(supply.commits)} changes"
        yield f'<text x="{_LEFT}" y="{y}" fill="{color}">{text}</text>'
        yield f'<path d="{ticks}" stroke="{color}"/>\n'
    y = base + _ROW * len(plot.supplies) + 6
    yield (
        f'<text x="{_LEFT}" y="{y}" fill="#666666">grey: replicas needed; '
        f'<tspan fill="{_SHORT}">red: the first one had fewer</tspan></text>\n'
    )


def _png(plot: Plot, file: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 5), layout="constrained")
    axes, ticks = figure.subplots(2, sharex=True, height_ratios=(5, 1))
    end = plot.begin + timedelta(seconds=plot.seconds)
    axes.fill_between(*_series(plot, plot.need, end), step="post", color=_NEED, label="needed")
    for row, (supply, color) in enumerate(
        zip(plot.supplies, _colors(len(plot.supplies)), strict=True)
    ):
        axes.step(*_series(plot, supply.steps, end), where="post", color=color, label=supply.name)
        times = [plot.begin + timedelta(seconds=second) for second in supply.commits]
        ticks.scatter(times, [-row] * len(times), marker="|", color=color)
    axes.set_title(plot.title)
    axes.set_ylabel("replicas")
    axes.set_ylim(bottom=0)
    axes.legend(fontsize="small")
    ticks.set_yticks([])
    ticks.set_ylabel("changes")
    figure.autofmt_xdate()
    figure.savefig(file)


def _series(plot: Plot, steps: Sequence[Step], end: datetime) -> tuple[list[datetime], list[float]]:
    shown = [(max(second, 0), amount) for second, amount in steps]
    times = [plot.begin + timedelta(seconds=second) for second, _ in shown]
    amounts = [float("nan") if amount is None else amount for _, amount in shown]
    return [*times, end], [*amounts, amounts[-1]]
