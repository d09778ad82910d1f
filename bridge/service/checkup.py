"""What `doctor` tries: each connection and right by itself, so that one fault hides no other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Final

from bridge.errors import BridgeError, MetricsUnavailable, PolicyInvalid, RemoteUnavailable
from bridge.evaluate.alertmanager import Alertmanager
from bridge.evaluate.prometheus import Prometheus
from bridge.policy.conflicts import Conflict
from bridge.repo.signing import self_test, signer
from bridge.server.trial import own_url, post_test_alert
from bridge.service.checking_reconcilers import reconciler_checks
from bridge.service.clocks import git_clock, prometheus_clock
from bridge.service.finding import Finding
from bridge.service.opening import Opening
from bridge.service.tried_queries import Progress, tried_queries
from bridge.service.validation import found_in, validated
from bridge.settings.configuration import Settings

_NOT_ASKED: Final = "not configured"
_ANY: Final = "vector(1)"
"""A query that every Prometheus answers."""
_RESTS_ON: Final[Mapping[str, Sequence[str]]] = {
    "policies": ("fetch",),
    "conflicts": ("fetch",),
    "push": ("fetch",),
    "prometheus clock": ("prometheus",),
    "git clock": ("fetch",),
    "queries": ("fetch", "prometheus"),
}


@dataclass(frozen=True, slots=True)
class Trials:
    """What a person asks for besides the configuration."""

    url: str = ""
    """Where alerts are posted; empty: where the service itself listens."""
    progress: Progress = lambda _, __: None
    limit: float = 120.0
    """Seconds for the queries of all policies."""


async def checkup(opening: Opening, trials: Trials = Trials()) -> AsyncIterator[Finding]:
    """One finding for each check, as it comes; for the queries, one for each that fails."""
    checks: dict[str, Callable[[Opening], Awaitable[str]]] = {
        "prometheus": _prometheus,
        "alerts": _alerts,
        "signing": _signing,
        "fetch": _fetch,
        "policies": _policies,
        "conflicts": _conflicts,
        "push": _push,
        "pull requests": _pull_requests,
        **reconciler_checks(opening),
        "prometheus clock": prometheus_clock,
        "git clock": git_clock,
        "webhook": partial(_webhook, url=trials.url),
    }
    failed: set[str] = set()
    for name, check in checks.items():
        if untried := _untried(name, failed):
            yield untried
            continue
        try:
            yield Finding(name, ok=True, text=await check(opening))
        except BridgeError as error:
            failed.add(name)
            yield Finding(name, ok=False, text=str(error))
    if untried := _untried("queries", failed):
        yield untried
        return
    try:
        async for finding in tried_queries(opening, trials.limit, trials.progress):
            yield finding
    except BridgeError as error:
        yield Finding("queries", ok=False, text=f"there are no policies to try: {error}")


def _untried(name: str, failed: Collection[str]) -> Finding | None:
    """A fault is told once, and not by each check that rests on the same answer."""
    first = next((one for one in _RESTS_ON.get(name, ()) if one in failed), None)
    text = f"not tried, since {first} failed"
    return Finding(name, ok=False, text=text, tried=False) if first else None


async def _prometheus(opening: Opening) -> str:
    settings = opening.settings.prometheus
    async with Prometheus(settings) as prometheus:
        try:
            await prometheus.items(_ANY, opening.clock(), list)
        except MetricsUnavailable as error:
            told = str(error).removeprefix(f"{_ANY!r}: ")
            hint = "" if "see prometheus." in told else "; see prometheus.url and its credentials"
            raise MetricsUnavailable(f"{told}{hint}") from error
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
        try:
            snapshot = await repo.look()
        except RemoteUnavailable as error:
            raise RemoteUnavailable(f"{error}; see state_repo.url and state_repo.proxy") from error
    branch = opening.settings.state_repo.branch
    return f"{branch} is at {snapshot.tip[:12]}, with {len(snapshot.files)} files"


async def _policies(opening: Opening) -> str:
    async with opening.state_repo(signs=False) as repo:
        _, found = await found_in(repo)
    if problems := found.problems:
        raise PolicyInvalid(f"{_counted(problems)}; `scalebridge validate` tells each of them")
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


def _counted(troubles: Sequence[str | Conflict]) -> str:
    """How many there are, and the first."""
    return f"{len(troubles)}, the first: {str(troubles[0]).splitlines()[0]}"


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


async def _webhook(opening: Opening, url: str) -> str:
    settings = opening.settings.server
    if not url and settings.tls and settings.tls.client_ca_file:
        return "not tried: server.tls.client_ca_file asks clients for a certificate"
    if not url and not own_url(settings):
        return "not tried: the port is chosen when the service starts; give --url"
    try:
        return await post_test_alert(settings, url)
    except RemoteUnavailable as error:
        if url:
            raise RemoteUnavailable(f"{error}; does the service listen there? See --url") from error
        return f"not tried: the service does not run here ({error}); start it, or give --url"


def _own_branch(settings: Settings) -> str:
    return f"{settings.publish.branch_prefix}/{settings.state_repo.branch}/doctor"
