"""`tune`: which settings of a policy would have cost less, or been short of less."""

from __future__ import annotations

import difflib
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from bridge.backtest.contest import Terms
from bridge.backtest.knobs import Drawing, Knobs, Reach, with_seasons
from bridge.backtest.search import Judged, Trial, front, search, within
from bridge.backtest.tuning import Course, as_it_is, by_live_hpa, played
from bridge.backtest.workload import Given, of_history, of_trace
from bridge.commands.backtest import debounce_of
from bridge.commands.console import DONE, give_up, print_json
from bridge.commands.recorded_load import Recording, history, load_of_file
from bridge.commands.tune_table import Found, facts, told
from bridge.documents import load_document
from bridge.errors import BridgeError, ConfigInvalid, PolicyInvalid
from bridge.policy.editing import with_fields
from bridge.policy.loading import parse_policy
from bridge.policy.lone import alone
from bridge.policy.model import ScalingPolicy
from bridge.settings.batch import BatchSettings
from bridge.settings.configuration import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which trial to take; at most one of them is given."""

    number: int | None = None
    max_shortage: float | None = None
    max_cost: float | None = None

    @property
    def given(self) -> int:
        """How many are given."""
        return sum(x is not None for x in (self.number, self.max_shortage, self.max_cost))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The options as they were given."""

    traces: Sequence[Path] = ()
    recording: Recording = field(default_factory=Recording)
    """Where the load is recorded instead, and of when."""
    member: str | None = None
    """Which of a fleet's members."""
    given: Given
    terms: Terms
    reach: Reach
    trials: int = 40
    seconds: float | None = None
    seed: int = 0
    jobs: int = 2
    choice: Choice = field(default_factory=Choice)
    write: bool = False


def tune_policy(settings: Settings | None, path: Path, asked: Asked, *, as_json: bool) -> int:
    """Searches, shows the front, and the diff of the chosen trial; returns the exit code."""
    if asked.choice.given > 1:
        give_up("--choose, --max-shortage and --max-cost: give one of them")
    if asked.write and not asked.choice.given:
        give_up("--write needs to know what: --choose N, --max-shortage or --max-cost")
    text, policy = _read(path)
    try:
        batch = settings.batch if settings else BatchSettings()
        course, notes = _course(settings, load_document(text.encode(), str(path)).data, asked)
        course = replace(course, terms=_terms(batch, asked.terms))
        found = _searched(course, policy, asked, batch)
        found = replace(found, notes=notes)
        chosen = _chosen(found, asked.choice)
        after = _edited(text, chosen, path) if chosen else text
    except BridgeError as error:
        give_up(f"{path}: {error}" if isinstance(error, PolicyInvalid) else str(error))
    diff = _diff(path, text, after)
    if as_json:
        print_json(facts(found, chosen, diff))
    else:
        told(found, chosen, diff)
    if asked.write:
        path.write_bytes(after.encode())
    return DONE


def _read(path: Path) -> tuple[str, ScalingPolicy]:
    try:
        content = path.read_bytes()
        return content.decode(), parse_policy(content, str(path))
    except OSError as error:
        give_up(f"{path}: can't be read: {error.strerror}")
    except PolicyInvalid as error:
        give_up(str(error))


def _course(
    settings: Settings | None, document: Mapping[str, Any], asked: Asked
) -> tuple[Course, Sequence[str]]:
    """With the capacity of the policy as it is: a trial may not change what a replica serves.

    And what is different from life.
    """
    policy = alone(Knobs().of(document), asked.member)
    if asked.traces and asked.recording.prometheus:
        raise ConfigInvalid("--trace and --prometheus: give one of the two")
    alerts = None
    if asked.traces:
        loads, given = [load_of_file(trace) for trace in asked.traces], asked.given
    else:
        found = history(settings, policy, asked.recording)
        alerts = found.alerts
        recorded = of_history(policy, found.moments, asked.given)
        loads = [recorded.meters[recorded.metric].load]
        given = replace(asked.given, metric=recorded.metric, begin=recorded.begin)
    workload = of_trace(policy, loads[0], given, alerts)
    course = Course(
        document=document,
        loads=loads,
        given=replace(given, metric=workload.metric, capacity=workload.capacity),
        terms=asked.terms,
        member=asked.member,
        alerts=alerts,
        averaged=not asked.traces,
    )
    return course, workload.notes


