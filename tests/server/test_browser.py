"""The status page in a real browser: live, by keyboard, on a phone, in the dark, by thousands."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys

from bridge.observe.status import Status, Statuses
from bridge.server.http import Server
from bridge.settings.server import ServerSettings
from tests.parts.browser import Browser, browsing
from tests.parts.threads import LoopThread
from tests.server.given import Intake
from tests.server.shown import decided, put, shown, troubled

pytestmark = pytest.mark.timeout(120)


class Shown:
    """A server in a thread of its own, over a status that a test may change."""

    def __init__(self, loop: LoopThread, status: Status | Statuses) -> None:
        self._loop = loop
        self.status = status
        settings = ServerSettings(listen="127.0.0.1:0")
        self._server = Server(settings, status, Intake().listeners, lambda: datetime.now(UTC))
        host, port = loop.run(self._server.__aenter__())
        self.url = f"http://{host}:{port}/"

    def change(self, made: Any, live: int | None = None) -> None:
        """A round decides this, and whoever looks is told."""

        async def changed() -> None:
            assert isinstance(self.status, Status)
            put(self.status, made, datetime.now(UTC), live, steps=0)
            self.status.pulse.beat()

        self._loop.run(changed())

    def close(self) -> None:
        self._loop.run(self._server.__aexit__())


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests here: it takes a while to start."""
    with browsing() as browser:
        yield browser


@pytest.fixture
def serve(browser: Browser) -> Iterator[Any]:
    """`serve(status)`; at the end the console has nothing to complain of."""
    with LoopThread() as loop:
        open_servers: list[Shown] = []

        def started(status: Status | Statuses) -> Shown:
            open_servers.append(Shown(loop, status))
            return open_servers[-1]

        browser.looks()
        browser.complaints()
        yield started
        assert browser.complaints() == []
        browser.driver.get("about:blank")
        for one in open_servers:
            one.close()


def names(browser: Browser) -> list[str]:
    return browser.texts("#rows th > a")


def test_a_change_is_seen_without_loading_anew(browser: Browser, serve: Any) -> None:
    page = serve(shown(12))
    browser.open(page.url)
    browser.run("window.mark = 'the same document'; document.getElementById('q').focus()")
    before = browser.text("#headline")
    page.change(decided(9, 3, 8), live=3)
    browser.until(lambda: browser.text("#headline") == "4 of 12 targets on the move")
    row = browser.run(
        "return [...document.querySelectorAll('#rows tr')]"
        ".find((r) => r.textContent.includes('api-0009')).innerText"
    )
    assert before == "3 of 12 targets on the move"
    assert "8 ↑" in row
    assert "changing" in row
    assert browser.run("return window.mark") == "the same document"
    assert browser.run("return document.activeElement.id") == "q"
    assert browser.text("#news") == "4 of 12 targets on the move"


def test_a_text_that_somebody_copies_stays_chosen(browser: Browser, serve: Any) -> None:
    page = serve(troubled())
    browser.open(page.url)
    error = "Push: pre-receive hook declined: the branch is frozen until Monday"
    browser.run(
        "const one = [...document.querySelectorAll('.notices strong')]"
        ".find((e) => e.textContent === arguments[0]);"
        "getSelection().selectAllChildren(one); scrollTo(0, 150)",
        error,
    )
    page.change(decided(11, 3, 8), live=3)
    browser.until(lambda: "changing 3" in " ".join(browser.texts("#tiles a")))
    page.status.last_pass += timedelta(minutes=5)
    page.change(decided(10, 3, 8), live=3)
    browser.until(lambda: "changing 4" in " ".join(browser.texts("#tiles a")))
    assert browser.run("return getSelection().toString()") == error
    assert browser.run("return scrollY") == 150
    before = browser.text(".repo")
    browser.run("getSelection().removeAllRanges()")
    page.change(decided(0, 3, 8), live=3)
    browser.until(lambda: browser.text(".repo") != before)


def test_the_tab_s_title_is_up_to_date_and_a_target_that_goes_is_told(
    browser: Browser, serve: Any
) -> None:
    page = serve(shown(12))
    browser.open(page.url)
    assert browser.driver.title == "3 of 12 targets on the move: scalebridge"
    page.change(decided(9, 3, 8), live=3)
    browser.until(lambda: browser.driver.title == "4 of 12 targets on the move: scalebridge")
    browser.open(browser.run("return document.querySelector('#rows th > a').href"))
    page.status.keep([])
    page.change(decided(11, 3, 8), live=3)
    browser.until(lambda: browser.text("h1") == "No such target")
    page.change(decided(10, 3, 8), live=3)
    assert all("404" in one for one in browser.complaints()), "no more than that it is gone"


