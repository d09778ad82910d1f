"""The policy files of the tip, or of a local folder."""

from __future__ import annotations

import asyncio
from pathlib import Path, PurePosixPath
from typing import Final

from bridge.errors import PolicyInvalid
from bridge.policy.loading import Policies, is_policy_file, load_policies
from bridge.repo.snapshot import Snapshot
from bridge.repo.state_repo import StateRepo

_KIND: Final = b"ScalingPolicy"
_MOST_LOOKED_AT: Final = 1_000
_SHOWN: Final = 3


async def read_policies(repo: StateRepo, snapshot: Snapshot) -> Policies:
    """The policies of the tip, or of the local folder that the configuration names.

    That there is none at all is an error: a mistyped path would look like peace.

    Raises:
        PolicyInvalid: the local folder can't be read.
    """
    if folder := repo.settings.policies_folder:
        files = await asyncio.to_thread(read_folder, folder)
        return load_policies(files) if files else _none(str(folder), "policies_folder")
    below = snapshot.below(repo.settings.policies_path)
    blobs = {path: blob for path, blob in below.items() if is_policy_file(path)}
    if not blobs:
        where = f"{repo.settings.policies_path} of the branch {repo.settings.branch}"
        return _none(where, "policies_path", await _elsewhere(repo, snapshot))
    contents = await repo.read(sorted(set(blobs.values())))
    files = {path: contents[blob] for path, blob in blobs.items()}
    policies = load_policies(files)
    if not policies.errors:
        return policies
    earlier = {path: await repo.earlier(snapshot, path) for path in policies.errors}
    return load_policies(files, earlier)


def _none(where: str, setting: str, elsewhere: str = "") -> Policies:
    why = f"{where}: no policy file (*.yaml, *.yml) is there; see state_repo.{setting}"
    return Policies(errors={where: f"{why}; policies are in: {elsewhere}" if elsewhere else why})


async def _elsewhere(repo: StateRepo, snapshot: Snapshot) -> str:
    """The folders that do hold policies, among the files that are read for their counts anyway."""
    blobs = {path: entry.blob for path, entry in snapshot.files.items() if is_policy_file(path)}
    names = sorted(blobs)[:_MOST_LOOKED_AT]
    contents = await repo.read(sorted({blobs[name] for name in names}))
    found = {str(PurePosixPath(name).parent) for name in names if _KIND in contents[blobs[name]]}
    return ", ".join(sorted(found)[:_SHOWN])


def read_folder(folder: Path) -> dict[str, bytes]:
    """The policy files below a local folder, by path.

    Not those in hidden folders: Kubernetes mounts a ConfigMap's files in one, and links to them.

    Raises:
        PolicyInvalid: the folder or a file can't be read.
    """
    if not folder.is_dir():
        raise PolicyInvalid(f"{folder}: no such folder of policies")
    try:
        paths = sorted(path for path in folder.rglob("*") if _is_read(path, folder))
        return {str(path): path.read_bytes() for path in paths}
    except OSError as error:
        raise PolicyInvalid(f"{error.filename}: can't be read: {error.strerror}") from error


def _is_read(path: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return not hidden and is_policy_file(path.name) and path.is_file()
