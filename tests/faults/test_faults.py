"""Faults of every kind, some hundred, by seed: Git ends up right, once, and without a restart.

`make soak SOAK_RUNS=n` for more; SOAK_FIRST=17 SOAK_RUNS=12 for life 17 again.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.episodes import APPS, Loads, episodes
from tests.faults.footprint import Footprint, least
from tests.faults.lives import Life, SetLoads, shop
from tests.faults.oracle import prove_never_forced
from tests.parts.fake_prometheus import FakePrometheus, samples
from tests.parts.git_http import GitHttp
from tests.parts.git_ssh import GitSsh
from tests.parts.monitoring import Monitoring
from tests.parts.state_repo import StateRepo
from tests.repo.processes import running
from tests.repo.relay import Relay

EPISODES = 12
RUNS = int(os.environ.get("SOAK_RUNS", "144"))
FIRST = int(os.environ.get("SOAK_FIRST", "0"))
LONG = max(40, RUNS // 4)
LIVES = range(FIRST, FIRST - (-RUNS // EPISODES))


@contextmanager
def life(folder: Path, seed: int) -> Iterator[Life]:
    """A service over a fake Prometheus and a real remote: every fourth over SSH."""
    with FakePrometheus() as fake:

        def set_loads(loads: Loads) -> None:
            for app in APPS:
                fake.script(app, samples(loads[app]))

        set_loads(dict.fromkeys(APPS, 300))
        source = fake.address, set_loads
        with over(folder, shop(folder / "remote"), source, over_ssh=seed % 4 == 3) as one:
            yield one


@contextmanager
def over(
    folder: Path, repo: StateRepo, source: tuple[str, SetLoads], *, over_ssh: bool
) -> Iterator[Life]:
    """A service over metrics at an address, and what sets them; proves the whole history."""
    root = repo.path.parent
    with GitSsh(root, folder / "keys") if over_ssh else GitHttp(root) as server:
        with Relay(server.address) as relay:
            url = server.url_of(repo.path).replace(server.address, relay.address)
            with Life(folder, repo, source, relay) as one:
                one.start({"url": url, **server.way_in(relay.address)})
                yield one
            assert running(relay.address) == []
        prove_never_forced(repo)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("seed", LIVES)
def test_git_ends_up_right_whatever_goes_wrong(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with life(tmp_path, seed) as one:
        one.program.until("steady", policy=APPS[0])
        for episode in episodes(seed, EPISODES):
            one.go_through(episode)
        one.finish()


@pytest.mark.timeout(60 + 5 * LONG)
def test_a_long_life_with_faults_leaks_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    with life(tmp_path, FIRST) as one:
        one.program.until("steady", policy=APPS[0])
        seen = []
        for episode in episodes(FIRST, LONG, one_life=True):
            one.go_through(episode)
            seen.append(Footprint.of(one.program.process.pid, tmp_path / "tmp"))
        one.finish()
    part = LONG // 4
    early, late = least(seen[part : 2 * part]), least(seen[-part:])
    assert late.descriptors <= early.descriptors + 2
    assert late.threads <= early.threads
    assert late.children <= early.children
    assert late.temporary <= early.temporary
    assert late.memory <= early.memory * 1.05 + 1_000_000


@pytest.mark.timeout(240)
def test_the_same_before_a_real_prometheus(
    tmp_path: Path, monitoring: Monitoring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    repo = shop(tmp_path / "remote", query='demand{{app="{name}"}}')

    def set_loads(loads: Loads) -> None:
        for app in APPS:
            monitoring.exporter.set("demand", loads[app], app=app)

    set_loads(dict.fromkeys(APPS, 300))
    metrics = monitoring.prometheus.removeprefix("http://")
    with over(tmp_path, repo, (metrics, set_loads), over_ssh=False) as one:
        one.program.until("steady", policy=APPS[0])
        for episode in episodes(FIRST + 1_000, EPISODES):
            one.go_through(episode)
        one.finish()
