"""`backtest`: recorded load through a policy, beside a live HPA; from CSV and a real Prometheus."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge.commit.message import commit_message
from bridge.demo.servers import PROMETHEUS
from bridge.manifest.target import Target
from tests.commands.conftest import Run
from tests.conftest import DEPLOYMENT
from tests.decide.given import decision
from tests.parts.backfill import PROMTOOL, Backfilled, Series, every, firing, ready
from tests.parts.fake_prometheus import FakePrometheus, samples, status
from tests.parts.gate import needs
from tests.parts.state_repo import StateRepo
from tests.service.program import configured, policy

NOW = datetime.now(UTC).replace(second=0, microsecond=0)
BEGIN = NOW - timedelta(hours=26)
STEPS = 26 * 240
DAY = [200 + 700.0 * (1500 <= step < 4000) for step in range(STEPS)]
GAP = range(2000, 2040)
ODD = {"nan": math.nan, "inf": math.inf, "minus_inf": -math.inf, "gap": None}


def served(restarts: Collection[int]) -> Iterator[float]:
    """The requests of DAY, as a process counts them that starts anew at these steps."""
    count = 0.0
    for step, rate in enumerate(DAY):
        count = 0.0 if step in restarts else count + 15 * rate
        yield count


SERIES = (
    Series("load", every(15, BEGIN, [None if n in GAP else v for n, v in enumerate(DAY)])),
    Series("busy", every(15, BEGIN, [0.5 if n < 1500 or n >= 4000 else 1.0 for n in range(STEPS)])),
    *(
        Series(
            "fleet_load",
            every(15, BEGIN, [times * value for value in DAY]),
            {"namespace": "shop", "deployment": name},
        )
        for name, times in (("web", 1), ("api", 2))
    ),
    # what can't be read as the load falls, for 100 minutes
    *(
        Series(f"load_{name}", every(15, BEGIN, [*DAY[:4000], *400 * [odd], *DAY[4400:]]))
        for name, odd in ODD.items()
    ),
    Series("served_total", every(15, BEGIN, list(served({2500, 4200}))), {"of": "restarted"}),
    Series("served_total", every(15, BEGIN, list(served(()))), {"of": "steady"}),
    firing(
        "Overloaded",
        BEGIN + timedelta(seconds=3000 * 15),
        BEGIN + timedelta(seconds=3200 * 15),
        severity="page",
    ),
    # ready 40 s after the commit of half an hour ago
    ready(
        "Deployment",
        "shop",
        "web",
        every(5, NOW - timedelta(hours=1), [3.0 if n < 368 else 5.0 for n in range(720)]),
    ),
)
SLOW = {"pollingInterval": "15s", "inFlightTimeout": "10m", "behavior": {}, "maxReplicas": 30}


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real one that remembers the last 26 hours."""
    needs(PROMETHEUS, PROMTOOL)
    with Backfilled(tmp_path_factory.mktemp("day"), SERIES, lookback="20s") as server:
        yield server.url


@pytest.fixture
def web(tmp_path: Path) -> Path:
    """A policy file."""
    path = tmp_path / "web.yaml"
    path.write_text(policy("web", query="load", **SLOW))
    return path


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """An hour: 200, then 900 for twenty minutes."""
    path = tmp_path / "load.csv"
    rows = (f"{60 * n},{900 if 10 <= n < 30 else 200}" for n in range(60))
    path.write_text("t_seconds,requests_per_second\n" + "\n".join(rows))
    return path


def results(done: Any) -> dict[str, dict[str, Any]]:
    """By name, of `--json`."""
    assert (done.exit_code, done.stderr) == (0, "")
    return {one["name"]: one for one in json.loads(done.stdout)["results"]}


def test_one_table_for_all(run: Run, web: Path, trace: Path) -> None:
    done = run("backtest", web, "--trace", trace, "--dead-time", "30s", "--dead-time", "3m")
    assert (done.exit_code, done.stderr) == (0, "")
    head, columns, *rows = done.stdout.splitlines()
    assert head == "web: 1h of recorded load; one replica serves 110 of load"
    assert [row[:16].strip() for row in rows] == [
        "through Git, 30s",
        "through Git, 3m",
        "live HPA",
        "fixed 9 (peak)",
        "fixed 5 (mean)",
    ]
    assert columns.split()[:2] == ["too", "few"]
    assert re.search(r" 7 for \S+ +30 s$", rows[0])


def test_the_same_as_json(run: Run, web: Path, trace: Path) -> None:
    found = results(run("backtest", web, "--trace", trace, "--fixed", "4", "--json"))
    assert list(found) == ["through Git, 30s", "live HPA", "fixed 4"]
    git, live, fixed = found.values()
    assert (git["kind"], git["changes"], git["highest"], git["dead_time"]) == ("git", 3, 9, 30)
    assert git["worst_shortage"] == {"begin": 600, "seconds": 61, "lacking": 7}
    assert live["under_time"] < git["under_time"] < fixed["under_time"]
    assert fixed["replica_hours"] == 4
    assert fixed["under_time"] == pytest.approx(100 / 3)


