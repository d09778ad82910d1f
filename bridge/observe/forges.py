"""Where a commit can be looked at: the pages of the forges whose addresses are known."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, urlsplit

_PAGES: Final = {
    "github": "commit",
    "gitlab": "-/commit",
    "codeberg": "commit",
    "bitbucket": "commits",
}
_GIT_AT = re.compile(r"[\w.-]+@(?P<host>[\w.-]+):(?P<path>[^/].*)")


def commit_page(repo: str, sha: str) -> str | None:
    """A web address by the repo's URL; None where its host's first label names no known forge."""
    short = _GIT_AT.fullmatch(repo)
    if short:
        host, path = short["host"], short["path"]
    else:
        parts = urlsplit(repo)
        if parts.scheme not in ("http", "https", "ssh"):
            return None
        host, path = parts.hostname or "", parts.path
    page = _PAGES.get(host.partition(".")[0].lower())
    project = path.strip("/").removesuffix(".git")
    if page is None or not project:
        return None
    return f"https://{host}/{quote(project)}/{page}/{sha}"
