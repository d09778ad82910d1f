"""How far our clock is from Prometheus' and the Git host's."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Final

from bridge.errors import ConfigInvalid
from bridge.evaluate.prometheus import Prometheus
from bridge.repo.host_clock import host_clock
from bridge.service.opening import Opening

_MOST: Final = timedelta(seconds=10)
"""A query is for our now, and commits are dated by it: more is a wrong clock, not a slow answer."""


async def prometheus_clock(opening: Opening) -> str:
    """By `time()`, which Prometheus evaluates at its own now.

    Raises:
        MetricsUnavailable: no answer.
        ConfigInvalid: the clocks differ.
    """
    async with Prometheus(opening.settings.prometheus) as prometheus:
        asked = opening.clock()
        theirs = datetime.fromtimestamp(await prometheus.clock(), UTC)
    return _compared((asked, opening.clock()), theirs, "Prometheus'")


async def git_clock(opening: Opening) -> str:
    """By the Date of an HTTP answer.

    Raises:
        RemoteUnavailable: no answer.
        ConfigInvalid: the clocks differ.
    """
    asked = opening.clock()
    theirs = await asyncio.to_thread(host_clock, opening.settings.state_repo)
    if theirs is None:
        return "not tried: the remote speaks no HTTP"
    return _compared((asked, opening.clock()), theirs, "the Git host's")


def _compared(ours: tuple[datetime, datetime], theirs: datetime, whose: str) -> str:
    """Theirs with ours before the question and after the answer: between them is no doubt."""
    ahead, behind = ours[0] - theirs, theirs - ours[1]
    if max(ahead, behind) <= _MOST:
        return f"ours agrees with {whose}"
    where = f"{ahead.total_seconds():.0f} s ahead of"
    if behind > ahead:
        where = f"{behind.total_seconds():.0f} s behind"
    raise ConfigInvalid(
        f"ours is {where} {whose}: let both be kept by NTP; metrics are asked for by our time, "
        "and commits dated by it"
    )
