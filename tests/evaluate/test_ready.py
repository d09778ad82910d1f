"""Ready replicas are asked for by the policy's query, or by the series of its kind."""

from __future__ import annotations

import pytest

from bridge.evaluate.naming import Naming
from bridge.evaluate.ready import desired_query, naming_of, ready_naming, ready_query
from bridge.policy.members import members_of
from bridge.policy.model import ScalingPolicy
from tests.policy.given import policy
from tests.policy.test_members import fleet, index, manifest


def member(kind: str = "Deployment", **spec: object) -> ScalingPolicy:
    """The one member of a fleet of that kind."""
    selector = {"kind": kind, "matchLabels": {"app": "web"}, "nameLabel": "app"}
    given = fleet(scaleTargetSelector=selector, **spec)
    [one] = members_of(given, index(manifest(kind=kind)))
    return one.policy


@pytest.mark.parametrize(
    ("kind", "query"),
    [
        (
            "Deployment",
            "max by (namespace, deployment) "
            '(kube_deployment_status_replicas_ready{deployment="web",namespace="shop"})',
        ),
        (
            "StatefulSet",
            "max by (namespace, statefulset) "
            '(kube_statefulset_status_replicas_ready{statefulset="web",namespace="shop"})',
        ),
        (
            "ReplicaSet",
            "max by (namespace, replicaset) "
            '(kube_replicaset_status_ready_replicas{replicaset="web",namespace="shop"})',
        ),
        (
            "ReplicationController",
            "max by (namespace, replicationcontroller) "
            "(kube_replicationcontroller_status_ready_replicas"
            '{replicationcontroller="web",namespace="shop"})',
        ),
        (
            "Rollout",
            "max by (namespace, name) "
            '(rollout_info_replicas_available{name="web",namespace="shop"})',
        ),
        ("SpinApp", None),
    ],
)
def test_each_kind_has_its_series(kind: str, query: str | None) -> None:
    ref = {"kind": kind, "name": "web", "namespace": "shop"}
    assert ready_query(policy(scaleTargetRef=ref)) == query


def test_without_a_namespace_all_are_asked_and_told_apart() -> None:
    asked = policy(scaleTargetRef={"name": 'we"b'})
    assert ready_query(asked) == (
        "max by (namespace, deployment) "
        '(kube_deployment_status_replicas_ready{deployment="we\\"b"})'
    )


@pytest.mark.parametrize(
    ("kind", "series"),
    [
        ("Deployment", "kube_deployment_spec_replicas{deployment"),
        ("StatefulSet", "kube_statefulset_replicas{statefulset"),
        ("ReplicaSet", "kube_replicaset_spec_replicas{replicaset"),
        ("ReplicationController", "kube_replicationcontroller_spec_replicas{replicationcontroller"),
        ("Rollout", "rollout_info_replicas_desired{name"),
        ("SpinApp", None),
    ],
)
def test_what_the_object_asks_for_has_its_series(kind: str, series: str | None) -> None:
    query = desired_query(policy(scaleTargetRef={"kind": kind, "name": "web"}))
    assert series is None or f'({series}="web"}})' in str(query)
    assert (query is None) == (series is None)


@pytest.mark.parametrize("kind", ["Deployment", "SpinApp"])
def test_the_policys_own_query_comes_first(kind: str) -> None:
    ref = {"kind": kind, "name": "web"}
    assert ready_query(policy(scaleTargetRef=ref, readyReplicasQuery="count(up)")) == "count(up)"


def test_a_fleets_members_have_one_query_in_common() -> None:
    assert ready_query(member()) == (
        "max by (namespace, deployment) (kube_deployment_status_replicas_ready)"
    )
    assert ready_naming(member()) == Naming("deployment", "namespace")
    assert ready_naming(member("Rollout")) == Naming("name", "namespace")


@pytest.mark.parametrize("kind", ["Deployment", "SpinApp"])
def test_a_fleets_own_query_names_members_as_its_metrics_do(kind: str) -> None:
    own = member(kind, readyReplicasQuery="sum by (app, namespace) (up)")
    assert ready_query(own) == "sum by (app, namespace) (up)"
    assert ready_naming(own) == naming_of(own) == Naming("app", "namespace")


def test_a_policy_of_one_target_names_nobody() -> None:
    assert (naming_of(policy()), ready_naming(policy())) == (None, None)
