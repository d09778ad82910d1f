"""What `/metrics` says, scraped by a real Prometheus and read by its linter."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import httpx
import pytest

from bridge.demo import servers
from tests.docs.markdown import blocks
from tests.parts.fake_prometheus import ANY, FakePrometheus, samples
from tests.parts.gate import needs
from tests.parts.monitoring import prometheus_config
from tests.parts.state_repo import StateRepo
from tests.repo.processes import until
from tests.service.conftest import fake, shop
from tests.service.program import configured, running

__all__ = ["fake", "shop"]

pytestmark = pytest.mark.timeout(90)
ALWAYS = {
    "scalebridge_batch_age_seconds_count",
    "scalebridge_batch_size_decisions_sum",
    "scalebridge_build_info",
    "scalebridge_commits_total",
    "scalebridge_decisions_total",
    "scalebridge_git_duration_seconds_count",
    "scalebridge_last_success_timestamp_seconds",
    "scalebridge_query_duration_seconds_bucket",
    "scalebridge_targets",
    "process_open_fds",
}
"""Of a service that committed once."""
QUERIES = [one for block in blocks("promql") for one in re.split(r"\n(?=\S)", block.text.strip())]
"""One begins where a line does, and goes on where one is indented."""


@pytest.mark.usefixtures("prometheus_binaries")
async def test_prometheus_takes_it_and_its_linter_has_no_complaint(
    shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    needs("promtool")
    fake.script(ANY, samples(700))
    with running(configured(tmp_path, fake.url, {"url": shop.url})) as program:
        program.until("committed")
        text = program.page("/metrics")
        assert linted(text) == (0, b"")
        (tmp_path / "prometheus").mkdir()
        config = prometheus_config([program.url.removeprefix("http://")])
        server = servers.prometheus(tmp_path / "prometheus", config, rules='{"groups": []}')
        async with server as url:
            until(lambda: scraped(url) >= ALWAYS, within=30)
            for query in QUERIES:
                assert asked(url, query) == "success", query


def scraped(url: str) -> set[str]:
    """The names that Prometheus has."""
    reply = httpx.get(f"{url}/api/v1/label/__name__/values").raise_for_status()
    return set(reply.json()["data"])


def linted(text: str) -> tuple[int, bytes]:
    """The exit code of Prometheus' own linter, and what it says."""
    done = subprocess.run(
        ("promtool", "check", "metrics"),
        input=text.encode(),
        capture_output=True,
        timeout=20,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def asked(url: str, query: str) -> str:
    """Whether Prometheus takes this query."""
    reply = httpx.get(f"{url}/api/v1/query", params={"query": query})
    return str(reply.json()["status"])
