"""A fleet's members are the workloads with its labels; each may ask for something else."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.manifest.index import Catalogue, Index
from bridge.manifest.target import Target
from bridge.policy.members import Member, members_of
from bridge.policy.model import ScalingPolicy
from tests.policy.given import described, metric

WEB = {"scale": "by-load"}


def fleet(**spec: Any) -> ScalingPolicy:
    """A policy for every Deployment with the label `scale: by-load`."""
    data = described("fleet", **{"scaleTargetSelector": {"matchLabels": WEB}, **spec})
    del data["spec"]["scaleTargetRef"]
    return ScalingPolicy.model_validate(data)


def index(*manifests: str) -> Index:
    """The workloads of `0.yaml`, `1.yaml` and so on."""
    files = {f"{number}.yaml": text for number, text in enumerate(manifests)}
    blobs = {text: text.encode() for text in files.values()}
    return Catalogue().index(files, lambda wanted: [(blob, blobs[blob]) for blob in wanted])


def manifest(
    name: str = "web",
    labels: str = "{scale: by-load, app: web}",
    kind: str = "Deployment",
    **more: str,
) -> str:
    """A workload; `more` are its annotations, without their prefix and with _ for -."""
    annotations = "".join(
        f"    scalebridge/{key.replace('_', '-')}: {value!r}\n" for key, value in more.items()
    )
    told = f"  annotations:\n{annotations}" if more else ""
    metadata = f"metadata:\n  name: {name}\n  namespace: shop\n  labels: {labels}\n{told}"
    return f"# its own\napiVersion: apps/v1\nkind: {kind}\n{metadata}spec: {{replicas: 3}}\n"


def only(**annotations: str) -> Member:
    """The one member, with these annotations."""
    [member] = members_of(fleet(), index(manifest(**annotations)))
    return member


def test_kind_and_labels_choose() -> None:
    found = members_of(
        fleet(),
        index(
            manifest("web"),
            manifest("api"),
            manifest("plain", "{app: plain}"),
            manifest("other", "{scale: by-hand}"),
            manifest("set", kind="StatefulSet"),
        ),
    )
    assert [str(member.policy.target) for member in found] == [
        "Deployment/shop/api",
        "Deployment/shop/web",
    ]
    assert found[1].policy.target == Target("Deployment", "web", "shop", "apps/v1")


def test_a_member_has_the_fleets_name_and_a_title_of_its_own() -> None:
    policy = only().policy
    assert (policy.name, policy.title) == ("fleet", "fleet: Deployment/shop/web")
    assert policy.is_member
    assert not policy.is_fleet
    assert fleet().title == "fleet"


def test_a_fleet_has_no_target_of_its_own() -> None:
    with pytest.raises(ValueError, match="fleet is a fleet: its members have targets"):
        _ = fleet().target


def test_a_workload_in_two_files_is_one_member() -> None:
    assert len(members_of(fleet(), index(manifest(), manifest()))) == 1


def test_a_name_that_no_policy_could_give_is_left_out() -> None:
    evil = manifest('"web\\n\\nScale-Decision: {}"')
    assert members_of(fleet(), index(evil)) == []


def test_a_policy_for_one_has_no_members() -> None:
    single = ScalingPolicy.model_validate(described("web"))
    assert members_of(single, index(manifest())) == []


def test_without_a_namespace_label_equal_names_are_a_problem() -> None:
    by_name = fleet(scaleTargetSelector={"matchLabels": WEB, "namespaceLabel": None})
    elsewhere = manifest().replace("namespace: shop", "namespace: lab")
    lab, shop, api = members_of(by_name, index(manifest(), elsewhere, manifest("zoo")))
    why = (
        "spec.scaleTargetSelector.namespaceLabel: 2 workloads are named web, "
        "and only the label tells them apart"
    )
    assert (lab.problem, shop.problem, api.problem) == (why, why, "")


@pytest.mark.parametrize(
    ("annotation", "value", "field", "expected"),
    [
        ("min_replicas", "4", "min_replicas", 4),
        ("max_replicas", "7", "max_replicas", 7),
        ("paused", "true", "paused", True),
        ("paused_replicas", "0", "paused_replicas", 0),
        ("cooldown_period", "10m", "cooldown_period", 600.0),
        ("override_hold", "1h", "override_hold", 3600.0),
    ],
)
def test_an_annotation_is_the_field_of_its_name(
    annotation: str, value: str, field: str, expected: object
) -> None:
    member = only(**{annotation: value})
    assert member.problem == ""
    assert getattr(member.policy.spec, field) == expected


def test_the_target_of_a_metric_may_be_the_members_own() -> None:
    two = fleet(metrics=[metric("load"), metric("busy", "0.7", "Value")])
    named = manifest().replace(
        "labels", "annotations: {scalebridge/target-value.busy: 250m}\n  labels"
    )
    [member] = members_of(two, index(named))
    assert [m.target.milli for m in member.policy.spec.metrics] == [100_000, 250]
    assert [m.target.type for m in member.policy.spec.metrics] == ["AverageValue", "Value"]
    assert only(target_value="30").policy.spec.metrics[0].target.milli == 30_000


@pytest.mark.parametrize(
    ("annotations", "why"),
    [
        (
            {"min_replicas": "four"},
            "scalebridge/min-replicas: Input should be a valid integer, unable to parse string "
            "as an integer, not 'four'",
        ),
        ({"cooldown_period": "long"}, "scalebridge/cooldown-period: 'long' is not a duration such"),
        ({"min_replicas": "30"}, "scalebridge/…: minReplicas 30 is above maxReplicas 20"),
        ({"min_replica": "4"}, "scalebridge/min-replica: no such annotation: there are scalebr"),
        ({"target_value": "0"}, "scalebridge/target-value: must be at least 1m"),
        ({"target_value.lag": "1"}, "scalebridge/target-value.lag: no such metric: there are load"),
    ],
)
def test_a_bad_annotation_is_the_problem_of_its_member(
    annotations: dict[str, str], why: str
) -> None:
    good, bad = members_of(fleet(), index(manifest("api"), manifest(**annotations)))
    assert good.problem == ""
    assert bad.problem.startswith(f"1.yaml:2: {why}")


def test_a_target_of_several_metrics_has_to_say_which() -> None:
    two = fleet(metrics=[metric("load"), metric("busy")])
    [member] = members_of(two, index(manifest(target_value="1")))
    assert member.problem.endswith(
        "target-value: of which metric? scalebridge/target-value.load, for one"
    )


def test_a_formula_has_its_own_target() -> None:
    formula = fleet(scalingModifiers={"formula": "load * 2", "target": 5})
    [member] = members_of(formula, index(manifest(target_value="1")))
    assert member.problem.endswith("target-value: scalingModifiers have a target of their own")
