"""`tune`: the settings that nothing beats, and the user's own file with one of them."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest

from bridge.demo.servers import PROMETHEUS
from bridge.policy.loading import parse_policy
from tests.commands.conftest import Run
from tests.parts.backfill import PROMTOOL, Backfilled, Series, every, firing
from tests.parts.gate import needs
from tests.service.program import configured

END = datetime.now(UTC).replace(second=0, microsecond=0)
WEB = """\
# who scales the web
apiVersion: scalebridge/v1
kind: ScalingPolicy
metadata: {name: web}
spec:
  scaleTargetRef: {name: web}
  maxReplicas: 50   # two racks
  metrics:
    - name: load
      query: sum(rate(load[2m]))
      target: {type: AverageValue, value: 100}  # measured in May
"""
QUICK = ("--trials", 6, "--jobs", 1, "--window-down", "1m:20m")


@pytest.fixture
def web(tmp_path: Path) -> Path:
    """A policy file."""
    path = tmp_path / "web.yaml"
    path.write_text(WEB)
    return path


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """A noisy hour, a sample a minute."""
    draw = random.Random(1)
    rows = [
        f"{60 * n},{(900 + 500 * math.sin(n / 12)) * draw.uniform(0.8, 1.2):.1f}" for n in range(60)
    ]
    path = tmp_path / "load.csv"
    path.write_text("\n".join(["t_seconds,requests_per_second", *rows]) + "\n")
    return path


def tuned(run: Run, *args: object) -> dict[str, Any]:
    done = run("tune", *args, *QUICK, "--json")
    assert done.exit_code == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_same_seed_finds_the_same_with_one_process_or_two(
    run: Run, web: Path, trace: Path
) -> None:
    first = tuned(run, web, "--trace", trace, "--choose", 1)
    done = run("tune", web, "--trace", trace, *QUICK, "--jobs", 2, "--choose", 1, "--json")
    assert json.loads(done.stdout) == first
    assert first["trials"] == 6
    assert first["complete"]
    chosen, costs = first["chosen"], [one["training"] for one in first["front"]]
    assert chosen["number"] == 1
    assert costs == sorted(costs, key=lambda cost: cost["replica_hours"])
    for one in costs:
        assert not any(all(other[key] < one[key] for key in one) for other in costs)


def test_the_chosen_setting_is_written_into_the_users_own_file(
    run: Run, web: Path, trace: Path
) -> None:
    found = tuned(run, web, "--trace", trace, "--max-cost", 1000, "--write")
    text = web.read_text()
    fields = found["chosen"]["fields"]
    spec = parse_policy(web.read_bytes(), "web.yaml").spec
    assert str(spec.metrics[0].target.value) == fields["spec.metrics.0.target.value"]
    window = fields["spec.behavior.scaleDown.stabilizationWindowSeconds"]
    assert spec.behavior.scale_down.stabilization_window_seconds == window
    assert "maxReplicas: 50   # two racks\n" in text
    assert "}  # measured in May\n" in text
    assert found["chosen"]["diff"].startswith("--- a/web.yaml\n+++ b/web.yaml\n@@ ")
    added = [line[1:] for line in found["chosen"]["diff"].splitlines()[2:] if line[0] == "+"]
    assert all(line in text.splitlines() for line in added)


def test_a_level_is_written_in_its_place(run: Run, web: Path, trace: Path) -> None:
    web.write_text(f"{WEB}  behavior:\n    level: {{}}  # few commits\n")
    found = tuned(run, web, "--trace", trace, "--max-cost", 1000, "--write")
    level = parse_policy(web.read_bytes(), "web.yaml").spec.behavior.level
    assert level is not None
    fields = found["chosen"]["fields"]
    assert f"{level.window:g}s" == fields["spec.behavior.level.window"]
    assert float(level.quantile) == fields["spec.behavior.level.quantile"]
    assert "}  # few commits\n" in web.read_text()


def test_it_tells_of_the_part_that_the_search_never_saw(run: Run, web: Path, trace: Path) -> None:
    done = run("tune", web, "--trace", trace, *QUICK)
    assert done.exit_code == 0
    assert "the last third was kept back" in done.stdout
    for shown in ("live HPA", "as it is", "--choose N"):
        assert shown in done.stdout
    assert web.read_text() == WEB


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real one that recorded fifty minutes at 900 a second, and ten at 1800."""
    needs(PROMETHEUS, PROMTOOL)
    counted = list(accumulate([15.0 * (900 if step < 240 else 1800) for step in range(280)]))
    series = Series("load", every(15, END - timedelta(seconds=280 * 15), counted))
    fired = firing("Late", END - timedelta(minutes=15), END, severity="page")
    with Backfilled(tmp_path_factory.mktemp("hour"), (series, fired), lookback="20s") as server:
        yield server.url


