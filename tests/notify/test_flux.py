"""Flux's Receivers, each with the check of its type."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.notify.told import Told
from bridge.settings.reconcilers import FluxSettings
from tests.notify.given import told
from tests.parts.deployers import KEY, Flux


def flux(url: str, **more: Any) -> FluxSettings:
    """A receiver called f."""
    return FluxSettings(**{"name": "f", "type": "flux", "url": url, **more})


@pytest.mark.parametrize(
    ("receiver", "given"),
    [
        ("generic", {}),
        ("generic", {"receiver": "generic"}),
        ("generic-hmac", {"token": KEY}),
        ("generic-hmac", {"token": KEY, "receiver": "generic-hmac"}),
        ("github", {"token": KEY, "receiver": "github"}),
    ],
)
async def test_each_type_takes_its_notice(receiver: str, given: dict[str, Any]) -> None:
    with Flux(receiver) as server:
        assert await told(flux(f"{server.url}{server.path}", **given)) == [Told("f")]
        elsewhere = await told(flux(f"{server.url}{server.path[:-1]}", **given))
    assert elsewhere[0].error.startswith("HTTP 404: ")
    assert len(server.bodies) == 2


@pytest.mark.parametrize(
    ("receiver", "given"),
    [
        ("generic-hmac", {}),
        ("generic-hmac", {"token": "other"}),
        ("generic-hmac", {"token": KEY, "receiver": "github"}),
        ("github", {"token": "other", "receiver": "github"}),
        ("github", {"token": KEY}),
    ],
)
async def test_what_another_type_would_take_is_refused(
    receiver: str, given: dict[str, Any]
) -> None:
    with Flux(receiver) as server:
        [answer] = await told(flux(f"{server.url}{server.path}", **given))
    assert answer.error.startswith("HTTP 400: ")
