"""Commit statuses on GitHub: what deployers tell of our commits there.

Source: GitHub's REST API, "Get the combined status for a specific reference".
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Final

from pydantic import AwareDatetime, BaseModel, ValidationError

from bridge.errors import BridgeError
from bridge.publish.github import GitHubApi
from bridge.publish.push import Push
from bridge.trigger.report import Report, State

_BAD: Final = ("failure", "error")


class _Status(BaseModel):
    context: str
    state: str
    description: str | None = None
    updated_at: AwareDatetime | None = None


class _Combined(BaseModel):
    statuses: list[_Status] = []


class CommitStatuses:
    """Those whose context is one of these patterns: a CI's tell of no deployment."""

    source = "commit_status"

    def __init__(self, api: GitHubApi, contexts: Sequence[str]) -> None:
        self._api = api
        self._contexts = contexts

    async def reports(self, push: Push, now: datetime) -> list[Report]:  # noqa: ARG002 - GitHub dates them
        """A report for each pattern; what went wrong is one, too."""
        try:
            return list(self._reports(await asyncio.to_thread(self._ask, push.after), push.after))
        except (BridgeError, ValidationError) as error:
            return [Report(source=self.source, subject="GitHub", state="underway", text=f"{error}")]

    def _ask(self, commit: str) -> _Combined:
        with self._api.asked():
            repository = self._api.repository()
            where = f"{repository.url}/commits/{commit}/status?per_page=100"
            _, told = repository.requester.requestJsonAndCheck("GET", where)
        return _Combined.model_validate(told)

    def _reports(self, told: _Combined, commit: str) -> Iterator[Report]:
        for pattern in self._contexts:
            found = [one for one in told.statuses if fnmatchcase(one.context, pattern)]
            bad = [one for one in found if one.state in _BAD]
            if bad:
                yield self._report(pattern, "failed", commit, bad)
            elif found and all(one.state == "success" for one in found):
                yield self._report(pattern, "live", commit, found)
            else:
                yield self._report(pattern, "underway", commit, found)

    def _report(self, pattern: str, state: State, commit: str, found: Sequence[_Status]) -> Report:
        said = "; ".join(f"{one.context} {one.state}: {one.description or ''}" for one in found)
        return Report(
            source=self.source,
            subject=pattern,
            state=state,
            revision=commit,
            text=said[:500] or "no such status yet",
            at=max((one.updated_at for one in found if one.updated_at), default=None),
        )
