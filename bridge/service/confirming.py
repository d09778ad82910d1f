"""The last half of the service: are our commits live? It watches, and changes no decision."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import islice
from typing import Final, Protocol

import structlog

from bridge.decide.dead_time import Rollout
from bridge.errors import BridgeError
from bridge.manifest.target import Target
from bridge.observe import metrics
from bridge.observe.confirmation import Awaited, Verdict, verdict
from bridge.observe.status import Status
from bridge.publish.push import Push
from bridge.repo.snapshot import Commit
from bridge.repo.state_repo import StateRepo
from bridge.service.outcome import Outcome
from bridge.settings.confirm import ConfirmSettings
from bridge.trigger.report import Report

log = structlog.get_logger()

READY: Final = "ready"
FLUX: Final = "flux"
_REMEMBERED = timedelta(hours=1)
_MOST = 10
_MOST_SUBJECTS = 500
_REST_S = 1.0
"""Whoever calls us a thousand times a second has us ask others once."""


class Source(Protocol):
    """Somebody to ask, by a name that is its own."""

    @property
    def source(self) -> str: ...

    async def reports(self, push: Push, now: datetime) -> list[Report]:
        """What it says of a push; errors are told as reports."""


class Confirming:
    """Asks the sources, hears those that call us, and tells what came of each commit of ours.

    The commits are read from the branch's log, so a new process goes on where the last one ended.
    """

    def __init__(
        self,
        repo: StateRepo,
        sources: Sequence[Source],
        status: Status,
        settings: ConfirmSettings,
        clock: Callable[[], datetime],
    ) -> None:
        self._repo = repo
        self._sources = sources
        self._confirmations = status.confirmations
        self._progress = status.progress
        self._settings = settings
        self._clock = clock
        self._started = clock()
        self._has_looked = False
        self._heard: dict[str, dict[str, Report]] = {FLUX: {}} if settings.flux else {}
        self._ready: dict[str, tuple[str, Rollout]] = {}
        self._told: dict[str, dict[str, list[Report]]] = {s.source: {} for s in sources}
        self._contained: set[tuple[str, str]] = set()
        self._news = asyncio.Event()

    def hear(self, report: Report) -> None:
        """Takes the word of a source that calls us; the last one on each subject counts.

        Of one that we ask as well it is news, and the answer counts.
        """
        self.wake()
        if report.source in self._told:
            return
        subjects = self._heard.setdefault(report.source, {})
        subjects.pop(report.subject, None)
        subjects[report.subject] = report
        while len(subjects) > _MOST_SUBJECTS:
            del subjects[next(iter(subjects))]

    def take_in(self, tip: str, governed: Collection[Target], outcomes: Sequence[Outcome]) -> None:
        """What a round tells of ready replicas: the rollouts of the counts at the tip."""
        self._has_looked = True
        for outcome in outcomes:
            if outcome.decision and outcome.decision.rollout:
                self._ready[str(outcome.decision.target)] = (tip, outcome.decision.rollout)
        if len(self._ready) > 2 * len(governed):  # members of fleets come and go
            names = {str(target) for target in governed}
            self._ready = {name: one for name, one in self._ready.items() if name in names}

    def wake(self) -> None:
        """There is news, such as a push."""
        self._news.set()

    async def run(self) -> None:
        """For ever: look which commits are not live yet, ask, tell."""
        while True:
            self._progress.alive("confirm")
            with suppress(BridgeError):  # the watching half tells of a remote in trouble
                if self._has_looked:  # else this were the first look, in its way
                    with self._progress.at("confirm"):
                        await self._look()
            self._progress.alive("confirm", rests=_REST_S + self._settings.poll_interval)
            await asyncio.sleep(min(_REST_S, self._settings.poll_interval))
            with suppress(TimeoutError):
                async with asyncio.timeout(self._settings.poll_interval):
                    await self._news.wait()
            self._news.clear()

    async def _look(self) -> None:
        snapshot, now = await self._repo.latest(), self._clock()
        history = await self._repo.history(snapshot, now - _REMEMBERED, now)
        ours = list(islice((commit for commit in history if commit.decisions), _MOST))
        known = {one.push.after: one for one in self._confirmations.awaited}
        self._confirmations.keep([known.get(one.sha) or awaited_of(one) for one in ours])
        self._forget()
        await asyncio.gather(*(self._ask(source) for source in self._sources))
        for source, subjects in list(self._heard.items()):
            needed = self._settings.flux if source == FLUX and self._settings.flux else None
            for awaited in self._confirmations.unconfirmed(source):
                await self._note(awaited, source, list(subjects.values()), needed)
        await self._weigh_ready()
        self._tell(now)

    def _forget(self) -> None:
        kept = {awaited.push.after for awaited in self._confirmations.awaited}
        for told in self._told.values():
            for gone in told.keys() - kept:
                del told[gone]
        self._contained = {pair for pair in self._contained if pair[1] in kept}

    async def _ask(self, source: Source) -> None:
        """Newest first: what is said of a newer commit may be true of an older one, too."""
        told = self._told[source.source]
        for awaited in self._confirmations.unconfirmed(source.source):
            told[awaited.push.after] = await source.reports(awaited.push, self._clock())
        reports: list[Report] = []
        for awaited in self._confirmations.awaited:
            own = told.get(awaited.push.after, [])
            reports += own
            if own:  # else it concerns nothing there
                await self._note(awaited, source.source, reports, {one.subject for one in own})

    async def _weigh_ready(self) -> None:
        """A rollout is of the newest commit of its count that the tip of its round has.

        What was live stays so: the rollouts that are under way then are of newer commits.
        """
        unconfirmed = {one.push.after for one in self._confirmations.unconfirmed(READY)}
        begun: dict[str, datetime] = {}
        for awaited in self._confirmations.awaited:
            if awaited.push.after not in unconfirmed:
                begun = {**dict.fromkeys(awaited.targets, awaited.at), **begun}
                continue
            known = {name: self._ready[name] for name in awaited.targets if name in self._ready}
            tips = {tip for tip, _ in known.values()}
            with_it = {tip for tip in tips if await self._includes(tip, awaited.push.after)}
            found = await asyncio.to_thread(_of_rollouts, awaited, known, with_it, begun)
            if found:
                self._take(awaited, READY, found)

    async def _note(
        self,
        awaited: Awaited,
        source: str,
        reports: Sequence[Report],
        needed: Collection[str] | None,
    ) -> None:
        commit = awaited.push.after
        revisions = {one.revision for one in reports if one.revision}
        containing = [one for one in revisions if await self._includes(one, commit)]
        self._take(awaited, source, verdict(reports, containing, needed=needed))

    def _take(self, awaited: Awaited, source: str, found: Verdict) -> None:
        commit, before = awaited.push.after, awaited.said.get(source)
        took = awaited.note(source, found, self._clock(), self._started)
        if took is not None:
            metrics.commit_to_live.labels(source).observe(took)
        if found.state == "live" and before != found and (not before or before.state != "live"):
            log.info(
                "commit_live", commit=commit, source=source, seconds=awaited.seconds.get(source)
            )

    async def _includes(self, revision: str, commit: str) -> bool:
        """What a revision has it keeps; what it lacks we may only not have fetched yet."""
        pair = (revision, commit)
        if revision == commit or pair in self._contained:
            return True
        if await self._repo.includes(revision, commit):
            self._contained.add(pair)
            return True
        return False

    def _tell(self, now: datetime) -> None:
        """Once when something gets stuck, and once when it goes on; of counts rounds tell that."""
        sources = {source.source for source in self._sources} | self._heard.keys()
        for source, why in self._confirmations.newly(sources, now, self._settings.timeout):
            metrics.commit_stuck.labels(source).set(bool(why))
            if why:
                log.warning("rollout_stuck", source=source, reason=why)
            else:
                log.info("rollout_goes_on", source=source)


def awaited_of(commit: Commit) -> Awaited:
    """A commit of ours from the log, of which nothing is said yet."""
    files = tuple(sorted(change.path for change in commit.changes))
    before = commit.parents[0] if commit.parents else ""
    push = Push(before, commit.sha, commit.subject, files, ())
    return Awaited(push, commit.at, frozenset(made.target for made in commit.decisions))


def _of_rollouts(
    awaited: Awaited,
    known: Mapping[str, tuple[str, Rollout]],
    with_it: Collection[str],
    begun: dict[str, datetime],
) -> Verdict | None:
    """By those at tips that have the commit; `begun` gets when each target's newest was made."""
    seen = {name: one for name, one in known.items() if one[1].seen}
    reports = [
        _ready_report(name, tip, rollout, begun.setdefault(name, awaited.at))
        for name, (tip, rollout) in seen.items()
        if tip in with_it
    ]
    return verdict(reports, with_it, needed=seen.keys()) if reports else None


def _ready_report(name: str, tip: str, rollout: Rollout, begun: datetime) -> Report:
    live = rollout.settled
    seconds = rollout.seconds
    return Report(
        source=READY,
        subject=name,
        state="live" if live else "underway",
        revision=tip,
        text="" if live else "not as many ready as committed",
        at=begun + timedelta(seconds=seconds) if live and seconds is not None else None,
    )
