"""The picture of docs/status-page.md, of a live service on real parts.

`make picture` makes it anew, in about a minute.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from math import sin
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import httpx

from tests.docs.live_shop import Shop, live_shop
from tests.docs.markdown import ROOT
from tests.parts.browser import browsing

PICTURE: Final = ROOT / "docs" / "status-page.png"
WIDTH: Final = 1280
STATES: Final = {
    "ledger": "failed",
    "thumbnails": "stuck",
    "recommender": "unknown",
    "payments": "held",
    "cart": "paused",
    "checkout": "changing",
    "search": "changing",
    "mailer": "in flight",
    "invoices": "steady",
    "web-ap": "steady",
    "web-eu": "steady",
    "web-us": "steady",
    "nightly-report": "suspended",
}
"""What the picture shows of each target."""
_STEADY: Final = {"invoices": 170, "web-ap": 160, "web-eu": 470, "web-us": 370}
_WAITS: Final = {"quiet_period": "12s", "max_wait": "30s"}
_PATIENCE_S: Final = 60.0
_BEAT_S: Final = 0.5


@contextmanager
def staged(folder: Path) -> Iterator[Shop]:
    """The shop when loads, people and an alert have brought each target into its state."""
    with live_shop(folder, batch={**_WAITS, "scale_up": _WAITS}) as shop:
        _until(shop, {"thumbnails": "stuck", "mailer": "in flight", "payments": "in flight"})
        shop.repo.write(
            {"apps/billing/payments.yaml": _at(shop, "billing/payments", 5)},
            "Cap payments while the bank is slow",
        )
        shop.ready("payments", 5)
        shop.order("cart", "pause", until="2h", reason="Load test")
        _until(shop, {"payments": "held", "cart": "paused"})
        shop.load("search", 880)
        shop.monitoring.exporter.set("checkout_overload", 1)
        _until(shop, STATES)
        yield shop


def _at(shop: Shop, place: str, count: int) -> bytes:
    """Its manifest with another count."""
    text = shop.repo.read(f"apps/{place}.yaml").decode()
    head, _, rest = text.partition("replicas: ")
    return f"{head}replicas: {count}\n{rest.partition(chr(10))[2]}".encode()


def _until(shop: Shop, states: Mapping[str, str]) -> None:
    """Waits until these are the states; meanwhile the load of what is steady goes up and down."""
    deadline = time.monotonic() + _PATIENCE_S
    while {**(found := seen(shop)), **states} != found:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{found} and not {states}: {shop.program.transcript[-3000:]}")
        for name, least in _STEADY.items():
            shop.load(name, round(least + 25 * sin(time.monotonic())))
        time.sleep(_BEAT_S)


def seen(shop: Shop) -> dict[str, str]:
    """Each target's state, by its name."""
    answer = httpx.get(f"{shop.program.url}/api/v1/targets", params={"size": 500})
    return {one["target"].rpartition("/")[2]: one["state"] for one in answer.json()["targets"]}


def main() -> None:
    """Writes the picture, or one at another place."""
    picture = Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURE
    with TemporaryDirectory() as folder, browsing() as browser, staged(Path(folder)) as shop:
        browser.looks(width=WIDTH)
        browser.open(shop.program.url)
        height = browser.run("return document.documentElement.scrollHeight")
        browser.looks(width=WIDTH, height=height)
        picture.write_bytes(browser.driver.get_screenshot_as_png())


if __name__ == "__main__":
    main()
