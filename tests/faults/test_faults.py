"""Faults of every kind, some hundred, by seed: Git ends up right, once, and without a restart.

`make soak SOAK_RUNS=n` for more; SOAK_FIRST=17 SOAK_RUNS=12 for life 17 again.
"""

from __future__ import annotations

import os
from itertools import product
from pathlib import Path

import pytest

from bridge.repo.walk import FEWEST_WALKED
from tests.faults.episodes import (
    APPS,
    FAULTS,
    IN_ONE_LIFE,
    RELAYED,
    SIGNALS,
    Loads,
    episodes,
)
from tests.faults.footprint import Footprint, growing
from tests.faults.lives import shop
from tests.faults.worlds import life, over
from tests.parts.monitoring import Monitoring

EPISODES = 12
WARM = "tests.faults.warm"
RUNS = int(os.environ.get("SOAK_RUNS", "72"))
FIRST = int(os.environ.get("SOAK_FIRST", "0"))
LONG = max(40, RUNS // 4)
LIVES = range(FIRST, FIRST - (-RUNS // EPISODES))


def test_twelve_lives_draw_every_fault_at_every_place() -> None:
    drawn = [one for seed in range(12) for one in episodes(seed, EPISODES)]
    kinds: list[tuple[str, str]] = [(one.where, one.what) for one in drawn]
    for kind in [*product(RELAYED, FAULTS), *product(["service"], SIGNALS)]:
        assert kinds.count(kind) >= 3, kind
    rivals = {(one.rival, one.races) for one in drawn}
    moments = ["", "before_advertise", "before_receive"]
    assert rivals == set(product(["", "readme", "policy", "manifest"], moments))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", LIVES)
def test_git_ends_up_right_whatever_goes_wrong(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with life(tmp_path, seed) as one:
        for episode in episodes(seed, EPISODES):
            one.go_through(episode)
        one.finish()


@pytest.mark.timeout(60 + 20 * LONG)
def test_a_long_life_with_faults_leaks_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    seen = []
    # what only fills up is full before it is measured: the pools of threads, a page of the log
    with life(tmp_path, FIRST, (WARM,), commits=FEWEST_WALKED) as one:
        for episode in episodes(FIRST, LONG, IN_ONE_LIFE):
            one.go_through(episode)
            seen.append(Footprint.of(one.program.process.pid, tmp_path / "tmp"))
        one.finish()
    assert list(growing(seen)) == []


@pytest.mark.timeout(600)
def test_the_same_before_a_real_prometheus(
    tmp_path: Path, monitoring: Monitoring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    repo = shop(tmp_path / "remote", query='demand{{app="{name}"}}')

    def set_loads(loads: Loads) -> None:
        for app in APPS:
            monitoring.exporter.set("demand", loads[app], app=app)

    metrics = monitoring.prometheus.removeprefix("http://")
    with over(tmp_path, repo, (metrics, set_loads)) as one:
        for episode in episodes(FIRST + 1_000, EPISODES):
            one.go_through(episode)
        one.finish()
