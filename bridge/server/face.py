"""The status page: HTML that needs no script, its style and script, its events and its forms."""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from importlib.resources import files
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web
from pydantic import ValidationError

from bridge.observe import page
from bridge.observe.board import Board
from bridge.server.acting import Actions
from bridge.server.api import Api
from bridge.server.asked import Order, PauseOrder, TargetsAsked
from bridge.server.copies import Copies, Made
from bridge.server.desk import Desk, Refused
from bridge.server.events import Events
from bridge.server.guard import COOKIE, FIELD, Guard, Refusal, fields_of, who
from bridge.settings.server import ServerSettings

_TYPES: Final = {
    "page.css": "text/css",
    "page.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_SHA_LENGTHS: Final = (40, 64)


class Face:
    """What people see of the service, and the API beside it."""

    def __init__(
        self,
        settings: ServerSettings,
        board: Board,
        actions: Actions | None,
        clock: Callable[[], datetime],
    ) -> None:
        self._board = board
        self._guard = Guard(settings)
        self._desk = Desk(board, actions, settings, clock)
        self._api = Api(board, self._desk, self._guard)
        self._copies = Copies()
        self._slot = secrets.token_hex(16)
        self.events = Events([one.pulse for one in board.each], lambda: bool(board.hung))
        self._static = {name: _static(name) for name in _TYPES}
        whole = b"".join(self._static.values())
        self._assets = hashlib.sha256(whole).hexdigest()[:12]

    @property
    def routes(self) -> Sequence[web.RouteDef]:
        """Where it is shown."""
        return [
            web.get("/", self._overview),
            web.get("/targets/{id}", self._target),
            web.post("/targets/{id}/{action:release|pause|evaluate}", self._act),
            web.get("/static/{name}", self._asset),
            web.get("/api/v1/events", self.events.stream),
            *self._api.routes,
        ]

    async def _overview(self, request: web.Request) -> web.Response:
        try:
            asked = TargetsAsked.model_validate(dict(request.query))
        except ValidationError:
            asked = TargetsAsked.model_validate({})
        facts = {"asked": asked}
        return self._copied(
            request, asked.model_dump_json(), lambda: self._made("overview.html.j2", facts, root="")
        )

    async def _target(self, request: web.Request) -> web.Response:
        key, said = request.match_info["id"], _said(request)
        return self._copied(
            request, json.dumps([key, said]), lambda: self._target_made(key, said, root="../")
        )

    def _target_made(self, key: str, said: Mapping[str, str], *, root: str) -> Made:
        found = self._board.found(key)
        if found is None:
            return Made(self._made("gone.html.j2", {}, root=root).text, status=404)
        facts = {
            "detail": self._board.detail(*found),
            "samples": self._board.samples(found[1]),
            "said": said,
        }
        return self._made("target.html.j2", facts, root=root)

    def _made(self, template: str, facts: Mapping[str, Any], *, root: str) -> Made:
        around = {
            "root": root,
            "assets": self._assets,
            "version": self.events.version,
            "form_field": FIELD,
            "form_token": self._slot,
        }
        return Made(page.rendered(template, self._board, {**around, **facts}))

    def _copied(self, request: web.Request, asked: str, make: Callable[[], Made]) -> web.Response:
        now = asyncio.get_running_loop().time()
        return self._sent(request, self._copies.of(asked, self.events.version, now, make))

    def _sent(self, request: web.Request, made: Made) -> web.Response:
        """To this browser: with a form token that fits its cookie."""
        cookie = request.cookies.get(COOKIE) or self._guard.new_cookie()
        response = web.Response(
            text=made.text.replace(self._slot, self._guard.form_token(cookie)),
            content_type="text/html",
            status=made.status,
            headers=_HEADERS,
        )
        if COOKIE not in request.cookies:
            response.set_cookie(
                COOKIE, cookie, httponly=True, samesite="Strict", secure=request.secure
            )
        return response

    async def _asset(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in self._static:
            raise web.HTTPNotFound
        headers = {
            "Cache-Control": "public, max-age=31536000, immutable",
            "X-Content-Type-Options": "nosniff",
        }
        return web.Response(
            body=self._static[name], content_type=_TYPES[name], charset="utf-8", headers=headers
        )

    async def _act(self, request: web.Request) -> web.StreamResponse:
        """Answers with the page again, by a GET: loading it anew orders nothing."""
        key, action = request.match_info["id"], request.match_info["action"]
        try:
            form = await self._form(request)
            order = _order(action, form)
            done = await self._desk.done(key, action, order, who(request))
        except Refused as refused:
            said = {"action": action, "error": refused.why}
            made = self._target_made(key, said, root="../../")
            answer = self._sent(
                request, made._replace(status=made.status if made.status == 404 else refused.status)
            )
            answer.headers.update(refused.headers)
            return answer
        told = {"done": action, "commit": done.commit or ""}
        raise web.HTTPSeeOther(f"../{key}?{urlencode(told)}")

    async def _form(self, request: web.Request) -> Mapping[str, Any]:
        given = fields_of(request.content_type, await self._desk.body(request))
        refusal: Refusal | None = self._guard.form_refusal(request, given.get(FIELD, ""))
        if refusal:
            raise Refused(refusal.status, refusal.why, refusal.headers)
        return given


def _order(action: str, form: Mapping[str, Any]) -> Order:
    """A time of the form is UTC; it counts before the duration beside it."""
    reason = form.get("reason", "")
    try:
        if action != "pause":
            return Order(reason=reason)
        at = form.get("at", "")
        return PauseOrder(reason=reason, until=f"{at}Z" if at else form.get("for", ""))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise Refused(400, f"{first['loc'][0]}: {first['msg']}") from error


def _said(request: web.Request) -> Mapping[str, str]:
    """What an action came to, as the redirect after it tells; no text of anybody's is repeated."""
    action, commit = request.query.get("done", ""), request.query.get("commit", "")
    if action not in ("release", "pause", "evaluate"):
        return {}
    whole = len(commit) in _SHA_LENGTHS and set(commit) <= set("0123456789abcdef")
    return {"action": action, "commit": commit if whole else ""}


def _static(name: str) -> bytes:
    return (files("bridge.observe") / "static" / name).read_bytes()
