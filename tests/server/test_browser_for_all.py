"""The status page for everybody: by keyboard, on a phone, in the dark, for screen readers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys

from tests.parts.browser import Browser
from tests.server.shown import decided, put, shown, troubled

pytestmark = pytest.mark.timeout(120)


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
