"""A page is made once for all who look, and anew for each change."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import httpx
import pytest

from bridge.observe import page
from bridge.server import copies
from bridge.server.copies import LIFE_S, Copies, Made
from bridge.server.guard import FIELD
from tests.server.given import STARTED, serving
from tests.server.shown import decided, put, shown
from tests.server.test_face import key_of

TOKEN = re.compile(rf'name="{FIELD}" value="([^"]+)"')


def test_a_copy_lasts_for_a_version_and_a_second() -> None:
    kept, made = Copies(), 0

    def make() -> Made:
        nonlocal made
        made += 1
        return Made(f"{made}")

    asked = [("a", "1", 0.0), ("a", "1", 0.9), ("b", "1", 0.9), ("a", "2", 0.9), ("a", "2", 1.8)]
    texts = [kept.of(*one, make).text for one in asked]
    assert texts == ["1", "1", "2", "3", "3"]
    assert kept.of("a", "2", 0.9 + LIFE_S, make).text == "4"


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The templates of the pages that are made, where a copy outlives a slow machine."""
    templates: list[str] = []
    render = page.rendered

    def noted(template: str, *given: Any) -> str:
        templates.append(template)
        return render(template, *given)

    monkeypatch.setattr(page, "rendered", noted)
    monkeypatch.setattr(copies, "LIFE_S", 3600.0)
    return templates


async def test_fifty_browsers_have_a_page_made_once_for_each_change(made: list[str]) -> None:
    status = shown(20, STARTED)
    async with serving(status=status) as http:
        first = await http.get("/")
        target = f"/targets/{key_of(first.text, 'consumer-0005')}"
        made.clear()
        for desired in (8, 9):
            put(status, decided(5, 7, desired), STARTED)
            status.pulse.beat()
            looks = await asyncio.gather(*(http.get(path) for path in ["/", target] * 25))
            assert all(f"asks for {desired}" in one.text for one in looks)
    assert sorted(made) == ["overview.html.j2"] * 2 + ["target.html.j2"] * 2


async def test_each_browser_has_its_own_form_token_in_the_copy(made: list[str]) -> None:
    async with serving(status=shown(6, STARTED)) as http:
        target = f"/targets/{key_of((await http.get('/')).text, 'consumer-0005')}"
        looks = []
        for _ in range(3):
            async with httpx.AsyncClient(base_url=http.base_url) as browser:
                looks.append(await browser.get(target))
        own = [set(TOKEN.findall(one.text)) for one in looks]
    assert [len(one) for one in own] == [1, 1, 1]
    assert len(set.union(*own)) == 3
    assert made.count("target.html.j2") == 1
