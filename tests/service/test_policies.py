"""Policies come and go, break and are mended, while the service runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.policy.loading import load_policies
from bridge.service.policies import read_folder
from tests.parts.fake_prometheus import ANY, FakePrometheus, samples
from tests.parts.state_repo import StateRepo
from tests.repo.processes import until
from tests.service.conftest import count, subjects
from tests.service.program import configured, policy, running

pytestmark = pytest.mark.timeout(90)


def test_a_broken_policy_goes_on_as_it_was_and_hinders_no_other(
    shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    fake.script("checkout", samples(300))
    fake.script("search", samples(300))
    broken = policy("search", query="search").replace('"maxReplicas": 100', '"maxReplicas": "lots"')
    with running(configured(tmp_path, fake.url, {"url": shop.url})) as program:
        program.until("steady", policy="search")
        shop.write({"policies/search.yaml": broken, "policies/new.yaml": "x: [1\n"}, "Break")
        told = program.until("policy_broken", times=2)
        errors = {one["error"] for one in program.seen("policy_broken")}
        fake.script("checkout", samples(700))
        fake.script("search", samples(500))
        until(lambda: (count(shop, "checkout"), count(shop, "search")) == (7, 5))
        assert program.status()["brokenPolicies"].keys() == {
            "policies/new.yaml",
            "policies/search.yaml",
        }
        shop.write({"policies/search.yaml": policy("search"), "policies/new.yaml": None}, "Mend")
        until(lambda: program.status()["brokenPolicies"] == {})
    assert told["level"] == "error"
    number = broken.splitlines().index('  "maxReplicas": "lots",') + 1
    assert any(f"policies/search.yaml:{number}: spec.maxReplicas: " in one for one in errors)
    assert any(one.startswith("policies/new.yaml:2: ") for one in errors)


def test_a_policy_that_was_broken_from_the_start_hinders_no_other(
    shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    fake.script(ANY, samples(700))
    shop.write({"policies/a.yaml": "{}", "policies/b.yml": "\0", "policies/c.yaml": ""}, "Break")
    with running(configured(tmp_path, fake.url, {"url": shop.url})) as program:
        until(lambda: (count(shop, "checkout"), count(shop, "search")) == (7, 7))
        assert len(program.status()["brokenPolicies"]) == 3


def test_a_suspended_policy_is_left_alone_until_it_is_resumed(
    shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    fake.script(ANY, samples(700))
    suspended = policy("search", query="search", suspend=True)
    shop.write({"policies/search.yaml": suspended}, "Suspend")
    with running(configured(tmp_path, fake.url, {"url": shop.url})) as program:
        program.until("committed")
        program.until("steady", policy="checkout", times=2)
        assert program.status()["suspended"] == ["search"]
        assert (count(shop, "checkout"), count(shop, "search")) == (7, 3)
        assert "search" not in {query.promql for query in fake.queries}
        shop.write({"policies/search.yaml": policy("search", query="search")}, "Resume")
        until(lambda: count(shop, "search") == 7)


def test_what_waits_for_a_policy_that_goes_is_dropped(
    shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    fake.script("checkout", samples(300))
    fake.script("search", samples(700))
    slowly = {"quiet_period": "1m", "max_wait": "1m"}
    batch = {**slowly, "scale_up": slowly}
    with running(configured(tmp_path, fake.url, {"url": shop.url}, batch=batch)) as program:
        until(lambda: len(program.status()["waiting"]) == 1)
        shop.write({"policies/search.yaml": None}, "Retire")
        until(lambda: program.status()["waiting"] == [])
        assert program.stop() == 0
    assert subjects(shop) == ["Retire"]


def test_a_target_that_is_nowhere_is_told_once_it_is_looked_for(
    shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    fake.script(ANY, samples(700))
    shop.write({"policies/gone.yaml": policy("gone")}, "Add")
    with running(configured(tmp_path, fake.url, {"url": shop.url})) as program:
        told = program.until("not_decided", policy="gone")
        assert told["error"] == "Deployment/shop/gone: no such workload below search_paths"
        until(lambda: (count(shop, "checkout"), count(shop, "search")) == (7, 7))
        assert program.status()["problems"] == {"gone": told["error"]}


def test_policies_may_lie_in_a_local_folder(
    state_repo: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    fake.script(ANY, samples(700))
    folder = tmp_path / "local" / "shop"
    folder.mkdir(parents=True)
    (folder / "checkout.yaml").write_text(policy("checkout"))
    given = {"url": state_repo.url, "policies_folder": "local"}
    with running(configured(tmp_path, fake.url, given)) as program:
        program.until("committed", subject="scale: checkout 3→7")
        (folder / "search.yaml").write_text(policy("search"))
        program.until("committed", subject="scale: search 3→7")


def test_a_person_s_count_is_an_order(
    shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    fake.script(ANY, samples(700))
    with running(configured(tmp_path, fake.url, {"url": shop.url})) as program:
        program.until("committed")
        text = shop.read("apps/checkout.yaml").decode().replace("replicas: 7", "replicas: 4")
        shop.write({"apps/checkout.yaml": text}, "Four is enough")
        held = program.until("held", policy="checkout", current=4)
        assert held["reason"].startswith("held at 4 until ")
        assert "Robin Person set it in " in held["reason"]
        program.until("held", policy="checkout", current=4, times=3)
    assert subjects(shop) == ["Four is enough", "scale: checkout 3→7, search 3→7"]


def test_a_mounted_config_map_holds_each_policy_once(tmp_path: Path) -> None:
    """As the kubelet lays it out, so that all of its files change at once."""
    (tmp_path / "..2026_03_04").mkdir()
    (tmp_path / "..data").symlink_to("..2026_03_04")
    (tmp_path / "..2026_03_04" / "search.yaml").write_text(policy("search"))
    (tmp_path / "search.yaml").symlink_to("..data/search.yaml")
    read = load_policies(read_folder(tmp_path))
    assert read.errors == {}
    assert read.paths == {"search": str(tmp_path / "search.yaml")}
