"""What every test gets: a clean environment, and real remotes on request."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge import secrecy
from bridge.demo.servers import ALERTMANAGER, PROMETHEUS
from tests.parts.gate import needs
from tests.parts.git import CLEAN
from tests.parts.git_http import GitHttp
from tests.parts.git_ssh import GitSsh
from tests.parts.monitoring import Monitoring
from tests.parts.state_repo import StateRepo

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  namespace: shop
spec:
  replicas: 3  # kept by scalebridge
  selector: {{matchLabels: {{app: {name}}}}}
"""

ALERTS = {"QueueDeep": "queue_depth > 100", "Overloaded": "load_ratio > 1"}


@pytest.fixture(scope="session", autouse=True)
def _no_stray_loop() -> None:
    """Else looptime makes one for the first test that isn't async, and nobody closes it."""
    asyncio.set_event_loop(None)


@pytest.fixture(scope="session", autouse=True)
def _nobodys_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Neither the person's git nor their scalebridge nor a proxy has a say."""
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith(("GIT_", "SCALEBRIDGE_", "SSH_")) and name != "SCALEBRIDGE_SHARED":
                patch.delenv(name)
        for name, value in CLEAN.items():
            patch.setenv(name, value)
        patch.setenv("NO_PROXY", "127.0.0.1,localhost")
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True)
def _nobodys_secrets() -> Iterator[None]:
    """The words that are secrets in one test are mere words in the next."""
    yield
    secrecy._known.clear()


@pytest.fixture
def state_repo(tmp_path: Path) -> StateRepo:
    """A bare repository with two Deployments of three replicas on main."""
    needs("git")
    files = {f"apps/{name}.yaml": DEPLOYMENT.format(name=name) for name in ("checkout", "search")}
    return StateRepo.create(tmp_path / "remote", files)


@pytest.fixture
def git_http(state_repo: StateRepo) -> Iterator[GitHttp]:
    """The folder of `state_repo` behind smart HTTP and basic auth."""
    with GitHttp(state_repo.path.parent) as server:
        yield server


@pytest.fixture
def git_ssh(state_repo: StateRepo, tmp_path: Path) -> Iterator[GitSsh]:
    """The folder of `state_repo` behind SSH."""
    needs("ssh")
    with GitSsh(state_repo.path.parent, tmp_path / "keys") as server:
        yield server


@pytest.fixture(scope="session")
def prometheus_binaries() -> None:
    """For tests that start the real Prometheus and Alertmanager."""
    needs(PROMETHEUS, ALERTMANAGER)


@pytest.fixture(scope="session")
def shared_monitoring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Monitoring]:
    """One real Prometheus and Alertmanager for all tests; tests take `monitoring`."""
    needs(PROMETHEUS, ALERTMANAGER)
    with Monitoring(tmp_path_factory.mktemp("monitoring"), ALERTS) as running:
        yield running


@pytest.fixture
def monitoring(shared_monitoring: Monitoring) -> Iterator[Monitoring]:
    """Real Prometheus, Alertmanager and exporter, without a trace of earlier tests."""
    yield shared_monitoring
    shared_monitoring.reset()


@pytest.fixture
def no_collector() -> Iterator[None]:
    """What goes, goes because nothing refers to it any more."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()
