"""What `doctor` tries: each connection and right by itself, so that one fault hides no other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Final

from bridge.errors import BridgeError, MetricsUnavailable, PolicyInvalid
from bridge.evaluate.alertmanager import Alertmanager
from bridge.evaluate.prometheus import Prometheus
from bridge.policy.conflicts import Conflict
from bridge.repo.signing import self_test, signer
from bridge.service.opening import Opening
from bridge.service.validation import found_in, validated
from bridge.settings.configuration import Settings

_NOT_ASKED: Final = "not configured"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check came to, in a line; where it failed, the line says what to do."""

    check: str
    ok: bool
    text: str


async def checkup(opening: Opening) -> AsyncIterator[Finding]:
    """One finding for each check, as it comes."""
    checks: dict[str, Callable[[Opening], Awaitable[str]]] = {
        "prometheus": _prometheus,
        "alerts": _alerts,
        "signing": _signing,
        "fetch": _fetch,
        "policies": _policies,
        "conflicts": _conflicts,
        "push": _push,
        "pull requests": _pull_requests,
    }
    for name, check in checks.items():
        try:
            yield Finding(name, ok=True, text=await check(opening))
        except BridgeError as error:
            yield Finding(name, ok=False, text=str(error))


async def _prometheus(opening: Opening) -> str:
    settings = opening.settings.prometheus
    async with Prometheus(settings) as prometheus:
        try:
            await prometheus.items("vector(1)", opening.clock(), list)
        except MetricsUnavailable as error:
            raise MetricsUnavailable(f"{error}; see prometheus.url and its credentials") from error
    return f"{settings.url} answers queries"


async def _alerts(opening: Opening) -> str:
    settings = opening.settings.alertmanager
    if settings is None:
        return f"{_NOT_ASKED}: Prometheus tells which ones fire"
    try:
        await Alertmanager(settings).firing((), opening.clock())
    except MetricsUnavailable as error:
        raise MetricsUnavailable(f"{error}; see alertmanager.url and its credentials") from error
    return f"{settings.url} tells which ones fire"


async def _signing(opening: Opening) -> str:
    signing = opening.settings.commit.signing
    if signing is None:
        return f"{_NOT_ASKED}: commits are not signed"
    given = signer(signing)
    if given is None:
        return "GitHub signs the commits that it makes for us"
    with closing(given):
        await asyncio.to_thread(self_test, given)
    return f"the {signing.format} key of {signing.key_file} signs, and its signature verifies"


async def _fetch(opening: Opening) -> str:
    async with opening.state_repo(signs=False) as repo:
        snapshot = await repo.look()
    branch = opening.settings.state_repo.branch
    return f"{branch} is at {snapshot.tip[:12]}, with {len(snapshot.files)} files"


async def _policies(opening: Opening) -> str:
    async with opening.state_repo(signs=False) as repo:
        _, found = await found_in(repo)
    problems = len(found.policies.errors) + len(found.places.problems)
    if problems:
        raise PolicyInvalid(f"problems: {problems}; `scalebridge validate` tells each of them")
    return f"{len(found.policies.by_name)} valid, which govern {len(found.places.found)} counts"


async def _conflicts(opening: Opening) -> str:
    async with opening.state_repo(signs=False) as repo:
        found = await validated(repo)
    errors = [conflict for conflict in found.conflicts if conflict.is_error]
    if errors:
        raise PolicyInvalid(f"{_counted(errors)}; `scalebridge validate` tells each of them")
    if found.conflicts:
        return f"warnings: {_counted(found.conflicts)}"
    return "nothing else in the repo has a say over these counts"


def _counted(conflicts: Sequence[Conflict]) -> str:
    """How many there are, and the first."""
    return f"{len(conflicts)}, the first: {conflicts[0]}"


async def _push(opening: Opening) -> str:
    branch = _own_branch(opening.settings)
    async with opening.state_repo(signs=False) as repo:
        snapshot = await repo.look()
        await repo.at_side(lambda sides: sides.try_push(snapshot.tip, branch))
    return "the remote lets us write (a dry run; rules of a protected branch show at a real push)"


async def _pull_requests(opening: Opening) -> str:
    forge = opening.forge()
    if forge is None:
        return f"{_NOT_ASKED}: everything goes straight to the branch"
    await asyncio.to_thread(forge.seen, _own_branch(opening.settings), exists=False)
    return f"{opening.settings.publish.forge} lets us read them"


def _own_branch(settings: Settings) -> str:
    return f"{settings.publish.branch_prefix}/{settings.state_repo.branch}/doctor"
