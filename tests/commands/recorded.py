"""A day of load that a real Prometheus remembers, and policies to play it through."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge.demo.servers import PROMETHEUS
from tests.parts.backfill import PROMTOOL, Backfilled, Series, every, firing, ready
from tests.parts.gate import needs
from tests.service.program import policy

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


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """A policy of all Deployments of a tier."""
    path = tmp_path / "fleet.yaml"
    selector = {"matchLabels": {"tier": "web"}}
    asked = {**SLOW, "scaleTargetRef": None, "scaleTargetSelector": selector}
    path.write_text(policy("fleet", query="fleet_load", **asked))
    return path
