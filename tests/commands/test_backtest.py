"""`backtest`: a policy over what Prometheus recorded."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.commands.conftest import Run
from tests.parts.fake_prometheus import ANY, FakePrometheus, samples, status
from tests.parts.monitoring import Monitoring
from tests.repo.processes import until
from tests.service.program import configured, policy


@pytest.fixture
def web(tmp_path: Path) -> Path:
    """A policy file."""
    path = tmp_path / "web.yaml"
    path.write_text(policy("web", query="load"))
    return path


def test_it_tells_each_change_and_the_sum(
    run: Run, config: Path, web: Path, fake: FakePrometheus
) -> None:
    fake.script("load", samples(700))
    done = run("backtest", web, "--last", "2h", "--replicas", "3", "--config", config)
    assert (done.exit_code, done.stderr) == (0, "")
    change, total = done.stdout.splitlines()
    moment, text = change[:19], change[19:]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", moment)
    assert text == "  3 → 7  load 700 at 100 per replica asks for 7"
    assert total == "1 changes in 7201 steps, 7 to 7 replicas, 14.00 replica-hours"
    (asked,) = [query for query in fake.queries if query.promql == "load"]
    parameters = {name: float(asked.parameters[name]) for name in ("start", "end")}
    assert parameters["end"] - parameters["start"] in (7200, 7201)  # whole seconds, all of it


def test_the_same_as_json(run: Run, config: Path, web: Path, fake: FakePrometheus) -> None:
    fake.script("load", samples(700))
    facts = json.loads(run("backtest", web, "--last", "2h", "--json", "--config", config).stdout)
    assert facts["summary"] == {
        "steps": 7201,
        "changes": 1,
        "lowest": 7,
        "highest": 7,
        "replica_hours": pytest.approx(14, abs=0.01),
    }
    (change,) = facts["changes"]
    assert (change["current"], change["desired"], change["policy"]) == (1, 7, "web")


def test_it_says_what_prometheus_does_not_have(
    run: Run, config: Path, web: Path, fake: FakePrometheus
) -> None:
    arguments = ("backtest", web, "--last", "1h", "--config", config)
    assert run(*arguments).stderr == "Prometheus has no data for that time\n"
    fake.script(ANY, samples(1, 2))
    assert "expected one series, got 2" in run(*arguments).stderr
    fake.script(ANY, status(500))
    done = run(*arguments)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "HTTP Status Code 500" in done.stderr


@pytest.mark.parametrize(
    ("last", "told"),
    [
        ("soon", "--last: 'soon' is not a duration such as 500ms, 15s, 5m or 1h30m\n"),
        ("1d", "--last: at most 3h at steps of 1 s\n"),
    ],
)
def test_a_window_that_can_t_be_asked_for(
    run: Run, config: Path, web: Path, last: str, told: str
) -> None:
    done = run("backtest", web, "--last", last, "--config", config)
    assert (done.exit_code, done.stdout, done.stderr) == (1, "", told)


def test_a_policy_that_is_none(run: Run, config: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("[]")
    bad = run("backtest", tmp_path / "bad.yaml", "--config", config)
    lost = run("backtest", tmp_path / "lost.yaml", "--config", config)
    assert (bad.exit_code, lost.exit_code) == (1, 1)
    assert bad.stderr.startswith(f"{tmp_path}/bad.yaml:1: ")
    assert lost.stderr == f"{tmp_path}/lost.yaml: can't be read: No such file or directory\n"


def test_a_real_prometheus_remembers(
    run: Run, monitoring: Monitoring, web: Path, tmp_path: Path
) -> None:
    monitoring.exporter.set("load", 300)
    monitoring.until("load", "300")
    until(lambda: float(monitoring.values("count_over_time(load[1m])")[0]) > 8)
    monitoring.exporter.set("load", 700)
    monitoring.until("load", "700")
    until(lambda: float(monitoring.values("count_over_time(load[1m])")[0]) > 16)
    config = configured(tmp_path, monitoring.prometheus, {"url": "/nowhere"})
    arguments = ("--last", "1m", "--replicas", "3", "--json", "--config", config)
    done = run("backtest", web, *arguments)
    assert done.exit_code == 0, done.stderr
    facts = json.loads(done.stdout)
    changes = [(one["current"], one["desired"]) for one in facts["changes"]]
    assert changes == [(3, 7)]
    assert (facts["summary"]["lowest"], facts["summary"]["highest"]) == (3, 7)


def test_a_fleet_is_not_replayed(run: Run, config: Path, web: Path) -> None:
    selector = {"matchLabels": {"tier": "web"}}
    web.write_text(policy("web", scaleTargetRef=None, scaleTargetSelector=selector))
    done = run("backtest", web, "--config", config)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == f"{web}: a fleet: backtest replays a policy with a scaleTargetRef\n"
