"""The replicas of each target over time, drawn from the log's events."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

from bridge.errors import ConfigInvalid
from bridge.observe.audit import Event

Curve = list[tuple[datetime, int]]
"""From each moment on so many; the last moment only ends the line."""


def curves(events: Iterable[Event], begin: datetime, end: datetime) -> dict[str, Curve]:
    """By target; `events` come newest first, as the log tells them."""
    drawn: dict[str, Curve] = {}
    for event in events:
        if event.before is None or event.after is None:
            continue
        curve = drawn.setdefault(event.target, [(end, event.after)])
        curve.append((event.at, event.after))
        curve.append((event.at, event.before))
    return {
        target: [(begin, curve[-1][1]), *_steps(curve)] for target, curve in sorted(drawn.items())
    }


def _steps(curve: Curve) -> Curve:
    """Oldest first, one point a change."""
    end, *changes = curve
    return [*changes[::2][::-1], end]


def need_matplotlib() -> None:
    """Before a long log is read for nothing.

    Raises:
        ConfigInvalid: it is not installed.
    """
    if find_spec("matplotlib") is None:
        raise ConfigInvalid("--plot needs matplotlib: pip install 'scalebridge[plot]'")


def plot(drawn: dict[str, Curve], file: Path) -> None:
    """Writes an image of the format that the file's suffix names: svg, png or pdf.

    Raises:
        ConfigInvalid: the file can't be written.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(11, 5), layout="constrained")
    axes = figure.subplots()
    for target, curve in drawn.items():
        times, counts = zip(*curve, strict=True)
        axes.step(times, counts, where="post", label=target)
    axes.set_ylim(bottom=0)
    axes.set_ylabel("replicas")
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)
    figure.autofmt_xdate()
    if drawn:
        figure.legend(loc="outside right upper", fontsize="small")
    try:
        figure.savefig(file)
    except (OSError, ValueError) as error:
        raise ConfigInvalid(f"--plot {file}: {error}") from error
