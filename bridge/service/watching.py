"""The first half of the service: ticks and alerts wake policies, rounds turn them into outcomes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from datetime import datetime

import structlog

from bridge.decide.decision import Decision
from bridge.errors import BridgeError
from bridge.manifest.target import Target
from bridge.observe import metrics
from bridge.observe.status import Status
from bridge.service.news import News
from bridge.service.outcome import Outcome
from bridge.service.rounds import Rounds
from bridge.service.view import View
from bridge.trigger.clock import Ticks, seconds_to_next
from bridge.trigger.notification import Notification, Signal
from bridge.trigger.wake import woken

log = structlog.get_logger()

_LONGEST_SLEEP_S = 5.0


class Watching:
    """Runs rounds for the policies that are due, and hands on what came of them."""

    def __init__(
        self,
        rounds: Rounds,
        status: Status,
        clock: Callable[[], datetime],
        *,
        poll_interval: float,
        queue: int,
    ) -> None:
        self._rounds = rounds
        self._status = status
        self._clock = clock
        self._poll_interval = poll_interval
        self._queue = queue
        self._signals: list[Signal] = []
        self._arrived = asyncio.Event()
        self._ticks = Ticks()
        self._news = News()
        self._view: View | None = None
        self._looked_at = float("-inf")

    def accept(self, notification: Notification) -> bool:
        """Queues what may wake a policy; False when there is no room."""
        signals = notification.signals
        if len(self._signals) + len(signals) > self._queue:
            return False
        if signals:
            self._signals += signals
            self._arrived.set()
        return True

    def look_again(self) -> None:
        """The branch moved: the next round begins with a look at it."""
        self._looked_at = float("-inf")

    @property
    def view(self) -> View | None:
        """What was last seen of the repo; None before the first look."""
        return self._view

    async def run(self, hand_on: Callable[[Collection[Target], Sequence[Outcome]], None]) -> None:
        """For ever: sleep until something is due, look, evaluate, hand on.

        `hand_on` gets the targets that policies govern now, and the outcomes of the round.
        """
        while True:
            await self._look_if_due()
            if self._view is not None:
                outcomes = await self._round(self._view)
                hand_on(_governed(self._view), outcomes)
            await self._sleep()

    async def _sleep(self) -> None:
        policies = self._view.policies.by_name.values() if self._view else ()
        rest = seconds_to_next(policies, self._clock().timestamp(), _LONGEST_SLEEP_S)
        try:
            async with asyncio.timeout(rest):
                await self._arrived.wait()
        except TimeoutError:
            return
        if self._view is None:  # the alerts wait for the first look, without a busy loop
            await asyncio.sleep(min(1.0, self._poll_interval))

    async def _look_if_due(self) -> None:
        now = asyncio.get_running_loop().time()
        if now < self._looked_at + self._poll_interval:
            return
        self._looked_at = now
        try:
            with self._status.progress.at("look"):
                view = await self._rounds.look()
                self._status.budget = await self._rounds.budget_at(view.snapshot)
        except BridgeError as error:
            self._note_failure(error)
            return
        self._note(view)

    def _note_failure(self, error: BridgeError) -> None:
        if str(error) != self._status.remote_error:
            log.warning("look_failed", error=str(error), transient=error.transient)
        self._status.remote_error = str(error)

    def _note(self, view: View) -> None:
        for path, error in view.policies.errors.items():
            if self._status.policy_errors.get(path) != error:
                log.error("policy_broken", error=error)
        self._view = view
        policies = view.policies
        self._status.tip = view.snapshot.tip
        self._status.remote_error = ""
        self._status.policies = len(policies.by_name)
        self._status.policy_errors = policies.errors
        self._status.suspended = [n for n, p in policies.by_name.items() if p.spec.suspend]
        governing = view.places.governing.items()
        active = {title for title, policy in governing if not policy.spec.suspend}
        for gone in self._status.decisions.keys() - active:
            metrics.forget_decision(self._status.decisions[gone])
        self._status.keep(active)
        metrics.policy_errors.labels().set(len(policies.errors))

    async def _round(self, view: View) -> list[Outcome]:
        policies = view.policies.by_name
        tick = self._ticks.due(policies.values(), self._clock().timestamp())
        alert = woken(self._waiting_signals(), policies.values())
        if alert:
            log.info("woken", cause=alert.cause, policies=sorted(alert.policies))
        names = {name for wake in (tick, alert) if wake for name in wake.policies}
        if not names:
            return []
        try:
            with metrics.pass_seconds.labels().time(), self._status.progress.at("round"):
                outcomes = await self._rounds.decide(view, names)
        except BridgeError as error:  # a mirror broke, and its remote is down
            self._note_failure(error)
            return []
        self._status.last_pass = self._clock()
        for outcome in outcomes:
            self._report(outcome)
        self._news.tell(outcomes)
        metrics.note_unclaimed(self._rounds.unclaimed)
        return outcomes

    def _waiting_signals(self) -> list[Signal]:
        self._arrived.clear()
        signals, self._signals = self._signals, []
        return signals

    def _report(self, outcome: Outcome) -> None:
        title = outcome.policy.title
        metrics.evaluations.labels(outcome.kind).inc()
        if outcome.decision is None:
            self._status.problems[title] = outcome.problem
            return
        self._status.problems.pop(title, None)
        before = self._status.decisions.get(title)
        self._status.decisions[title] = outcome.decision
        _log_rollout(before, outcome.decision)
        metrics.note_decision(outcome.decision)


def _log_rollout(before: Decision | None, decision: Decision) -> None:
    """When it gets stuck, and when that is over."""
    stuck_before = before is not None and bool(before.stuck_rollout)
    facts = {"policy": decision.policy, "target": str(decision.target)}
    if decision.stuck_rollout and not stuck_before:
        log.warning("rollout_stuck", reason=decision.stuck_rollout, **facts)
    elif stuck_before and not decision.stuck_rollout:
        log.info("rollout_goes_on", **facts)


def _governed(view: View) -> set[Target]:
    policies = view.places.governing.values()
    return {p.target for p in policies if not p.is_fleet and not p.spec.suspend}
