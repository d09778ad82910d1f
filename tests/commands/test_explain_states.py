"""`explain` of what is decided otherwise than by metrics: held, paused, suspended, broken."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.commands.conftest import Run
from tests.parts.fake_prometheus import ANY, FakePrometheus, samples, status
from tests.parts.state_repo import StateRepo
from tests.service.program import configured, policy

POLICY = "policies/checkout.yaml"
MEMBER = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: shop, labels: {{tier: web}}}}
spec: {{replicas: 3}}
"""


@pytest.fixture(autouse=True)
def _load(fake: FakePrometheus) -> None:
    """Enough for seven."""
    fake.script("checkout", samples(700))


def facts(run: Run, config: Path, *more: str) -> dict[str, Any]:
    """What it tells programs of checkout."""
    told: dict[str, Any] = json.loads(
        run("explain", "checkout", "--json", *more, "--config", config).stdout
    )
    return told


def test_what_the_metrics_say_is_told_beside_the_commit_that_holds(
    run: Run, config: Path, shop: StateRepo
) -> None:
    text = shop.read("apps/checkout.yaml").decode()
    sha = shop.write({"apps/checkout.yaml": text.replace("replicas: 3", "replicas: 5")}, "Mine")
    told = facts(run, config)
    assert (told["current"], told["desired"]) == (5, 5)
    assert told["metrics"][0]["asks"] == 7
    (step,) = told["steps"]
    assert step["text"].startswith("held at 5 until ")
    assert step["text"].endswith(f" UTC: Robin Person set it in {sha[:12]}")
    assert (step["field"], step["where"]) == ("spec.overrideHold", "default")


@pytest.mark.parametrize(
    ("spec", "step"),
    [
        pytest.param({"paused": True}, "paused at 3", id="paused"),
        pytest.param({"pausedReplicas": 2}, "paused: set to pausedReplicas 2", id="at 2"),
    ],
)
def test_a_pause_is_told_with_its_line(
    run: Run, config: Path, shop: StateRepo, spec: dict[str, Any], step: str
) -> None:
    text = policy("checkout", query="checkout", **spec)
    shop.write({POLICY: text}, "Pause")
    (field,) = spec
    number = next(n for n, each in enumerate(text.splitlines(), 1) if f'"{field}"' in each)
    told = facts(run, config)
    found = {"text": step, "field": f"spec.{field}", "where": f"{POLICY}:{number}"}
    assert told["steps"][0] == found


def test_a_suspended_policy_is_explained_as_if_it_were_not(
    run: Run, config: Path, shop: StateRepo
) -> None:
    shop.write({POLICY: policy("checkout", query="checkout", suspend=True)}, "Suspend")
    done = run("explain", "checkout", "--config", config)
    assert done.exit_code == 0
    assert done.stdout.startswith("checkout: Deployment/shop/checkout 3 → 7\n")
    assert "note: suspended: it is not evaluated, and nothing of this is committed\n" in done.stdout


def test_a_broken_policy_is_explained_by_its_last_good_version(
    run: Run, config: Path, shop: StateRepo
) -> None:
    good = f"# one line more\n{policy('checkout', query='checkout')}"
    shop.write({POLICY: good}, "Move all lines")
    shop.write({POLICY: "spec: [\n"}, "Break it")
    done = run("explain", "checkout", "--config", config)
    told = facts(run, config)
    line = next(n for n, each in enumerate(good.splitlines(), 1) if '"name": "load"' in each)
    assert done.exit_code == 1
    assert "note: the file is broken: this is its last good version, and so are the lines" in (
        done.stdout
    )
    assert f"  broken: {POLICY}:2: " in done.stdout
    assert told["metrics"][0]["where"] == f"{POLICY}:{line - 1}"
    assert told["desired"] == 7


