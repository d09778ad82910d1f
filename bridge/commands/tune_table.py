"""What tuning found, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from bridge.backtest.search import Cost, Judged, Trial
from bridge.policy.editing import shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The front, beside the policy as it is and a live HPA of it."""

    own: Judged
    hpa: Judged
    front: Sequence[Trial]
    trials: int
    asked: int
    notes: Sequence[str] = ()
    """What is different from life."""


def told(found: Found, chosen: Trial | None, diff: str) -> None:
    """Prints the front as a table, and the diff of the chosen trial."""
    console = Console(width=None if Console().is_terminal else 200)
    console.print(table(found))
    typer.echo(
        f"{found.trials} trials. Searched on the first two thirds of each load; the last third was "
        "kept back: trust its columns, they show whether a setting only fits what it was found on."
    )
    if found.trials < found.asked:
        typer.echo(
            f"--time ended the search after {found.trials} of {found.asked} trials: another "
            "machine gets further. --trials alone finds the same everywhere."
        )
    for note in found.notes:
        typer.echo(f"note: {note}")
    if chosen is None:
        typer.echo("See the diff for one of them: --choose N, --max-shortage % or --max-cost HOURS")
        return
    typer.echo(f"\ntrial {chosen.number}:\n{diff or 'the policy as it is'}", nl=False)
    typer.echo(f"\nand in the configuration: batch.scale_up.quiet_period: {_wait(chosen)}")


def table(found: Found) -> Table:
    """A row per trial of the front, the cheapest first."""
    drawn = Table("N", box=None, pad_edge=False)
    for column in ("replica-hours", "too few", "commits/h", "kept back: hours", "too few", "/h"):
        drawn.add_column(column, justify="right")
    drawn.add_column("settings", overflow="fold")
    drawn.add_row("live HPA", *_cells(found.hpa), "the policy as it is, without Git")
    drawn.add_row("as it is", *_cells(found.own), "")
    for trial in found.front:
        drawn.add_row(str(trial.number), *_cells(trial.costs), ", ".join(_settings(trial)))
    return drawn


def _cells(costs: Judged) -> Iterator[str]:
    for cost in (costs.training, costs.validation):
        yield from (
            f"{cost.replica_hours:.1f}",
            f"{cost.under_time:.2f} %",
            f"{cost.commits_per_hour:.2f}",
        )


def _settings(trial: Trial) -> Iterator[str]:
    short = {"stabilizationWindowSeconds": "window", "stabilizationQuantile": "quantile"}
    for place, value in trial.knobs.fields.items():
        side = {"scaleUp": "up ", "scaleDown": "down "}.get(str(place[2]), "")
        name = "target" if place[-2:] == ("target", "value") else str(place[-1])
        yield f"{side}{short.get(name, name)} {shown(value)}"
    yield f"debounce {_wait(trial)}"


def _wait(trial: Trial) -> str:
    return f"{trial.knobs.debounce:g}s"


def facts(found: Found, chosen: Trial | None, diff: str) -> dict[str, Any]:
    """The same for programs."""
    return {
        "trials": found.trials,
        "complete": found.trials == found.asked,
        "notes": list(found.notes),
        "live_hpa": asdict(found.hpa),
        "as_it_is": asdict(found.own),
        "front": [_fact(trial) for trial in found.front],
        "chosen": None if chosen is None else {**_fact(chosen), "diff": diff},
    }


def _fact(trial: Trial) -> dict[str, Any]:
    fields = {".".join(map(str, place)): value for place, value in trial.knobs.fields.items()}
    return {
        "number": trial.number,
        "fields": fields,
        "debounce_seconds": trial.knobs.debounce,
        **{name: _cost(cost) for name, cost in _parts(trial.costs)},
    }


def _parts(costs: Judged) -> tuple[tuple[str, Cost], ...]:
    return ("training", costs.training), ("validation", costs.validation)


def _cost(cost: Cost) -> dict[str, float]:
    return asdict(cost)
