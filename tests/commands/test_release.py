"""`release` ends a hold by a commit that says who, what and why, and changes no file."""

from __future__ import annotations

import getpass
import json
from pathlib import Path

import pytest

from tests.commands.conftest import Run
from tests.parts.fake_prometheus import FakePrometheus, samples
from tests.parts.git_http import GitHttp
from tests.parts.github import GitHub
from tests.parts.state_repo import StateRepo
from tests.repo.ways import hook
from tests.service.conftest import count
from tests.service.program import configured, through

TARGET = "Deployment/shop/checkout"
CHECKOUT = "apps/checkout.yaml"


@pytest.fixture
def held(shop: StateRepo, fake: FakePrometheus) -> str:
    """The commit by which Robin set checkout to 5, where the load asks for 7."""
    fake.script("checkout", samples(700))
    fake.script("search", samples(400))
    five = shop.read(CHECKOUT).replace(b"replicas: 3", b"replicas: 5")
    return shop.write({CHECKOUT: five}, "Five", author="Robin <robin@example.org>")


@pytest.fixture
def over_http(shop: StateRepo, git_http: GitHttp, fake: FakePrometheus, tmp_path: Path) -> Path:
    """A configuration that reaches the shop through smart HTTP."""
    return configured(tmp_path, fake.url, through(git_http, shop))


def test_a_release_is_a_commit_and_ends_the_hold(
    run: Run, over_http: Path, shop: StateRepo, held: str
) -> None:
    planned = run("plan", "--config", over_http)
    assert f"UTC: Robin set it in {held[:12]}\n" in planned.stdout, "beside search's change"
    done = run("release", TARGET, "--reason", "The sale\nis over", "--config", over_http)
    newest = shop.log()[0]
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith(f"released {TARGET} in {newest.sha[:12]}: it was held at 5 until")
    assert (newest.parents, newest.paths) == ((held,), ())
    assert newest.subject == f"release: {TARGET}"
    ended, why, trailer = newest.body.split("\n\n")
    assert ended.startswith("Ends the hold at 5 until 20")
    assert ended.endswith(f" UTC by Robin in {held[:12]}.")
    assert why == "  The sale is over"
    key, _, value = trailer.partition(": ")
    assert (key, json.loads(value)) == (
        "Scale-Release",
        {"target": TARGET, "by": getpass.getuser(), "reason": "The sale is over"},
    )
    assert run("once", "--config", over_http).exit_code == 0
    assert (count(shop, "checkout"), count(shop, "search")) == (7, 4)


def test_what_is_not_held_is_not_released(run: Run, config: Path, shop: StateRepo) -> None:
    tip = shop.tip()
    done = run("release", TARGET, "--config", config)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == f"nothing to release: {TARGET} is not held; nothing is held\n"
    facts = json.loads(run("release", TARGET, "--json", "--config", config).stdout)
    assert facts == {"target": TARGET, "commit": None, "heldAt": None}
    assert shop.tip() == tip


def test_a_target_that_is_not_there_is_refused_with_those_that_are_held(
    run: Run, config: Path, shop: StateRepo, held: str
) -> None:
    done = run("release", "checkout", "--config", config)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == f"checkout: no policy governs it; held now: {TARGET}\n"
    assert shop.tip() == held


def test_a_mistyped_target_is_told_those_that_are_governed(run: Run, config: Path) -> None:
    done = run("release", "checkout", "--config", config)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == (
        f"checkout: no policy governs it; there are: {TARGET}, Deployment/shop/search\n"
    )


def test_a_release_as_json(run: Run, config: Path, shop: StateRepo, held: str) -> None:
    facts = json.loads(run("release", TARGET, "--json", "--config", config).stdout)
    assert held != facts["commit"] == shop.tip()
    assert facts == {"target": TARGET, "commit": shop.tip(), "heldAt": 5}


def test_a_rival_s_push_is_waited_out(
    run: Run, over_http: Path, shop: StateRepo, git_http: GitHttp, held: str
) -> None:
    rivals = iter(range(2))

    def rival() -> None:
        for number in rivals:
            shop.write({f"note{number}.txt": "x"}, f"Rival {number}")
            break

    git_http.before_receive = rival
    assert run("release", TARGET, "--config", over_http).exit_code == 0
    subjects = [commit.subject for commit in shop.log()[:4]]
    assert subjects == [f"release: {TARGET}", "Rival 1", "Rival 0", "Five"]
    shop.assert_linear()
    assert held == shop.log()[3].sha


def test_a_release_by_a_commit_of_github_s(
    run: Run, shop: StateRepo, fake: FakePrometheus, tmp_path: Path, held: str
) -> None:
    with GitHub(shop) as hub:
        remote = {"url": hub.url_of(shop.path), "password": hub.password}
        verified = {"signing": {"format": "github"}}
        config = configured(tmp_path, fake.url, remote, commit=verified)
        done = run("release", TARGET, "--reason", "Over", "--config", config)
        assert (done.exit_code, hub.misunderstood) == (0, [])
        newest = shop.log()[0]
        assert f"released {TARGET} in {newest.sha[:12]}: " in done.stdout
        assert (newest.parents, newest.paths) == ((held,), ())
        assert newest.committer == "GitHub <noreply@github.com>"
        assert run("once", "--config", config).exit_code == 0
    assert (count(shop, "checkout"), count(shop, "search")) == (7, 4)


def test_a_refusal_is_quoted(run: Run, config: Path, shop: StateRepo, held: str) -> None:
    hook(shop, "pre-receive", "echo Frozen. >&2; exit 1")
    done = run("release", TARGET, "--config", config)
    assert (done.exit_code, shop.tip()) == (1, held)
    assert done.stderr == f"{shop.url}: pre-receive hook declined: Frozen.\n"


def test_a_quarrel_is_ended_and_named(run: Run, config: Path, shop: StateRepo, held: str) -> None:
    five = shop.read(CHECKOUT)
    for number in range(6):
        author = "Ada <ada@example.org>" if number % 2 else "Bob <bob@example.org>"
        count = b"replicas: 5" if number % 2 else b"replicas: 9"
        shop.write({CHECKOUT: five.replace(b"replicas: 5", count)}, "Mine", author=author)
    [hold] = [
        one["hold"]
        for one in json.loads(run("plan", "--json", "--config", config).stdout)["decisions"]
        if one["hold"]
    ]
    assert (hold["count"], hold["commit"], hold["rivals"]) == (5, shop.tip(), ["Ada", "Bob"])
    assert hold["commit"] != held
    assert run("release", TARGET, "--config", config).exit_code == 0
    newest = shop.log()[0]
    until = f"{hold['until']:.16}".replace("T", " ")
    assert newest.body.startswith(f"Ends a hold at 5 until {until} UTC between Ada and Bob.\n")


def test_a_user_without_a_name_may_release(
    run: Run, config: Path, shop: StateRepo, held: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody() -> str:
        raise OSError("No username set in the environment")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert run("release", TARGET, "--config", config).exit_code == 0
    assert shop.log()[0].body.endswith(f'Scale-Release: {{"target":"{TARGET}"}}')
    assert shop.log()[1].sha == held
