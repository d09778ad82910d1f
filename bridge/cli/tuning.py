"""Better settings for a policy, by what load was recorded."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bridge.cli.options import (
    CapacityOption,
    ConfigOption,
    JsonOption,
    MemberOption,
    PodStartOption,
    configured,
)

if TYPE_CHECKING:
    from bridge.backtest.knobs import Range

_RANGE = "LOW:HIGH"


def tune(  # noqa: PLR0913, PLR0917 - each is an option
    policy: Annotated[Path, typer.Argument(help="The policy file to tune.", dir_okay=False)],
    trace: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="CSV",
            dir_okay=False,
            help="Recorded load: t_seconds,requests_per_second. Several: all count.",
        ),
    ] = None,
    prometheus: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="Or where the load was recorded; default: the configuration's."
        ),
    ] = None,
    start: Annotated[
        str | None, typer.Option(metavar="TIME", help="Recorded from when on: 2026-03-04T12:00.")
    ] = None,
    end: Annotated[
        str | None, typer.Option(metavar="TIME", help="And to when; default: now.")
    ] = None,
    last: Annotated[
        str, typer.Option(metavar="SPAN", help="Without --start: how far back, as 6h or 2d.")
    ] = "1d",
    member: MemberOption = None,
    trials: Annotated[int, typer.Option(min=1, help="How many settings to try.")] = 40,
    time: Annotated[
        str | None,
        typer.Option(
            metavar="SPAN",
            help="Start no more after that long; what is found then depends on the machine.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed and trials find the same.")] = 0,
    choose: Annotated[
        int | None, typer.Option(metavar="N", help="Show the diff for this one.")
    ] = None,
    max_shortage: Annotated[
        float | None,
        typer.Option(min=0, help="Or the cheapest with too few in at most so many % of the time."),
    ] = None,
    max_cost: Annotated[
        float | None,
        typer.Option(min=0, help="Or the least short for at most so many replica-hours."),
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Change the file so.")] = False,
    target: Annotated[
        str, typer.Option(metavar=_RANGE, help="Bounds: shares of the policy's own target.")
    ] = "0.8:1.25",
    window_up: Annotated[
        str, typer.Option(metavar=_RANGE, help="scaleUp.stabilizationWindowSeconds.")
    ] = "0s:5m",
    window_down: Annotated[
        str, typer.Option(metavar=_RANGE, help="scaleDown.stabilizationWindowSeconds.")
    ] = "1m:1h",
    tolerance: Annotated[
        str, typer.Option(metavar=_RANGE, help="Both tolerances: 0.1 is 10 %.")
    ] = "0.05:0.5",
    debounce: Annotated[
        str, typer.Option(metavar=_RANGE, help="How long a scale-up waits for company.")
    ] = "1s:30s",
    forecast: Annotated[
        bool, typer.Option(help="Try forecasts, where the policy has none.")
    ] = True,
    dead_time: Annotated[
        str, typer.Option(metavar="SPAN", help="From a commit to ready pods.")
    ] = "30s",
    pod_start: PodStartOption = "10s",
    budget: Annotated[
        int | None, typer.Option(min=1, help="batch.max_commits_per_hour to play with.")
    ] = None,
    capacity: CapacityOption = None,
    metric: Annotated[str | None, typer.Option(help="Which metric the traces are of.")] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Processes; they change no result.")] = 2,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Try settings of a policy on recorded load: what costs less, what is short of less?

    Prints those that no other one beats in replica-hours, shortage and commits per hour. A third
    of each load is kept back from the search, and shows what a setting is worth on new load. The
    policy's file changes with --write only, and then nothing but those fields.
    """
    from bridge.backtest.contest import Terms
    from bridge.backtest.knobs import Reach
    from bridge.backtest.workload import Given
    from bridge.commands.recorded_load import Recording
    from bridge.commands.tune import Asked, Choice, tune_policy

    reach = Reach(
        target=_range("--target", target, (0.01, 100), float),
        window_up=_range("--window-up", window_up, (0, 3600)),
        window_down=_range("--window-down", window_down, (0, 3600)),
        tolerance=_range("--tolerance", tolerance, (0, 10), float),
        debounce=_range("--debounce", debounce, (0, 3600)),
        **({} if forecast else {"forecasts": ()}),
    )
    dead, starting = _seconds("--dead-time", dead_time), _seconds("--pod-start", pod_start)
    asked = Asked(
        traces=trace or (),
        recording=Recording(prometheus=prometheus, start=start, end=end, last=last),
        member=member,
        given=Given(metric, capacity),
        terms=Terms(dead_times=(dead,), pod_start=min(starting, dead), commits_per_hour=budget),
        reach=reach,
        trials=trials,
        seconds=None if time is None else _seconds("--time", time),
        seed=seed,
        jobs=jobs,
        choice=Choice(number=choose, max_shortage=max_shortage, max_cost=max_cost),
        write=write,
    )
    needed = config or not (trace or prometheus)
    settings = configured(config) if needed else None
    sys.exit(tune_policy(settings, policy, asked, as_json=json))


def _seconds(option: str, text: str) -> float:
    from bridge.units import parse_duration

    try:
        return parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from error


def _range(
    option: str,
    text: str,
    widest: tuple[float, float],
    read: Callable[[str], float] | None = None,
) -> Range:
    """Two durations or numbers, in order, within the widest."""
    from bridge.backtest.knobs import Range
    from bridge.units import parse_duration

    read = read or parse_duration
    least, colon, most = text.partition(":")
    try:
        low, high = read(least), read(most if colon else least)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from error
    if not widest[0] <= low <= high <= widest[1]:
        raise typer.BadParameter(
            f"{text!r} is not LOW:HIGH with {widest[0]:g} ≤ LOW ≤ HIGH ≤ {widest[1]:g}",
            param_hint=option,
        )
    return Range(low, high)
