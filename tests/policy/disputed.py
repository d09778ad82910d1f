"""A state repo as a mapping of files, and what has a say over the counts in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from bridge.manifest.claims.reading import Claims, Ledger
from bridge.manifest.confirm import Confirming
from bridge.manifest.index import Catalogue, Index
from bridge.manifest.locator import Field, KustomizeReplicas, Locator
from bridge.manifest.path import Path
from bridge.manifest.target import Target
from bridge.policy.conflicts import Conflict, Governed, Guard

Files = Mapping[str, str]
OURS = "https://git.example.com/platform/state.git"
WEB = Target("Deployment", "web", "shop", "apps/v1")

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  labels: {tier: front}
spec:
  replicas: 3
"""


def is_ours(url: str, revision: str) -> bool:
    return url in ("", OURS) and revision in ("", "main")


def seen(files: Files, targets: Iterable[Target]) -> tuple[Index, Claims]:
    """What the files hold, and what they claim; each path is its own blob's id."""
    tree = {path: path for path in files}

    def read(blobs: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        return ((blob, files[blob].encode()) for blob in blobs)

    index = Catalogue().index(tree, read)
    return Confirming().located(index, tree, read, targets), Ledger().claims(tree, read)


def conflicts(files: Files, *targets: Target) -> list[Conflict]:
    """All of them, for these targets or WEB; the policy is titled by the target's name."""
    asked = targets or (WEB,)
    index, claims = seen(files, asked)
    governed = [Governed(target.name, target, index.find(target)) for target in asked]
    return Guard(index, claims, is_ours).conflicts(governed)


def told(files: Files, *targets: Target) -> list[str]:
    """By file, line and gravity."""
    return [
        f"{one.path}:{one.line} {'error' if one.is_error else 'warning'}"
        for one in conflicts(files, *targets)
    ]


def entry(file: str, name: str = "web") -> Target:
    """An entry of a kustomization's replicas."""
    return Target("", name, at=Locator(KustomizeReplicas(name), file))


def at(file: str, path: Path) -> Target:
    """WEB with its count at a path of this file."""
    where = Locator(Field(path), file)
    return Target(WEB.kind, WEB.name, WEB.namespace, WEB.api_version, where)


BASE = {"base/web.yaml": DEPLOYMENT, "base/kustomization.yaml": "resources: [web.yaml]\n"}
APP = {"apps/web.yaml": DEPLOYMENT}
PATCH = "patch: '[{op: replace, path: /spec/replicas, value: 5}]'"
MERGE = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 5}\n"


def hpa(kind: str = "Deployment", name: str = "web", namespace: str = "shop") -> str:
    """One that owns the workload."""
    return (
        "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\n"
        f"metadata: {{name: {name}, namespace: {namespace}}}\n"
        f"spec:\n  scaleTargetRef: {{apiVersion: apps/v1, kind: {kind}, name: {name}}}\n"
        "  minReplicas: 3\n  maxReplicas: 9\n"
    )
