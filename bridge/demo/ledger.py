"""What the state repo's log says: who scaled what, and why."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bridge.demo.plumbing import git
from bridge.demo.seed import BRANCH
from bridge.repo.trailers import SCALED_BY, scale_decisions

_FORMAT: Final = "%H%x00%B%x1e"


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit of the branch."""

    sha: str
    message: str

    @property
    def subject(self) -> str:
        """The message's first line."""
        return self.message.partition("\n")[0]

    @property
    def by_scalebridge(self) -> bool:
        """Whether the service made it; the trailer is what it signs with."""
        return f"\n{SCALED_BY}: " in self.message

    @property
    def changes(self) -> dict[str, tuple[int, int]]:
        """Each workload's count before and after, by its name."""
        made = scale_decisions(self.message)
        return {one.target.rpartition("/")[2]: (one.from_ or 0, one.to) for one in made}

    @property
    def scales_up(self) -> bool:
        """Whether any workload grew."""
        return any(after > before for before, after in self.changes.values())


class Ledger:
    """Reads the branch's log from where it left off."""

    def __init__(self, repo: Path, start: str) -> None:
        self._repo = repo
        self._tip = start

    async def news(self) -> list[Commit]:
        """The commits since the last look, oldest first."""
        tip = (await git(self._repo, "rev-parse", BRANCH)).decode().strip()
        if tip == self._tip:
            return []
        span = f"{self._tip}..{tip}"
        log = await git(self._repo, "log", "--reverse", f"--format={_FORMAT}", span)
        self._tip = tip
        records = (record.strip("\n") for record in log.decode().split("\x1e"))
        return [Commit(*record.split("\x00")) for record in records if record]
