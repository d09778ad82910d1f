"""Charts as SVG, made here: replicas as steps, the load as a line; colours are the style's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from bridge.observe.samples import Sample

_Value = Callable[[Sample], float | None]
_Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where values are drawn: in pixels from the top left, time from left to right."""

    left: float
    top: float
    width: float
    height: float
    begin: float
    end: float
    most: float

    def x(self, sample: Sample) -> float:
        span = (self.end - self.begin) or 1.0
        return self.left + self.width * (sample.at.timestamp() - self.begin) / span

    def y(self, value: float) -> float:
        return self.top + self.height * (1 - value / (self.most or 1.0))

    def lines(self, samples: Sequence[Sample], value: _Value) -> Iterator[list[_Point]]:
        """One for each stretch without a gap."""
        for known, some in groupby(samples, lambda one: value(one) is not None):
            if known:
                yield [(self.x(one), self.y(value(one) or 0.0)) for one in some]


def _live(sample: Sample) -> float | None:
    return sample.live


def _committed(sample: Sample) -> float | None:
    return sample.committed


def _desired(sample: Sample) -> float | None:
    return sample.desired


def _load(sample: Sample) -> float | None:
    return sample.load


_ALL = (_live, _committed, _desired, _load)


def sparkline(samples: Sequence[Sample]) -> str:
    """Committed as steps over live as an area, 96 x 24; empty for less than two moments."""
    if len(samples) < 2:
        return ""
    frame = _frame(samples, (0, 2, 96, 20), (_live, _committed))
    return (
        '<svg class="spark" viewBox="0 0 96 24" aria-hidden="true" focusable="false">'
        f"{_areas(frame, samples)}{_paths(frame, samples, _committed, 'committed', steps=True)}"
        "</svg>"
    )


def chart(samples: Sequence[Sample], metric: str) -> str:
    """Replicas above, the first metric below, 640 x 266; `metric` is text that is safe in HTML."""
    if len(samples) < 2 or not any(value(one) is not None for one in samples for value in _ALL):
        return ""
    counts = _frame(samples, (40, 34, 590, 112), (_live, _committed, _desired))
    loads = _frame(samples, (40, 190, 590, 50), (_load,))
    parts = [
        _grid(counts),
        _areas(counts, samples),
        _paths(counts, samples, _desired, "desired", steps=True),
        _paths(counts, samples, _committed, "committed", steps=True),
        _label(0, 14, "replicas"),
        _label(0, 170, metric),
        _grid(loads),
        _paths(loads, samples, _load, "load", steps=False),
        *_times(samples, loads),
    ]
    told = _told(samples, metric)
    return (
        f'<svg class="chart" viewBox="0 0 640 266" role="img" aria-label="{told}">'
        f"{''.join(parts)}</svg>"
    )


def _frame(
    samples: Sequence[Sample], box: tuple[float, float, float, float], values: Sequence[_Value]
) -> _Frame:
    known = [value(one) or 0.0 for one in samples for value in values]
    begin, end = (samples[place].at.timestamp() for place in (0, -1))
    return _Frame(*box, begin, end, max(known))


def _areas(frame: _Frame, samples: Sequence[Sample]) -> str:
    """What lives, filled down to zero."""
    floor = frame.y(0)
    drawn = []
    for line in frame.lines(samples, _live):
        points = _stepped(line)
        outline = " ".join(f"L{x:.1f} {y:.1f}" for x, y in points)
        ends = points[0][0], points[-1][0]
        drawn.append(f"M{ends[0]:.1f} {floor:.1f} {outline} L{ends[1]:.1f} {floor:.1f}Z")
    return f'<path class="live" d="{" ".join(drawn)}"/>'


def _paths(
    frame: _Frame, samples: Sequence[Sample], value: _Value, name: str, *, steps: bool
) -> str:
    drawn = []
    for line in frame.lines(samples, value):
        points = _stepped(line) if steps else line
        drawn.append("M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in points))
    return f'<path class="{name}" d="{" ".join(drawn)}"/>'


def _stepped(line: Sequence[_Point]) -> list[_Point]:
    """A count stays until the next one."""
    points = [line[0]]
    for x, y in line[1:]:
        if y != points[-1][1]:
            points.append((x, points[-1][1]))
        points.append((x, y))
    return points


def _grid(frame: _Frame) -> str:
    right = frame.left + frame.width
    lines = (
        f'<path class="grid" d="M{frame.left} {y:.1f}H{right}"/>'
        for y in (frame.y(0), frame.y(frame.most))
    )
    most = _label(frame.left - 6, frame.y(frame.most) + 4, f"{frame.most:.4g}", "end")
    zero = _label(frame.left - 6, frame.y(0) + 4, "0", "end")
    return f"{''.join(lines)}{most}{zero}" if frame.most else f"{''.join(lines)}{zero}"


def _label(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>'


def _times(samples: Sequence[Sample], frame: _Frame) -> Iterator[str]:
    below = frame.top + frame.height + 18
    yield _label(frame.left, below, f"{samples[0].at:%H:%M:%S}")
    yield _label(frame.left + frame.width, below, f"{samples[-1].at:%H:%M:%S} UTC", "end")


def _told(samples: Sequence[Sample], metric: str) -> str:
    """The same in words, for who can't see it."""
    first, last = samples[0], samples[-1]
    minutes = (last.at - first.at).total_seconds() / 60
    now = ", ".join(
        f"{name} {'unknown' if value is None else f'{value:.4g}'}"
        for name, value in (("live", last.live), ("desired", last.desired), (metric, last.load))
    )
    was, is_now = ("unknown" if one.committed is None else one.committed for one in (first, last))
    return f"The last {minutes:.0f} minutes: committed from {was} to {is_now}; now {now}"
