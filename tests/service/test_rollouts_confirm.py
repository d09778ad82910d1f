"""Rollouts confirm the commits they are of; what was live stays so while the next rolls out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

from bridge.decide.dead_time import Rollout
from bridge.decide.decision import Decision
from bridge.manifest.target import Target
from bridge.observe import metrics
from bridge.observe.status import Status
from bridge.publish.push import Push
from bridge.repo.snapshot import Commit, Snapshot
from bridge.repo.state_repo import StateRepo
from bridge.repo.trailers import ScaleDecision
from bridge.service.confirming import READY, Confirming
from bridge.service.outcome import Outcome
from bridge.settings.confirm import ConfirmSettings
from bridge.trigger.report import Report
from tests.publish.conftest import policy

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
WEB = Target("Deployment", "web", "shop")
DONE = Rollout(ours=True, settled=True, seen=True, seconds=20.0)
UNDERWAY = Rollout(ours=True, settled=False, seen=True)


class Log:
    """A repo's log, newest first; each of its commits has those before."""

    def __init__(self) -> None:
        self.commits: list[Commit] = []

    def scale(self, sha: str, at: datetime) -> None:
        made = ScaleDecision(target=str(WEB), from_=1, to=2, policy="web", reason="load")
        new = Commit(sha, at, at, "us", decisions=(made,), changes=())
        self.commits.insert(0, new)

    async def latest(self) -> Snapshot:
        return Snapshot(self.commits[0].sha, {})

    async def history(self, *_: Any) -> list[Commit]:
        return self.commits

    async def includes(self, revision: str, commit: str) -> bool:
        shas = [one.sha for one in self.commits]
        return shas.index(revision) <= shas.index(commit)


def measured() -> float:
    """How many commits were seen to get live, and after how many seconds in all."""
    samples = metrics.commit_to_live.labels(READY)._child_samples()
    return sum(one.value for one in samples if one.name in ("_count", "_sum"))


async def test_a_live_commit_is_measured_once() -> None:
    log, status = Log(), Status(NOON)
    confirming = Confirming(cast("StateRepo", log), [], status, ConfirmSettings(), lambda: NOON)

    async def look(rollout: Rollout) -> dict[str, str]:
        made = Decision(target=WEB, policy="web", current=2, desired=2, rollout=rollout)
        confirming.take_in(log.commits[0].sha, {WEB}, [Outcome(policy("web"), made)])
        await confirming._look()
        return {one.push.after: one.said[READY].state for one in status.confirmations.awaited}

    before = measured()
    log.scale("first", NOON)
    assert await look(UNDERWAY) == {"first": "underway"}
    assert await look(DONE) == {"first": "live"}
    assert measured() - before == 1 + 20
    log.scale("second", NOON + timedelta(minutes=5))
    assert await look(UNDERWAY) == {"second": "underway", "first": "live"}
    assert await look(DONE) == {"second": "live", "first": "live"}
    assert measured() - before == 2 + 40


class Asked:
    """An Argo CD that we ask; one of its applications waits."""

    source = "argocd"

    async def reports(self, push: Push, _: datetime) -> list[Report]:
        done = Report(source="argocd", subject="api", state="live", revision=push.after)
        return [done, Report(source="argocd", subject="web", state="underway", text="OutOfSync")]


async def test_who_is_asked_is_not_overruled_by_what_it_calls_to_us() -> None:
    log, status = Log(), Status(NOON)
    confirming = Confirming(
        cast("StateRepo", log), [Asked()], status, ConfirmSettings(), lambda: NOON
    )
    log.scale("f" * 40, NOON)
    for _ in range(2):
        confirming.hear(
            Report(source="argocd", subject="argocd/api", state="live", revision="f" * 40)
        )
        await confirming._look()
        [one] = status.confirmations.awaited
        assert one.said["argocd"].state == "underway"
