"""The picture of a backtest as a PNG, by matplotlib; imported only where one is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

from bridge.observe.load_plot import NEED, SHORT, Plot, Step, color_of, dashes_of, named


def write_png(plot: Plot, file: Path) -> None:
    """Need and supplies, and below them the changes of each."""
    rows = len(plot.supplies)
    figure = Figure(figsize=(11, 5 + rows / 4), layout="constrained")
    axes, ticks = figure.subplots(2, sharex=True, height_ratios=(8, 1 + rows / 2))
    axes.fill_between(*_series(plot, plot.need), step="post", color=NEED, label="needed")
    for begin, end, ready, need in plot.supplies[0].lacks if plot.supplies else ():
        times = [plot.begin + timedelta(seconds=second) for second in (begin, end)]
        axes.fill_between(times, ready, need, color=SHORT, alpha=0.7, linewidth=0)
    for row, supply in enumerate(plot.supplies):
        style = (0, dashes_of(row)) if dashes_of(row) else "-"
        axes.step(
            *_series(plot, supply.steps),
            where="post",
            color=color_of(row),
            linestyle=style,
            label=supply.name,
            zorder=3 + rows - row,
        )
        times = [plot.begin + timedelta(seconds=second) for second in supply.commits]
        ticks.scatter(times, [-row] * len(times), marker="|", color=color_of(row))
    axes.set_title(plot.title)
    axes.set_ylabel("replicas")
    axes.set_ylim(bottom=0)
    axes.legend(fontsize="small", loc="upper left", bbox_to_anchor=(1, 1))
    ticks.set_yticks([-row for row in range(rows)], [named(one) for one in plot.supplies])
    ticks.set_ylim(0.5 - rows, 0.5)
    ticks.set_xlabel("UTC")
    locator = AutoDateLocator()  # type: ignore[no-untyped-call] # matplotlib has no types there
    ticks.xaxis.set_major_locator(locator)
    ticks.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call] # nor here
    figure.savefig(file)


def _series(plot: Plot, steps: Sequence[Step]) -> tuple[list[datetime], list[float]]:
    end = plot.begin + timedelta(seconds=plot.seconds)
    shown = [(max(second, 0), amount) for second, amount in steps]
    times = [plot.begin + timedelta(seconds=second) for second, _ in shown]
    amounts = [float("nan") if amount is None else amount for _, amount in shown]
    return [*times, end], [*amounts, amounts[-1]]
