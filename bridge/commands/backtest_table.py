"""The contestants of a backtest as one table, for people."""

from __future__ import annotations

from collections.abc import Sequence

import typer
from rich.console import Console
from rich.table import Table

from bridge.backtest.contest import Result
from bridge.backtest.elasticity import Shortage
from bridge.backtest.workload import Workload, shown
from bridge.units import short_duration

_COLUMNS = (
    "too few θU",
    "time τU",
    "too many θO",
    "time τO",
    "unstable υ",
    "replica-hours",
    "changes",
    "per hour (most)",
    "worst shortage",
    "dead time",
)


def told(workload: Workload, results: Sequence[Result]) -> None:
    """Prints what is played, the table, and what is different from life."""
    typer.echo(
        f"{workload.policy.name}: {short_duration(workload.need.end)} of recorded load; "
        f"one replica serves {shown(workload)}"
    )
    console = Console(width=None if Console().is_terminal else 160)
    console.print(table(results))
    for note in workload.notes:
        typer.echo(f"note: {note}")


def table(results: Sequence[Result]) -> Table:
    """A row for each contestant."""
    drawn = Table("", box=None, pad_edge=False)
    for column in _COLUMNS:
        drawn.add_column(column, justify="right")
    for one in results:
        drawn.add_row(one.name, *cells(one))
    return drawn


def cells(one: Result) -> list[str]:
    """What the columns say of a contestant."""
    found = one.elasticity
    dead_time = one.run.dead_time
    return [
        f"{found.under_accuracy:.2f} %",
        f"{found.under_time:.2f} %",
        f"{found.over_accuracy:.1f} %",
        f"{found.over_time:.1f} %",
        f"{found.instability:.2f} %",
        f"{one.replica_hours:.1f}",
        str(len(one.run.commits)),
        f"{one.commits_per_hour:.2f} ({one.busiest_hour})",
        _shortage(one.worst),
        "" if dead_time is None else f"{dead_time:g} s",
    ]


def _shortage(worst: Shortage | None) -> str:
    return "none" if worst is None else f"{worst.lacking} for {short_duration(worst.seconds)}"
