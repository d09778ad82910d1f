"""The last commits of a state repo, and what the reconcilers say of them."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.observe.facts import ConfirmationFacts
from bridge.observe.forges import commit_page
from bridge.observe.status import Status
from bridge.observe.target_facts import CommitFacts


def commits_of(status: Status) -> Sequence[CommitFacts]:
    """Of the log as it was read last, and what was pushed since then; newest first."""
    said = {
        one.push.after: {name: found.state for name, found in sorted(one.said.items())}
        for one in status.confirmations.awaited
    }
    known = {
        one.sha: CommitFacts(
            repo=status.repo,
            commit=one.sha,
            at=one.at,
            subject=one.subject,
            author=one.author,
            targets=tuple(one.targets),
            url=commit_page(status.url, one.sha),
            confirmed=said.get(one.sha, {}),
        )
        for one in status.commits
    }
    for at, push in status.pushes:
        known.setdefault(
            push.after,
            CommitFacts(
                repo=status.repo,
                commit=push.after,
                at=at,
                subject=push.subject,
                author="",
                targets=tuple(str(made.target) for made in push.decisions),
                url=commit_page(status.url, push.after),
                confirmed=said.get(push.after, {}),
            ),
        )
    return sorted(known.values(), key=lambda commit: commit.at, reverse=True)


def confirmations_of(status: Status) -> Sequence[ConfirmationFacts]:
    """What each source says of the newest commit that it knows of."""
    newest = {
        source: one for one in reversed(status.confirmations.awaited) for source in sorted(one.said)
    }
    stuck = status.confirmations.stuck
    return [
        ConfirmationFacts(
            repo=status.repo,
            source=source,
            commit=one.push.after,
            url=commit_page(status.url, one.push.after),
            state=one.said[source].state,
            text=one.said[source].text,
            seconds=one.seconds.get(source),
            expected=one.said[source].until,
            stuck=stuck.get(source, ""),
        )
        for source, one in sorted(newest.items())
    ]
