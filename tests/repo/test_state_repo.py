"""The state repo as the event loop has it: one Git operation at a time, off the loop."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bridge.errors import ManifestUnsupported
from bridge.manifest.target import Target
from bridge.repo.state_repo import StateRepo as Tip
from tests.conftest import DEPLOYMENT
from tests.parts.git_http import GitHttp
from tests.parts.state_repo import StateRepo
from tests.repo.processes import running, until
from tests.repo.relay import Relay
from tests.repo.ways import CHECKOUT, SEARCH, by_file, by_http, draft

WEB = Target("Deployment", "web", "shop", "apps/v1")


async def test_a_snapshot_knows_its_workloads_and_stays_as_it_is(
    state_repo: StateRepo, tmp_path: Path
) -> None:
    async with Tip(by_file(state_repo, tmp_path)) as repo:
        before = await repo.look()
        assert await repo.look() is before
        state_repo.write({"apps/web.yaml": DEPLOYMENT.format(name="web"), SEARCH: None}, "Move")
        after = await repo.look()
    assert after.index.find(WEB).path == "apps/web.yaml"
    with pytest.raises(ManifestUnsupported, match="no such workload"):
        before.index.find(WEB)
    assert SEARCH in before.files


async def test_only_the_search_paths_are_indexed(state_repo: StateRepo, tmp_path: Path) -> None:
    text = DEPLOYMENT.format(name="web")
    files = {"apps/web.yaml": text, "old/web.yaml": text, "apps/web.md": text}
    state_repo.write(files, "Copy")
    async with Tip(by_file(state_repo, tmp_path, search_paths=("apps", "live/eu"))) as repo:
        snapshot = await repo.look()
    assert snapshot.index.find(WEB).path == "apps/web.yaml"
    assert "old/web.yaml" in snapshot.files


async def test_operations_wait_for_each_other(state_repo: StateRepo, tmp_path: Path) -> None:
    async with Tip(by_file(state_repo, tmp_path)) as repo:
        snapshot = await repo.look()
        edit = draft(snapshot, {CHECKOUT: b"7\n"})
        commit = await repo.commit(edit, snapshot)
        pushing = asyncio.create_task(repo.push(commit, snapshot.tip))
        await asyncio.sleep(0)
        seen = await repo.look()
        await pushing
    assert seen.tip == commit


async def test_a_revision_includes_what_came_before_it(
    state_repo: StateRepo, tmp_path: Path
) -> None:
    ours = state_repo.write({"notes.txt": "1"}, "Ours")
    async with Tip(by_file(state_repo, tmp_path / "mirror")) as repo:
        before = (await repo.look()).tip
        newer = state_repo.write({"notes.txt": "2"}, "Newer")
        assert before == ours
        assert not await repo.includes(newer, ours)  # not fetched yet
        await repo.look()
        assert await repo.includes(newer, ours)
        assert await repo.includes(ours, ours)
        assert not await repo.includes(ours, newer)
        assert not await repo.includes("f" * 40, ours)
        assert (await repo.latest()).tip == newer  # that was no broken mirror


async def test_earlier_contents(state_repo: StateRepo, tmp_path: Path) -> None:
    seed = state_repo.read(CHECKOUT)
    state_repo.write({CHECKOUT: "5\n"}, "Five")
    async with Tip(by_file(state_repo, tmp_path)) as repo:
        assert await repo.earlier(await repo.look(), CHECKOUT) == [seed]
        assert await repo.read([]) == {}


async def test_leaving_does_not_wait_for_a_hanging_remote(
    state_repo: StateRepo, tmp_path: Path
) -> None:
    with Relay("127.0.0.1:1") as relay:
        relay.hang()
        url = f"http://{relay.address}/state.git"
        async with Tip(by_file(state_repo, tmp_path, url=url)) as repo:
            looking = asyncio.create_task(repo.look())
            await asyncio.to_thread(until, lambda: len(running(url)) >= 2)
            looking.cancel()
            started = time.monotonic()
    assert time.monotonic() - started < 3
    assert not running(url)


async def test_it_is_used_inside_its_context(state_repo: StateRepo, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="async with"):
        await Tip(by_file(state_repo, tmp_path)).look()


async def test_a_long_log_is_read_to_its_end_by_few_fetches(
    git_http: GitHttp, state_repo: StateRepo, tmp_path: Path
) -> None:
    """Not one for each page of 500."""
    line = "commit refs/heads/main\ncommitter R <r@example.org> {} +0000\ndata 1\nx\n"
    made = "".join(line.format(1767225600 + second) for second in range(6_000))
    parent = made.replace("data 1\nx\n", "data 1\nx\nfrom refs/heads/main^0\n", 1)
    state_repo.git("fast-import", "--quiet", "--force", given=parent.encode())
    async with Tip(by_http(git_http, state_repo, tmp_path)) as repo:
        snapshot = await repo.look()
        before = len(git_http.requests)
        pages = [page async for page in repo.pages(snapshot, datetime.min.replace(tzinfo=UTC))]
        fetches = [one for one in git_http.requests[before:] if "info/refs" in one.path]
    assert [len(page) for page in pages] == [500] * 12 + [1]
    assert len(fetches) == 5
