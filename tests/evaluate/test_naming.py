"""Whose a sample is, and in which parts a long past is asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.errors import MetricsUnavailable
from bridge.evaluate.naming import Named, Naming, joined, spans
from bridge.manifest.target import Target

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
BOTH = Naming("deployment", "namespace")
WEB, API, BARE = (
    Target("Deployment", *whose) for whose in (("web", "shop"), ("api", "shop"), ("web",))
)


def sample(value: str, **labels: str) -> dict[str, Any]:
    return {"metric": labels, "value": [0, value]}


def named(*items: dict[str, Any], naming: Naming = BOTH) -> Named:
    return Named("load", naming, items)


def test_labels_say_whose_a_sample_is() -> None:
    found = named(
        sample("1", deployment="web", namespace="shop"),
        sample("2", deployment="web", namespace="lab"),
        sample("3", deployment="api", namespace="shop", pod="x"),
    )
    assert (found.value(WEB), found.value(API)) == (1.0, 3.0)
    assert len(found) == 3


def test_a_target_without_a_namespace_goes_by_its_name() -> None:
    assert named(sample("1", deployment="web", namespace="shop")).value(BARE) == 1.0


def test_samples_without_a_namespace_go_by_name_only_where_that_is_asked_for() -> None:
    items = [sample("1", app="web")]
    assert named(*items, naming=Naming("app", None)).value(WEB) == 1.0
    with pytest.raises(MetricsUnavailable):
        named(*items, naming=Naming("app", "namespace")).value(WEB)


@pytest.mark.parametrize(
    ("items", "why"),
    [
        ([], "expected one sample, got no data"),
        ([sample("1", deployment="web", namespace="lab")], "expected one sample, got no data"),
        (
            [sample(n, deployment="web", namespace="shop", pod=n) for n in "12"],
            "expected one sample, got 2 series",
        ),
        (
            [sample("NaN", deployment="web", namespace="shop")],
            "expected a finite number, got NaN",
        ),
    ],
    ids=["none", "of another namespace", "two", "no number"],
)
def test_what_is_not_one_number_is_unknown_for_that_target_alone(
    items: list[dict[str, Any]], why: str
) -> None:
    found = named(*items, sample("5", deployment="api", namespace="shop"))
    assert found.value(API) == 5.0
    with pytest.raises(MetricsUnavailable) as error:
        found.value(WEB)
    assert str(error.value) == f"""'load': {why} for deployment="web", namespace="shop\""""


def test_samples_of_nobody_are_counted() -> None:
    found = named(
        sample("1", deployment="web", namespace="shop"),
        sample("2", deployment="web", namespace="lab"),
        sample("3", pod="x"),
        sample("4", deployment="api", namespace="shop", pod="a"),
        sample("5", deployment="api", namespace="shop", pod="b"),
    )
    assert found.unclaimed([WEB, API]) == 2
    assert found.unclaimed([]) == 5


def test_a_scalar_is_no_vector() -> None:
    with pytest.raises(MetricsUnavailable, match="'load': expected a sample for each workload"):
        Named("load", BOTH, [1.0, "2"])  # type: ignore[list-item]  # what a scalar's answer is


def test_a_history_is_the_targets_own() -> None:
    web = {"metric": {"deployment": "web", "namespace": "shop"}, "values": [[0, "1"], [15, "NaN"]]}
    twice = [
        {"metric": {"deployment": "api", "namespace": "shop", "pod": p}, "values": []} for p in "ab"
    ]
    found = named(web, *twice)
    assert found.history(WEB) == {0.0: 1.0}
    assert found.history(Target("Deployment", "new", "shop")) == {}
    with pytest.raises(MetricsUnavailable, match="expected one series, got 2 for deployment="):
        found.history(API)


def test_parts_of_a_matrix_are_joined_by_all_labels() -> None:
    def part(pod: str, *values: tuple[int, str]) -> dict[str, Any]:
        return {"metric": {"deployment": "web", "pod": pod}, "values": [list(v) for v in values]}

    assert joined([[part("a", (0, "1"))], [part("a", (15, "2")), part("b", (15, "3"))]]) == [
        part("a", (0, "1"), (15, "2")),
        part("b", (15, "3")),
    ]
    assert joined([[part("a")]]) == [part("a")]


@pytest.mark.parametrize(
    ("seconds", "step", "series", "parts"),
    [
        (300, 15, 5_000, 1),
        (300, 15, 100_000, 5),
        (11_000 * 15, 15, 1, 2),
        (0, 15, 5_000, 1),
        (3600, 1, 0, 1),
        (7_200, 1, 1_000, 15),
    ],
)
def test_every_step_is_asked_for_once_in_as_many_parts_as_needed(
    seconds: int, step: float, series: int, parts: int
) -> None:
    found = list(spans(NOON, NOON + timedelta(seconds=seconds), step, series))
    assert len(found) == parts
    steps = [
        start + timedelta(seconds=n * step)
        for start, end in found
        for n in range(int((end - start).total_seconds() / step) + 1)
    ]
    assert steps == [NOON + timedelta(seconds=n * step) for n in range(int(seconds / step) + 1)]
    assert all((end - start).total_seconds() / step < 11_000 for start, end in found)


def test_too_long_a_past_of_too_many_is_refused() -> None:
    with pytest.raises(MetricsUnavailable, match="5,000 series of 5,761 steps each are too many"):
        list(spans(NOON, NOON + timedelta(days=1), 15, 5_000))
