"""Resource metrics in a real Prometheus: what the PromQL gives is what the HPA calculates.

The cluster is synthetic, and so are its series; promtool evaluates them with Prometheus' engine.
"""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bridge.demo.servers import binary
from bridge.evaluate.ready import ready_query
from bridge.policy.importing.resource_metrics import KINDS, Measured
from tests.parts.gate import needs
from tests.policy.given import policy

_AT = 40  # scrapes of 15 s until the query


@dataclass(frozen=True)
class Pod:
    """A pod as the HPA sees it: usage and request of each container, or no samples at all."""

    name: str
    usage: dict[str, float] = field(default_factory=lambda: {"app": 0.2})
    request: dict[str, float] = field(default_factory=lambda: {"app": 0.4})
    owner: str = "web-7d4b9c"
    owner_kind: str = "ReplicaSet"
    ready: str = "1"
    namespace: str = "shop"
    gone: bool = False
    sampled: bool = True

    def series(self, resource: str) -> dict[str, str]:
        """Its series and their values, one each 15 s."""
        this = f'namespace="{self.namespace}",pod="{self.name}"'
        owner = f'{this},owner_kind="{self.owner_kind}",owner_name="{self.owner}"'
        end = f"x{_AT - 4} stale" if self.gone else f"x{_AT}"
        given = {
            f"kube_pod_owner{{{owner}}}": f"1+0{end}",
            f'kube_pod_status_ready{{{this},condition="true"}}': f"{self.ready}+0{end}",
            f'kube_pod_status_ready{{{this},condition="false"}}': f"{1 - int(self.ready)}+0{end}",
        }
        for container, request in self.request.items():
            labels = f'{this},container="{container}",resource="{resource}"'
            given[f"kube_pod_container_resource_requests{{{labels}}}"] = f"{request}+0{end}"
        if self.sampled:
            given |= self._usage(resource, this, end)
        return given

    def _usage(self, resource: str, this: str, end: str) -> dict[str, str]:
        total = sum(self.usage.values())  # of the pod's cgroup, which has no container
        used = {**self.usage, "": total, "POD": 0.5}
        if resource == "memory":
            name = "container_memory_working_set_bytes"
            return {f'{name}{{{this},container="{c}"}}': f"{u}+0{end}" for c, u in used.items()}
        name = "container_cpu_usage_seconds_total"
        return {f'{name}{{{this},container="{c}"}}': f"0+{u * 15}{end}" for c, u in used.items()}


def replica_set(owner: str = "Deployment", of: str = "web", name: str = "web-7d4b9c") -> str:
    labels = f'namespace="shop",replicaset="{name}",owner_kind="{owner}",owner_name="{of}"'
    return f"kube_replicaset_owner{{{labels}}}"


