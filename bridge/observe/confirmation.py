"""Whether our commits are live: one verdict from each source, whatever kind of source it is.

Nothing here changes a decision: it is for people, and forgotten with the process.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bridge.publish.push import Push
from bridge.trigger.report import Report, State

_HANDED = ("live", "applied")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a source says of a commit, all its subjects together."""

    state: State
    text: str = ""
    at: datetime | None = None
    """Since when, by the source's clock."""
    until: datetime | None = None
    """When it is expected to go on, where it is held up."""

    @property
    def settled(self) -> bool:
        """Whether nothing more is to come of it."""
        return self.state in _HANDED


def verdict(
    reports: Sequence[Report], containing: Collection[str], *, needed: Collection[str] | None
) -> Verdict:
    """A commit's, by its reports; `containing` are the revisions that have it.

    Of `needed` subjects each has to be live; None: one of any name is enough, and no failure.
    """
    chosen = reports if needed is None else [one for one in reports if one.subject in needed]
    true_of_it = [one for one in chosen if one.revision in containing]
    live = [one for one in true_of_it if one.state == "live"]
    handed = [one for one in true_of_it if one.state in _HANDED]
    later = {one.subject for one in live}
    failed = [one for one in true_of_it if one.state == "failed" and one.subject not in later]
    if failed:
        return Verdict("failed", _told(failed), _latest(failed))
    if _suffice(live, needed):
        return Verdict("live", at=_latest(live))
    if _suffice(handed, needed):
        return Verdict("applied", _told(handed), _latest(handed))
    waiting = [one for one in chosen if one.state not in _HANDED or one.revision not in containing]
    unheard = sorted(set(needed or ()) - {one.subject for one in chosen})
    text = "; ".join(filter(None, [_told(waiting), *(f"{name}: no word" for name in unheard)]))
    until = max((one.until for one in waiting if one.until), default=None)
    return Verdict("underway", text or "no word of it", until=until)


def _suffice(done: Sequence[Report], needed: Collection[str] | None) -> bool:
    return bool(done) if needed is None else {one.subject for one in done} == set(needed)


def _told(reports: Sequence[Report]) -> str:
    said = {
        f"{one.subject}: {one.text or f'{one.state} at {one.revision[:12]}'}" for one in reports
    }
    return "; ".join(sorted(said)[:3])


def _latest(reports: Sequence[Report]) -> datetime | None:
    times = [one.at for one in reports if one.at]
    return max(times) if times and len(times) == len(reports) else None


@dataclass(slots=True)
class Awaited:
    """A commit of ours, and what each source says of it."""

    push: Push
    at: datetime
    targets: frozenset[str] = frozenset()
    """Whose counts it changed."""
    said: dict[str, Verdict] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    """From the commit until it was live, by source; where that is known."""

    def note(self, source: str, found: Verdict, now: datetime, started: datetime) -> float | None:
        """Takes a source's word; seconds from commit to live, if it got live under our eyes.

        A process that has just begun finds commits that are live already: another one saw that.
        """
        before = self.said.get(source)
        self.said[source] = found
        if found.state != "live" or (before and before.state == "live"):
            return None
        since = found.at or (now if before else None)
        if since is None:
            return None
        took = max(0.0, (since - self.at).total_seconds())
        self.seconds[source] = took
        return took if since >= started else None

    def problem(self, source: str, now: datetime, timeout: float) -> str:
        """Why it is stuck; empty where it isn't. A wait that is expected is none."""
        found = self.said.get(source)
        if found is None or found.settled:
            return ""
        if found.state == "failed":
            return found.text
        begun = max(self.at, found.until or self.at)
        waited = (now - begun).total_seconds()
        return f"not live after {timeout:g} s: {found.text}" if waited > timeout else ""

    def facts(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "commit": self.push.after,
            "subject": self.push.subject,
            "at": self.at.isoformat(),
            "sources": {name: self._facts(name, one) for name, one in sorted(self.said.items())},
        }

    def _facts(self, source: str, found: Verdict) -> dict[str, Any]:
        return {
            "state": found.state,
            "text": found.text or None,
            "seconds": self.seconds.get(source),
            "expected": found.until.isoformat() if found.until else None,
        }


class Confirmations:
    """Our newest commits, newest first, and what is stuck of them."""

    def __init__(self) -> None:
        self.awaited: list[Awaited] = []
        self.stuck: dict[str, str] = {}
        """Why, by source."""

    def keep(self, newest: Sequence[Awaited]) -> None:
        """These are the newest now; what was said of them before stays."""
        known = {one.push.after: one for one in self.awaited}
        self.awaited = [known.get(one.push.after, one) for one in newest]

    def newly(
        self, sources: Collection[str], now: datetime, timeout: float
    ) -> Iterator[tuple[str, str]]:
        """Each source of which it is news that something is stuck, or (without text) no more."""
        for source in sources:
            why = self._why(source, now, timeout)
            if bool(why) != (source in self.stuck):
                yield source, why
            self.stuck.pop(source, None)
            if why:
                self.stuck[source] = why

    def _why(self, source: str, now: datetime, timeout: float) -> str:
        """Of the oldest that waits."""
        for one in reversed(self.awaited):
            if why := one.problem(source, now, timeout):
                return f"{one.push.after[:12]}: {why}"
        return ""

    def unsettled(self, source: str) -> list[Awaited]:
        """Those that a source has yet to confirm, newest first."""
        return [one for one in self.awaited if not (s := one.said.get(source)) or not s.settled]

    def facts(self) -> Mapping[str, Any]:
        """As JSON has it."""
        return {
            "commits": [one.facts() for one in self.awaited],
            "stuck": dict(sorted(self.stuck.items())),
        }
