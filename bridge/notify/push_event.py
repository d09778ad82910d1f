"""A push as a GitHub `push` event: the body that Argo CD's webhook and others read."""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from typing import Any
from urllib.parse import urlsplit

from bridge.publish.push import Push


def push_event(push: Push, repo_url: str, branch: str) -> bytes:
    """Lists every file changed between `before` and `after`.

    Argo CD renames its manifest cache from `before` to `after` for applications that the listed
    files don't hit, so an incomplete list would hide a change from it.
    """
    return json.dumps(_event(push, repo_url, branch)).encode()


def lighthouse_push(push: Push, repo_url: str, branch: str) -> bytes:
    """The same with what Jenkins X's Lighthouse finds its repo and pipeline by."""
    event = _event(push, repo_url, branch)
    page = event["repository"]["html_url"]
    full_name = urlsplit(page).path.strip("/")
    owner, _, name = full_name.rpartition("/")
    event["repository"] |= {
        "name": name,
        "full_name": full_name,
        "owner": {"login": owner},
        "clone_url": f"{page}.git",
    }
    event["head_commit"] = {"id": push.after, "message": push.subject}
    return json.dumps({**event, "created": False, "deleted": False, "forced": False}).encode()


def _event(push: Push, repo_url: str, branch: str) -> dict[str, Any]:
    return {
        "ref": f"refs/heads/{branch}",
        "before": push.before,
        "after": push.after,
        "repository": {"html_url": browser_url(repo_url), "default_branch": branch},
        "commits": [
            {"id": push.after, "added": [], "removed": [], "modified": list(push.files)},
        ],
    }


def github_headers(body: bytes, key: str | None) -> dict[str, str]:
    """As GitHub sends them with a push; both signatures, as each receiver reads another."""
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": "push",
        "X-GitHub-Delivery": str(uuid.uuid4()),
    }
    if key is None:
        return headers
    return headers | {
        "X-Hub-Signature-256": signature(body, key),
        "X-Hub-Signature": signature(body, key, "sha1"),
    }


def browser_url(repo_url: str) -> str:
    """The web page of a repo: no user, no `.git`, and https for the SSH forms."""
    if "://" not in repo_url and ":" in repo_url:
        host, _, path = repo_url.rpartition("@")[2].partition(":")
        return f"https://{host}/{path.removesuffix('.git')}"
    url = urlsplit(repo_url)
    scheme = url.scheme if url.scheme in ("http", "https") else "https"
    netloc = url.netloc.rpartition("@")[2] if scheme == url.scheme else url.hostname or ""
    return f"{scheme}://{netloc}{url.path.removesuffix('.git')}"


def signature(body: bytes, key: str, algorithm: str = "sha256") -> str:
    """`sha256=<hex>` HMAC of the body, as GitHub and Flux write it."""
    return f"{algorithm}={hmac.new(key.encode(), body, getattr(hashlib, algorithm)).hexdigest()}"
