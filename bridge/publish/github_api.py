"""A client of GitHub's API: where it is, and what its errors mean."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from bridge import __version__
from bridge.errors import BridgeError, RemoteRefused, RemoteUnavailable
from bridge.publish.github_connections import through

if TYPE_CHECKING:
    from github.Auth import Auth
    from github.GithubException import GithubException

TIMEOUT_S: Final = 10
_LONGEST_WAIT_S: Final = 3600.0
_SECONDARY_WAIT_S: Final = 60.0  # GitHub's advice where it names no time
_SHOWN: Final = 500
_TRANSIENT: Final = (408, 429, 500, 502, 503, 504)
_MALFORMED: Final = (ValueError, TypeError, LookupError, AttributeError)
"""What PyGithub makes of an answer that is not GitHub's, such as a proxy's page: it trusts all."""
_BUSY: Final = re.compile(
    r"rate limit|abuse detection|try again later|wait a few minutes", re.IGNORECASE
)


def api_of(remote: str) -> str:
    """The API of the GitHub that hosts this remote: github.com, or an Enterprise Server."""
    host, scheme, port = _place(remote)
    if host == "github.com" or host.endswith(".github.com"):
        return "https://api.github.com"
    if scheme in ("http", "https"):
        return f"{scheme}://{host}{port}/api/v3"
    return f"https://{host}/api/v3"


def repository_of(remote: str) -> tuple[str, str]:
    """Owner and name of the remote's repository."""
    path = urlsplit(remote).path if "://" in remote else remote.partition(":")[2]
    owner, _, name = path.strip("/").removesuffix(".git").rpartition("/")
    return owner.rpartition("/")[2], name


def _place(remote: str) -> tuple[str, str, str]:
    if "://" not in remote:  # git@host:owner/name
        return remote.partition(":")[0].rpartition("@")[2], "", ""
    parts = urlsplit(remote)
    return parts.hostname or "", parts.scheme, f":{parts.port}" if parts.port else ""


def options(api: str, auth: Auth, ca_file: Path | None = None) -> dict[str, Any]:
    """For PyGithub, which would otherwise sleep between requests, and for hours at a rate limit."""
    logging.getLogger("github").setLevel(logging.WARNING)  # its debug lines hold minted tokens
    return {
        "base_url": api,
        "auth": auth,
        "timeout": TIMEOUT_S,
        "verify": str(ca_file) if ca_file else True,
        "retry": None,
        "seconds_between_requests": None,
        "seconds_between_writes": None,
        "user_agent": f"scalebridge/{__version__}",
    }


@contextmanager
def translated(api: str, hint: str, proxy: str | None = None) -> Iterator[None]:
    """PyGithub's errors as ours; `hint` says where to look when GitHub refuses.

    A proxy is what its connections go through, where the environment does not say so.

    Raises:
        RemoteRefused, RemoteUnavailable: see there.
    """
    from github import BadAttributeException, GithubException
    from requests import RequestException

    try:
        with through(proxy):
            yield
    except GithubException as error:
        raise _meaning(error, api, hint) from error
    except RequestException as error:
        raise RemoteUnavailable(f"{api}: {type(error).__name__}: {error}") from error
    except (AssertionError, RuntimeError) as error:  # a redirect, or URLs of another host
        raise RemoteRefused(f"{api}: {error} (see {hint})") from error
    except (BadAttributeException, *_MALFORMED) as error:
        what = f"{type(error).__name__}: {error}"[:_SHOWN]
        raise RemoteUnavailable(f"{api}: what answers is not GitHub's API: {what}") from error


def _meaning(error: GithubException, api: str, hint: str) -> BridgeError:
    said = _said(error)
    headers = {key.lower(): str(value) for key, value in (error.headers or {}).items()}
    if wait := _wait(error.status, said, headers):
        return RemoteUnavailable(f"{api}: asked to wait {wait:.0f} s: {said}", retry_after=wait)
    if error.status in _TRANSIENT:
        return RemoteUnavailable(f"{api}: {error.status}: {said}")
    return RemoteRefused(f"{api}: {error.status}: {said} (see {hint})")


def _said(error: GithubException) -> str:
    data: Any = error.data
    if not isinstance(data, Mapping):
        return " ".join(str(error.message or data or "no reason given").split())[:_SHOWN]
    errors = data.get("errors")
    details = [_detail(one) for one in errors] if isinstance(errors, list) else []
    return " ".join([str(data.get("message") or error.message or ""), *details]).strip()[:_SHOWN]


def _detail(one: Any) -> str:
    return str(one.get("message") or dict(one)) if isinstance(one, Mapping) else str(one)


def _wait(status: int, said: str, headers: Mapping[str, str]) -> float:
    """Seconds until GitHub wants to be asked again; 0 where it did not ask for patience.

    Source: docs.github.com, "Best practices for using the REST API", "Handle rate limit errors".
    """
    if status not in (400, 403, 429, 503):  # GraphQL's come as 400
        return 0.0
    if (after := headers.get("retry-after", "")).isdigit():
        return min(max(float(after), 1.0), _LONGEST_WAIT_S)
    if (
        headers.get("x-ratelimit-remaining") == "0"
        and headers.get("x-ratelimit-reset", "").isdigit()
    ):
        until = float(headers["x-ratelimit-reset"]) - time.time()
        return min(max(until, 1.0), _LONGEST_WAIT_S)
    return _SECONDARY_WAIT_S if status == 429 or _BUSY.search(said) else 0.0