def test_the_countdown_runs_by_the_server_s_clock(browser: Browser, serve: Any) -> None:
    page = serve(shown(6))
    browser.open(page.url)
    first = browser.until(lambda: browser.text("time[data-due]"))
    assert first.endswith("s")
    browser.until(lambda: browser.text("time[data-due]") not in ("", first))
    left = int(browser.text("time[data-due]").rstrip("s"))
    assert left < int(first.rstrip("s")) <= 25


def test_a_lost_connection_is_told_and_found_again(browser: Browser, serve: Any) -> None:
    page = serve(shown(3))
    browser.open(page.url)
    port = page.url.rstrip("/").rpartition(":")[2]
    page.close()
    browser.until(lambda: "connection lost" in browser.text("#pulse-text"))
    again = ServerSettings(listen=f"127.0.0.1:{port}")
    page._server = Server(again, shown(7), Intake().listeners, lambda: datetime.now(UTC))
    page._loop.run(page._server.__aenter__())
    browser.until(lambda: browser.text("#pulse-text") == "live")
    browser.until(lambda: len(names(browser)) == 7)
    assert all("ERR_" in one for one in browser.complaints()), "no more than that it was away"


def test_an_outage_is_tried_again_by_one_timer(browser: Browser, serve: Any) -> None:
    page = serve(shown(12))
    browser.open(page.url)
    browser.run(
        "window.waiting = new Set(); window.asked = 0;"
        "const later = setTimeout, never = clearTimeout;"
        "window.setTimeout = (f, ms) => { const id = later(f, ms); waiting.add(id); return id; };"
        "window.clearTimeout = (id) => { waiting.delete(id); never(id); };"
        "window.fetch = async () => { asked += 1; throw new Error('away'); }"
    )
    for number in (1, 2, 3):
        page.change(decided(9, 3, 8 + number), live=3)
        browser.until(partial(browser.run, "return asked >= arguments[0]", number))
    assert browser.text("#pulse-text") == "not up to date, trying again"
    assert browser.run("return waiting.size") == 1


def test_five_thousand_are_searched_sorted_and_paged(browser: Browser, serve: Any) -> None:
    page = serve(shown(5000))
    browser.open(page.url)
    assert browser.text("#matching") == "1–50 of 5,000"
    browser.run("window.mark = 'the same document'")
    browser.find("body").send_keys("/")
    assert browser.run("return document.activeElement.id") == "q"
    browser.find("#q").send_keys("billing web")
    browser.until(lambda: browser.text("#matching") == "1–50 of 125")
    assert all(name.startswith("web-") for name in names(browser))
    assert "q=billing+web" in browser.driver.current_url
    assert browser.run("return window.mark") == "the same document"
    browser.find("#sort-live").click()
    browser.until(lambda: browser.text("th[aria-sort=descending]").startswith("Live"))
    lives = [int(one) for one in browser.texts("td[data-label=live]")]
    assert lives == sorted(lives, reverse=True)
    browser.find("#later").click()
    browser.until(lambda: browser.text("#matching") == "51–100 of 125")
    begun = time.monotonic()
    page.change(decided(2, 3, 9))
    browser.until(lambda: "changing 3" in " ".join(browser.texts("#tiles a")))
    assert time.monotonic() - begun < 15
    assert browser.text("#matching") == "51–100 of 125"


def test_the_keyboard_reaches_everything_in_order(browser: Browser, serve: Any) -> None:
    page = serve(shown(6))
    browser.open(page.url)
    reached = []
    for _ in range(17):
        browser.driver.switch_to.active_element.send_keys(Keys.TAB)
        seen = browser.run(
            "const e = document.activeElement, s = getComputedStyle(e);"
            "const name = e.className === 'skip' ? 'skip' : e.id || e.textContent.trim();"
            "return [name, s.outlineStyle]"
        )
        reached.append(seen)
    order = [name for name, _ in reached]
    assert order[:2] == ["skip", "scalebridge"]
    for earlier, later in (("q", "state"), ("state", "sort-target"), ("sort-target", "sort-live")):
        assert order.index(earlier) < order.index(later)
    assert order.index("sort-attention") < next(
        place for place, name in enumerate(order) if name.startswith("a-")
    )
    assert {outline for _, outline in reached} == {"solid"}, "the focus is visible everywhere"
    browser.open(page.url)
    browser.driver.switch_to.active_element.send_keys(Keys.TAB)
    browser.driver.switch_to.active_element.send_keys(Keys.ENTER)
    assert browser.run("return document.activeElement.id") == "content"


