"""What time it is at the Git host, by the Date of any answer; asked without credentials."""

from __future__ import annotations

import ssl
from datetime import datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPSHandler, ProxyHandler, Request, build_opener

from bridge.errors import RemoteUnavailable
from bridge.settings.state_repo import StateRepoSettings


def host_clock(settings: StateRepoSettings) -> datetime | None:
    """By its own clock, to the second; None where the remote speaks no HTTP. Blocking.

    Raises:
        RemoteUnavailable: no answer, or none that says when it was given.
    """
    if urlsplit(settings.url).scheme not in ("http", "https"):
        return None
    ca_file = str(settings.ca_file) if settings.ca_file else None
    given = {"http": settings.proxy, "https": settings.proxy} if settings.proxy else None
    https = HTTPSHandler(context=ssl.create_default_context(cafile=ca_file))
    opener = build_opener(ProxyHandler(given), https)
    asked = Request(settings.url, method="HEAD")  # noqa: S310  # its scheme was looked at above
    try:
        with opener.open(asked, timeout=settings.timeout) as answer:
            date = answer.headers["Date"]
    except HTTPError as refusal:
        date = refusal.headers["Date"]
    except (OSError, HTTPException) as error:
        raise RemoteUnavailable(f"{settings.url}: what time is it there: {error}") from error
    try:
        return parsedate_to_datetime(date)
    except (TypeError, ValueError) as error:
        raise RemoteUnavailable(f"{settings.url}: its answer has no Date") from error
