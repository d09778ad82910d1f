"""Whether anything else in the state repo has a say over the counts that policies govern."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

import structlog

from bridge.errors import BridgeError
from bridge.notify.applications import same_repo
from bridge.observe.status import Status
from bridge.policy.conflicts import Conflict, Governed, Guard
from bridge.repo.snapshot import Snapshot
from bridge.repo.state_repo import StateRepo
from bridge.service.placing import Places
from bridge.service.rendering import rendered
from bridge.service.view import View
from bridge.settings.state_repo import StateRepoSettings

log = structlog.get_logger()

_REST_S = 60.0
"""Between two comparisons in the service: our own commits move the branch all the time."""


async def checked(repo: StateRepo, snapshot: Snapshot, places: Places) -> list[Conflict]:
    """All conflicts, also by what kustomize renders where it is installed."""
    guard, governed = await _guard(repo, snapshot), _governed(places)
    void = await rendered(repo, snapshot, guard, governed)
    return await asyncio.to_thread(guard.conflicts, governed, void)


async def _guard(repo: StateRepo, snapshot: Snapshot) -> Guard:
    claims = await repo.claims(snapshot)
    return await asyncio.to_thread(Guard, snapshot.index, claims, _ours(repo.settings))


def _ours(settings: StateRepoSettings) -> Callable[[str, str], bool]:
    """Whether an Application's URL and revision mean this branch; what it leaves out, does."""

    def is_ours(url: str, revision: str) -> bool:
        followed = revision.removeprefix("refs/heads/") in ("", "HEAD", settings.branch)
        return followed and (not url or same_repo(url, settings.url))

    return is_ours


def _governed(places: Places) -> list[Governed]:
    return [
        Governed(title, places.governing[title].target, place)
        for title, place in places.found.items()
    ]


class Guarding:
    """Compares beside the rounds, whenever the branch has moved; what it finds are warnings."""

    def __init__(self, repo: StateRepo, status: Status) -> None:
        self._repo = repo
        self._status = status
        self._view: View | None = None
        self._moved = asyncio.Event()

    def take_in(self, view: View) -> None:
        """What was last seen of the repo."""
        if view is not self._view:
            self._view = view
            self._moved.set()

    async def run(self) -> None:
        """For ever."""
        alive = self._status.progress.alive
        while True:
            alive("guard", rests=_REST_S)
            with suppress(TimeoutError):
                async with asyncio.timeout(_REST_S):
                    await self._moved.wait()
            if self._moved.is_set() and self._view:
                self._moved.clear()
                alive("guard")
                await self._compare(self._view)
                alive("guard", rests=_REST_S)
                await asyncio.sleep(_REST_S)

    async def _compare(self, view: View) -> None:
        governed = _governed(view.places)
        try:
            with self._status.progress.at("guard"):
                guard = await _guard(self._repo, view.snapshot)
                found = await asyncio.to_thread(guard.conflicts, governed)
        except BridgeError as error:  # the next look tells whether the remote is in trouble
            log.warning("conflicts_unknown", error=str(error))
            return
        self._note(found)

    def _note(self, conflicts: Sequence[Conflict]) -> None:
        told, before = [str(conflict) for conflict in conflicts], set(self._status.conflicts)
        for conflict in told:
            if conflict not in before:
                log.warning("conflict_found", conflict=conflict)
        self._status.conflicts = told
