"""Several state repos in one service: each at its own pace, and told apart by name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.commands.conftest import Run, run
from tests.conftest import DEPLOYMENT
from tests.parts.fake_prometheus import ANY, FakePrometheus, samples
from tests.parts.git_http import GitHttp
from tests.parts.state_repo import StateRepo
from tests.repo.processes import until
from tests.repo.relay import Relay
from tests.service.conftest import count, subjects
from tests.service.program import configured, policy, running, through

__all__ = ["run"]
pytestmark = pytest.mark.timeout(90)


@pytest.fixture
def other(tmp_path: Path) -> StateRepo:
    """Another state repo, with a workload and a policy of the very same names."""
    files = {"apps/checkout.yaml": DEPLOYMENT.format(name="checkout")}
    (tmp_path / "other").mkdir()
    repo = StateRepo.create(tmp_path / "other", files)
    repo.write({"policies/checkout.yaml": policy("checkout")}, "Add a policy")
    repo.write({"notes.txt": ""}, "As many commits as the shop has policies and seeds")
    return repo


def several(folder: Path, prometheus: str, repos: dict[str, Any]) -> Path:
    """A configuration of state repos by name."""
    path = configured(folder, prometheus, {"url": "unused"})
    given = yaml.safe_load(path.read_text())
    common = {**given.pop("state_repo"), "timeout": "2s"}
    given["state_repos"] = {
        name: {**common, "mirror": f"{name}.git", **repo} for name, repo in repos.items()
    }
    path.write_text(json.dumps(given))
    return path


@pytest.fixture
def black_hole() -> Iterator[Relay]:
    """A remote that takes connections and says nothing."""
    with Relay("127.0.0.1:1") as relay:
        relay.hang()
        yield relay


def test_a_black_hole_stalls_no_other_repo(
    shop: StateRepo, fake: FakePrometheus, black_hole: Relay, tmp_path: Path
) -> None:
    fake.script(ANY, samples(700))
    dead = f"http://{black_hole.address}/state.git"
    config = several(tmp_path, fake.url, {"dead": {"url": dead}, "eu": {"url": shop.url}})
    with running(config) as program:
        committed = program.until("committed", within=15)
        assert committed["repo"] == "eu"
        assert count(shop, "checkout") == 7
        assert program.page("/readyz") == "ready\n"
        failed = program.until("look_failed", repo="dead")
        assert "took over 2 s" in failed["error"]
        fake.script(ANY, samples(900))
        until(lambda: count(shop, "checkout") == 9)
        repos = program.status()["stateRepos"]
        assert "took over 2 s" in repos["dead"]["remoteError"]
        assert (repos["dead"]["tip"], repos["eu"]["remoteError"]) == (None, None)
        assert 'scalebridge_commits_total{repo="eu"} ' in program.page("/metrics")
        assert "State repo dead" in program.page("/")


def test_each_has_its_own_policies_and_commits(
    shop: StateRepo, other: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    fake.script(ANY, samples(500))
    fake.script("checkout", samples(700))
    config = several(tmp_path, fake.url, {"eu": {"url": shop.url}, "us": {"url": other.url}})
    with running(config) as program:
        for name in ("eu", "us"):
            program.until("committed", repo=name)
        program.until("steady", repo="us", policy="checkout", current=5)
        program.until("steady", repo="eu", policy="checkout", current=7)
        text = program.page("/metrics")
    assert subjects(shop) == ["scale: checkout 3→7, search 3→5"]
    assert count(other, "checkout") == 5
    labels = 'kind="Deployment",name="checkout",namespace="shop",policy="checkout",repo='
    assert f'scalebridge_committed_replicas{{{labels}"eu"}} 7.0' in text
    assert f'scalebridge_committed_replicas{{{labels}"us"}} 5.0' in text


def says(repo: StateRepo, branch: str, replicas: int) -> bool:
    """Whether the branch's checkout has so many."""
    return count(repo, "checkout", branch) == replicas


def test_branches_of_one_repo_have_a_writer_each(
    shop: StateRepo, git_http: GitHttp, fake: FakePrometheus, tmp_path: Path
) -> None:
    """Each by its own policies: that of checkout asks for half as much on the other branch."""
    shop.git("branch", "live/us", shop.write({"notes.txt": "both"}, "Before they part"))
    shop.write({"policies/checkout.yaml": policy("checkout", query="half")}, "Ask for half")
    tips = {branch: shop.tip(branch) for branch in ("main", "live/us")}
    remote = through(git_http, shop)
    branches = {"eu": remote, "us": {**remote, "branch": "live/us"}}
    fake.script(ANY, samples(700))
    fake.script("half", samples(350))
    with running(several(tmp_path, fake.url, branches)) as program:
        for repo in branches:
            program.until("committed", repo=repo)
        for half, whole in ((5, 9), (3, 6)):
            fake.script("half", samples(100 * half))
            fake.script("checkout", samples(100 * whole))
            until(partial(says, shop, "main", half))
            until(partial(says, shop, "live/us", whole))
        for repo in branches:
            program.until("steady", repo=repo, policy="checkout")
    told = {
        branch: [c.subject for c in shop.log(branch) if c.subject.startswith("scale: ")][::-1]
        for branch in tips
    }
    assert told == {
        "main": ["scale: checkout 3→4, search 3→7", "scale: checkout 4→5", "scale: checkout 5→3"],
        "live/us": [
            "scale: checkout 3→7, search 3→7",
            "scale: checkout 7→9",
            "scale: checkout 9→6",
        ],
    }
    for branch, tip in tips.items():
        assert shop.log(branch)[3].sha == tip, "no commit came from the other branch"


def test_one_pass_is_of_the_repo_that_is_named(
    shop: StateRepo, other: StateRepo, fake: FakePrometheus, tmp_path: Path, run: Run
) -> None:
    fake.script(ANY, samples(500))
    config = several(tmp_path, fake.url, {"eu": {"url": shop.url}, "us": {"url": other.url}})
    unnamed = run("once", "--config", config)
    assert unnamed.exit_code == 1
    assert "there are several state repos: scalebridge --repo NAME …, of eu, us" in unnamed.stderr
    wrong = run("--repo", "asia", "once", "--config", config)
    assert (wrong.exit_code, wrong.stderr) == (1, "--repo asia: no such state repo: eu, us\n")
    assert run("--repo", "us", "once", "--config", config).exit_code == 0
    assert (count(other, "checkout"), count(shop, "checkout")) == (5, 3)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param({"state_repo": {"url": "/x"}}, "give one of them", id="both"),
        pytest.param(
            {"state_repos": {"a": {"url": "/x"}, "b": {"url": "/x"}}}, "same branch", id="twice"
        ),
        pytest.param({"state_repos": {"a b": {"url": "/x"}}}, "a b", id="no name"),
        pytest.param({"state_repos": {"a": {"url": "/x", "brunch": "b"}}}, "brunch", id="typo"),
    ],
)
def test_what_is_no_list_of_repos_is_refused(
    change: dict[str, Any], told: str, tmp_path: Path, run: Run
) -> None:
    config = tmp_path / "scalebridge.yaml"
    sections = {"prometheus": {"url": "http://p"}, "state_repos": {"a": {"url": "/y"}}, **change}
    config.write_text(json.dumps(sections))
    refused = run("--repo", "a", "plan", "--config", config)
    assert refused.exit_code == 1
    assert told in refused.stderr
