"""`backtest` of what a real Prometheus remembers: loads, counters, alerts, dead times, members."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.commit.message import commit_message
from bridge.manifest.target import Target
from tests.commands.conftest import Run
from tests.commands.recorded import BEGIN, NOW, ODD, SLOW, fleet, prometheus, results, trace, web
from tests.conftest import DEPLOYMENT
from tests.decide.given import decision
from tests.parts.fake_prometheus import FakePrometheus, samples, status
from tests.parts.state_repo import StateRepo
from tests.service.program import configured, policy

__all__ = ["fleet", "prometheus", "trace", "web"]


def test_history_from_a_real_prometheus(run: Run, web: Path, prometheus: str) -> None:
    span = ("--start", BEGIN.isoformat(), "--end", NOW.isoformat())
    done = run("backtest", web, "--prometheus", prometheus, *span, "--json")
    git = results(done)["through Git, 30s"]
    facts = json.loads(done.stdout)
    assert (facts["begin"], facts["seconds"]) == (BEGIN.isoformat(), 26 * 3600)  # in two pieces
    assert (git["lowest"], git["highest"], git["changes"]) == (2, 9, 3)
    assert git["worst_shortage"]["begin"] == 1500 * 15
    assert git["worst_shortage"]["lacking"] == 7


@pytest.mark.parametrize("odd", ODD)
def test_what_is_no_number_is_no_load(run: Run, tmp_path: Path, prometheus: str, odd: str) -> None:
    """A fall waits for the first number after it; an infinite load is no reason to rise."""
    web = tmp_path / "web.yaml"
    web.write_text(policy("web", query=f"load_{odd}", **SLOW))
    span = ("--start", BEGIN.isoformat(), "--end", NOW.isoformat())
    done = run("backtest", web, "--prometheus", prometheus, *span, "--json")
    git, live = (results(done)[name] for name in ("through Git, 30s", "live HPA"))
    assert (git["lowest"], git["highest"], git["changes"]) == (2, 9, 3)
    steady = 26 * 2 + 7 * 2500 / 240  # two for the day, and seven more from 900 a second on
    assert git["replica_hours"] == pytest.approx(steady + 7 * 400 / 240, abs=1.5)
    assert (live["lowest"], live["highest"]) == (2, 9)


def test_a_counter_may_start_anew(run: Run, tmp_path: Path, prometheus: str) -> None:
    """Two minutes' rate lack at most an eighth then, which the window down bridges."""
    web = tmp_path / "web.yaml"
    span = ("--start", BEGIN.isoformat(), "--end", NOW.isoformat())
    found = {}
    for name in ("restarted", "steady"):
        query = f'sum(rate(served_total{{of="{name}"}}[2m]))'
        web.write_text(policy("web", query=query, **SLOW))
        done = run("backtest", web, "--prometheus", prometheus, *span, "--json")
        git = results(done)["through Git, 30s"]
        found[name] = (git["lowest"], git["highest"], git["changes"], git["replica_hours"])
    assert found["restarted"] == found["steady"]
    assert found["steady"][1] == 9


def test_a_recorded_ratio_answers_to_the_counts_of_the_simulation(
    run: Run, tmp_path: Path, prometheus: str
) -> None:
    asked = json.loads(policy("web", query="busy", **SLOW))
    asked["spec"]["metrics"][0]["target"] = {"type": "Value", "value": "500m"}
    asked["spec"]["readyReplicasQuery"] = "vector(4)"
    (tmp_path / "busy.yaml").write_text(json.dumps(asked))
    span = ("--start", BEGIN.isoformat(), "--end", NOW.isoformat())
    done = run("backtest", tmp_path / "busy.yaml", "--prometheus", prometheus, *span, "--json")
    git = results(done)["through Git, 30s"]
    assert (git["lowest"], git["highest"]) == (4, 8)  # 1.0 with 4, so 0.5 with 8


def test_the_dead_time_is_measured_in_git_and_prometheus(
    run: Run, web: Path, prometheus: str, trace: Path, tmp_path: Path
) -> None:
    repo = StateRepo.create(
        tmp_path,
        {"apps/web.yaml": DEPLOYMENT.format(name="web"), "policies/web.yaml": web.read_text()},
    )
    made = decision(3, 5, Target("Deployment", "web", "shop"), "because")
    five = DEPLOYMENT.format(name="web").replace("replicas: 3", "replicas: 5")
    when = NOW - timedelta(minutes=30)
    repo.write({"apps/web.yaml": five}, commit_message([made]), when=when)
    config = configured(tmp_path, prometheus, {"url": repo.url})
    arguments = ("--trace", trace, "--dead-time", "measured", "--config", config, "--json")
    found = results(run("backtest", web, *arguments))
    assert next(iter(found)) == "through Git, 40s"
    assert found["through Git, 40s"]["dead_time"] == 40


def test_it_says_what_prometheus_does_not_have(
    run: Run, config: Path, web: Path, fake: FakePrometheus
) -> None:
    arguments = ("backtest", web, "--last", "1h", "--config", config)
    assert run(*arguments).stderr == "Prometheus has no data for that time\n"
    fake.script("load", status(500))
    done = run(*arguments)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "HTTP Status Code 500" in done.stderr


def test_a_member_is_played_by_its_own_series(run: Run, fleet: Path, prometheus: str) -> None:
    span = ("--start", BEGIN.isoformat(), "--end", NOW.isoformat())
    found = {}
    for name in ("shop/web", "shop/api"):
        done = run("backtest", fleet, "--prometheus", prometheus, "--member", name, *span, "--json")
        git = results(done)["through Git, 30s"]
        found[name] = (git["lowest"], git["highest"])
        assert json.loads(done.stdout)["notes"][0].startswith("the member's annotations are not")
    assert found == {"shop/web": (2, 9), "shop/api": (4, 18)}


def test_alerts_are_replayed_from_prometheus(
    run: Run, tmp_path: Path, prometheus: str, trace: Path
) -> None:
    alerts = [{"match": {"alertname": "Overloaded", "severity": "page"}, "minReplicas": "+50%"}]
    web = tmp_path / "web.yaml"
    web.write_text(policy("web", query="load", alerts=alerts, **SLOW))
    span = ("--start", BEGIN.isoformat(), "--end", NOW.isoformat())
    done = run("backtest", web, "--prometheus", prometheus, *span, "--json")
    git = results(done)["through Git, 30s"]
    assert (git["highest"], json.loads(done.stdout)["notes"]) == (14, [])  # half as many again as 9
    without = json.loads(run("backtest", web, "--trace", trace, "--json").stdout)
    assert without["notes"] == [
        "spec.alerts: only Prometheus' history tells when they fired, so here none does"
    ]


def test_a_prometheus_that_goes_away_midway_is_told(
    run: Run, config: Path, web: Path, fake: FakePrometheus
) -> None:
    fake.script("load", samples(300), status(503))
    span = ("--start", "2026-03-04T12:00", "--end", "2026-03-06T12:00")
    done = run("backtest", web, *span, "--config", config)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "HTTP Status Code 503" in done.stderr
    assert [query.kind for query in fake.queries if query.promql == "load"] == ["query_range"] * 2
