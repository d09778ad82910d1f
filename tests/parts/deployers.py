"""Those that are told of a push, on loopback; signatures are checked as each side's source does."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from tests.parts.threads import Served

KEY = "s3cr3t"


def is_signed(request: web.Request, body: bytes, header: str) -> bool:
    """Whether the header holds `<algorithm>=<hex HMAC of the raw body>`."""
    algorithm, _, given = request.headers.get(header, "").partition("=")
    if algorithm not in ("sha1", "sha256", "sha512"):
        return False
    return hmac.compare_digest(hmac.digest(KEY.encode(), body, algorithm).hex(), given)


class Hook(Served):
    """Takes signed POSTs at `/hook`; answers `replies` (status and text) first, then its own."""

    def __init__(self, replies: Sequence[tuple[int, str]] = ()) -> None:
        self.bodies: list[bytes] = []
        self.requests: list[web.Request] = []
        self._replies = list(replies)

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._take)
        return app

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.bodies.append(body)
        self.requests.append(request)
        if self._replies:
            status, text = self._replies.pop(0)
            return web.Response(status=status, text=text)
        return self.judge(request, body)

    def judge(self, request: web.Request, body: bytes) -> web.Response:
        """What it says of a request."""
        if not is_signed(request, body, "X-Signature"):
            return web.Response(status=401, text="bad signature")
        return web.Response(text="ok")


class ArgoCD(Hook):
    """argocd-server: `/api/webhook` for GitHub's events, and the API that refreshes and tells.

    `status` is what an application stands at, by name; `windows` are its project's.
    """

    def __init__(
        self, applications: Sequence[dict[str, Any]] = (), replies: Sequence[tuple[int, str]] = ()
    ) -> None:
        super().__init__(replies)
        self.refreshed: list[str] = []
        self.synced: list[tuple[str, dict[str, Any]]] = []
        self.status: dict[str, dict[str, Any]] = {}
        self.may_sync = "yes"
        self.windows: dict[str, Any] = {"canSync": True}
        self._applications = {one["metadata"]["name"]: one for one in applications}

    def judge(self, request: web.Request, body: bytes) -> web.Response:
        if request.path == "/api/webhook":
            return self._webhook(request, body)
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return web.json_response({"code": 16, "message": "invalid session"}, status=401)
        base, _, name = request.path.rpartition("/")
        if request.path == "/api/v1/applications":
            return web.json_response({"items": list(self._applications.values()) or None})
        if request.path.startswith("/api/v1/account/can-i/applications/sync/"):
            return web.json_response({"value": self.may_sync})
        if base == "/api/v1/applications":
            return self._application(name, request.query)
        return self._of_application(request, body)

    def _of_application(self, request: web.Request, body: bytes) -> web.Response:
        base, _, kind = request.path.rpartition("/")
        name = base.removeprefix("/api/v1/applications/")
        if kind == "syncwindows":
            return web.json_response(self.windows)
        assert (request.method, kind) == ("POST", "sync")
        assert request.content_type == "application/json"  # else 415 since 2.10
        self.synced.append((name, json.loads(body)))
        return web.json_response(self._applications[name])

    def _webhook(self, request: web.Request, body: bytes) -> web.Response:
        if request.method != "POST":
            return web.Response(status=405)
        if request.headers.get("X-GitHub-Event") not in ("push", "ping"):
            return web.Response(status=400, text="Unknown webhook event")
        if not request.headers.get("X-Hub-Signature-256", "").startswith("sha256="):
            return web.Response(status=400, text="Webhook processing failed")
        if not is_signed(request, body, "X-Hub-Signature-256"):
            return web.Response(status=400, text="Webhook processing failed")
        return web.Response()

    def _application(self, name: str, query: Any) -> web.Response:
        found = self._applications.get(name)
        place = found["metadata"].get("namespace", "argocd") if found else ""
        if found is None or place != query.get("appNamespace", "argocd"):
            status, code = (404, 5) if "project" in query else (403, 7)
            return web.json_response({"code": code, "message": "no such one"}, status=status)
        if query.get("refresh") in ("normal", "hard"):
            self.refreshed.append(f"{place}/{name} {query['refresh']}")
        return web.json_response({**found, "status": self.status.get(name, {})})


class Flux(Hook):
    """A notification-controller with one ready Receiver of this type."""

    def __init__(self, receiver: str, replies: Sequence[tuple[int, str]] = ()) -> None:
        super().__init__(replies)
        self._receiver = receiver
        digest = hashlib.sha256(f"{KEY}stateflux-system".encode()).hexdigest()
        self.path = f"/hook/{digest}"

    def judge(self, request: web.Request, body: bytes) -> web.Response:
        if request.raw_path != self.path or request.method != "POST":
            return web.Response(status=404)
        if len(body) > 3 << 20:
            return web.Response(status=413)
        return web.Response(status=200 if self._accepts(request, body) else 400)

    def _accepts(self, request: web.Request, body: bytes) -> bool:
        if self._receiver == "generic":
            return True
        if self._receiver == "generic-hmac":
            return is_signed(request, body, "X-Signature")
        json.loads(body)
        newer = "X-Hub-Signature-256" in request.headers
        return (
            request.headers.get("X-GitHub-Event") == "push"
            and request.content_type == "application/json"
            and is_signed(request, body, "X-Hub-Signature-256" if newer else "X-Hub-Signature")
        )


class Lighthouse(Hook):
    """Jenkins X's, for GitHub; it says 500 to whatever it can't parse."""

    def judge(self, request: web.Request, body: bytes) -> web.Response:
        if request.path != "/hook":
            return web.Response(status=404)
        if request.method != "POST":
            return web.Response()  # and nothing comes of it
        if problem := self._problem(request, body):
            return web.Response(status=500, text=f"Failed to parse webhook: {problem}")
        return web.Response()

    def _problem(self, request: web.Request, body: bytes) -> str:
        if not request.headers.get("X-GitHub-Delivery"):
            return "400 Bad Request: Missing X-GitHub-Delivery Header"
        if request.headers.get("X-GitHub-Event") != "push":
            return "unknown event"
        if not is_signed(request, body, "X-Hub-Signature"):
            return "invalid signature"
        push = json.loads(body)
        owner, name = push["repository"]["owner"]["login"], push["repository"]["name"]
        return "" if push["repository"]["full_name"] == f"{owner}/{name}" else "no such repository"
