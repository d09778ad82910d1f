"""A tiny GitOps reconciler: polls the state repo and applies its counts, after a while."""

from __future__ import annotations

import asyncio
import io
import tarfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from bridge.demo.plumbing import git
from bridge.demo.seed import BRANCH
from bridge.demo.simulator import Key

POLL_SECONDS: Final = 1.0
APPLY_SECONDS: Final = 3.0
_SCALED: Final = ("Deployment", "StatefulSet")

Counts = Mapping[Key, int]
Apply = Callable[[str, Counts], None]


class Reconciler:
    """Knows the repo by its URL alone, as Argo CD and Flux would."""

    def __init__(self, url: str, folder: Path, apply: Apply) -> None:
        self._url = url
        self._folder = folder
        self._apply = apply
        self._applied = ""

    async def run(self, delay: float = APPLY_SECONDS) -> None:
        """Polls until it is cancelled; `delay` is what a real one needs to build and apply."""
        await self.prepare()
        while True:
            await self.reconcile(delay)
            await asyncio.sleep(POLL_SECONDS)

    async def prepare(self) -> None:
        """Makes the place that it fetches into."""
        self._folder.mkdir(parents=True, exist_ok=True)
        await git(self._folder, "init", "--quiet", "--bare", "--template=")

    async def reconcile(self, delay: float = 0.0) -> None:
        """One pass: nothing happens unless the branch moved."""
        answer = await git(self._folder, "ls-remote", self._url, f"refs/heads/{BRANCH}")
        tip = answer.decode().partition("\t")[0]
        if not tip or tip == self._applied:
            return
        await git(self._folder, "fetch", "--quiet", "--depth=1", self._url, tip)
        archive = await git(self._folder, "archive", "--format=tar", tip, "apps")
        await asyncio.sleep(delay)
        self._applied = tip
        self._apply(tip, counts_in(archive))


def counts_in(archive: bytes) -> dict[Key, int]:
    """The `spec.replicas` of every workload in a tar archive of manifests."""
    counts: dict[Key, int] = {}
    for document in _documents(archive):
        metadata, spec = document.get("metadata", {}), document.get("spec", {})
        if document.get("kind") in _SCALED and "replicas" in spec:
            key = (document["kind"], metadata.get("namespace", ""), metadata["name"])
            counts[key] = int(spec["replicas"])
    return counts


def _documents(archive: bytes) -> Iterator[dict[str, Any]]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        for member in files:
            content = files.extractfile(member) if member.name.endswith(".yaml") else None
            if content is not None:
                yield from filter(None, yaml.safe_load_all(content.read()))
