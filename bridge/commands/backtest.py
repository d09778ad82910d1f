"""`backtest`: what a policy would have done with recorded load, beside a live HPA."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from rich.console import Console
from rich.progress import Progress

from bridge.backtest.contest import Result, Terms, contest
from bridge.backtest.elasticity import lacks
from bridge.backtest.trace import parse_trace
from bridge.backtest.workload import Given, Workload, check, of_history, of_trace
from bridge.batch.batcher import Debounce
from bridge.commands.backtest_table import told
from bridge.commands.console import DONE, awaited, give_up, print_json
from bridge.errors import BridgeError, ConfigInvalid, PolicyInvalid
from bridge.evaluate.prometheus import Prometheus
from bridge.evaluate.reading import Moment
from bridge.observe.load_plot import Plot, Supply, suffix_of, write_plot
from bridge.policy.loading import parse_policy
from bridge.policy.model import ScalingPolicy
from bridge.service.explaining import Question, explained
from bridge.service.recording import recorded
from bridge.service.serve import utc_now
from bridge.settings.batch import BatchSettings, Window
from bridge.settings.configuration import Settings
from bridge.settings.prometheus import PrometheusSettings
from bridge.units import parse_duration

MEASURED = "measured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The options as they were given."""

    trace: Path | None = None
    prometheus: str | None = None
    start: str | None = None
    end: str | None = None
    last: str = "6h"
    dead_time: tuple[str, ...] = ("30s",)
    pod_start: str = "10s"
    capacity: float | None = None
    metric: str | None = None
    fixed: int | None = None
    replicas: int | None = None
    plot: Path | None = None


def backtest_policy(settings: Settings | None, path: Path, asked: Asked, *, as_json: bool) -> int:
    """Plays the load, and tells what came of each contestant; returns the exit code."""
    policy = _read(path)
    try:
        if asked.plot:
            suffix_of(asked.plot)
        check(policy)
        terms = _terms(settings, policy, asked)
        workload = _workload(settings, policy, asked)
        results = _played(workload, terms)
        if asked.plot:
            write_plot(plot_of(workload, results), asked.plot)
    except BridgeError as error:
        text = str(error)
        give_up(f"{path}: {text}" if isinstance(error, PolicyInvalid) else text)
    if as_json:
        print_json(facts(workload, results))
    else:
        told(workload, results)
    return DONE


def _read(path: Path) -> ScalingPolicy:
    try:
        return parse_policy(path.read_bytes(), str(path))
    except OSError as error:
        give_up(f"{path}: can't be read: {error.strerror}")
    except PolicyInvalid as error:
        give_up(str(error))


def _terms(settings: Settings | None, policy: ScalingPolicy, asked: Asked) -> Terms:
    batch = settings.batch if settings else BatchSettings()
    pod_start = _seconds("--pod-start", asked.pod_start)
    dead_times = tuple(_dead_time(one, settings, policy) for one in asked.dead_time)
    if short := [seconds for seconds in dead_times if seconds < pod_start]:
        raise ConfigInvalid(
            f"--dead-time {short[0]:g}s is from commit to ready pods, and --pod-start alone is "
            f"{pod_start:g}s of that: give a longer --dead-time or a shorter --pod-start"
        )
    return Terms(
        dead_times=dead_times,
        pod_start=pod_start,
        debounce=_debounce(batch),
        scale_up=_debounce(batch.scale_up),
        commits_per_hour=batch.max_commits_per_hour,
        fixed=asked.fixed,
        replicas=asked.replicas,
    )


def _debounce(window: Window) -> Debounce:
    return Debounce(window.quiet_period, window.max_wait)


def _dead_time(given: str, settings: Settings | None, policy: ScalingPolicy) -> float:
    if given != MEASURED:
        return _seconds("--dead-time", given)
    if settings is None:
        raise ConfigInvalid("--dead-time measured needs --config: the state repo's log tells it")
    found = awaited(explained(settings, Question(policy.name), utc_now)).explanation.decision
    if found.dead_time is None:
        raise ConfigInvalid(
            f"--dead-time measured: no commit of the last day for {policy.target} came to be "
            "ready, as far as Git and Prometheus know: give a duration"
        )
    return found.dead_time


