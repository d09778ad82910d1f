"""`doctor`'s checks of the reconcilers: one each, by name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from bridge.notify.trial import tried
from bridge.secrecy import redacted
from bridge.service.opening import Opening
from bridge.settings.reconcilers import ReconcilerSettings


def reconciler_checks(opening: Opening) -> dict[str, Callable[[Opening], Awaitable[str]]]:
    """Each tells what it found, or raises ConfigInvalid with the setting to look at."""
    return {f"reconciler {one.name}": partial(_tried, one) for one in opening.settings.reconcilers}


async def _tried(reconciler: ReconcilerSettings, opening: Opening) -> str:
    return redacted(await tried(reconciler, opening.settings.state_repo))