@pytest.mark.parametrize("path", ["", "target"])
def test_a_phone_scrolls_down_only(browser: Browser, serve: Any, path: str) -> None:
    status = troubled()
    long = "x" * 120
    made = decided(2, 4, 7)
    target = replace(made.target, name=long, namespace=long)
    put(status, replace(made, target=target, policy=long), datetime.now(UTC))
    status.policy_errors = {long: f"policies/{long}.yaml:3: spec.{long}: no such field"}
    page = serve(status)
    browser.looks(width=360, height=740)
    browser.open(page.url)
    if path:
        browser.open(browser.run("return document.querySelector('#rows th > a').href"))
    widest = browser.run(
        "const all = [...document.querySelectorAll('main *, header *, footer *')]"
        ".filter((e) => !e.closest('.unseen, svg, option') && e.offsetParent);"
        "return Math.max(...all.map((e) => e.getBoundingClientRect().right))"
    )
    assert browser.run("return document.documentElement.scrollWidth") <= 360
    assert widest <= 360


CONTRAST = r"""
const parse = (colour) => colour.match(/[\d.]+/g).map(Number);
const linear = (v) => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
const light = ([r, g, b]) => .2126 * linear(r) + .7152 * linear(g) + .0722 * linear(b);
const behind = (e) => {
  for (; e; e = e.parentElement) {
    const colour = parse(getComputedStyle(e).backgroundColor);
    if (colour.length < 4 || colour[3] > 0) return colour;
  }
  return [255, 255, 255];
};
const ratio = (e) => {
  const both = [light(parse(getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x);
  return (both[0] + .05) / (both[1] + .05);
};
return [...document.querySelectorAll("main *, header *, footer *")]
  .filter((e) => e.offsetParent && !e.closest("svg, option, .unseen")
    && [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()))
  .map((e) => [ratio(e), e.className, e.textContent.trim().slice(0, 30)])
  .filter(([found]) => found < 4.5);
"""
"""Texts whose contrast is below WCAG's 4.5 to 1 (level AA): ratio, class and beginning."""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_text_stands_out(browser: Browser, serve: Any, dark: bool) -> None:
    page = serve(troubled())
    browser.looks(dark=dark)
    browser.open(page.url)
    background = browser.run("return getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, background[4:-1].split(","))) < 200) == dark
    assert browser.run(CONTRAST) == []
    browser.open(browser.run("return document.querySelector('#rows th > a').href"))
    assert browser.run(CONTRAST) == []


def test_what_stands_in_the_page_itself_is_not_run(browser: Browser, serve: Any) -> None:
    page = serve(shown(3))
    browser.open(page.url)
    browser.run(
        "const one = document.createElement('script'); one.textContent = 'window.ran = true';"
        "document.body.append(one); document.body.insertAdjacentHTML('beforeend',"
        '\'<p style="color: red" id=styled></p><img src=x onerror="window.ran = true">\')'
    )
    browser.until(lambda: len(browser.run("return performance.getEntriesByType('resource')")) > 2)
    assert browser.run("return window.ran") is None
    complaints = browser.complaints()
    assert sum("Content Security Policy" in one for one in complaints) >= 2, complaints


def test_who_wants_no_motion_gets_none(browser: Browser, serve: Any) -> None:
    page = serve(shown(3))
    browser.open(page.url)
    browser.driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]},
    )
    page.change(decided(2, 3, 9))
    browser.until(lambda: browser.texts("tr.fresh th > a") == ["worker-0002"])
    assert browser.run("return document.getAnimations().length") == 0


def test_the_table_is_one_for_a_screen_reader(browser: Browser, serve: Any) -> None:
    page = serve(shown(3))
    for width in (1280, 360):
        browser.looks(width=width)
        browser.open(page.url)
        tree = browser.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
        roles = [node["role"]["value"] for node in tree if not node.get("ignored")]
        assert roles.count("table") == 1
        assert roles.count("row") == 1 + 6
        assert roles.count("columnheader") == (6 if width > 600 else 5)
        assert roles.count("rowheader") == 6
        assert roles.count("search") == 1
        labels = [node.get("name", {}).get("value") for node in tree]
        assert "Search targets, policies and reasons" in labels


def test_without_its_script_the_page_is_whole(browser: Browser, serve: Any) -> None:
    page = serve(shown(5))
    browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.driver.get(f"{page.url}?q=api")
        shown_names = [e.text for e in browser.driver.find_elements("css selector", "#rows th > a")]
        button = browser.find("#search button").is_displayed()
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    assert shown_names == ["api-0001"]
    assert button
