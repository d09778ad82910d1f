"""Telling deployers of a push holds up no other push, and reaches those it is meant for."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.conftest import DEPLOYMENT
from tests.parts.fake_prometheus import ANY, FakePrometheus, samples
from tests.parts.state_repo import StateRepo
from tests.parts.threads import Served
from tests.repo.processes import until
from tests.service.conftest import count, subjects
from tests.service.program import configured, policy, running
from tests.service.test_several_repos import several


class Deaf(Served):
    """Takes the connection and the notice, and never answers."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/hook", self._take)
        return app

    async def _take(self, request: web.Request) -> web.Response:
        self.heard.append((await request.json())["after"])
        await asyncio.sleep(60)
        raise AssertionError


def test_one_that_hangs_holds_up_no_batch(
    shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    fake.script(ANY, samples(500))
    with Deaf() as server:
        hook = {"name": "deaf", "type": "flux", "url": f"{server.url}/hook", "timeout": "60s"}
        config = configured(tmp_path, fake.url, {"url": shop.url}, reconcilers=[hook])
        with running(config) as program:
            program.until("committed")
            until(lambda: len(server.heard) == 1)
            fake.script(ANY, samples(700))
            program.until("committed", times=2)
            assert count(shop, "checkout") == 7
            assert not program.seen("notice_failed")
            assert not program.seen("notice_accepted")
            assert server.heard == [shop.tip("main~1")]
            program.kill()  # to stop, it would wait ten seconds for an answer
    assert len(subjects(shop)) == 2


def test_each_hears_of_its_state_repos_only(
    shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    files = {"apps/checkout.yaml": DEPLOYMENT.format(name="checkout")}
    other = StateRepo.create(tmp_path / "other", files)
    other.write({"policies/checkout.yaml": policy("checkout")}, "Add a policy")
    fake.script(ANY, samples(500))
    config = several(tmp_path, fake.url, {"eu": {"url": shop.url}, "us": {"url": other.url}})
    heard = {name: tmp_path / f"{name}.json" for name in ("eu", "all")}
    reconcilers = [
        {"name": name, "type": "command", "command": ["sh", "-c", f"cat >> {file}; echo >> {file}"]}
        for name, file in heard.items()
    ]
    reconcilers[0]["repos"] = ["eu"]
    given = json.loads(config.read_text()) | {"reconcilers": reconcilers}
    config.write_text(json.dumps(given))
    with running(config) as program:
        program.until("notice_accepted", reconciler="eu", repo="eu")
        for repo in ("eu", "us"):
            program.until("notice_accepted", reconciler="all", repo=repo)
    told = {name: _heard(file) for name, file in heard.items()}
    tips = {name: {notice["after"] for notice in notices} for name, notices in told.items()}
    assert tips == {"eu": {shop.tip()}, "all": {shop.tip(), other.tip()}}
    [notice] = told["eu"]
    changed = shop.git("diff", "--name-only", notice["before"], notice["after"]).decode()
    assert notice["files"] == changed.split() == ["apps/checkout.yaml", "apps/search.yaml"]


def _heard(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]
