"""A branch takes so many commits an hour; what is left is read from its log, by everybody."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bridge.settings.batch import BatchSettings
from tests.commands.conftest import Run, invoking
from tests.parts.fake_prometheus import FakePrometheus, samples
from tests.parts.git_http import GitHttp
from tests.parts.state_repo import StateRepo
from tests.service.conftest import count, subjects
from tests.service.passes import Passes
from tests.service.program import QUICK, configured, running, through

TWO = BatchSettings(max_commits_per_hour=2)
run = pytest.fixture(invoking, name="run")


def limited(limit: int) -> dict[str, object]:
    return {**QUICK, "scale_up": QUICK, "max_commits_per_hour": limit}


async def test_scale_downs_wait_for_it_and_scale_ups_overdraw_it(passes: Passes) -> None:
    passes.load(search=300)
    start = passes.now = datetime.now(UTC).replace(microsecond=0)
    story = [(0, 640, 7), (10, 600, 6), (20, 500, 6), (30, 800, 8), (40, 900, 8)]
    story += [(59, 900, 8), (60, 900, 9), (61, 400, 9), (89, 400, 9), (90, 400, 4)]
    for minute, load, expected in story:
        passes.now = start + timedelta(minutes=minute)
        passes.load(checkout=load)
        done = await passes.once(batch=TWO)
        assert count(passes.repo, "checkout") == expected, f"minute {minute}"
        assert [d.desired for d in done.waiting] == ([] if done.push else [-(-load // 100)])
        assert (done.waits_until is None) == (done.push is not None)
    assert subjects(passes.repo)[::-1] == [
        f"scale: checkout {change}" for change in ("3→7", "7→6", "6→8", "8→9", "9→4")
    ]


async def test_what_waits_rides_along_with_a_scale_up(passes: Passes) -> None:
    one = BatchSettings(max_commits_per_hour=1)
    passes.load(checkout=640, search=300)
    await passes.once(batch=one)
    passes.load(checkout=400, search=300)
    assert (await passes.once(batch=one)).push is None
    passes.load(checkout=400, search=800)
    await passes.once(batch=one)
    assert subjects(passes.repo)[0] == "scale: checkout 7→4, search 3→8"


def test_once_and_plan_say_until_when_and_need_nobody(
    run: Run, shop: StateRepo, git_http: GitHttp, fake: FakePrometheus, tmp_path: Path
) -> None:
    fake.script("checkout", samples(640))
    fake.script("search", samples(300))
    given = through(git_http, shop)
    config = configured(tmp_path, fake.url, given, batch=limited(1))
    assert run("once", "--config", config).exit_code == 0
    fake.script("checkout", samples(400))
    tip = shop.tip()
    planned, done = (run(command, "--config", config) for command in ("plan", "once"))
    for shown in (planned, done):
        assert (shown.exit_code, shown.stderr) == (0, "")
        assert "checkout: Deployment/shop/checkout 7 → 4\n" in shown.stdout
        last = shown.stdout.splitlines()[-1]
        assert last.endswith(" UTC: batch.max_commits_per_hour is used up")
    facts = json.loads(run("once", "--json", "--config", config).stdout)
    left = datetime.fromisoformat(facts["waitsUntil"]) - datetime.now(UTC)
    assert timedelta(minutes=59) < left <= timedelta(hours=1)
    assert facts["commit"] is None
    assert shop.tip() == tip


@pytest.mark.timeout(60)
def test_the_service_waits_decides_anew_and_says_so(
    shop: StateRepo, git_http: GitHttp, fake: FakePrometheus, tmp_path: Path
) -> None:
    fake.script("checkout", samples(640))
    fake.script("search", samples(300))
    given = through(git_http, shop)
    with running(configured(tmp_path, fake.url, given, batch=limited(1))) as program:
        program.until("committed")
        fake.script("checkout", samples(400))
        program.until("waiting_for_budget")
        program.until("decided", policy="checkout", desired=4, times=3)
        [waiting] = program.status()["waiting"]
        budget = program.status()["budget"]
        page = program.page("/")
        fake.script("checkout", samples(900))
        program.until("committed", times=2)
        assert len(program.seen("waiting_for_budget")) == 1
    assert (waiting["target"], waiting["desired"]) == ("Deployment/shop/checkout", 4)
    assert (budget["commitsPerHour"], budget["usedLastHour"]) == (1, 1)
    assert budget["scaleUpsWaitUntil"] is None
    assert datetime.fromisoformat(budget["scaleDownsWaitUntil"]) > datetime.now(UTC)
    assert "1 of 1 commits of the last hour used; scale-downs wait until " in page
    assert subjects(shop) == ["scale: checkout 7→9", "scale: checkout 3→7"]
