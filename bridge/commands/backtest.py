"""`backtest`: what a policy would have done with recorded load, beside a live HPA."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from bridge.backtest.contest import Result, Terms, contest
from bridge.backtest.elasticity import lacks
from bridge.backtest.workload import Given, Workload, of_history, of_trace
from bridge.batch.batcher import Debounce
from bridge.commands.backtest_table import told
from bridge.commands.console import DONE, awaited, give_up, print_json
from bridge.commands.recorded_load import (
    Recording,
    history,
    load_of_file,
    progress,
    seconds_of,
    time_of,
)
from bridge.errors import BridgeError, ConfigInvalid, PolicyInvalid
from bridge.observe.load_plot import Plot, Supply, suffix_of, write_plot
from bridge.policy.loading import parse_policy
from bridge.policy.lone import alone
from bridge.policy.model import ScalingPolicy
from bridge.service.explaining import Question, explained
from bridge.service.serve import utc_now
from bridge.settings.batch import BatchSettings, Window
from bridge.settings.configuration import Settings

MEASURED = "measured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The options as they were given."""

    trace: Path | None = None
    recording: Recording = field(default_factory=Recording)
    member: str | None = None
    """Which of a fleet's members."""
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
        policy = alone(policy, asked.member)
        terms = _terms(settings, policy, asked)
        workload = _noted(_workload(settings, policy, asked), terms, asked)
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
    pod_start = seconds_of("--pod-start", asked.pod_start)
    dead_times = tuple(_dead_time(one, settings, policy) for one in asked.dead_time)
    if short := [seconds for seconds in dead_times if seconds < pod_start]:
        raise ConfigInvalid(
            f"--dead-time {short[0]:g}s is from commit to ready pods, and --pod-start alone is "
            f"{pod_start:g}s of that: give a longer --dead-time or a shorter --pod-start"
        )
    return Terms(
        dead_times=dead_times,
        pod_start=pod_start,
        debounce=debounce_of(batch),
        scale_up=debounce_of(batch.scale_up),
        commits_per_hour=batch.max_commits_per_hour,
        fixed=asked.fixed,
        replicas=asked.replicas,
    )


def debounce_of(window: Window) -> Debounce:
    """As the batcher takes it."""
    return Debounce(window.quiet_period, window.max_wait)


def _dead_time(given: str, settings: Settings | None, policy: ScalingPolicy) -> float:
    if given != MEASURED:
        return seconds_of("--dead-time", given)
    if settings is None:
        raise ConfigInvalid("--dead-time measured needs --config: the state repo's log tells it")
    question = Question(policy.name, str(policy.target) if policy.is_member else None)
    found = awaited(explained(settings, question, utc_now)).explanation.decision
    if found.dead_time is None:
        raise ConfigInvalid(
            f"--dead-time measured: no commit of the last day for {policy.target} came to be "
            "ready, as far as Git and Prometheus know: give a duration"
        )
    return found.dead_time


def _workload(settings: Settings | None, policy: ScalingPolicy, asked: Asked) -> Workload:
    given = Given(asked.metric, asked.capacity)
    start = asked.recording.start
    if asked.trace is None:
        found = history(settings, policy, asked.recording)
        return of_history(policy, found.moments, given, found.alerts)
    if asked.recording.prometheus:
        raise ConfigInvalid("--trace and --prometheus: give one of the two")
    if start:
        given = replace(given, begin=time_of("--start", start))
    return of_trace(policy, load_of_file(asked.trace), given)


def _noted(workload: Workload, terms: Terms, asked: Asked) -> Workload:
    """Also with what a measured dead time is made of."""
    if MEASURED not in asked.dead_time:
        return workload
    seconds = terms.dead_times[asked.dead_time.index(MEASURED)]
    note = (
        f"--dead-time measured: {seconds:g} s, the longest of the last five commits of ours to "
        f"{workload.policy.target} in the last day, by the Git log and the series of ready replicas"
    )
    return replace(workload, notes=(*workload.notes, note))


def _played(workload: Workload, terms: Terms) -> list[Result]:
    results, count = [], len(terms.dead_times) + 2
    with progress("playing") as told_share:
        for found in contest(workload, terms):
            results.append(found)
            told_share(min(1.0, len(results) / count))
    return results


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
