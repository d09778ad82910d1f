"""What the guide to the status page shows is true."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bridge.observe.rows import STATES
from bridge.server.api import OPERATIONS
from bridge.server.http import Server
from bridge.settings.server import ServerSettings
from tests.docs.markdown import ROOT, blocks
from tests.docs.status_picture import STATES as STAGED
from tests.docs.status_picture import staged
from tests.parts.browser import Browser, browsing
from tests.parts.threads import LoopThread
from tests.server.given import STARTED, Intake
from tests.server.shown import shown
from tests.server.test_api import SHA, Recorder

TOKEN = "0123456789abcdef"
PAGE = (ROOT / "docs" / "status-page.md").read_text("utf-8")


def test_the_script_pauses_what_its_words_find() -> None:
    [block] = [one for one in blocks("python") if one.page.name == "status-page.md"]
    given: dict[str, Any] = {}
    exec(block.text, given)  # noqa: S102 # the guide's own
    recorder = Recorder()
    settings = ServerSettings(listen="127.0.0.1:0", webhook_token=TOKEN)
    status = shown(20, STARTED)
    server = Server(settings, status, Intake().listeners, lambda: STARTED, recorder)
    with LoopThread() as loop:
        host, port = loop.run(server.__aenter__())
        try:
            made = given["pause_all"](f"http://{host}:{port}", TOKEN, "deployment/billing", "2h")
        finally:
            loop.run(server.__aexit__())
    assert made == [SHA] * 4
    assert {asked[1].target.split("/")[1] for asked in recorder.asked} == {"billing"}


@pytest.mark.timeout(180)
def test_the_picture_is_of_a_live_service_in_every_state(tmp_path: Path) -> None:
    assert set(STAGED.values()) == set(STATES)
    with browsing() as browser, staged(tmp_path) as shop:
        browser.looks(width=375, height=740)
        browser.open(shop.program.url)
        assert browser.text("#headline") == "3 of 13 targets need a look; 1 broken policy"
        assert dict(zip(browser.texts("#rows th > a"), pills(browser), strict=True)) == STAGED
        changes = [" ".join(one.split()) for one in browser.texts("#batch li")]
        assert changes == ["checkout 4 → 8", "search 6 → 9"]
        assert browser.run("return document.documentElement.scrollWidth") <= 375
        assert browser.complaints() == []


def pills(browser: Browser) -> list[str]:
    """The state that each row shows, without its mark."""
    return [one.partition(" ")[2] for one in browser.texts("#rows .pill")]


def test_every_state_and_operation_is_told() -> None:
    assert [state for state in STATES if f"| {state} |" not in PAGE] == []
    parts = [one.path.replace("{id}", "ID") for one in OPERATIONS]
    assert [
        path for path in parts if path not in PAGE and path.rpartition("v1")[2] not in PAGE
    ] == []
