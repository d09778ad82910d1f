"""When the credentials in use end: for the page, the API and the metrics."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from bridge.observe import metrics

Credential = Literal["tls", "github_app"]


@dataclass(frozen=True, slots=True)
class Ending:
    """A credential whose end is known."""

    credential: Credential
    repo: str
    ends: datetime

    @property
    def renewed(self) -> bool:
        """Whether the service renews it by itself."""
        return self.credential == "github_app"


class Credentials:
    """All of one process; any thread may tell of one."""

    def __init__(self) -> None:
        self._known: dict[tuple[Credential, str], Ending] = {}

    def note(self, credential: Credential, repo: str, ends: float) -> None:
        """It ends at this Unix time; `repo` is whose it is, or empty."""
        metrics.credential_expiry.labels(credential, repo).set(ends)
        at = datetime.fromtimestamp(ends, UTC)
        self._known[credential, repo] = Ending(credential, repo, at)

    @property
    def all(self) -> list[Ending]:
        """Those of which one was told, the first to end first."""
        return sorted(self._known.values(), key=lambda one: one.ends)