def test_load_may_come_from_a_real_prometheus(run: Run, web: Path, prometheus: str) -> None:
    span = ("--last", "1h", "--end", END.isoformat())
    found = tuned(run, web, "--prometheus", prometheus, *span, "--choose", 1)
    own = found["as_it_is"]
    hours = own["training"]["replica_hours"] + own["validation"]["replica_hours"]
    assert hours == pytest.approx(9 * 50 / 60 + 18 * 10 / 60, rel=0.05)
    assert found["chosen"]["number"] == 1


def test_alerts_are_replayed_in_the_part_in_which_they_fired(
    run: Run, web: Path, prometheus: str, trace: Path
) -> None:
    span = ("--last", "1h", "--end", END.isoformat())
    asked = ("--prometheus", prometheus, *span)
    before = tuned(run, web, *asked)["as_it_is"]
    rule = "  alerts:\n    - {match: {alertname: Late, severity: page}, minReplicas: 40}\n"
    web.write_text(WEB + rule)
    found = tuned(run, web, *asked)
    after = found["as_it_is"]
    assert found["notes"] == []
    assert after["training"] == before["training"]  # the first 40 minutes
    more = after["validation"]["replica_hours"] - before["validation"]["replica_hours"]
    assert 22 * 10 / 60 < more < 31 * 15 / 60
    assert tuned(run, web, "--trace", trace)["notes"] == [
        "spec.alerts: only Prometheus' history tells when they fired, so here none does"
    ]


def test_the_part_that_is_kept_back_is_played_at_its_own_time_of_day(
    run: Run, web: Path, prometheus: str
) -> None:
    opening = END - timedelta(minutes=10)
    until = END + timedelta(minutes=50)
    times = f'start: "{opening:%M %H} * * *", end: "{until:%M %H} * * *"'
    web.write_text(
        f"{WEB}  schedules:\n    - {{name: late, timezone: UTC, {times}, minReplicas: 40}}\n"
    )
    span = ("--last", "1h", "--end", END.isoformat())
    own = tuned(run, web, "--prometheus", prometheus, *span)["as_it_is"]
    assert own["training"]["replica_hours"] == pytest.approx(9 * 40 / 60, rel=0.05)
    assert own["validation"]["replica_hours"] == pytest.approx((9 + 40) * 10 / 60, rel=0.1)


def test_the_configurations_prometheus_and_batches_are_taken(
    run: Run, web: Path, prometheus: str, tmp_path: Path
) -> None:
    slow = {"quiet_period": "3m", "max_wait": "3m"}
    batch = {**slow, "scale_up": slow}
    config = configured(tmp_path, prometheus, {"url": str(tmp_path)}, batch=batch)
    span = ("--start", (END - timedelta(hours=1)).isoformat(), "--end", END.isoformat())
    hasty = tuned(run, web, "--prometheus", prometheus, *span)
    found = tuned(run, web, "--config", config, *span)
    assert found["notes"] == []
    short = [one["as_it_is"]["validation"]["under_time"] for one in (hasty, found)]
    assert short[1] - short[0] > 5  # percent of 20 minutes, in which load doubles
    done = run("tune", web, "--trials", 1)
    assert "no configuration file was given" in done.stderr


def test_time_ends_the_search_and_says_so(run: Run, web: Path, trace: Path) -> None:
    done = run("tune", web, "--trace", trace, "--jobs", 1, "--time", "1ms")
    assert done.exit_code == 0
    assert "--time ended the search after 0 of 40 trials" in done.stdout


@pytest.mark.parametrize(
    ("args", "code", "told"),
    [
        pytest.param(("--write",), 1, "--write needs to know what", id="write without a choice"),
        pytest.param(("--choose", "1", "--max-cost", "3"), 1, "give one of them", id="two choices"),
        pytest.param(("--tolerance", "0.5:0.1"), 2, "0.5:0.1", id="bounds the wrong way round"),
        pytest.param(("--window-down", "1m:2h"), 2, "1m:2h", id="beyond what the HPA takes"),
        pytest.param(("--metric", "other"), 1, "no metric is named other", id="no such metric"),
        pytest.param(("--max-shortage", "0", "--max-cost", "0"), 1, "give one", id="both bounds"),
    ],
)
def test_what_can_not_be_done_is_refused_before_the_search(
    *, run: Run, web: Path, trace: Path, args: tuple[str, ...], code: int, told: str
) -> None:
    done = run("tune", web, "--trace", trace, "--jobs", 1, "--trials", 1, *args)
    assert (done.exit_code, done.stdout) == (code, "")
    assert told in done.stderr
    assert web.read_text() == WEB


def test_a_number_that_is_not_on_the_front_is_told_with_those_that_are(
    run: Run, web: Path, trace: Path
) -> None:
    done = run("tune", web, "--trace", trace, "--jobs", 1, "--trials", 1, "--choose", 9)
    assert done.exit_code == 1
    assert "--choose 9: not on the front, which has 1" in done.stderr


def test_a_trace_that_is_not_there_is_named(run: Run, web: Path, tmp_path: Path) -> None:
    done = run("tune", web, "--trace", tmp_path / "none.csv")
    assert done.exit_code == 1
    assert f"--trace {tmp_path / 'none.csv'}: can't be read" in done.stderr