def test_an_unknown_metric_says_why_and_needs_a_person(
    run: Run, config: Path, fake: FakePrometheus
) -> None:
    fake.script(ANY, status(500, "x"))
    fake.script("checkout", samples())
    done = run("explain", "checkout", "--config", config)
    assert done.exit_code == 1
    flat = " ".join(done.stdout.split())
    assert "checkout: Deployment/shop/checkout stays at 3" in done.stdout
    assert "ready unknown (" in done.stdout
    assert "expected one sample, got no data" in flat
    facts = json.loads(run("explain", "checkout", "--json", "--config", config).stdout)
    assert facts["metrics"][0]["text"] == "unknown: expected one sample, got no data"


def test_a_forecast_stands_beside_the_value_that_it_exceeds(
    run: Run, config: Path, shop: StateRepo, fake: FakePrometheus
) -> None:
    fake.script(ANY, samples(700))
    fake.script("checkout", samples(300))
    asked = {
        "name": "load",
        "query": "checkout",
        "target": {"type": "AverageValue", "value": 100},
        "forecast": {"type": "linear", "horizon": "45s"},
    }
    shop.write({POLICY: policy("checkout", metrics=[asked])}, "Look ahead")
    (metric,) = facts(run, config)["metrics"]
    assert (metric["value"], metric["asks"]) == (300, 7)
    assert metric["ahead"] == "700 in 45 s (linear)"
    flat = " ".join(run("explain", "checkout", "--config", config).stdout.split())
    assert "700 in 45 s" in flat


def test_a_count_without_a_place_says_so(run: Run, config: Path, shop: StateRepo) -> None:
    shop.write({"apps/checkout.yaml": None}, "Gone")
    done = run("explain", "checkout", "--config", config)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("checkout: ")
    assert "Deployment/shop/checkout" in done.stderr


def test_a_count_that_git_does_not_hold_yet_is_told(
    run: Run, config: Path, shop: StateRepo
) -> None:
    text = shop.read("apps/checkout.yaml").decode()
    shop.write({"apps/checkout.yaml": text.replace("  replicas: 3", "  paused: false")}, "Adopt")
    adopting = policy("checkout", query="checkout", target={"insert": True})
    shop.write({POLICY: adopting}, "Adopt")
    done = run("explain", "checkout", "--config", config)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.endswith(": Git holds no count yet: the first will be what runs\n")


def test_a_policy_of_a_local_folder_is_explained_by_its_file_of_today(
    run: Run, fake: FakePrometheus, shop: StateRepo, tmp_path: Path
) -> None:
    file = tmp_path / "local" / "checkout.yaml"
    file.parent.mkdir()
    file.write_text(policy("checkout", query="checkout"))
    remote = {"url": shop.url, "policies_folder": str(file.parent)}
    config = configured(tmp_path, fake.url, remote)
    told = facts(run, config, "--at", "10m")
    assert told["metrics"][0]["where"].startswith(f"{file}:")
    assert told["notes"] == ["the local folder's policies are those of today"]
    assert facts(run, config)["notes"] == []


def test_one_of_a_fleet_is_chosen_by_its_target(run: Run, config: Path, shop: StateRepo) -> None:
    selector = {"kind": "Deployment", "matchLabels": {"tier": "web"}, "nameLabel": "app"}
    fleet = json.loads(policy("fleet", query="by_app"))
    del fleet["spec"]["scaleTargetRef"]
    fleet["spec"]["scaleTargetSelector"] = selector
    files = {f"apps/{name}.yaml": MEMBER.format(name=name) for name in ("web-a", "web-b")}
    shop.write({**files, "policies/fleet.yaml": json.dumps(fleet)}, "Add a fleet")
    unnamed = run("explain", "fleet", "--config", config)
    assert unnamed.exit_code == 1
    targets = "Deployment/shop/web-a, Deployment/shop/web-b"
    assert unnamed.stderr == f"fleet: name one of its targets with --target: {targets}\n"
    named = run("explain", "fleet", "--target", "web-b", "--config", config)
    assert "Deployment/shop/web-b stays at 3" in named.stdout
