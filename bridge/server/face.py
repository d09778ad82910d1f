"""The status page: HTML that needs no script, its style and script, its events and its forms."""

from __future__ import annotations

import hashlib
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
        return self._page(request, "overview.html.j2", {"asked": asked}, root="")

    async def _target(self, request: web.Request) -> web.Response:
        return self._target_page(request, said=_said(request))

    def _target_page(
        self, request: web.Request, *, said: Mapping[str, str], status: int = 200
    ) -> web.Response:
        key = request.match_info["id"]
        found = self._board.found(key)
        if found is None:
            return self._page(request, "gone.html.j2", {}, root="../", status=404)
        samples = self._board.samples(found[1])
        root = "../../" if request.method == "POST" else "../"
        facts = {"detail": self._board.target(key), "samples": samples, "said": said}
        return self._page(request, "target.html.j2", facts, root=root, status=status)

    def _page(
        self,
        request: web.Request,
        template: str,
        facts: Mapping[str, Any],
        *,
        root: str,
        status: int = 200,
    ) -> web.Response:
        cookie = request.cookies.get(COOKIE) or self._guard.new_cookie()
        around = {
            "root": root,
            "assets": self._assets,
            "version": self.events.version,
            "form_field": FIELD,
            "form_token": self._guard.form_token(cookie),
        }
        text = page.rendered(template, self._board, {**around, **facts})
        response = web.Response(
            text=text, content_type="text/html", status=status, headers=_HEADERS
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
            answer = self._target_page(
                request, said={"action": action, "error": refused.why}, status=refused.status
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