def test_a_picture_is_drawn(run: Run, web: Path, trace: Path, tmp_path: Path) -> None:
    file = tmp_path / "web.svg"
    assert run("backtest", web, "--trace", trace, "--plot", file).exit_code == 0
    assert "through Git, 30s: 3 changes" in file.read_text()


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


def test_a_dead_time_that_nobody_measured(
    run: Run, web: Path, trace: Path, prometheus: str, tmp_path: Path
) -> None:
    measured = ("backtest", web, "--trace", trace, "--dead-time", "measured")
    assert "--dead-time measured needs --config" in run(*measured).stderr
    files = {"apps/web.yaml": DEPLOYMENT.format(name="web"), "policies/web.yaml": web.read_text()}
    repo = StateRepo.create(tmp_path, files)
    config = configured(tmp_path, prometheus, {"url": repo.url})
    done = run(*measured, "--config", config)
    assert done.exit_code == 1
    assert "--dead-time measured: no commit of the last day for Deployment/shop/web" in done.stderr


def test_it_says_what_prometheus_does_not_have(
    run: Run, config: Path, web: Path, fake: FakePrometheus
) -> None:
    arguments = ("backtest", web, "--last", "1h", "--config", config)
    assert run(*arguments).stderr == "Prometheus has no data for that time\n"
    fake.script("load", status(500))
    done = run(*arguments)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "HTTP Status Code 500" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--last", "soon"), "--last: 'soon' is not a duration such as 500ms, 15s, 5m or 1h30m"),
        (("--start", "noon"), "--start: expected a time such as 2026-03-04T12:00, got noon"),
        (("--start", "0001-01-01T00:00+05:00"), "--start: expected a time such as"),
        (("--end", "0001-01-01T00:00"), "--start "),
        (
            ("--start", "2026-03-04T12:00", "--end", "2026-03-04T11:00"),
            "--start 2026-03-04T12:00:00 is not before --end",
        ),
        (("--dead-time", "late"), "--dead-time: 'late' is not a duration"),
        (
            ("--dead-time", "5s"),
            "--dead-time 5s is from commit to ready pods, and --pod-start alone is 10s of that",
        ),
        (("--plot", "web.gif"), "--plot web.gif: expected a name that ends with .svg, .html"),
        (("--trace", "lost.csv"), "--trace and --prometheus: give one of the two"),
    ],
)
def test_options_that_don_t_fit_are_explained(
    run: Run, web: Path, arguments: tuple[str, ...], told: str
) -> None:
    done = run("backtest", web, "--prometheus", "http://127.0.0.1:9", *arguments)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(told)


def test_a_url_that_is_none_is_named(run: Run, web: Path) -> None:
    done = run("backtest", web, "--prometheus", "localhost")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("--prometheus localhost: ")


def test_no_error_shows_the_password_of_a_url(run: Run, web: Path) -> None:
    done = run("backtest", web, "--prometheus", "http://web:hunter2@localhost:9090")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("--prometheus localhost:9090: ")
    assert "hunter2" not in done.stderr


def test_files_that_can_t_be_read_are_named(run: Run, web: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("[]")
    (tmp_path / "bad.csv").write_text("a,b\n")
    bad = run("backtest", tmp_path / "bad.yaml", "--trace", tmp_path / "bad.csv")
    assert bad.stderr.startswith(f"{tmp_path}/bad.yaml:1: ")
    lost = run("backtest", tmp_path / "lost.yaml", "--trace", tmp_path / "bad.csv")
    assert lost.stderr == f"{tmp_path}/lost.yaml: can't be read: No such file or directory\n"
    trace = run("backtest", web, "--trace", tmp_path / "lost.csv")
    assert trace.stderr.startswith(f"--trace {tmp_path}/lost.csv: can't be read: ")
    header = run("backtest", web, "--trace", tmp_path / "bad.csv")
    assert header.stderr.startswith(f"{tmp_path}/bad.csv:1: expected the header t_seconds")


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """A policy of all Deployments of a tier."""
    path = tmp_path / "fleet.yaml"
    selector = {"matchLabels": {"tier": "web"}}
    asked = {**SLOW, "scaleTargetRef": None, "scaleTargetSelector": selector}
    path.write_text(policy("fleet", query="fleet_load", **asked))
    return path


def test_a_fleet_asks_for_the_name_of_a_member(
    run: Run, fleet: Path, web: Path, trace: Path
) -> None:
    for command in ("backtest", "tune"):
        done = run(command, fleet, "--trace", trace)
        assert (done.exit_code, done.stdout) == (1, "")
        told = f"{fleet}: fleet: spec.scaleTargetSelector: a fleet: say which of its members by"
        assert done.stderr.startswith(told)
    done = run("backtest", fleet, "--trace", trace, "--member", "a/b/c")
    assert done.stderr == "--member a/b/c: expected NAMESPACE/NAME\n"
    done = run("backtest", web, "--trace", trace, "--member", "shop/other")
    assert done.stderr == f"{web}: web: no fleet: --member shop/other is not its target\n"
    for name in ("web", "shop/web", "Deployment/shop/web"):
        assert run("backtest", web, "--trace", trace, "--member", name).exit_code == 0


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
