"""What `explain` asks of a target's newest commit: is it live, by those who can be asked?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bridge.manifest.target import Target
from bridge.observe.confirmation import Verdict, verdict
from bridge.repo.snapshot import Commit, Snapshot
from bridge.repo.state_repo import StateRepo
from bridge.service.confirming import Source, awaited_of

_DAY = timedelta(days=1)


async def told_of_newest(
    repo: StateRepo, snapshot: Snapshot, target: Target, sources: Sequence[Source], now: datetime
) -> list[str]:
    """A line from each source that the newest commit of ours on this target concerns."""
    if not sources:
        return []
    history = await repo.history(snapshot, now - _DAY, now)
    newest = next((one for one in history if _changed(one, target)), None)
    if newest is None:
        return []
    lines = []
    for source in sources:
        reports = await source.reports(awaited_of(newest).push, now)
        revisions = {one.revision for one in reports if one.revision}
        containing = [one for one in revisions if await repo.includes(one, newest.sha)]
        if reports:
            found = verdict(reports, containing, needed={one.subject for one in reports})
            lines.append(f"{source.source} says of {newest.sha[:12]}: {_in_words(found)}")
    return lines


def _changed(commit: Commit, target: Target) -> bool:
    return any(made.target == str(target) for made in commit.decisions)


def _in_words(found: Verdict) -> str:
    return f"{found.state}, {found.text}" if found.text else found.state
