"""Who may act: with the webhooks' token or certificate, from this page and no other one."""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from aiohttp import web

from bridge.errors import ConfigInvalid
from bridge.server.auth import token_fault
from bridge.settings.server import ServerSettings, is_loopback

COOKIE = "scalebridge-form"
FIELD = "form-token"
_FORM = "application/x-www-form-urlencoded"
_MOST_FIELDS = 20
_CLOSED = (
    "actions need server.webhook_token_file (or tls.client_ca_file) where the service listens "
    "off loopback"
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why not, and what else the answer says."""

    status: int
    why: str
    headers: Mapping[str, str]


def _refused(status: int, why: str, **headers: str) -> Refusal:
    return Refusal(status, why, {name.replace("_", "-"): text for name, text in headers.items()})


class Guard:
    """Checks requests that act; its key lives as long as the process."""

    def __init__(self, settings: ServerSettings) -> None:
        self._settings = settings
        self._key = secrets.token_bytes(32)

    def new_cookie(self) -> str:
        """For a browser that has none; another site can neither read it nor have it sent."""
        return secrets.token_urlsafe(24)

    def form_token(self, cookie: str) -> str:
        """What a form of ours carries: worth nothing without the browser's cookie."""
        given = cookie.encode(errors="surrogateescape")
        return hmac.new(self._key, given, "sha256").hexdigest()

    def refusal(self, request: web.Request) -> Refusal | None:
        """Why this request may not act; None where it may, but for a form's token."""
        if not self._is_from_here(request):
            return _refused(403, "a page of another site may not act here")
        settings = self._settings
        if not settings.has_token:
            return None if self._is_closed_otherwise(request) else _refused(403, _CLOSED)
        try:
            fault = token_fault(settings, request.headers)
        except ConfigInvalid:
            return _refused(503, "the webhook token can't be read here")
        if fault:
            return _refused(401, fault, WWW_Authenticate='Basic realm="scalebridge"')
        return None

    def form_refusal(self, request: web.Request, given: str) -> Refusal | None:
        """The same of a form, which has to carry its token."""
        cookie = request.cookies.get(COOKIE, "")
        if not cookie or not hmac.compare_digest(
            given.encode(errors="surrogatepass"), self.form_token(cookie).encode()
        ):
            return _refused(403, "the form is out of date: load the page again")
        return self.refusal(request)

    def _is_from_here(self, request: web.Request) -> bool:
        """Browsers say where a request comes from; programs say nothing."""
        site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
        if site is not None and site not in ("same-origin", "none"):
            return False
        if origin is None:
            return True
        with suppress(ValueError):
            return urlsplit(origin).netloc == request.host
        return False

    def _is_closed_otherwise(self, request: web.Request) -> bool:
        """By client certificates; or on loopback, asked for by a name that no site can take."""
        settings = self._settings
        if settings.tls is not None and settings.tls.client_ca_file is not None:
            return True
        return settings.is_loopback and is_loopback(host_of(request))


def fields_of(content_type: str, body: bytes) -> Mapping[str, str]:
    """What a form like ours says; nothing where it is none."""
    if content_type == _FORM:
        with suppress(ValueError):
            return dict(parse_qsl(body.decode(), max_num_fields=_MOST_FIELDS))
    return {}


def host_of(request: web.Request) -> str:
    """The name that it was asked for by, without the port; empty where it is none."""
    with suppress(ValueError):
        return urlsplit(f"//{request.host}").hostname or ""
    return ""


def who(request: web.Request) -> str:
    """The name that basic auth gives, else the address."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        with suppress(ValueError):
            name = base64.b64decode(given, validate=True).decode().partition(":")[0]
            if shown := "".join(one for one in name if one.isprintable())[:100].strip():
                return shown
    return f"the status page, from {request.remote}"
