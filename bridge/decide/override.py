"""A person's commit wins: a revert or hand edit of a managed count is an order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from bridge.policy.model import ScalingPolicy
from bridge.repo.log import REMEMBERED

LONGEST_PAUSE = timedelta(hours=24)
"""The log is always read as far back; a longer one is the policy's own, `spec.pausedUntil`."""
_TURNS = 6  # A→B→A three times
_LOOP_HOLD_S = 3600.0


@dataclass(frozen=True, slots=True)
class Turn:
    """One change of a count, and who made it: a policy of ours, or whoever committed it."""

    at: datetime
    by: str
    change: int


@dataclass(frozen=True, slots=True)
class Override:
    """A change of the count that scalebridge did not make, or that two of them keep undoing."""

    at: datetime
    author: str
    sha: str
    count: int
    rivals: tuple[str, ...] = ()
    """Those who take turns at the count."""
    paused_until: datetime | None = None
    """Where it is a pause: it left the count alone, and has an end of its own."""
    why: str = ""
    """What its author said of a pause."""

    def until(self, policy: ScalingPolicy) -> datetime:
        """When the policy's hold of it ends."""
        if self.paused_until:
            return self._pause_ends(self.paused_until)
        return self.at + timedelta(seconds=self._hold_s(policy))

    def holds(self, policy: ScalingPolicy, now: datetime) -> bool:
        """Whether it is still to be respected; a clock that is ahead has just made it."""
        if self.paused_until:
            return self.is_on(now)
        age = max(0.0, (now - self.at).total_seconds())
        return age < self._hold_s(policy)

    def is_on(self, now: datetime) -> bool:
        """Whether it is a pause that has not ended."""
        return self.paused_until is not None and now < self._pause_ends(self.paused_until)

    def _pause_ends(self, asked: datetime) -> datetime:
        return min(asked, self.at + LONGEST_PAUSE)

    def reason(self, policy: ScalingPolicy) -> str:
        """For people, wherever the decision is shown."""
        until = self.until(policy)
        day = "" if until - self.at < timedelta(hours=12) else f"{until:%Y-%m-%d} "
        end = f"at {self.count} until {day}{until:%H:%M} UTC"
        if self.paused_until:
            why = f" ({self.why})" if self.why else ""
            return f"paused {end}: {self.author} asked for it in {self.sha[:12]}{why}"
        held = f"held {end}"
        if self.rivals:
            return f"{held}: {' and '.join(self.rivals)} keep undoing each other's changes"
        return f"{held}: {self.author} set it in {self.sha[:12]}"

    @property
    def field(self) -> str:
        """What of the policy asks for the hold; a loop or a pause holds whatever it says."""
        return "" if self.rivals or self.paused_until else "spec.overrideHold"

    def _hold_s(self, policy: ScalingPolicy) -> float:
        least = _LOOP_HOLD_S if self.rivals else 0.0
        return max(least, policy.spec.override_hold)


@dataclass(frozen=True, slots=True)
class Hold:
    """An override as a decision respects it."""

    override: Override
    until: datetime


def rivals(turns: Sequence[Turn]) -> tuple[str, ...]:
    """The two who undo each other's changes, going by the newest of the turns; else nobody.

    One party that goes up and down with its load is none; nor are three.
    """
    newest = turns[:_TURNS]
    if len(newest) < _TURNS or newest[0].at - newest[-1].at > REMEMBERED:
        return ()
    undone = all(a.by != b.by and (a.change > 0) != (b.change > 0) for a, b in pairwise(newest))
    parties = {turn.by for turn in newest}
    return tuple(sorted(parties)) if undone and len(parties) == 2 else ()
