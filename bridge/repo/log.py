"""The branch's log as git prints it, parsed; and whose commits and dates are to be believed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bridge.repo.snapshot import Change, Commit
from bridge.repo.trailers import scale_decisions, scale_pauses, scale_releases

REMEMBERED = timedelta(hours=6)
"""How far back the log tells of people's orders; decisions are not committed later than that."""

ENDLESS = datetime.max.replace(tzinfo=UTC)
_LATEST = int(datetime(9999, 12, 31, tzinfo=UTC).timestamp())


def log_format(boundary: str) -> str:
    """For `git log -z --raw --no-abbrev`; nobody's commit message may hold the boundary."""
    return f"{boundary}%H%n%P%n%ct %at%n%an%n%cn%n%B{boundary}"


def commits(log: str, boundary: str) -> list[Commit]:
    """The log's commits, in its order and with their own dates."""
    _, *parts = log.split(boundary)
    return [_commit(head, raw) for head, raw in zip(parts[::2], parts[1::2], strict=True)]


def _commit(head: str, raw: str) -> Commit:
    sha, parents, times, author, committer, message = head.split("\n", 5)
    decisions = tuple(scale_decisions(message))
    committed, authored = map(date_of, times.split())
    return Commit(
        sha=sha,
        at=committed,
        author=_shown(committer if decisions else author),
        decisions=decisions,
        changes=tuple(_changes(raw)),
        parents=tuple(parents.split()),
        authored=authored,
        releases=tuple(scale_releases(message)),
        pauses=tuple(scale_pauses(message)),
        subject=_shown(message.partition("\n")[0]),
    )


def date_of(seconds: str) -> datetime:
    """A commit's; git also takes such as no calendar has, which pass for its last day."""
    return datetime.fromtimestamp(min(int(seconds), _LATEST), UTC)


def _shown(text: str) -> str:
    """As far as terminals and logs may have it."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)


def _changes(raw: str) -> Iterator[Change]:
    """`:old-mode new-mode old-blob new-blob status`, NUL, path, NUL, and so on."""
    fields = iter(raw.lstrip("\0\n").split("\0"))
    for facts in fields:
        if facts.startswith(":"):
            _, _, before, after, _ = facts.split()
            yield Change(next(fields), _existing(before), _existing(after))


def _existing(blob: str) -> str | None:
    return blob if blob.strip("0") else None


def believed(log: Iterable[Commit], now: datetime) -> Iterator[datetime]:
    """The commits' dates, newest first; one after now is told by a clock that is ahead.

    Such a commit was made by the next one at the latest: it is not for ever as new as now.
    """
    newer = now
    for commit in log:
        newer = commit.at if commit.at <= now else newer
        yield newer


def dated(log: Sequence[Commit], now: datetime = ENDLESS) -> list[Commit]:
    """The log, newest first; no commit is older than its parent, whatever its clock said."""
    dates = list(believed(log, now))
    latest = datetime.min.replace(tzinfo=UTC)
    found: list[Commit] = []
    for commit, at in zip(reversed(log), reversed(dates), strict=True):
        latest = max(latest, at)
        found.append(commit if commit.at == latest else replace(commit, at=latest))
    return found[::-1]


def without_copies(log: Sequence[Commit]) -> list[Commit]:
    """The log, newest first; a decision counts once, where it was first committed.

    Whoever picks a commit of ours anew makes a change of his own, with our trailers in it. The
    same committer within the same second has decided the same twice.
    """
    first: dict[object, str] = {}
    found: list[Commit] = []
    for commit in reversed(log):
        origin = (commit.authored, commit.decisions)
        again = commit.at == commit.authored and first.get(origin) == commit.author
        copied = (origin in first and not again) or commit.at - commit.authored > REMEMBERED
        found.append(replace(commit, decisions=()) if commit.decisions and copied else commit)
        first.setdefault(origin, commit.author)
    return found[::-1]