def _terms(batch: BatchSettings, terms: Terms) -> Terms:
    """With the configuration's batches, and its budget where none is given."""
    return replace(
        terms,
        debounce=debounce_of(batch),
        scale_up=debounce_of(batch.scale_up),
        commits_per_hour=terms.commits_per_hour or batch.max_commits_per_hour,
    )


def _searched(course: Course, policy: ScalingPolicy, asked: Asked, batch: BatchSettings) -> Found:
    names = [metric.name for metric in policy.spec.metrics]
    place = names.index(course.given.metric) if course.given.metric else 0
    drawing = Drawing(policy, place, with_seasons(asked.reach, course.loads), asked.seed)
    until = None if asked.seconds is None else time.monotonic() + asked.seconds
    trials: list[Trial] = []
    with _executor(asked.jobs) as executor, _progress() as bar:
        task = bar.add_task("trials", total=asked.trials + 2)
        wait = batch.scale_up.quiet_period
        live = executor.submit(by_live_hpa, course)
        own = executor.submit(as_it_is, course, wait).result()
        bar.advance(task)
        hpa = live.result()
        bar.advance(task)

        def judge(drawn: Sequence[Knobs]) -> Iterator[Judged]:
            return executor.map(partial(played, course), drawn)

        for trial in search(drawing, asked.trials, judge, lambda: _goes_on(until)):
            trials.append(trial)
            bar.advance(task)
    return Found(own=own, hpa=hpa, front=front(trials), trials=len(trials), asked=asked.trials)


def _goes_on(until: float | None) -> bool:
    return until is None or time.monotonic() < until


@contextmanager
def _executor(jobs: int) -> Iterator[Executor]:
    """Fresh processes for several jobs: the bar has a thread, beside which none may fork."""
    alone = jobs == 1
    pool = ThreadPoolExecutor(1) if alone else ProcessPoolExecutor(jobs, get_context("spawn"))
    with pool as executor:
        try:
            yield executor
        except BaseException:
            executor.shutdown(cancel_futures=True)
            raise


@contextmanager
def _progress() -> Iterator[Progress]:
    with Progress(console=Console(stderr=True), transient=True) as bar:
        yield bar


def _chosen(found: Found, choice: Choice) -> Trial | None:
    if not choice.given:
        return None
    if choice.number is not None:
        chosen = next((one for one in found.front if one.number == choice.number), None)
        numbers = ", ".join(str(trial.number) for trial in found.front)
        why = f"--choose {choice.number}: not on the front, which has {numbers}"
    else:
        chosen = within(found.front, choice.max_shortage, choice.max_cost)
        why = "no setting on the front is within that bound on the part it never saw"
    if chosen is None:
        raise ConfigInvalid(why)
    return chosen


def _edited(text: str, chosen: Trial, path: Path) -> str:
    """The user's own file with the trial's fields, which has to load as what was played."""
    after = with_fields(text, chosen.knobs.fields, str(path))
    expected = chosen.knobs.of(load_document(text.encode(), str(path)).data)
    if parse_policy(after.encode(), str(path)) != expected:
        raise PolicyInvalid("the edited file does not load as what was tried; edit it by hand")
    return after


def _diff(path: Path, before: str, after: str) -> str:
    lines = difflib.unified_diff(
        before.splitlines(keepends=True),
        after.splitlines(keepends=True),
        f"a/{path.name}",
        f"b/{path.name}",
    )
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)
