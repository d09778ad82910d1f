"""Our own metrics keep to Prometheus' conventions, and export each decision's counts."""

from __future__ import annotations

from dataclasses import replace

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from bridge.manifest.target import Target
from bridge.observe import metrics
from tests.decide.given import decision


def test_a_decision_exports_its_two_counts() -> None:
    metrics.note_decision(decision(4, 7, Target("Rollout", "noted", "shop")))
    metrics.note_decision(decision(4, 9, Target("Rollout", "noted", "shop")))
    metrics.note_decision(decision(1, 1, Target("Rollout", "nowhere")))
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
    gone = replace(decision(4, 7, Target("Rollout", "gone")), dead_time=45.0)
    labels = {"policy": "gone", "kind": "Rollout", "namespace": "", "name": "gone", "repo": ""}
    metrics.note_decision(gone)
    metrics.forget_decision(gone)
    for name in ("desired_replicas", "committed_replicas", "stuck_rollout", "dead_time_seconds"):
        assert metrics.registry.get_sample_value(f"scalebridge_{name}", labels) is None


def test_a_decision_exports_what_its_rollouts_showed() -> None:
    def exported() -> tuple[float | None, float | None]:
        value = metrics.registry.get_sample_value
        return value("scalebridge_dead_time_seconds", labels), value(
            "scalebridge_stuck_rollout", labels
        )

    made = decision(4, 4, Target("Rollout", "paced"))
    labels = {"policy": "paced", "kind": "Rollout", "namespace": "", "name": "paced", "repo": ""}
    metrics.note_decision(made)
    assert exported() == (None, 0)
    metrics.note_decision(replace(made, dead_time=45.0, stuck_rollout="stuck rollout: …"))
    assert exported() == (45, 1)
    metrics.note_decision(made)
    assert exported() == (None, 0)


def test_every_metric_is_ours_and_explained() -> None:
    exported = generate_latest(metrics.registry).decode()
    families = list(text_string_to_metric_families(exported))
    assert {family.type for family in families} == {"counter", "gauge", "histogram"}
    for family in families:
        assert family.name.startswith("scalebridge_")
        assert family.documentation.endswith(".")
        assert f"{family.name}_total" in exported or family.type != "counter"
