"""Our own metrics keep to Prometheus' conventions, and export each decision's counts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import zip_longest
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

import bridge
from bridge.decide.decision import Step
from bridge.decide.override import Hold, Override
from bridge.decide.reason import _BY_FIELD, REASONS, reason_of
from bridge.manifest.target import Target
from bridge.observe import metrics
from bridge.observe.counted import Counted
from tests.decide.given import decision


def test_a_decision_exports_its_two_counts() -> None:
    counted = Counted(10)
    counted.decision(decision(4, 7, Target("Rollout", "noted", "shop")))
    counted.decision(decision(4, 9, Target("Rollout", "noted", "shop")))
    counted.decision(decision(1, 1, Target("Rollout", "nowhere")))
    value = metrics.registry.get_sample_value
    noted = {"policy": "noted", "kind": "Rollout", "namespace": "shop", "name": "noted", "repo": ""}
    nowhere = {
        "policy": "nowhere",
        "kind": "Rollout",
        "namespace": "",
        "name": "nowhere",
        "repo": "",
    }
    assert value("scalebridge_desired_replicas", noted) == 9
    assert value("scalebridge_committed_replicas", noted) == 4
    assert value("scalebridge_desired_replicas", nowhere) == 1


def test_the_counts_of_a_policy_that_is_gone_end() -> None:
    counted = Counted(10)
    gone = replace(decision(4, 7, Target("Rollout", "gone")), dead_time=45.0)
    labels = {"policy": "gone", "kind": "Rollout", "namespace": "", "name": "gone", "repo": ""}
    counted.decision(gone)
    counted.gone(gone)
    for name in ("desired_replicas", "committed_replicas", "stuck_rollout", "dead_time_seconds"):
        assert metrics.registry.get_sample_value(f"scalebridge_{name}", labels) is None


def test_a_decision_exports_what_its_rollouts_showed() -> None:
    def exported() -> tuple[float | None, float | None]:
        value = metrics.registry.get_sample_value
        return value("scalebridge_dead_time_seconds", labels), value(
            "scalebridge_stuck_rollout", labels
        )

    counted = Counted(10)
    made = decision(4, 4, Target("Rollout", "paced"))
    labels = {"policy": "paced", "kind": "Rollout", "namespace": "", "name": "paced", "repo": ""}
    counted.decision(made)
    assert exported() == (None, 0)
    counted.decision(replace(made, dead_time=45.0, stuck_rollout="stuck rollout: …"))
    assert exported() == (45, 1)
    counted.decision(made)
    assert exported() == (None, 0)


def test_every_metric_is_ours_and_explained() -> None:
    exported = generate_latest(metrics.registry).decode()
    families = list(text_string_to_metric_families(exported))
    assert {family.type for family in families} == {"counter", "gauge", "histogram"}
    for family in families:
        assert family.name.startswith(("scalebridge_", "process_"))
        assert family.documentation.endswith((".", ")"))
        assert f"{family.name}_total" in exported or family.type != "counter"


def test_holds_are_counted_by_what_they_are() -> None:
    now = datetime(2026, 5, 1, tzinfo=UTC)
    order = Override(now, "Robin", "0c" * 20, 4)
    given = {
        "override": (order,),
        "pause": (replace(order, paused_until=now + timedelta(hours=1)),) * 2,
        "quarrel": (replace(order, rivals=("scalebridge", "flux")),) * 3,
    }
    made = [
        replace(decision(4, 4, Target("Rollout", f"{kind}-{place}")), hold=Hold(one, now))
        for kind, orders in given.items()
        for place, one in enumerate(orders)
    ]
    counted = Counted(10)
    counted.round([*made, decision(4, 4, Target("Rollout", "free"))])
    assert {kind: held(kind) for kind in given} == {"override": 1, "pause": 2, "quarrel": 3}
    counted.round(())
    assert {held(kind) for kind in given} == {0}


def held(kind: str) -> float | None:
    labels = {"kind": kind, "repo": ""}
    return metrics.registry.get_sample_value("scalebridge_holds", labels)


FLEET = range(5_000)


def own_series() -> int:
    """How many are exported, but of the process."""
    lines = generate_latest(metrics.registry).decode().splitlines()
    return sum(line.startswith("scalebridge_") for line in lines)


def test_series_stay_bounded_with_5000_targets() -> None:
    before, counted = own_series(), Counted(100)
    made = [replace(decision(3, n % 9, Target("Rollout", f"t{n}")), dead_time=9.0) for n in FLEET]
    for one in made:
        counted.decision(one)
    counted.round(made)
    counted.unclaimed({f"fleet-{n}": n for n in FLEET})
    most = 4 * 100 + 100 + 3 * len(REASONS) + 20
    assert own_series() - before <= most
    value = metrics.registry.get_sample_value
    assert value("scalebridge_targets", {"repo": ""}) == 5_000
    assert value("scalebridge_unlisted_targets", {"repo": ""}) == 4_900
    counted.unclaimed({})
    for one in made:
        counted.gone(one)
    assert own_series() - before <= 3 * len(REASONS) + 20


@settings(deadline=None)
@given(
    coming=st.lists(st.integers(0, 30), min_size=1, max_size=60),
    going=st.lists(st.integers(0, 30), max_size=60),
)
def test_a_target_that_goes_makes_room_for_another(coming: list[int], going: list[int]) -> None:
    counted, there = Counted(5), []
    made = {n: decision(3, 4, Target("Rollout", f"room-{n}")) for n in range(31)}
    for come, go in zip_longest(coming, going):
        if come is not None:
            counted.decision(made[come])
        if go is not None:
            counted.gone(made[go])
        there.append(listed())
    for one in made.values():
        counted.gone(one)
    assert max(there) <= 5
    assert listed() == 0


def listed() -> int:
    """Targets of the test above with series."""
    exported = generate_latest(metrics.registry).decode()
    return exported.count('scalebridge_desired_replicas{kind="Rollout",name="room-')


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        (("spec.metrics.0",), "metric"),
        (("spec.metrics.0", "spec.behavior.scaleUp"), "behavior"),
        (("spec.metrics.0", "spec.schedules.0.minReplicas"), "schedule"),
        (("spec.metrics.0", "spec.alerts.0"), "alert"),
        (("spec.maxReplicas", ""), "maximum"),
        (("spec.pausedUntil",), "paused"),
        ((), "other"),
    ],
)
def test_the_last_word_is_counted(fields: Sequence[str], word: str) -> None:
    made = decision(3, 4, Target("Rollout", "x"))
    made = replace(made, steps=tuple(Step("because", field) for field in fields))
    assert reason_of(made) == word
    assert reason_of(replace(made, errors=("load unknown",))) == "unknown"
    assert reason_of(replace(made, adopts=True)) == "adopted"


def test_every_field_that_a_decision_names_has_a_word() -> None:
    folder = Path(bridge.__file__).parent / "decide"
    text = "".join(source.read_text() for source in folder.glob("*.py"))
    fields = {found.removeprefix("spec.") for found in re.findall(r'"(spec\.[a-zA-Z]+)', text)}
    assert len(fields) > 8
    assert fields <= _BY_FIELD.keys()
