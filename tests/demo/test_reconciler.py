from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bridge.commit.message import commit_message
from bridge.decide.decision import Decision, Step
from bridge.demo.ledger import Ledger
from bridge.demo.reconciler import Counts, Reconciler
from bridge.demo.seed import shop_files
from bridge.demo.simulator import WORKLOADS, Shop
from bridge.manifest.target import Target
from tests.parts.state_repo import StateRepo

CHECKOUT = "apps/checkout/checkout.yaml"
AT_FIRST = {workload.key: workload.replicas for workload in WORKLOADS}


class Applied(list[tuple[str, Counts]]):
    """What a reconciler applied, in order."""

    def __call__(self, sha: str, counts: Counts) -> None:
        self.append((sha, counts))


@pytest.fixture
def shop_repo(tmp_path: Path) -> StateRepo:
    """The demo's shop as a bare repository."""
    return StateRepo.create(tmp_path / "remote", shop_files())


def scaled(repo: StateRepo, replicas: int, message: str = "Scale by hand") -> str:
    """Somebody commits another count for checkout."""
    after = shop_files()[CHECKOUT].replace(b"replicas: 2", b"replicas: %d" % replicas)
    return repo.write({CHECKOUT: after}, message)


async def test_what_is_committed_is_applied_once(shop_repo: StateRepo, tmp_path: Path) -> None:
    applied = Applied()
    reconciler = Reconciler(shop_repo.url, tmp_path / "reconciler.git", applied)
    await reconciler.prepare()
    await reconciler.reconcile()
    await reconciler.reconcile()
    assert applied == [(shop_repo.tip(), AT_FIRST)]
    sha = scaled(shop_repo, 7)
    await reconciler.reconcile()
    assert applied[1:] == [(sha, AT_FIRST | {("Deployment", "shop", "checkout"): 7})]


async def test_applying_takes_a_while(shop_repo: StateRepo, tmp_path: Path) -> None:
    shop, applied = Shop(WORKLOADS), asyncio.Event()

    def apply(_: str, counts: Counts) -> None:
        if any([shop.apply(key, count) for key, count in counts.items()]):
            applied.set()

    scaled(shop_repo, 5)
    reconciler = Reconciler(shop_repo.url, tmp_path / "reconciler.git", apply)
    running = asyncio.create_task(reconciler.run(delay=0.3))
    loop = asyncio.get_running_loop()
    start = loop.time()
    async with asyncio.timeout(10):
        await applied.wait()
    assert loop.time() - start >= 0.3
    assert [len(one.pods) for one in shop] == [5, 2, 2]
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_the_ledger_tells_new_commits_once_and_whose_they_are(shop_repo: StateRepo) -> None:
    ledger = Ledger(shop_repo.path, shop_repo.tip())
    assert await ledger.news() == []
    target = Target("Deployment", "checkout", "shop", "apps/v1")
    decision = Decision(
        target=target, policy="checkout", current=2, desired=7, steps=(Step("busy"), Step("very"))
    )
    own = scaled(shop_repo, 7, commit_message([decision]))
    person = scaled(shop_repo, 3, "Less is more\n\nReally.\n")
    first, second = await ledger.news()
    assert (first.sha, first.subject) == (own, "scale: checkout 2→7")
    assert (first.by_scalebridge, first.scales_up) == (True, True)
    assert first.changes == {"checkout": (2, 7)}
    assert (second.sha, second.subject, second.changes) == (person, "Less is more", {})
    assert (second.by_scalebridge, second.scales_up) == (False, False)
    assert await ledger.news() == []
