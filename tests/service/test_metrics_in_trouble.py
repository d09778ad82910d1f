"""Nobody shrinks on a guess: where a metric can't be trusted, counts stay, and the log says why."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import DEPLOYMENT
from tests.parts.fake_prometheus import (
    Answer,
    FakePrometheus,
    error_with_200,
    hanging,
    html,
    samples,
    slow,
    status,
)
from tests.parts.state_repo import StateRepo
from tests.repo.processes import until
from tests.repo.relay import Relay
from tests.service.conftest import count, subjects
from tests.service.program import configured, policy, running

pytestmark = pytest.mark.timeout(90)

PARTIAL = Answer(
    body=json.dumps(
        {
            "status": "success",
            "data": {"resultType": "vector", "result": [{"metric": {}, "value": [1, "1"]}]},
            "warnings": ["store 2 is gone"],
        }
    )
)
FAULTS: dict[str, tuple[Answer, str]] = {
    "nan": (samples(math.nan), "expected a finite number, got NaN"),
    "infinite": (samples(math.inf), "expected a finite number, got +Inf"),
    "empty": (samples(), "expected one sample, got no data"),
    "two": (samples(1, 2), "expected one sample, got 2 series"),
    "words": (samples("many"), "expected a number, got 'many'"),
    "hanging": (hanging(), "no answer within 1 s"),
    "slow": (slow(1.2, samples(1)), "no answer within 1 s"),
    "failing": (status(500), "HTTP Status Code 500"),
    "refusing": (status(403, "Forbidden"), "HTTP Status Code 403"),
    "partial": (PARTIAL, "the answer may be partial: store 2 is gone"),
    "failing-softly": (error_with_200(), "not an answer of Prometheus' API"),
    "a-login-page": (html(), ""),
}


def with_two_metrics(name: str, first: str, second: str) -> str:
    """A policy that asks for both."""
    target = {"type": "AverageValue", "value": 100}
    metrics = [{"name": one, "query": one, "target": target} for one in (first, second)]
    return policy(name, metrics=metrics)


def test_each_fault_holds_its_own_policy_and_no_other(
    state_repo: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    fake.script("low", samples(100))
    fake.script("high", samples(700))
    files: dict[str, str] = {}
    for fault, (answer, _) in FAULTS.items():
        fake.script(fault, answer)
        for wish in ("low", "high"):
            name = f"{fault}-{wish}"
            files[f"apps/{name}.yaml"] = DEPLOYMENT.format(name=name)
            files[f"policies/{name}.yaml"] = with_two_metrics(name, fault, wish)
    files["policies/search.yaml"] = policy("search", query="low")
    state_repo.write(files, "Add")
    config = configured(tmp_path, fake.url, {"url": state_repo.url}, timeout="1s")
    with running(config) as program:
        for fault, (_, reason) in FAULTS.items():
            low = program.until("metrics_unknown", policy=f"{fault}-low", desired=3, current=3)
            assert f"{fault} unknown ('{fault}': {reason}" in low["reason"]
            assert low["reason"].endswith("no scale-down while a metric is unknown: held at 3")
            program.until("metrics_unknown", policy=f"{fault}-high", desired=7)
        until(lambda: all(count(state_repo, f"{fault}-high") == 7 for fault in FAULTS))
        until(lambda: count(state_repo, "search") == 1)
        problems = {one["policy"]: one["errors"] for one in program.status()["decisions"]}
    assert all(problems[f"{fault}-low"] for fault in FAULTS)
    assert {count(state_repo, f"{fault}-low") for fault in FAULTS} == {3}


def test_a_prometheus_that_is_down_changes_nothing_until_it_is_back(
    shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    fake.script("checkout", samples(100))
    fake.script("search", samples(100))
    with Relay(fake.address) as relay:
        relay.refuse()
        url = f"http://{relay.address}"
        with running(configured(tmp_path, url, {"url": shop.url})) as program:
            held = program.until("metrics_unknown", policy="checkout", times=2)
            why = (
                f"load unknown ('checkout': can't connect to {url}); no metric is known: held at 3"
            )
            assert (held["desired"], held["reason"]) == (3, why)
            assert program.status()["problems"] == {}
            assert subjects(shop) == []
            relay.forward()
            until(lambda: (count(shop, "checkout"), count(shop, "search")) == (1, 1))


def test_live_replicas_that_are_unknown_hold_a_ratio(
    shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    ratio: dict[str, Any] = {"type": "Value", "value": "250m"}
    metrics = [{"name": "latency", "query": "latency", "target": ratio}]
    shop.write({"policies/checkout.yaml": policy("checkout", metrics=metrics)}, "By latency")
    labels = 'deployment="checkout",namespace="shop"'
    series = f"kube_deployment_status_replicas_ready{{{labels}}}"
    ready = f"max by (namespace, deployment) ({series})"
    fake.script("latency", samples(0.5))
    with running(configured(tmp_path, fake.url, {"url": shop.url})) as program:
        held = program.until("metrics_unknown", policy="checkout")
        assert "latency 0.5 needs live ready replicas (" in held["reason"]
        assert f"{ready!r}: expected one sample, got no data" in held["reason"]
        fake.script(ready, samples(2))
        decided = program.until("decided", policy="checkout")
        assert decided["reason"] == "latency 0.5 against 0.25 with 2 ready asks for 4"
        until(lambda: count(shop, "checkout") == 4)


def test_a_hanging_prometheus_delays_the_end_by_its_timeout_at_most(
    shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    fake.script("checkout", hanging())
    fake.script("search", hanging())
    config = configured(tmp_path, fake.url, {"url": shop.url}, timeout="2s")
    with running(config) as program:
        until(lambda: {query.promql for query in fake.queries} >= {"checkout", "search"})
        assert program.stop(within=6) == 0
