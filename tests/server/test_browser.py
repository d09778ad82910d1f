"""The status page in a real browser: live, up to date, by thousands, with what is in use kept."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from bridge.decide.decision import Step
from bridge.server.http import Server
from bridge.settings.server import ServerSettings
from tests.parts.browser import Browser
from tests.server.given import Intake
from tests.server.shown import decided, shown, troubled

pytestmark = pytest.mark.timeout(120)


FIGURE = (
    "return [...document.querySelectorAll('#rows tr')].some((e) => e.textContent.includes("
    "arguments[0]) && e.querySelector('[data-label=desired]').textContent.includes(arguments[1]))"
)


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
    why = "pre-receive hook declined: the branch is frozen until Monday"
    error = f"The last commit was not pushed: {why}"
    browser.run(
        "const one = [...document.querySelectorAll('.notices li')]"
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


def test_what_is_open_stays_open_and_what_only_ticks_does_not_flash(
    browser: Browser, serve: Any
) -> None:
    status = shown(12)
    status.conflicts = [f"conflict {number}" for number in range(5)]
    page = serve(status)
    browser.open(page.url)
    browser.find("#more-conflicts summary").click()
    browser.find("#more-conflicts summary").send_keys("")
    for desired in (8, 9):
        page.change(decided(9, 3, desired), live=3)
        browser.until(partial(browser.run, FIGURE, "api-0009", str(desired)))
        assert browser.run("return document.getElementById('more-conflicts').open") is True
        assert browser.run("return document.activeElement.localName") == "summary"
    assert browser.texts("tr.fresh th > a") == ["api-0009"]
    status.last_pass = datetime.now(UTC) + timedelta(minutes=1)
    before = browser.text(".repo")
    page.change(replace(decided(9, 3, 9), steps=(Step("for 12 s"),)), live=3)
    browser.until(lambda: browser.text(".repo") != before)
    assert "for 12 s" in browser.text("#rows")
    assert browser.texts("tr.fresh th > a") == []


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
