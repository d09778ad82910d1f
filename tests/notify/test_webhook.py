"""A webhook of one's own gets the facts, or a template over them, and a signature."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from bridge.notify.told import Told
from bridge.settings.reconcilers import WebhookSettings
from tests.notify.given import FACTS, told
from tests.parts.deployers import KEY, Hook


def webhook(url: str, **more: Any) -> WebhookSettings:
    """A webhook called w."""
    return WebhookSettings(**{"name": "w", "type": "webhook", "url": url, "token": KEY, **more})


async def test_the_facts_arrive_signed() -> None:
    with Hook() as hook:
        assert await told(webhook(f"{hook.url}/hook")) == [Told("w")]
    assert json.loads(hook.bodies[0]) == FACTS
    assert hook.requests[0].headers["Content-Type"] == "application/json"


async def test_another_key_is_refused() -> None:
    with Hook() as hook:
        assert await told(webhook(hook.url, token="other")) == [
            Told("w", "HTTP 401: bad signature")
        ]


async def test_a_template_makes_the_body() -> None:
    body = (
        "{% for c in changes %}{{ c.name }}={{ c.to }} {{ subject | tojson }} <{{ after }}>"
        "{% endfor %}"
    )
    with Hook() as hook:
        given = webhook(hook.url, body=body, content_type="text/plain; charset=utf-8")
        assert await told(given) == [Told("w")]
    assert hook.bodies == [f'web=2 "scale: web 1\\u21922" <{"b" * 40}>'.encode()]
    assert hook.requests[0].headers["Content-Type"] == "text/plain; charset=utf-8"


async def test_headers_are_as_the_other_side_wants_them(tmp_path: Path) -> None:
    (tmp_path / "bearer").write_text("t0ken\n")
    more = {"signature_header": "X-Hub-Signature-256", "bearer_token_file": tmp_path / "bearer"}
    with Hook([(204, "")]) as hook:
        assert await told(webhook(hook.url, **more)) == [Told("w")]
    headers = hook.requests[0].headers
    assert headers["Authorization"] == "Bearer t0ken"
    assert headers["X-Hub-Signature-256"].startswith("sha256=")
    assert "X-Signature" not in headers


async def test_a_secret_need_not_be_ascii(tmp_path: Path) -> None:
    (tmp_path / "bearer").write_text("schlüssel", "utf-8")
    with Hook([(204, "")]) as hook:
        given = webhook(hook.url, bearer_token_file=tmp_path / "bearer")
        assert await told(given) == [Told("w")]
    sent = hook.requests[0].headers["Authorization"]
    assert sent.encode(errors="surrogateescape").decode() == "Bearer schlüssel"


async def test_without_a_key_nothing_is_signed() -> None:
    with Hook([(200, "")]) as hook:
        assert await told(webhook(hook.url, token=None)) == [Told("w")]
    assert {"X-Signature", "Authorization"}.isdisjoint(hook.requests[0].headers)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("{{ comit }}", "'comit' is undefined"),
        (
            "{{ ''.__class__.__mro__ }}",
            "access to attribute '__class__' of 'str' object is unsafe.",
        ),
        ("{{ subject + 1 }}", 'can only concatenate str (not "int") to str'),
        ("{{ changes[0].to / (changes[0].from - 1) }}", "division by zero"),
        ("{{ (2 ** 5000) | float }}", "int too large"),
        ("{{ subject.index('?') }}", "substring not found"),
        ("{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}", "maximum recursion depth"),
    ],
)
async def test_a_template_that_fails_is_told(body: str, error: str) -> None:
    expected = f"ConfigInvalid: reconciler w: body: {error}"
    [said] = await told(webhook("http://127.0.0.1:1", body=body))
    assert (said.error.startswith(expected), said.transient) == (True, False)


def test_a_template_that_can_t_be_read_is_no_configuration() -> None:
    with pytest.raises(ValidationError, match="line 2 of the template: unexpected '}'"):
        webhook("http://w", body="\n{{ after }")
