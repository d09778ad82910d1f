"""Stepping in from the page: a real service, a real remote, and commits that say who asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.parts.browser import browsing
from tests.parts.fake_prometheus import FakePrometheus, samples
from tests.parts.git_http import GitHttp
from tests.parts.state_repo import StateRepo
from tests.repo.ways import hook
from tests.service.conftest import count
from tests.service.program import Program, configured, running, through

pytestmark = pytest.mark.timeout(120)
TARGET = "Deployment/shop/checkout"
TOKEN = "the-token-of-the-webhooks"


@pytest.fixture
def program(
    shop: StateRepo, git_http: GitHttp, fake: FakePrometheus, tmp_path: Path
) -> Iterator[Program]:
    """A service over smart HTTP, where checkout is held by Robin at 5 and the load asks for 7."""
    fake.script("checkout", samples(700))
    fake.script("search", samples(300))
    five = shop.read("apps/checkout.yaml").replace(b"replicas: 3", b"replicas: 5")
    shop.write({"apps/checkout.yaml": five}, "Five", author="Robin <robin@example.org>")
    server = {"listen": "127.0.0.1:0", "webhook_token": TOKEN}
    with running(configured(tmp_path, fake.url, through(git_http, shop), server=server)) as program:
        program.until("held")
        yield program


def key_of(program: Program, name: str) -> str:
    found = httpx.get(f"{program.url}/api/v1/targets", params={"q": name}).json()["targets"]
    return str(found[0]["id"])


def ordered(program: Program, action: str, **order: Any) -> httpx.Response:
    url = f"{program.url}/api/v1/targets/{key_of(program, 'checkout')}/{action}"
    return httpx.post(url, json=order, auth=("kim", TOKEN), timeout=30)


def test_a_release_is_answered_with_its_commit_and_the_target_goes_on(
    program: Program, shop: StateRepo
) -> None:
    before = shop.tip()
    done = ordered(program, "release", reason="Over").json()
    program.until("committed")
    scaled, released, *_ = shop.log()
    assert (done["said"], done["commit"]) == ("released", released.sha)
    assert (released.parents, released.paths) == ((before,), ())
    trailer = json.loads(released.body.rpartition("Scale-Release: ")[2])
    assert trailer == {"target": TARGET, "by": "kim", "reason": "Over"}
    assert (count(shop, "checkout"), scaled.subject) == (7, "scale: checkout 5→7")
    shop.assert_linear()


def test_a_pause_outlives_the_process(
    program: Program, shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    done = ordered(program, "pause", until="2h", reason="Sale").json()
    assert done["commit"] == shop.tip()
    assert done["said"].startswith("paused until 20")
    fake.script("checkout", samples(1200))
    program.kill()
    with running(tmp_path / "scalebridge.yaml") as again:
        again.until("held")
        one = httpx.get(f"{again.url}/api/v1/targets/{key_of(again, 'checkout')}").json()
    assert (one["target"]["state"], one["target"]["hold"]["by"]) == ("paused", "kim")
    until = datetime.fromisoformat(one["target"]["hold"]["until"])
    assert timedelta(hours=1.9) < until - datetime.now(UTC) <= timedelta(hours=2)
    assert one["target"]["reasons"][0].endswith(f"kim asked for it in {done['commit'][:12]} (Sale)")
    assert [commit["commit"] for commit in one["commits"]] == [done["commit"]]
    assert count(shop, "checkout") == 5


def test_evaluate_now_does_not_wait_for_the_tick(program: Program, fake: FakePrometheus) -> None:
    asked = len([query for query in fake.queries if query.promql == "checkout"])
    done = ordered(program, "evaluate").json()
    assert (done["said"], done["commit"]) == ("evaluated", None)
    assert len([query for query in fake.queries if query.promql == "checkout"]) > asked


def test_a_refusal_of_the_remote_is_quoted(program: Program, shop: StateRepo) -> None:
    hook(shop, "pre-receive", "echo Frozen. >&2; exit 1")
    tip = shop.tip()
    answer = ordered(program, "pause", until="1h")
    assert (answer.status_code, shop.tip()) == (409, tip)
    assert "Frozen." in answer.json()["error"]


def test_in_a_browser_a_target_is_paused_until_a_commit_says_so(
    program: Program, shop: StateRepo
) -> None:
    tip = shop.tip()
    with browsing() as browser:
        browser.looks()
        browser.signs_in("lee", TOKEN)
        browser.open(program.url)
        assert browser.texts("#sources strong") == ["Prometheus", "state repo"]
        assert browser.texts("#sources .health") == ["answers", "answers"]
        browser.until(lambda: browser.text("#rows tr:first-child .pill").endswith("held"))
        browser.find("#rows tr:first-child th > a").click()
        browser.until(lambda: browser.text("#headline").startswith("checkout"))
        browser.find("#pause-reason").send_keys("Black Friday")
        browser.find("form[action$='/pause'] button").click()
        made = browser.until(lambda: browser.text("#made"))
        assert made == shop.tip() != tip
        browser.until(lambda: browser.text("#headline .pill").endswith("paused"))
        assert "by lee in" in " ".join(browser.text("#hold p").split())
        assert browser.texts("#commits .subject") == [f"pause: {TARGET}"]
        assert browser.complaints() == []
    newest = shop.log()[0]
    trailer = json.loads(newest.body.rpartition("Scale-Pause: ")[2])
    assert (trailer["by"], trailer["reason"], newest.paths) == ("lee", "Black Friday", ())
