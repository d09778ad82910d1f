"""An HPA, imported, decides on real Prometheus what it decided on metrics-server."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from bridge.decide.decide import decide
from bridge.decide.recall import Known
from bridge.evaluate.asking import Asking
from bridge.evaluate.prometheus import Prometheus
from bridge.evaluate.reading import Observation
from bridge.settings.prometheus import PrometheusSettings
from tests.parts.monitoring import Monitoring
from tests.policy.importing.given import HPA, changed, policy_of

GI = 2**30
AT_ONCE = {"scaleDown": {"stabilizationWindowSeconds": 0}}


@pytest.mark.parametrize(
    ("target", "used", "desired"),
    [
        pytest.param({"averageUtilization": 60}, 0.9, 5, id="ceil(3 x 90 / 60)"),
        pytest.param({"averageUtilization": 60}, 0.65, 3, id="within the tolerance"),
        pytest.param({"averageUtilization": 60}, 0.39, 2, id="ceil(3 x 39 / 60)"),
        pytest.param({"averageValue": "500Mi"}, 0.9, 6, id="ceil(3 x 921.6 / 500)"),
    ],
)
async def test_the_decision_is_the_hpas(
    monitoring: Monitoring, target: dict[str, str], used: float, desired: int
) -> None:
    metric = {"type": "Resource", "resource": {"name": "memory", "target": target}}
    policy = policy_of(changed(HPA, metrics=[metric], behavior=AT_ONCE))
    run_pods(monitoring, round(used * GI))
    await asyncio.to_thread(monitoring.until, "count(kube_pod_owner)", "3")
    async with Prometheus(PrometheusSettings(url=monitoring.prometheus)) as prometheus:
        moment = await Asking(prometheus, datetime.now(UTC)).moment(policy)
    assert [reading.error for reading in moment.readings] == [""]
    assert decide(policy, Observation(moment), Known(3)).desired == desired


def run_pods(monitoring: Monitoring, used: int) -> None:
    """Three ready pods of the Deployment web, which use so many bytes of the 1 Gi they request."""
    here = {"namespace": "shop"}
    gauge = monitoring.exporter.set
    gauge("kube_deployment_status_replicas_ready", 3, deployment="web", **here)
    set_ = {"replicaset": "web-5f7c", "owner_kind": "Deployment", "owner_name": "web"}
    gauge("kube_replicaset_owner", 1, **set_, **here)
    for pod in ("web-5f7c-a", "web-5f7c-b", "web-5f7c-c"):
        this = {**here, "pod": pod}
        gauge("kube_pod_status_ready", 1, condition="true", **this)
        gauge(
            "kube_pod_container_resource_requests", GI, container="app", resource="memory", **this
        )
        gauge("container_memory_working_set_bytes", used, container="app", **this)
        gauge("container_memory_working_set_bytes", 2 * used, container="", **this)
        gauge("kube_pod_owner", 1, owner_kind="ReplicaSet", owner_name="web-5f7c", **this)
