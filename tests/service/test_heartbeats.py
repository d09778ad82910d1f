"""A loop that waits for ever outside of any work fails the health, whichever it is."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bridge.observe.status import Status
from bridge.service import pipeline
from bridge.service.committing import Committing
from bridge.service.confirming import Confirming
from bridge.service.guarding import Guarding
from bridge.service.proposing import Proposing
from bridge.service.serve import serve
from bridge.service.watching import Watching
from bridge.settings.loading import load_settings
from tests.parts.fake_prometheus import ANY, FakePrometheus, samples
from tests.parts.state_repo import StateRepo
from tests.service.program import configured

pytestmark = [pytest.mark.timeout(60), pytest.mark.looptime(False)]


async def _for_ever(*_: Any) -> None:
    await asyncio.Event().wait()


def _hung(statuses: list[Status]) -> set[str]:
    return {one.partition(": overdue for ")[0] for some in statuses for one in some.hung(1)}


@pytest.mark.parametrize(
    "silent",
    [
        (Watching, "_look_if_due", "watch"),
        (Proposing, "_settled", "propose"),
        (Committing, "_publish", "commit"),
        (Guarding, "_compare", "guard"),
        (Confirming, "_look", "confirm"),
    ],
)
async def test_a_loop_that_is_silent_for_too_long_is_told(
    silent: tuple[type, str, str],
    shop: StateRepo,
    fake: FakePrometheus,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage, step, loop = silent
    fake.script(ANY, samples(700))
    made: list[Status] = []

    def noted(*given: Any, **more: Any) -> Status:
        made.append(Status(*given, **more))
        return made[-1]

    monkeypatch.setattr(pipeline, "Status", noted)
    monkeypatch.setattr(stage, step, _for_ever)
    stop = asyncio.Event()
    confirm = {"poll_interval": "300ms"}
    config = configured(tmp_path, fake.url, {"url": shop.url}, confirm=confirm)
    running = asyncio.create_task(serve(load_settings(config), stop))
    try:
        async with asyncio.timeout(30):
            while loop not in _hung(made):  # noqa: ASYNC110 # a probe looks again, too
                await asyncio.sleep(0.05)
    finally:
        running.cancel()
        await asyncio.wait([running])
