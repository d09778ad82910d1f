"""Who may act: with the token, from our own page, on purpose."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping

import httpx
import pytest

from tests.server.given import STARTED, serving
from tests.server.shown import shown
from tests.server.test_api import SHA, Recorder, key_of

TOKEN = "0123456789abcdef-webhooks"


async def form_of(http: httpx.AsyncClient, key: str) -> dict[str, str]:
    """What a browser sends with the release: the page's token beside the cookie it got."""
    text = (await http.get(f"/targets/{key}")).text
    found = re.search(r'name="form-token" value="([0-9a-f]{64})"', text)
    assert found
    return {"form-token": found[1], "reason": "Over"}


async def test_a_form_of_ours_is_answered_with_its_commit() -> None:
    recorder = Recorder()
    async with serving(status=shown(4, STARTED), actions=recorder) as http:
        key = await key_of(http, "worker-0002")
        form = await form_of(http, key)
        answer = await http.post(f"/targets/{key}/release", data=form)
        told = await http.get(str(answer.next_request.url) if answer.next_request else "")
    assert answer.status_code == 303
    assert f'Released in commit <code id="made">{SHA}</code>' in told.text
    assert [(asked[0], asked[1].reason) for asked in recorder.asked] == [("release", "Over")]
    cookie = answer.request.headers["Cookie"]
    assert cookie.startswith("scalebridge-form=")


async def test_the_cookie_is_no_script_s_and_no_other_site_s() -> None:
    async with serving(status=shown(4, STARTED)) as http:
        cookie = (await http.get("/")).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


@pytest.mark.parametrize(
    ("headers", "drop", "why"),
    [
        ({"Origin": "https://evil.example.org"}, "", "a page of another site"),
        ({"Origin": "null"}, "", "a page of another site"),
        ({"Sec-Fetch-Site": "cross-site"}, "", "a page of another site"),
        ({"Sec-Fetch-Site": "same-site"}, "", "a page of another site"),
        ({}, "form", "the form is out of date"),
        ({}, "cookie", "the form is out of date"),
        ({"Host": "evil.example.org"}, "", "not asked for by a name of ours"),
    ],
)
async def test_what_another_page_may_send_orders_nothing(
    headers: Mapping[str, str], drop: str, why: str
) -> None:
    recorder = Recorder()
    async with serving(status=shown(4, STARTED), actions=recorder) as http:
        key = await key_of(http, "worker-0002")
        form = await form_of(http, key)
        if drop == "form":
            form["form-token"] = "0" * 64
        if drop == "cookie":
            http.cookies.clear()
        answer = await http.post(f"/targets/{key}/release", data=form, headers=headers)
    assert answer.status_code == (421 if "Host" in headers else 403)
    assert why in answer.text
    assert recorder.asked == []


@pytest.mark.parametrize("listen", ["127.0.0.1:0", "0.0.0.0:0"])
async def test_where_a_token_is_configured_it_is_asked_for(listen: str) -> None:
    recorder = Recorder()
    status = shown(4, STARTED)
    async with serving(status=status, actions=recorder, webhook_token=TOKEN, listen=listen) as http:
        key = await key_of(http, "worker-0002")
        asked = f"/api/v1/targets/{key}/release"
        answers = [
            await http.post(asked, json={}),
            await http.post(asked, json={}, headers={"Authorization": "Bearer wrong"}),
            await http.post(asked, json={}, auth=("robin", "wrong")),
            await http.post(asked, json={}, headers={"Authorization": f"Bearer {TOKEN}"}),
            await http.post(asked, json={}, auth=("robin", TOKEN)),
        ]
        form = await form_of(http, key)
        locked = await http.post(f"/targets/{key}/release", data=form)
        opened = await http.post(f"/targets/{key}/release", data=form, auth=("robin", TOKEN))
    assert [one.status_code for one in answers] == [401, 401, 401, 200, 200]
    assert answers[0].headers["WWW-Authenticate"] == 'Basic realm="scalebridge"'
    assert (locked.status_code, opened.status_code) == (401, 303)
    assert locked.headers["WWW-Authenticate"] == 'Basic realm="scalebridge"'
    by = [asked[1].by for asked in recorder.asked]
    assert by == ["the status page, from 127.0.0.1", "robin", "robin"]


async def test_off_loopback_without_a_token_nothing_is_ordered() -> None:
    recorder = Recorder()
    async with serving(
        status=shown(4, STARTED), actions=recorder, listen="0.0.0.0:0", allow_unauthenticated=True
    ) as http:
        key = await key_of(http, "worker-0002")
        answer = await http.post(f"/api/v1/targets/{key}/release", json={})
    assert (answer.status_code, recorder.asked) == (403, [])
    assert "server.webhook_token_file" in answer.json()["error"]


async def test_a_link_can_t_put_words_into_the_page() -> None:
    async with serving(status=shown(4, STARTED)) as http:
        key = await key_of(http, "worker-0002")
        odd = await http.get(f"/targets/{key}?done=release&commit=<b>")
        none = await http.get(f"/targets/{key}?done=<b>&commit={SHA}")
    assert "nothing was held" in odd.text
    assert "<b>" not in odd.text + none.text


@pytest.mark.parametrize("send", ["form", "json"])
async def test_orders_are_limited_like_webhooks(send: str) -> None:
    recorder = Recorder()
    async with serving(status=shown(4, STARTED), actions=recorder, rate_limit=1) as http:
        key = await key_of(http, "worker-0002")
        form = await form_of(http, key)
        if send == "form":
            orders = [http.post(f"/targets/{key}/release", data=form) for _ in range(8)]
        else:
            orders = [http.post(f"/api/v1/targets/{key}/release", json={}) for _ in range(8)]
        answers = await asyncio.gather(*orders)
    refused = [one for one in answers if one.status_code == 429]
    assert len(recorder.asked) == len(answers) - len(refused)
    assert len(refused) >= 4
    assert all("too many orders from there" in one.text for one in refused)
    assert {one.headers["Retry-After"] for one in refused} == {"1"}
