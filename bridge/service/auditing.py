"""`history`: who or what changed which count, when and why; from Git alone, newest first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import attrgetter

from bridge.observe.audit import Event
from bridge.repo.snapshot import Commit, Snapshot
from bridge.repo.state_repo import StateRepo
from bridge.repo.trailers import ScaleDecision
from bridge.service.counts import CountLog, Managed, Moved, Track


@dataclass(frozen=True, slots=True)
class Stretch:
    """A page of the log: its events, how many commits it has, and how far back it reaches."""

    events: Sequence[Event]
    commits: int
    oldest: datetime


async def stretches(
    repo: StateRepo, snapshot: Snapshot, managed: Sequence[Managed], since: datetime
) -> AsyncGenerator[Stretch]:
    """The log back to `since`; people's changes are told of what policies manage at the snapshot.

    Raises:
        RemoteUnavailable: see there.
    """
    telling = _Telling(managed)
    counts = CountLog(repo)
    async with aclosing(repo.pages(snapshot, since)) as pages:
        async for page in pages:
            tracks = await counts.tracks(telling.managed, page)
            found = telling.told(page, tracks)
            yield Stretch([one for one in found if one.at >= since], len(page), page[-1].at)


@dataclass(slots=True)
class _Telling:
    """What is still managed further back, and what each target's count was changed from."""

    managed: Sequence[Managed]
    since_then: dict[str, Event] = field(default_factory=dict)

    def told(self, page: Sequence[Commit], tracks: Sequence[Track]) -> list[Event]:
        """A page's events, newest first."""
        moves: dict[int, list[tuple[Managed, Moved]]] = defaultdict(list)
        for track in tracks:
            for moved in track.moves:
                moves[moved.place].append((track.item, moved))
        reach = {str(track.item.target): track.reach for track in tracks}
        found: list[Event] = []
        for place, commit in enumerate(page):
            alone = [
                made
                for made in commit.decisions
                if made.from_ is None or place >= reach.get(made.target, 0)
            ]
            events = _of_commit(commit, moves.get(place, []), alone)
            for event in sorted(events, key=attrgetter("target"), reverse=True):
                found += [*self._unseen(event), event]
        self.managed = [track.before for track in tracks if track.before]
        return found

    def _unseen(self, event: Event) -> Iterator[Event]:
        """Between this change and the next one that is told, somebody else's must have been."""
        if event.kind in ("released", "paused"):
            return
        later = self.since_then.get(event.target)
        self.since_then[event.target] = event
        if later is not None and later.before not in (None, event.after):
            yield Event(
                at=event.at,
                target=event.target,
                kind="changed",
                before=event.after,
                after=later.before,
                why=f"by {later.at:%Y-%m-%d %H:%M:%S}; no commit of the log shows it",
            )


def _of_commit(
    commit: Commit, moves: Sequence[tuple[Managed, Moved]], alone: Sequence[ScaleDecision]
) -> Iterator[Event]:
    """By the changes of tracked files; `alone` are decisions that only their trailers tell of.

    Such is also a first count, which changes none.
    """
    plain = Event(at=commit.at, target="", kind="changed", commit=commit.sha)
    for release in commit.releases:
        who = release.by or commit.author
        yield replace(plain, target=release.target, kind="released", who=who, why=release.reason)
    for pause in commit.pauses:
        who, until = pause.by or commit.author, f"until {pause.until:%Y-%m-%d %H:%M} UTC"
        why = f"{until}: {pause.reason}" if pause.reason else until
        yield replace(plain, target=pause.target, kind="paused", who=who, why=why)
    for item, moved in moves:
        target = str(item.target)
        made = moved.made
        counted = replace(plain, target=target, before=moved.before, after=moved.after)
        if made:
            yield replace(counted, kind="scaled", who=made.policy, why=made.reason)
        else:
            yield replace(counted, who=commit.author, why=commit.subject)
    for made in alone:
        counted = replace(plain, target=made.target, before=made.from_, after=made.to)
        yield replace(counted, kind="scaled", who=made.policy, why=made.reason)
