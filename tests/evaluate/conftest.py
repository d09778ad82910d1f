"""A Prometheus of which every question is noted, and a pass that asks it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import pytest

from bridge.evaluate.asking import Asking
from bridge.evaluate.prometheus import Prometheus
from bridge.settings.prometheus import PrometheusSettings
from tests.parts.fake_prometheus import FakePrometheus

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[FakePrometheus]:
    """Answers what it is told to, and notes every question."""
    with FakePrometheus() as fake:
        yield fake


@pytest.fixture
async def asking(server: FakePrometheus) -> AsyncIterator[Asking]:
    """A pass at noon."""
    async with Prometheus(PrometheusSettings(url=server.url, timeout=2)) as prometheus:
        yield Asking(prometheus, NOON)
