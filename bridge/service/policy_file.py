"""A policy's file, for who tells of its lines."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

from bridge.documents import Document, load_document
from bridge.errors import PolicyInvalid
from bridge.policy.loading import parse_policy
from bridge.repo.state_repo import StateRepo
from bridge.service.view import View


async def policy_file(repo: StateRepo, view: View, name: str) -> Document:
    """As it was when the policy that holds was read from it.

    Raises:
        PolicyInvalid: a local folder's file was changed meanwhile.
    """
    path = view.policies.paths[name]
    if path not in view.snapshot.files:
        return load_document(await asyncio.to_thread(Path(path).read_bytes), path)
    blob = view.snapshot.files[path].blob
    contents = [(await repo.read([blob]))[blob]]
    if path in view.policies.errors:
        contents += await repo.earlier(view.snapshot, path)
    holding = view.policies.by_name[name]
    for content in contents:
        with suppress(PolicyInvalid):
            if parse_policy(content, path) == holding:
                return load_document(content, path)
    raise PolicyInvalid(f"{path}: changed while it was read; ask again")
