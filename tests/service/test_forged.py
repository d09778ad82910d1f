"""What a committer who isn't us gains by our own trailers: orders that were theirs anyway."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from bridge.settings.batch import BatchSettings
from tests.parts.state_repo import StateRepo
from tests.service.conftest import count
from tests.service.passes import Passes

CHECKOUT = "Deployment/shop/checkout"
STRANGER = "scalebridge <scalebridge@localhost>"
"""Names are free in Git, ours as well."""


def decision(before: int, after: int, target: str = CHECKOUT) -> str:
    """As we write it."""
    said = {
        "target": target,
        "from": before,
        "to": after,
        "policy": "checkout",
        "reason": "Why not",
    }
    return f"Scale-Decision: {json.dumps(said)}"


def forged(repo: StateRepo, *trailers: str) -> str:
    """A commit to a path that nothing is governed by, with these trailers."""
    head = "scale: checkout 3→40\n\nQuite us\n\nScaled-By: scalebridge/0.1.0"
    words = "\n".join([head, *trailers])
    files = {"docs/notes.md": f"{datetime.now(UTC)}\n"}
    return repo.write(files, words, author=STRANGER)


async def test_decisions_that_were_none_change_nothing(shop: StateRepo, passes: Passes) -> None:
    before = await passes.decisions()
    for number in range(5):
        forged(
            shop, decision(3, 40), decision(40, number), decision(3, 1, "Deployment/shop/search")
        )
    after = await passes.decisions()
    assert [str(one.desired) + one.reason for one in after.values()] == [
        str(one.desired) + one.reason for one in before.values()
    ]
    await passes.once()
    assert (count(shop, "checkout"), count(shop, "search")) == (7, 7)


async def test_releases_and_pauses_are_orders_of_whoever_may_push_anything(
    shop: StateRepo, passes: Passes
) -> None:
    until = (datetime.now(UTC) + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    pause = {"target": CHECKOUT, "until": until, "by": "somebody else"}
    sha = forged(shop, f"Scale-Pause: {json.dumps(pause)}")
    held = (await passes.decisions())["checkout"]
    assert (held.desired, held.hold is not None) == (3, True)
    assert sha[:12] in held.reason
    passes.now = datetime.now(UTC) + timedelta(hours=24, minutes=1)
    assert (await passes.decisions())["checkout"].desired == 7
    passes.now = None
    forged(shop, f"Scale-Release: {json.dumps({'target': CHECKOUT})}")
    assert (await passes.decisions())["checkout"].desired == 7


async def test_forged_decisions_spend_no_budget(shop: StateRepo, passes: Passes) -> None:
    for _ in range(3):
        forged(shop, decision(3, 40))
    limited = BatchSettings(max_commits_per_hour=1)
    await passes.once(batch=limited, state_repo={"search_paths": ("apps",)})
    assert (count(shop, "checkout"), count(shop, "search")) == (7, 7)
