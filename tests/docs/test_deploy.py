"""deploy/ and policies/ hold what works: loaded by us, by amtool, promtool, systemd and kustomize,
and by the schemas of Kubernetes and of those who add kinds to it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from bridge.demo.servers import binary
from bridge.documents import Document, load_documents
from bridge.policy.loading import parse_policy
from bridge.policy.shard import Shard
from tests.docs.deployed import DEPLOY, MONITORING, SECRETS, kinds, manifests
from tests.docs.markdown import ROOT
from tests.docs.schemas import Manifest, complaints
from tests.docs.test_pages import loaded_settings
from tests.parts.gate import builder, needs

BASE, OWN = DEPLOY / "kubernetes" / "base", DEPLOY / "kubernetes" / "overlays" / "own"


@pytest.mark.parametrize("path", sorted((ROOT / "policies").iterdir()), ids=lambda path: path.name)
def test_policies_load(path: Path) -> None:
    assert parse_policy(path.read_bytes(), path.name).name == path.stem


def test_the_configuration_loads(tmp_path: Path) -> None:
    settings = loaded_settings((DEPLOY / "scalebridge.yaml").read_text("utf-8"), tmp_path)
    assert settings.server.address[1] == 8080
    assert [reconciler.type for reconciler in settings.reconcilers] == ["argocd", "flux"]


def test_the_overlay_s_configuration_loads(tmp_path: Path) -> None:
    settings = loaded_settings((OWN / "scalebridge.yaml").read_text("utf-8"), tmp_path)
    assert settings.server.address == ("0.0.0.0", 8080)  # noqa: S104  # in a pod of its own


def test_amtool_accepts_the_receiver(tmp_path: Path) -> None:
    needs("amtool")
    text = (DEPLOY / "alertmanager.yaml").read_text("utf-8")
    (tmp_path / "token").write_text("t")
    moved = re.sub(r"credentials_file: \S+", f"credentials_file: {tmp_path / 'token'}", text)
    (tmp_path / "alertmanager.yaml").write_text(moved)
    check = [str(binary("amtool")), "check-config", str(tmp_path / "alertmanager.yaml")]
    subprocess.run(check, check=True, capture_output=True)


def test_people_still_get_the_alerts_that_scale() -> None:
    needs("amtool")
    routes = [str(binary("amtool")), "config", "routes", "test"]
    asked = [*routes, f"--config.file={DEPLOY / 'alertmanager.yaml'}", "autoscale=true"]
    told = subprocess.run(asked, check=True, capture_output=True, text=True)
    assert told.stdout.strip() == "scalebridge,default"


def test_the_operator_s_receiver_says_the_same() -> None:
    plain = yaml.safe_load((DEPLOY / "alertmanager.yaml").read_text("utf-8"))
    config = yaml.safe_load((MONITORING / "alertmanager-config.yaml").read_text("utf-8"))["spec"]
    [route] = [one for one in plain["route"]["routes"] if one["receiver"] == "scalebridge"]
    [receiver] = [one for one in plain["receivers"] if one["name"] == "scalebridge"]
    own = config["route"]
    assert (own["groupBy"], own["groupWait"], own["groupInterval"], own["continue"]) == (
        route["group_by"],
        route["group_wait"],
        route["group_interval"],
        route["continue"],
    )
    assert [f'{m["name"]}{m["matchType"]}"{m["value"]}"' for m in own["matchers"]] == (
        route["matchers"]
    )
    url = config["receivers"][0]["webhookConfigs"][0]["url"]
    assert url == receiver["webhook_configs"][0]["url"]


@pytest.mark.parametrize(
    "manifest", [pytest.param(one, id=f"{path.name}-{one['kind']}") for path, one in manifests()]
)
def test_the_schemas_accept_the_manifests(manifest: Manifest) -> None:
    assert complaints(manifest) == []


def test_the_schemas_refuse_what_is_mistyped() -> None:
    [monitor] = [one for _, one in manifests() if one["kind"] == "PodMonitor"]
    broken = json.loads(json.dumps(monitor).replace('"interval"', '"intervall"'))
    assert len(complaints(broken)) == 1


def test_nothing_has_any_rights_in_the_cluster() -> None:
    named = {one["kind"] for _, one in manifests()}
    assert named.isdisjoint({"Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"})
    [account], [deployment] = kinds("ServiceAccount"), kinds("Deployment")
    pod = deployment["spec"]["template"]["spec"]
    assert account["automountServiceAccountToken"] is pod["automountServiceAccountToken"] is False
    volumes = [key for volume in pod["volumes"] for key in volume if key != "name"]
    assert "projected" not in volumes


def test_the_pod_is_as_small_as_can_be() -> None:
    [deployment] = kinds("Deployment")
    pod = deployment["spec"]["template"]["spec"]
    [container] = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    probes = {name for name in container if name.endswith("Probe")}
    assert probes == {"startupProbe", "readinessProbe", "livenessProbe"}


@pytest.mark.parametrize("config", [DEPLOY / "scalebridge.yaml", OWN / "scalebridge.yaml"], ids=str)
def test_the_pod_mounts_what_the_configuration_reads(config: Path) -> None:
    [deployment] = kinds("Deployment")
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    mounts = {mount["mountPath"]: mount for mount in container["volumeMounts"]}
    text = config.read_text("utf-8")
    secrets = {str(Path(name).parent) for name in re.findall(r"_file: (\S+)", text)}
    assert secrets == {SECRETS}
    assert SECRETS in mounts
    assert [mount for mount in mounts.values() if "subPath" in mount] == []  # they would not rotate
    assert str(Path(container["args"][-1]).parent) in mounts
    mirror = str(Path(yaml.safe_load(text)["state_repo"]["mirror"]).parent)
    assert "readOnly" not in mounts[mirror]


def test_every_named_file_is_there() -> None:
    """Our own reading of the kustomizations, where nothing can build them."""
    for path in DEPLOY.rglob("kustomization.yaml"):
        data = yaml.safe_load(path.read_text("utf-8"))
        generated = [file for one in data.get("configMapGenerator", []) for file in one["files"]]
        named = [*data.get("resources", []), *data.get("components", []), *generated]
        missing = [name for name in named if not (path.parent / name).exists()]
        assert (path, missing) == (path, [])


def built(overlay: Path = OWN) -> list[Manifest]:
    """What kustomize makes of the overlay."""
    told = subprocess.run([*builder(), str(overlay)], check=True, capture_output=True)
    documents = load_documents(told.stdout, "built")
    return [one.data for one in documents if isinstance(one, Document)]


def test_kustomize_builds_the_overlay() -> None:
    objects = built()
    assert [fault for one in objects for fault in complaints(one)] == []
    by_kind = {one["kind"]: one for one in objects}
    assert {"Deployment", "NetworkPolicy", "PodMonitor", "PrometheusRule", "Namespace"} <= set(
        by_kind
    )
    pod = by_kind["Deployment"]["spec"]["template"]["spec"]
    names = {one["metadata"]["name"] for one in objects if one["kind"] == "ConfigMap"}
    [volume] = [one for one in pod["volumes"] if "configMap" in one]
    assert volume["configMap"]["name"] in names
    assert volume["configMap"]["name"].startswith("scalebridge-")
    assert pod["containers"][0]["image"] == "registry.example.com/scalebridge:0.1.0"
    assert {one["metadata"].get("namespace", "scalebridge") for one in objects} == {"scalebridge"}


def test_kustomize_makes_a_stateful_set_of_shares() -> None:
    objects = built(DEPLOY / "kubernetes" / "overlays" / "sharded")
    assert [fault for one in objects for fault in complaints(one)] == []
    assert [one for one in objects if one["kind"] == "Deployment"] == []
    [several] = [one for one in objects if one["kind"] == "StatefulSet"]
    [budget] = [one for one in objects if one["kind"] == "PodDisruptionBudget"]
    services = {o["metadata"]["name"]: o for o in objects if o["kind"] == "Service"}
    spec, pod = several["spec"], several["spec"]["template"]
    assert services[spec["serviceName"]]["spec"]["clusterIP"] == "None"
    labels = pod["metadata"]["labels"].items()
    for selector in (spec["selector"]["matchLabels"], budget["spec"]["selector"]["matchLabels"]):
        assert selector.items() <= labels
    assert budget["spec"]["maxUnavailable"] == 1
    [container] = pod["spec"]["containers"]
    [alone] = [one for one in built() if one["kind"] == "Deployment"]
    [before] = alone["spec"]["template"]["spec"]["containers"]
    for same in ("securityContext", "livenessProbe", "readinessProbe", "startupProbe", "resources"):
        assert container[same] == before[same]
    assert container["args"][:-2] == before["args"]
    first = spec["ordinals"]["start"]
    shards = [
        Shard.parse(container["args"][-1].replace("$(POD_INDEX)", str(first + n)))
        for n in range(spec["replicas"])
    ]
    assert shards == [Shard(1, 3), Shard(2, 3), Shard(3, 3)] * 2
    assert container["args"][-2] == "--shard"
    [index] = container["env"]
    assert index["name"] == "POD_INDEX"
    path = index["valueFrom"]["fieldRef"]["fieldPath"]
    assert path == "metadata.labels['apps.kubernetes.io/pod-index']"


def test_shares_keep_what_the_overlay_adds(tmp_path: Path) -> None:
    folder = shutil.copytree(DEPLOY / "kubernetes", tmp_path / "kubernetes")
    own = folder / "overlays" / "own" / "kustomization.yaml"
    proxy = {"name": "HTTPS_PROXY", "value": "http://proxy.example.com:3128"}
    patch = [{"op": "add", "path": "/spec/template/spec/containers/0/env", "value": [proxy]}]
    added = [{"target": {"kind": "Deployment"}, "patch": json.dumps(patch)}]
    own.write_text(f"{own.read_text('utf-8')}\npatches: {json.dumps(added)}\n", encoding="utf-8")
    [several] = [o for o in built(folder / "overlays" / "sharded") if o["kind"] == "StatefulSet"]
    pod = several["spec"]["template"]["spec"]
    assert proxy in pod["containers"][0]["env"]
    assert [one["name"] for one in pod["containers"][0]["env"]] == ["POD_INDEX", "HTTPS_PROXY"]
    assert len(pod["topologySpreadConstraints"]) == 1


def test_both_deployers_take_the_overlay() -> None:
    [application] = kinds("Application")
    [kustomization] = kinds("Kustomization")
    [source] = kinds("GitRepository")
    folder = str(OWN.relative_to(ROOT))
    assert application["spec"]["source"]["path"] == folder
    assert kustomization["spec"]["path"] == f"./{folder}"
    assert kustomization["spec"]["sourceRef"]["name"] == source["metadata"]["name"]


def test_secrets_stand_in_no_file_of_ours() -> None:
    for path in (path for path in DEPLOY.rglob("*") if path.is_file()):
        text = path.read_text("utf-8")
        assert "kind: Secret" not in text, path
        given = re.findall(r"^\s*(?:password|bearer_token|token):\s*(\S+)", text, re.MULTILINE)
        assert given == [], os.fspath(path)


def test_the_service_monitor_scrapes_what_the_pod_monitor_does() -> None:
    [pods], [services] = kinds("PodMonitor"), kinds("ServiceMonitor")
    assert services["spec"]["endpoints"] == pods["spec"]["podMetricsEndpoints"]
    asked = services["spec"]["selector"]["matchLabels"].items()
    [service] = [one for one in kinds("Service") if asked <= one["metadata"]["labels"].items()]
    assert {one["name"] for one in service["spec"]["ports"]} == {"http"}


def test_the_service_monitor_takes_the_pod_monitor_s_place(tmp_path: Path) -> None:
    shutil.copytree(DEPLOY, tmp_path / "deploy")
    own = tmp_path / "deploy" / OWN.relative_to(DEPLOY)
    kustomization = yaml.safe_load((own / "kustomization.yaml").read_text("utf-8"))
    kustomization["components"].append("../../components/service-monitor")
    (own / "kustomization.yaml").write_text(yaml.safe_dump(kustomization), "utf-8")
    before, after = ({one["kind"] for one in built(folder)} for folder in (OWN, own))
    assert before ^ after == {"PodMonitor", "ServiceMonitor"}