def evaluated(query: str, series: dict[str, str], folder: Path) -> list[float]:
    """The samples that Prometheus has for the query, asked through an expectation of none."""
    needs("promtool")
    inputs = [{"series": name, "values": values} for name, values in series.items()]
    test = {
        "interval": "15s",
        "input_series": inputs,
        "promql_expr_test": [{"expr": query, "eval_time": f"{_AT * 15}s", "exp_samples": []}],
    }
    rules: dict[str, Any] = {"evaluation_interval": "15s", "tests": [test]}
    (folder / "test.yml").write_text(json.dumps(rules), encoding="utf-8")
    command = [str(binary("promtool")), "test", "rules", "test.yml"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return []
    told = (done.stdout + done.stderr).rpartition("got:")[2]
    return [float(value) for value in re.findall(r"\{[^}]*\} ([-+.\deEInfNa]+)", told)]


def all_series(pods: list[Pod], resource: str = "cpu") -> dict[str, str]:
    series = {f"{replica_set()}": f"1+0x{_AT}"}
    for pod in pods:
        series |= pod.series(resource)
    return series


def hpa_utilization(pods: list[Pod], container: str | None = None) -> int:
    """GetResourceUtilizationRatio of kubernetes' metrics/utilization.go, in thousandths."""
    usage = sum(_milli(u) for pod in pods for c, u in pod.usage.items() if c == (container or c))
    asked = sum(_milli(r) for pod in pods for c, r in pod.request.items() if c == (container or c))
    return usage * 100 // asked


def _milli(amount: float) -> int:
    return round(amount * 1000)


WEB = Measured("cpu", "Deployment", "web", "shop")
EVEN = [Pod("web-7d4b9c-a"), Pod("web-7d4b9c-b")]
UNEVEN = [Pod("web-7d4b9c-a", {"app": 0.337}), Pod("web-7d4b9c-b", {"app": 0.05}, {"app": 0.25})]
SIDECAR = [Pod("web-7d4b9c-a", {"app": 0.3, "proxy": 0.1}, {"app": 0.5, "proxy": 0.1})]


@pytest.mark.parametrize(
    "pods", [pytest.param(EVEN, id="even"), pytest.param(UNEVEN, id="uneven"), SIDECAR]
)
@pytest.mark.parametrize("resource", ["cpu", "memory"])
def test_utilization_is_the_hpas(pods: list[Pod], resource: Any, tmp_path: Path) -> None:
    query = Measured(resource, "Deployment", "web", "shop").utilization()
    series = all_series(pods, resource)
    assert evaluated(query, series, tmp_path) == [hpa_utilization(pods)]


def test_utilization_of_one_container_leaves_out_the_others(tmp_path: Path) -> None:
    query = Measured("cpu", "Deployment", "web", "shop", "proxy").utilization()
    assert evaluated(query, all_series(SIDECAR), tmp_path) == [hpa_utilization(SIDECAR, "proxy")]


@pytest.mark.parametrize(
    "stranger",
    [
        pytest.param(Pod("web-7d4b9c-z", {"app": 9}, ready="0"), id="never ready yet"),
        pytest.param(Pod("web-7d4b9c-z", {"app": 9}, gone=True), id="deleted a minute ago"),
        pytest.param(Pod("web-db-z", {"app": 9}, owner="web-db"), id="of a longer name"),
        pytest.param(Pod("web-z", {"app": 9}, owner_kind="DaemonSet", owner="web"), id="no set"),
        pytest.param(Pod("web-7d4b9c-a", {"app": 9}, namespace="stage"), id="another namespace"),
        pytest.param(Pod("web-7d4b9c-z", sampled=False), id="without samples"),
    ],
)
def test_pods_that_the_hpa_leaves_out_change_nothing(stranger: Pod, tmp_path: Path) -> None:
    series = all_series([*EVEN, stranger])
    assert evaluated(WEB.utilization(), series, tmp_path) == [hpa_utilization(EVEN)]


def test_usage_is_the_average_of_the_sampled_times_all_that_count(tmp_path: Path) -> None:
    silent = Pod("web-7d4b9c-z", sampled=False)
    assert evaluated(WEB.usage(), all_series(UNEVEN), tmp_path) == [pytest.approx(0.387)]
    [told] = evaluated(WEB.usage(), all_series([*UNEVEN, silent]), tmp_path)
    assert told == pytest.approx(0.387 / 2 * 3)  # a missing sample is no idle pod


@pytest.mark.parametrize("asked", [WEB.utilization(), WEB.usage()])
def test_no_samples_are_no_zero(asked: str, tmp_path: Path) -> None:
    silent = [Pod(pod.name, sampled=False) for pod in EVEN]
    assert evaluated(asked, all_series(silent), tmp_path) == []


@pytest.mark.parametrize("kind", KINDS)
def test_pods_of_every_kind_are_found(kind: str, tmp_path: Path) -> None:
    """Of a ReplicaSet that a Deployment or Rollout owns, or of the workload itself."""
    owned = kind in ("Deployment", "Rollout")
    owner = ("web-7d4b9c", "ReplicaSet") if owned else ("web", kind)
    series = Pod("web-7d4b9c-a", owner=owner[0], owner_kind=owner[1]).series("cpu")
    series[replica_set(kind)] = f"1+0x{_AT}"
    query = Measured("cpu", kind, "web", "shop").utilization()
    assert evaluated(query, series, tmp_path) == [50]


def test_two_namespaces_give_no_single_answer_to_a_policy_without_one(tmp_path: Path) -> None:
    everywhere = Measured("cpu", "StatefulSet", "web")
    pods = [Pod("web-0", owner="web", owner_kind="StatefulSet", namespace=n) for n in ("a", "b")]
    series = pods[0].series("cpu")
    assert evaluated(everywhere.utilization(), series, tmp_path) == [50]
    assert evaluated(everywhere.utilization(), series | pods[1].series("cpu"), tmp_path) == [50, 50]


@pytest.mark.parametrize("kind", KINDS)
def test_ready_replicas_of_every_kind_have_a_default_query(kind: str) -> None:
    target = {"kind": kind, "name": "web", "namespace": "shop"}
    assert ready_query(policy("web", scaleTargetRef=target)) is not None


def test_a_series_of_many_scrapers_counts_once(tmp_path: Path) -> None:
    once = all_series(EVEN)
    twice = {name.replace("{", '{instance="2",'): values for name, values in once.items()}
    assert evaluated(WEB.utilization(), once | twice, tmp_path) == [hpa_utilization(EVEN)]
    assert evaluated(WEB.usage(), once | twice, tmp_path) == [pytest.approx(0.4)]
