"""What rounds and looks found out, told to the status page, the metrics and the log."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from bridge.observe import metrics
from bridge.observe.counted import Counted
from bridge.observe.status import Status
from bridge.service.news import News, tell_turns
from bridge.service.outcome import Outcome
from bridge.service.sighting import at_rest, sighting
from bridge.service.slices import Slices
from bridge.service.view import View


class Reporting:
    """Of one state repo; `most` targets get series of their own."""

    def __init__(self, status: Status, clock: Callable[[], datetime], most: int) -> None:
        self._status = status
        self._clock = clock
        self._news = News()
        self._counted = Counted(most)

    def governed(self, view: View) -> None:
        """What policies govern now: the facts of all else are forgotten."""
        governing = view.places.governing.items()
        active = {title for title, policy in governing if not policy.spec.suspend}
        for gone in self._status.decisions.keys() - active:
            self._counted.gone(self._status.decisions[gone])
        self._status.keep(active)
        self._counted.round(self._status.decisions.values())
        self._status.seen |= at_rest(view, self._clock())

    async def decided(self, outcomes: Sequence[Outcome], slices: Slices, *, lost: bool) -> None:
        """A round's outcomes; `lost`: Prometheus is, and that was told."""
        for outcome in outcomes:
            await slices.turn()
            self._outcome(outcome)
            self._news.hear(outcome, lost=lost)
        self._news.tell()
        self._counted.round(self._status.decisions.values())

    def unclaimed(self, by_fleet: dict[str, int]) -> None:
        """How many samples of a fleet's last round named none of its members."""
        self._counted.unclaimed(by_fleet)

    def _outcome(self, outcome: Outcome) -> None:
        title = outcome.policy.title
        metrics.evaluations.labels(outcome.kind).inc()
        seen = sighting(outcome, self._clock())
        if outcome.decision is None:
            self._status.problems[title] = outcome.problem
            self._status.note(title, seen)
            return
        self._status.problems.pop(title, None)
        before = self._status.decisions.get(title)
        self._status.decisions[title] = outcome.decision
        self._status.note(title, seen)
        tell_turns(before, outcome.decision)
        self._counted.decision(outcome.decision)
