"""Two scalebridges, or another bot, that undo each other: both hold, and say so."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bridge.settings.commit import CommitSettings
from tests.parts.fake_prometheus import FakePrometheus, samples
from tests.parts.git_http import GitHttp
from tests.parts.person import Person
from tests.parts.state_repo import StateRepo
from tests.service.conftest import count
from tests.service.passes import Passes
from tests.service.program import configured, policy, running, through

CHECKOUT = "apps/checkout.yaml"


def thrift(folder: Path) -> dict[str, object]:
    """The sections of a scalebridge whose own policy thinks that four are plenty."""
    folder.mkdir(exist_ok=True)
    (folder / "thrift.yaml").write_text(
        policy("checkout", query="checkout", maxReplicas=4).replace('"checkout"', '"thrift"', 1)
    )
    return {
        "state_repo": {"policies_folder": folder},
        "commit": CommitSettings(name="thrift-bot"),
    }


async def test_two_scalebridges_stop_after_three_times(
    passes: Passes, robin: Person, tmp_path: Path
) -> None:
    other = thrift(tmp_path / "thrift")
    passes.load(search=300)
    start = passes.now = datetime.now(UTC) + timedelta(minutes=1)
    counts = []
    for _ in range(4):
        for sections in ({}, other):
            await passes.once(**sections)
            counts.append(count(passes.repo, "checkout"))
            passes.now += timedelta(minutes=1)
    assert counts == [7, 4, 7, 4, 7, 4, 4, 4]
    mine = (await passes.decisions())["checkout"]
    their = (await passes.decisions(**other))["thrift"]
    assert mine.reasons == their.reasons
    until = start + timedelta(hours=1, minutes=5)
    assert mine.reason == (
        f"held at 4 until {until:%H:%M} UTC: policy checkout (scalebridge) and "
        "policy thrift (thrift-bot) keep undoing each other's changes"
    )
    passes.now = start + timedelta(hours=1, minutes=6)
    await passes.once()
    assert (await passes.decisions(**other))["thrift"].hold, "at the next turn again"
    robin.pull()
    trailer = 'Scale-Release: {"target":"Deployment/shop/checkout"}'
    robin.now = passes.now
    robin.git("commit", "--quiet", "--allow-empty", "-m", "Thrift is off", "-m", trailer)
    robin.push()
    passes.load(checkout=800)
    assert (await passes.decisions())["checkout"].desired == 8


@pytest.mark.timeout(60)
def test_a_quarrel_with_another_bot_is_told_by_log_and_status(
    shop: StateRepo, git_http: GitHttp, fake: FakePrometheus, tmp_path: Path
) -> None:
    fake.script("checkout", samples(640))
    fake.script("search", samples(300))
    held = policy("checkout", query="checkout", overrideHold=0)
    shop.write({"policies/checkout.yaml": held}, "Obey nobody")
    three = shop.read(CHECKOUT)
    with running(configured(tmp_path, fake.url, through(git_http, shop))) as program:
        for times in range(1, 4):
            program.until("committed", times=times)
            shop.write({CHECKOUT: three}, "Reset", author="Resetter <bot@example.org>")
        told = program.until("quarrel", policy="checkout", desired=3)
        [hold] = [one["hold"] for one in program.status()["decisions"] if one["hold"]]
        page = program.page("/")
        [found] = re.findall(r'<a id="a-\S+" href="(targets/[^"]+)">checkout</a>', page)
        way_out = program.page(f"/{found}")
    parties = "Resetter and policy checkout (scalebridge) keep undoing each other"
    assert parties in told["reason"]
    assert told["level"] == "warning"
    assert (hold["count"], hold["by"], hold["commit"]) == (3, "Resetter", shop.tip())
    assert hold["rivals"] == ["Resetter", "policy checkout (scalebridge)"]
    assert parties.replace("'", "&#39;") in page
    assert "scalebridge release Deployment/shop/checkout" in way_out
    assert len(program.seen("quarrel", level="warning")) == 1


def test_a_hold_is_told_once(shop: StateRepo, fake: FakePrometheus, tmp_path: Path) -> None:
    fake.script("checkout", samples(640))
    fake.script("search", samples(300))
    five = shop.read(CHECKOUT).replace(b"replicas: 3", b"replicas: 5")
    sha = shop.write({CHECKOUT: five}, "Calm down", author="Robin <r@example.org>")
    with running(configured(tmp_path, fake.url, {"url": shop.url})) as program:
        program.until("held", times=3)
        [told] = program.seen("held", level="info")
    assert told["reason"].endswith(f"UTC: Robin set it in {sha[:12]}")
