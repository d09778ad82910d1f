"""Metrics with a value per pod: those without one damp the change."""

from __future__ import annotations

import pytest

from bridge.decide.recommendation import Tolerance
from bridge.errors import MetricsUnavailable
from tests.conformance.per_pod import Pod, per_pod


def pods(*values: int | None, phase: str = "Running") -> list[Pod]:
    return [Pod(f"{phase}-{place}", value, phase) for place, value in enumerate(values)]


@pytest.mark.parametrize(
    ("given", "replicas", "expected"),
    [
        pytest.param(pods(20, 20, 20), 3, (6, 20), id="all known"),
        pytest.param(pods(10, 11), 2, (2, 10), id="within the tolerance"),
        pytest.param(pods(30, None), 2, (3, 30), id="up: a missing pod has 0"),
        pytest.param(pods(12, None), 2, (2, 12), id="up turned down by a missing pod"),
        pytest.param(pods(2, 2, None), 3, (2, 2), id="down: a missing pod has the target"),
        pytest.param(pods(5, 5, 5, None, None), 2, (2, 5), id="not up on a low ratio"),
        pytest.param(pods(40, 40) + pods(40, phase="Pending"), 2, (8, 40), id="up beside pending"),
        pytest.param(pods(5, 5) + pods(0, phase="Pending"), 3, (1, 5), id="down beside pending"),
        pytest.param(pods(20) + pods(90, phase="Failed"), 1, (2, 20), id="failed count nowhere"),
        pytest.param([Pod("a", 20), Pod("b", 90, deleted=True)], 1, (2, 20), id="nor deleted"),
        pytest.param([Pod("a", 20), Pod("z", 40, listed=False)], 1, (3, 30), id="unlisted count"),
    ],
)
def test_per_pod(given: list[Pod], replicas: int, expected: tuple[int, int]) -> None:
    found = per_pod(given, 10, replicas, Tolerance())
    assert (found.replicas, found.usage_milli) == expected


@pytest.mark.parametrize(
    "given",
    [
        pytest.param([], id="no pods"),
        pytest.param([Pod("z", 5, listed=False)], id="none listed"),
        pytest.param(pods(None, None), id="no value"),
        pytest.param(pods(5, phase="Pending"), id="none that counts"),
    ],
)
def test_unavailable(given: list[Pod]) -> None:
    with pytest.raises(MetricsUnavailable):
        per_pod(given, 10, 1, Tolerance())
