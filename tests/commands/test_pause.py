"""`pause` keeps a target at its count by a commit that says who, until when and why."""

from __future__ import annotations

import getpass
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bridge.decide.pause import until_when
from tests.commands.conftest import Run
from tests.parts.fake_prometheus import FakePrometheus, samples
from tests.parts.git_http import GitHttp
from tests.parts.state_repo import StateRepo
from tests.service.conftest import count
from tests.service.program import configured, policy, through

TARGET = "Deployment/shop/checkout"
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.fixture
def loaded(shop: StateRepo, fake: FakePrometheus) -> StateRepo:
    """Both ask for seven replicas."""
    fake.script("checkout", samples(700))
    fake.script("search", samples(700))
    return shop


def test_a_paused_target_stays_and_the_others_go_on(
    run: Run, loaded: StateRepo, git_http: GitHttp, fake: FakePrometheus, tmp_path: Path
) -> None:
    config = configured(tmp_path, fake.url, through(git_http, loaded))
    tip, before = loaded.tip(), datetime.now(UTC)
    done = run("pause", TARGET, "--until", "2h", "--reason", "Load\ntest", "--config", config)
    newest = loaded.log()[0]
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith(f"paused {TARGET} until 20")
    assert done.stdout.endswith(f" UTC in {newest.sha[:12]}\n")
    assert (newest.parents, newest.paths, newest.subject) == ((tip,), (), f"pause: {TARGET}")
    said, why, trailer = newest.body.split("\n\n")
    assert said.startswith("Paused at 3 until 20")
    assert why == "  Load test"
    key, _, value = trailer.partition(": ")
    facts = json.loads(value)
    until = datetime.fromisoformat(facts.pop("until"))
    assert timedelta(hours=2) - timedelta(seconds=1) <= until - before < timedelta(hours=2.1)
    expected = {"target": TARGET, "by": getpass.getuser(), "reason": "Load test"}
    assert (key, facts) == ("Scale-Pause", expected)
    assert run("once", "--config", config).exit_code == 0
    assert (count(loaded, "checkout"), count(loaded, "search")) == (3, 7)
    planned = run("plan", "--config", config).stdout
    asked = f"{getpass.getuser()} asked for it in {newest.sha[:12]} (Load test)"
    assert f"paused at 3 until {until:%H:%M} UTC: {asked}" in planned


def test_a_release_ends_a_pause(run: Run, loaded: StateRepo, config: Path) -> None:
    assert run("pause", TARGET, "--until", "30m", "--config", config).exit_code == 0
    done = run("release", TARGET, "--config", config)
    assert done.stdout.startswith(f"released {TARGET} in ")
    assert loaded.log()[0].body.startswith("Ends the pause at 3 until 20")
    assert run("once", "--config", config).exit_code == 0
    assert count(loaded, "checkout") == 7


def test_a_change_of_the_policy_does_not_end_it_and_a_newer_pause_replaces_it(
    run: Run, loaded: StateRepo, config: Path
) -> None:
    for until, reason in (("23h", "Old"), ("1h", "New")):
        done = run("pause", TARGET, "--until", until, "--reason", reason, "--config", config)
        assert done.exit_code == 0
    changed = policy("checkout", query="checkout", minReplicas=2)
    loaded.write({"policies/checkout.yaml": changed}, "Change")
    assert run("once", "--config", config).exit_code == 0
    assert (count(loaded, "checkout"), count(loaded, "search")) == (3, 7)
    made = json.loads(run("plan", "--json", "--config", config).stdout)["decisions"]
    [hold] = [one["hold"] for one in made if one["hold"]]
    left = datetime.fromisoformat(hold["until"]) - datetime.now(UTC)
    assert hold["pause"] is True
    assert left < timedelta(hours=1)


def test_a_pause_by_hand_lasts_no_longer_than_the_log_is_read(
    run: Run, loaded: StateRepo, config: Path
) -> None:
    trailer = f'Scale-Pause: {{"target":"{TARGET}","until":"2999-01-01T00:00:00Z"}}'
    loaded.write({"a": "1"}, f"Stop\n\n{trailer}")
    made = json.loads(run("plan", "--json", "--config", config).stdout)["decisions"]
    [hold] = [one["hold"] for one in made if one["hold"]]
    since, until = (datetime.fromisoformat(hold[end]) for end in ("since", "until"))
    assert until - since == timedelta(hours=24)


def test_it_is_told_in_the_history(run: Run, loaded: StateRepo, config: Path) -> None:
    run("pause", TARGET, "--until", "1h", "--reason", "Calm", "--config", config)
    told = json.loads(run("history", "--json", "--config", config).stdout.splitlines()[0])
    assert (told["target"], told["kind"], told["who"]) == (TARGET, "paused", getpass.getuser())
    assert told["why"].startswith("until 20")
    assert told["why"].endswith("UTC: Calm")
    assert told["commit"] == loaded.tip()


def test_what_no_policy_governs_is_not_paused(run: Run, loaded: StateRepo, config: Path) -> None:
    tip = loaded.tip()
    done = run("pause", "checkout", "--until", "1h", "--config", config)
    assert (done.exit_code, loaded.tip()) == (1, tip)
    assert done.stderr == (
        f"checkout: no policy governs it; there are: {TARGET}, Deployment/shop/search\n"
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("soon", "'soon' is no time: give 2h, or 2026-03-04T18:00Z"),
        ("2026-03-04T18:00", "'2026-03-04T18:00' is no time: give 2h, or 2026-03-04T18:00Z"),
        ("2026-03-04T11:00Z", "2026-03-04 11:00 UTC is over: name a time to come"),
        (
            "25h",
            "a pause lasts 24 hours at most: for a longer one, set spec.pausedUntil in the policy",
        ),
    ],
)
def test_a_time_that_is_none_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=r"24 hours|no time|is over") as refused:
        until_when(text, NOW)
    assert str(refused.value) == why


def test_a_time_is_told_by_duration_or_with_its_zone() -> None:
    assert until_when("90m", NOW) == NOW + timedelta(minutes=90)
    assert until_when("2026-03-04T19:00+01:00", NOW) == NOW + timedelta(hours=6)
