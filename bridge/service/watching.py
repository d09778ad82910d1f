"""The first half of the service: ticks and alerts wake policies, rounds turn them into outcomes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence, Set
from datetime import datetime

import structlog

from bridge.errors import BridgeError
from bridge.manifest.target import Target
from bridge.observe import metrics
from bridge.observe.prometheus_watch import PrometheusWatch
from bridge.observe.status import Status
from bridge.service.outcome import Outcome
from bridge.service.reporting import Reporting
from bridge.service.rounds import Rounds
from bridge.service.view import View
from bridge.settings.configuration import Settings
from bridge.trigger.clock import Ticks, seconds_to_next
from bridge.trigger.notification import Notification, Signal
from bridge.trigger.pacing import Pacing
from bridge.trigger.wake import Sleepers

log = structlog.get_logger()

_LONGEST_SLEEP_S = 5.0
_COMMITS = 20
_PAUSE_S = 1.0


class Watching:
    """Runs rounds for the policies that are due, and hands on what came of them."""

    def __init__(
        self,
        rounds: Rounds,
        status: Status,
        clock: Callable[[], datetime],
        prometheus: PrometheusWatch,
        settings: Settings,
    ) -> None:
        self._rounds = rounds
        self._prometheus = prometheus
        self._status = status
        self._clock = clock
        self._ref = f"refs/heads/{settings.state_repo.branch}"
        self._soon: asyncio.TimerHandle | None = None
        self._poll_interval = settings.state_repo.poll_interval
        self._queue = settings.server.queue
        self._signals: list[Signal] = []
        self._arrived = asyncio.Event()
        self._ticks = Ticks()
        self._pacing = Pacing()
        self._sleepers = Sleepers()
        name = status.repo or "state repo"
        self._state_repo = status.sources.named("state repo", name, status.url)
        self._reporting = Reporting(status, clock, settings.server.target_series)
        self._view: View | None = None
        self._governed: Collection[Target] = ()
        self._lost: BridgeError | None = None
        self._looked_at = float("-inf")
        self._wants_look = False
        self._asked: list[tuple[str, asyncio.Future[None]]] = []

    def accept(self, notification: Notification) -> bool:
        """Queues what may wake a policy; False when there is no room."""
        signals = notification.signals
        if len(self._signals) + len(signals) > self._queue:
            return False
        if signals:
            self._signals += signals
            self._arrived.set()
            self._note_queue()
        return True

    def look_again(self) -> None:
        """The branch moved: a look at it comes now, so that no alert has to wait for it."""
        self._wants_look = True
        self._arrived.set()

    async def evaluate(self, policy: str) -> None:
        """Looks at the branch and decides by the policy now; returns when that is done."""
        done = asyncio.get_running_loop().create_future()
        self._asked.append((policy, done))
        self.look_again()
        await done

    def branch_moved(self, ref: str) -> None:
        """Somebody says so: a look soon, at most one a second however often it is said."""
        if ref != self._ref or self._soon:
            return
        log.debug("branch_moved", ref=ref)
        self._look_soon()

    def _look_soon(self) -> None:
        """Now, or a second after the last look began, which may be one of this very moment."""
        loop = asyncio.get_running_loop()
        free_at = self._looked_at + _PAUSE_S
        if loop.time() < free_at:
            self._soon = loop.call_at(free_at, self._look_soon)
            return
        self._soon = None
        self.look_again()

    @property
    def view(self) -> View | None:
        """What was last seen of the repo; None before the first look."""
        return self._view

    async def run(self, hand_on: Callable[[Collection[Target], Sequence[Outcome]], None]) -> None:
        """For ever: sleep until something is due, look, evaluate, hand on.

        `hand_on` gets the targets that policies govern now, and the outcomes of the round.
        """
        alive = self._status.progress.alive
        while True:
            alive("watch")
            await self._turn(hand_on)
            self._status.pulse.beat()
            alive("watch", rests=_LONGEST_SLEEP_S)
            await self._sleep()

    async def _turn(self, hand_on: Callable[[Collection[Target], Sequence[Outcome]], None]) -> None:
        """Who asks for a look or an evaluation during it is heard in the next one."""
        self._arrived.clear()
        asked, self._asked = self._asked, []
        await self._look_if_due()
        if self._view is None:
            self._asked = asked + self._asked
            return
        self._status.progress.alive("watch")
        outcomes = await self._round(self._view, {policy for policy, _ in asked})
        hand_on(self._governed, outcomes)
        for _, done in asked:
            if not done.done():
                done.set_result(None)

    async def _sleep(self) -> None:
        policies = self._view.policies.by_name.values() if self._view else ()
        loop = asyncio.get_running_loop()
        rest = seconds_to_next(policies, self._clock().timestamp(), _LONGEST_SLEEP_S)
        try:
            async with asyncio.timeout(self._pacing.seconds_to_next(loop.time(), rest)):
                await self._arrived.wait()
        except TimeoutError:
            return
        await asyncio.sleep(self._pacing.gathering(loop.time()))
        if self._view is None:  # the alerts wait for the first look, without a busy loop
            await asyncio.sleep(min(1.0, self._poll_interval))

    async def _look_if_due(self) -> None:
        now = asyncio.get_running_loop().time()
        if not self._wants_look and now < self._looked_at + self._poll_interval:
            return
        self._wants_look, self._looked_at = False, now
        try:
            with self._status.progress.at("look"):
                view = await self._rounds.look()
                self._status.budget = await self._rounds.budget_at(view.snapshot)
                await self._rounds.remember(view)
        except BridgeError as error:
            self._note_failure(error)
            return
        self._note(view)

    def _note_failure(self, error: BridgeError) -> None:
        """Told once, or again where patience turns out not to help."""
        if self._lost is None or self._lost.transient != error.transient:
            log.warning("look_failed", error=str(error), transient=error.transient)
        self._lost = error
        self._status.remote_error = str(error)
        self._state_repo.heard(str(error), self._clock())

    def _note(self, view: View) -> None:
        if self._lost:
            log.info("look_recovered", tip=view.snapshot.tip)
        self._lost = None
        self._log_policies(view.policies.errors)
        if view is not self._view:
            self._sleepers = Sleepers(view.policies.by_name.values())
        self._view, self._governed = view, view.governed
        policies = view.policies
        self._status.tip = view.snapshot.tip
        self._status.remote_error = ""
        self._state_repo.heard("", self._clock())
        self._status.policies = len(policies.by_name)
        self._status.policy_errors = policies.errors
        self._status.suspended = view.suspended
        self._status.elsewhere = view.elsewhere
        self._reporting.governed(view)
        metrics.policy_errors.labels().set(len(policies.errors))

    def _log_policies(self, errors: Mapping[str, str]) -> None:
        before = self._status.policy_errors
        for path, error in errors.items():
            if before.get(path) != error:
                log.error("policy_broken", error=error)
        for path in before.keys() - errors.keys():
            log.info("policy_mended", path=path)

    async def _round(self, view: View, asked: Set[str]) -> list[Outcome]:
        policies = view.policies.by_name
        tick = self._ticks.due(policies.values(), self._clock().timestamp())
        alerted = self._alerted()
        names = {*tick, *alerted, *(asked & policies.keys())}
        if not names:
            return []
        try:
            with metrics.pass_seconds.labels().time(), self._status.progress.at("round"):
                outcomes = await self._rounds.decide(view, names)
        except BridgeError as error:  # a mirror broke, and its remote is down
            self._note_failure(error)
            return []
        self._status.last_pass = self._clock()
        self._status.commits = [one for one in self._rounds.history if one.targets][:_COMMITS]
        lost = self._prometheus.judge()
        await self._reporting.decided(outcomes, self._rounds.slices, lost=lost)
        self._reporting.unclaimed(self._rounds.unclaimed)
        return outcomes

    def _alerted(self) -> Collection[str]:
        signals, now = self._waiting_signals(), asyncio.get_running_loop().time()
        due = self._pacing.due(self._sleepers.woken(signals), now)
        if due:
            cause = f"alert {', '.join(sorted(set(due.values())))}"
            log.info("woken", cause=cause, policies=sorted(due))
        return due

    def _waiting_signals(self) -> list[Signal]:
        signals, self._signals = self._signals, []
        self._note_queue()
        return signals

    def _note_queue(self) -> None:
        """Also for the server's requests, which run in no repo's context."""
        metrics.queued_alerts.labels(repo=self._status.repo).set(len(self._signals))
