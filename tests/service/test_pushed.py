"""A Git host's push event makes the branch be looked at now, and not more than once a second."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import pytest

from tests.parts.fake_prometheus import ANY, FakePrometheus, samples
from tests.parts.git_http import GitHttp
from tests.parts.state_repo import StateRepo
from tests.repo.processes import until
from tests.server.test_github import HOOK_OF_PUSHES, PUSH, signed
from tests.service.program import configured, policy, running, through

pytestmark = pytest.mark.timeout(60)


def test_a_push_is_seen_at_once_and_a_storm_of_replays_is_harmless(
    git_http: GitHttp, shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    fake.script(ANY, samples(300))
    (tmp_path / "secret").write_text("a-secret")
    server = {"listen": "127.0.0.1:0", "github": {"secret_file": "secret"}}
    remote = through(git_http, shop, poll_interval="1h")
    with running(configured(tmp_path, fake.url, remote, server=server)) as program:
        program.until("steady", policy="search")
        tip = program.status()["tip"]
        shop.write({"policies/search.yaml": policy("search", query="other")}, "Ask for another")
        hook = f"{program.url}{HOOK_OF_PUSHES}"
        headers = signed(PUSH, "a-secret")
        assert httpx.post(hook, content=PUSH.replace(b"main", b"else")).status_code == 401
        assert program.status()["tip"] == tip
        assert httpx.post(hook, content=PUSH, headers=headers).status_code == 202
        until(lambda: program.status()["tip"] == shop.tip())
        before, begun = len(program.seen("branch_moved")), time.monotonic()
        for _ in range(100):
            assert httpx.post(hook, content=PUSH, headers=headers).status_code == 202
        looks = len(program.seen("branch_moved")) - before
        assert looks <= time.monotonic() - begun + 2
