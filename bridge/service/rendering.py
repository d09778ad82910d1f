"""What kustomize makes of our counts, where it is installed: each overlay is built twice, as it
is and with other counts, from a copy of the files that it needs."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.documents import Document, load_documents
from bridge.errors import ManifestUnsupported
from bridge.manifest.claims.layers import Layers
from bridge.manifest.claims.subject import Subject
from bridge.manifest.count import Count
from bridge.manifest.index import Place
from bridge.manifest.locate import located
from bridge.manifest.path import Path as Keys
from bridge.manifest.splice import edited
from bridge.policy.conflicts import Governed, Guard
from bridge.repo.snapshot import Snapshot
from bridge.repo.state_repo import StateRepo

_BUILD_S = 20.0
_ALL_S = 60.0
"""What is not built by then is judged by our own reading."""

Void = dict[tuple[str, str], bool]
Files = Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class _Sent:
    """A count that may come through an overlay, and under which names."""

    governed: Governed
    subject: Subject
    names: frozenset[str]

    def shown(self, objects: Iterable[Mapping[str, Any]]) -> list[Any]:
        """The field of every object that it may be."""
        return [_at(one, self.subject.path) for one in objects if self._is(one)]

    def _is(self, one: Mapping[str, Any]) -> bool:
        metadata = one.get("metadata")
        name = metadata.get("name") if isinstance(metadata, dict) else None
        return self.subject.object.kind in ("", one.get("kind")) and name in self.names


def _at(data: Any, path: Keys) -> Any:
    for key in path:
        data = data.get(key) if isinstance(data, dict) else None
    return data


@dataclass(frozen=True, slots=True)
class _Build:
    """An overlay's folder, and the counts that may come through it."""

    folder: str
    counts: Sequence[_Sent]


async def rendered(
    repo: StateRepo, snapshot: Snapshot, guard: Guard, governed: Iterable[Governed]
) -> Void:
    """By policy's title and overlay's folder: whether the count there stays when ours changes.

    Nothing of an overlay that can't be built.
    """
    command, builds = build_command(), _builds(guard, governed)
    if command is None or not builds:
        return {}
    found: Void = {}
    with suppress(TimeoutError):
        async with asyncio.timeout(_ALL_S):
            for build in builds:
                files = await _needed(repo, snapshot, guard.layers, build.folder)
                found |= await _compared(command, files, build)
    return found


def build_command() -> tuple[str, str] | None:
    """The program that builds a kustomization, if there is one."""
    for name, verb in (("kustomize", "build"), ("kubectl", "kustomize")):
        if program := shutil.which(name):
            return program, verb
    return None


def _builds(guard: Guard, governed: Iterable[Governed]) -> list[_Build]:
    counts: dict[str, list[_Sent]] = defaultdict(list)
    for one in governed:
        subject = guard.subject(one)
        folders = guard.layers.builds(one.place) if subject else []
        if subject and folders:
            names = guard.layers.names(one.place, subject)
            for folder in folders:
                counts[folder].append(_Sent(one, subject, names))
    return [_Build(folder, counts[folder]) for folder in sorted(counts)]


async def _needed(repo: StateRepo, snapshot: Snapshot, layers: Layers, folder: str) -> Files:
    """The files that an overlay is built from: those in the folders that it takes."""
    overlays = layers.below(folder)
    folders = tuple(f"{one.folder}/".removeprefix("./") for one in overlays)
    named = {path for one in overlays for path in (*one.takes, *one.files)}
    paths = {path for path in snapshot.files if path in named or path.startswith(folders)}
    blobs = {path: snapshot.files[path].blob for path in paths if ".." not in Path(path).parts}
    contents = await repo.read(sorted(set(blobs.values())))
    return {path: contents[blob] for path, blob in blobs.items()}


async def _compared(command: tuple[str, str], files: Files, build: _Build) -> Void:
    changed, sent = _with_other_counts(files, build)
    with tempfile.TemporaryDirectory(prefix="scalebridge-") as folder:
        built = []
        for version in (files, changed):
            await asyncio.to_thread(_write, Path(folder), version)
            built.append(await _built(command, Path(folder), build.folder))
    before, after = built
    if before is None or after is None:
        return {}
    return {
        (one.governed.title, build.folder): was == becomes
        for one in sent
        if (was := one.shown(before)) and (becomes := one.shown(after))
    }


def _with_other_counts(files: Files, build: _Build) -> tuple[Files, list[_Sent]]:
    """The files with each count raised by one, and those for which that was possible."""
    changed, sent = dict(files), []
    for one in build.counts:
        place = one.governed.place
        if isinstance(place.count, Count) and place.path in files:
            with suppress(ManifestUnsupported):
                changed[place.path] = _raised(changed[place.path], place)
                sent.append(one)
    return changed, sent


def _raised(content: bytes, place: Place) -> bytes:
    """Found anew: an earlier raise may have moved it by a digit."""
    count = located(content, place.path, place.locator)
    if not isinstance(count, Count):
        raise ManifestUnsupported(f"{place}: no count")
    return edited(content, place.path, place.locator, count.value + 1)[1]


def _write(folder: Path, files: Files) -> None:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


async def _built(
    command: tuple[str, str], folder: Path, overlay: str
) -> list[dict[str, Any]] | None:
    """The objects that come of it; None where it can't be built, or not in time."""
    process = await asyncio.create_subprocess_exec(
        *command,
        str(folder / overlay),
        cwd=folder,
        env={"PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder)},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(_BUILD_S):
            told, _ = await process.communicate()
    except BaseException as ended:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        if isinstance(ended, TimeoutError):
            return None
        raise
    return await asyncio.to_thread(_objects, told) if process.returncode == 0 else None


def _objects(told: bytes) -> list[dict[str, Any]]:
    found = (one.data for one in load_documents(told, "built") if isinstance(one, Document))
    return [data for data in found if isinstance(data, dict)]
