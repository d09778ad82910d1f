"""A real Chromium without a window, and what it says of a page."""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

_T = TypeVar("_T")
_WITHIN_S = 20
_ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",  # CI runs as root in a container, where Chromium's sandbox can't start
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
)


class Browser:
    """One tab."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def looks(self, *, width: int = 1280, height: int = 900, dark: bool = False) -> None:
        """As on a screen of that size, for a person who likes it dark or light."""
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600},
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})

    def signs_in(self, name: str, password: str) -> None:
        """As after an answer to the dialog of basic auth, which nobody sees without a window."""
        given = base64.b64encode(f"{name}:{password}".encode()).decode()
        headers = {"headers": {"Authorization": f"Basic {given}"}}
        self.driver.execute_cdp_cmd("Network.enable", {})
        self.driver.execute_cdp_cmd("Network.setExtraHTTPHeaders", headers)

    def open(self, url: str) -> None:
        """Loads the page, and waits until it says that it is live."""
        self.driver.get(url)
        self.until(lambda: self.text("#pulse-text") == "live")

    def find(self, css: str) -> WebElement:
        """The first such element."""
        return self.driver.find_element(By.CSS_SELECTOR, css)

    def texts(self, css: str) -> list[str]:
        """Of all such elements, at one moment."""
        script = (
            "return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent.trim())"
        )
        found: list[str] = self.run(script, css)
        return found

    def text(self, css: str) -> str:
        """Of the first one; empty where there is none."""
        return next(iter(self.texts(css)), "")

    def run(self, script: str, *arguments: Any) -> Any:
        """What JavaScript returns."""
        return self.driver.execute_script(script, *arguments)

    def until(self, holds: Callable[[], _T]) -> _T:
        """Waits until it is true, for as long as a loaded machine may need."""
        return WebDriverWait(self.driver, _WITHIN_S, poll_frequency=0.05).until(lambda _: holds())

    def complaints(self) -> list[str]:
        """Errors and violations of the page's policy that the console has, since the last look."""
        return [str(entry["message"]) for entry in self.driver.get_log("browser")]  # type: ignore[no-untyped-call]  # selenium leaves it so


@contextmanager
def browsing() -> Iterator[Browser]:
    """A browser, where there is one; under CI there is."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if chromium is None or driver is None:
        told = "no chromium and chromedriver: tools/install-parts installs them"
        if os.environ.get("CI") == "true":
            pytest.fail(told)
        pytest.skip(told)
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in _ARGUMENTS:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    started = webdriver.Chrome(options=options, service=Service(driver))
    try:
        yield Browser(started)
    finally:
        started.quit()
