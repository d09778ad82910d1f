"""A shop on real parts whose targets are each in another state, for the picture of its page.

Prometheus, Alertmanager and the remote are real; only the workloads are not: an exporter says how
many of each are ready, and how much they have to do.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from tests.parts.git_http import GitHttp
from tests.parts.monitoring import Monitoring
from tests.parts.state_repo import StateRepo
from tests.service.program import Program, configured, through

TOKEN: Final = "the-token-of-the-webhooks"
ALERTS: Final = {"CheckoutOverloaded": "checkout_overload > 0"}
COUNTS: Final = {
    "shop/checkout": 4,
    "shop/search": 6,
    "shop/cart": 3,
    "billing/payments": 3,
    "billing/invoices": 2,
    "media/thumbnails": 4,
    "media/recommender": 5,
    "platform/mailer": 2,
    "platform/nightly-report": 1,
    "shop/web-eu": 5,
    "shop/web-us": 4,
    "shop/web-ap": 2,
}
LOADS: Final = {
    "checkout": 360,
    "search": 590,
    "cart": 290,
    "payments": 700,
    "invoices": 180,
    "thumbnails": 640,
    "recommender": 480,
    "mailer": 420,
    "nightly-report": 40,
    "web-eu": 470,
    "web-us": 390,
    "web-ap": 160,
}
_READY: Final = "kube_deployment_status_replicas_ready"
_MANIFEST: Final = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  namespace: {namespace}
  labels: {{scale: {scale}}}
spec:
  replicas: {count}
  selector: {{matchLabels: {{app: {name}}}}}
"""
_FLEET: Final = {
    "scaleTargetRef": None,
    "scaleTargetSelector": {"kind": "Deployment", "matchLabels": {"scale": "by-load"}},
}


def policy(name: str, namespace: str, **spec: Any) -> str:
    """100 requests per second a replica; what is None in `spec` is left out."""
    target = {"type": "AverageValue", "value": 100}
    query = f'sum(http_requests_per_second{{deployment="{name}"}})'
    given = {
        "scaleTargetRef": {"kind": "Deployment", "name": name, "namespace": namespace},
        "minReplicas": 1,
        "maxReplicas": 40,
        "pollingInterval": "1s",
        "metrics": [{"name": "requests", "query": query, "target": target}],
        "behavior": {"scaleDown": {"stabilizationWindowSeconds": 0}},
        **spec,
    }
    kept = {key: value for key, value in given.items() if value is not None}
    head = {"apiVersion": "scalebridge/v1", "kind": "ScalingPolicy"}
    return json.dumps({**head, "metadata": {"name": name}, "spec": kept}, indent=2) + "\n"


def _policies() -> dict[str, str]:
    found = {}
    for place in COUNTS:
        namespace, _, name = place.partition("/")
        if not name.startswith("web-"):
            found[name] = policy(name, namespace)
    alert = {"match": {"alertname": "CheckoutOverloaded"}, "minReplicas": 8}
    found["checkout"] = policy("checkout", "shop", alerts=[alert])
    found["nightly-report"] = policy("nightly-report", "platform", suspend=True)
    found["thumbnails"] = policy("thumbnails", "media", inFlightTimeout="5s")
    found["recommender"] = policy(
        "recommender",
        "media",
        metrics=[
            {
                "name": "queue",
                "query": 'sum(queue_depth{deployment="recommender"})',
                "target": {"type": "AverageValue", "value": 100},
            }
        ],
    )
    found["ledger"] = policy("ledger", "billing")
    vector = "sum by (namespace, deployment) (http_requests_per_second)"
    goal = {"type": "AverageValue", "value": 100}
    fleet = [{"name": "requests", "query": vector, "target": goal}]
    found["storefront"] = policy("storefront", "shop", metrics=fleet, **_FLEET)
    return found


def files() -> dict[str, str]:
    """What is in the state repo, by path."""
    found = {}
    for place, count in COUNTS.items():
        namespace, _, name = place.partition("/")
        scale = "by-load" if name.startswith("web-") else "by-hand"
        found[f"apps/{namespace}/{name}.yaml"] = _MANIFEST.format(
            name=name, namespace=namespace, scale=scale, count=count
        )
    found |= {f"policies/{name}.yaml": text for name, text in _policies().items()}
    typo = policy("gateway", "platform").replace("maxReplicas", "maxReplica")
    return {**found, "policies/gateway.yaml": typo}


@dataclass(slots=True)
class Shop:
    """The running parts, and what a person does to them."""

    folder: Path
    monitoring: Monitoring
    repo: StateRepo
    git: GitHttp
    program: Program

    def load(self, name: str, requests: float) -> None:
        """So many requests a second from now on."""
        _say(self.monitoring, "http_requests_per_second", name, requests)

    def ready(self, name: str, count: int) -> None:
        """So many replicas are ready from now on."""
        _say(self.monitoring, _READY, name, count)

    def target(self, name: str) -> Mapping[str, Any]:
        """As the API has it."""
        url = f"{self.program.url}/api/v1/targets"
        found = httpx.get(url, params={"q": name, "size": 500}).json()["targets"]
        return next(one for one in found if one["target"].endswith(f"/{name}"))

    def order(self, name: str, action: str, **order: Any) -> None:
        """As from the page, by Kim."""
        url = f"{self.program.url}/api/v1/targets/{self.target(name)['id']}/{action}"
        httpx.post(url, json=order, auth=("Kim", TOKEN), timeout=30).raise_for_status()


def _say(monitoring: Monitoring, gauge: str, name: str, value: float) -> None:
    [namespace] = [place.partition("/")[0] for place in COUNTS if place.endswith(f"/{name}")]
    monitoring.exporter.set(gauge, value, namespace=namespace, deployment=name)


@contextmanager
def live_shop(folder: Path, *options: str, **sections: Any) -> Iterator[Shop]:
    """All parts run, and each target has its first decision."""
    with ExitStack() as stack:
        monitoring = stack.enter_context(Monitoring(folder, ALERTS))
        for place, count in COUNTS.items():
            _say(monitoring, _READY, place.partition("/")[2], count)
        for name, load in LOADS.items():
            _say(monitoring, "http_requests_per_second", name, load)
        monitoring.until("count(http_requests_per_second)", str(len(LOADS)))
        repo = StateRepo.create(folder / "remote", files())
        git = stack.enter_context(GitHttp(repo.path.parent))
        sections = {
            "alertmanager": {"url": monitoring.alertmanager},
            "server": {"listen": "127.0.0.1:0", "webhook_token": TOKEN},
            **sections,
        }
        config = configured(folder, monitoring.prometheus, through(git, repo), **sections)
        program = Program(config, *options)
        stack.callback(program.kill)
        program.until("listening")
        yield Shop(folder, monitoring, repo, git, program)