def _seconds(option: str, text: str) -> float:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise ConfigInvalid(f"{option}: {error}") from error


def _workload(settings: Settings | None, policy: ScalingPolicy, asked: Asked) -> Workload:
    given = Given(asked.metric, asked.capacity)
    if asked.trace is None:
        return of_history(policy, history(settings, policy, asked), given)
    if asked.prometheus:
        raise ConfigInvalid("--trace and --prometheus: give one of the two")
    if asked.start:
        given = replace(given, begin=_time("--start", asked.start))
    try:
        text = asked.trace.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigInvalid(f"--trace {asked.trace}: can't be read: {error}") from error
    return of_trace(policy, parse_trace(text, str(asked.trace)), given)


def history(settings: Settings | None, policy: ScalingPolicy, asked: Asked) -> list[Moment]:
    """From Prometheus; a URL that is given is asked without the configuration's credentials."""
    if asked.prometheus:
        access = _access(asked.prometheus)
    elif settings:
        access = settings.prometheus
    else:
        raise ConfigInvalid("which load? give --trace FILE, --prometheus URL or --config FILE")
    end = _time("--end", asked.end) if asked.end else utc_now()
    back = timedelta(seconds=_seconds("--last", asked.last))
    start = _time("--start", asked.start) if asked.start else end - back
    if start >= end:
        raise ConfigInvalid(f"--start {start:%Y-%m-%dT%H:%M:%S} is not before --end")

    async def answers(told: Callable[[float], None]) -> list[Moment]:
        async with Prometheus(access) as prometheus:
            return await recorded(prometheus, policy, start, end, told)

    with _progress("asking Prometheus") as told_share:
        return awaited(answers(told_share))


def _access(url: str) -> PrometheusSettings:
    try:
        return PrometheusSettings(url=url)
    except ValidationError as error:
        why = "; ".join(one["msg"] for one in error.errors())
        raise ConfigInvalid(f"--prometheus {url}: {why}") from error


def _time(option: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigInvalid(
            f"{option}: expected a time such as 2026-03-04T12:00, got {text}"
        ) from error
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _played(workload: Workload, terms: Terms) -> list[Result]:
    results, count = [], len(terms.dead_times) + 2
    with _progress("playing") as told_share:
        for found in contest(workload, terms):
            results.append(found)
            told_share(min(1.0, len(results) / count))
    return results


@contextmanager
def _progress(what: str) -> Iterator[Callable[[float], None]]:
    """A bar on a terminal, and nothing elsewhere."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=1.0)
        yield lambda share: bar.update(task, completed=share)


def plot_of(workload: Workload, results: list[Result]) -> Plot:
    """The picture's data."""
    supplies = [
        Supply(
            one.name,
            list(zip(one.run.starts, one.run.ready, strict=True)),
            [commit.second for commit in one.run.commits],
            list(lacks(one.run)),
        )
        for one in results
    ]
    need = workload.need
    steps = list(zip(need.starts, need.amounts, strict=True))
    return Plot(workload.policy.name, workload.begin, need.end, steps, supplies)


def facts(workload: Workload, results: list[Result]) -> dict[str, Any]:
    """The same as JSON; times in seconds since `begin`, shares in percent."""
    return {
        "policy": workload.policy.name,
        "begin": workload.begin.isoformat(),
        "seconds": workload.need.end,
        "capacity": {"metric": workload.metric, "value": workload.capacity},
        "notes": list(workload.notes),
        "results": [_result_facts(one) for one in results],
    }


def _result_facts(one: Result) -> dict[str, Any]:
    run = one.run
    return {
        "name": one.name,
        "kind": one.kind,
        **asdict(one.elasticity),
        "replica_hours": one.replica_hours,
        "changes": len(run.commits),
        "commits_per_hour": one.commits_per_hour,
        "busiest_hour": one.busiest_hour,
        "lowest": min(run.ready),
        "highest": run.peak,
        "worst_shortage": asdict(one.worst) if one.worst else None,
        "longest_shortage": asdict(one.longest) if one.longest else None,
        "dead_time": run.dead_time,
    }
