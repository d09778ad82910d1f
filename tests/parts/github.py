"""GitHub, as far as scalebridge asks it: git, REST and GraphQL on one port, before a bare repo.

Requests are judged by GitHub's own description; what it would not understand is a 422 here, and
noted in `misunderstood`. Tokens are checked, and URLs in answers are this server's own.
"""

from __future__ import annotations

import json
import secrets
import time
from base64 import b64decode
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import jwt
from aiohttp import web

from tests.parts.git import GitFailed
from tests.parts.git_http import GitHttp
from tests.parts.github_openapi import complaints
from tests.parts.github_pulls import Pull, Pulls
from tests.parts.state_repo import StateRepo

_API: Final = "/api/v3"
_PROTECTING: Final = """\
#!/bin/sh
[ "$1" = {ref} ] && [ -n "$REMOTE_USER" ] || exit 0
echo 'error: GH006: Protected branch update failed for {ref}.' >&2
echo 'error: Changes must be made through a pull request.' >&2
exit 1
"""


class Fault(NamedTuple):
    """An answer that GitHub gives instead of the due one."""

    status: int
    message: str
    headers: Mapping[str, str] = {}


class Refused(Exception):
    """GitHub understood, and won't."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class GitHub(GitHttp):
    """Hosts `repo`, whose folder's name is its owner; `password` is a personal access token."""

    def __init__(self, repo: StateRepo) -> None:
        super().__init__(repo.path.parent.parent, password=f"ghp_{secrets.token_hex(16)}")
        self.repo = repo
        self.pulls = Pulls(repo)
        self.app_key = ""
        self.minted: dict[str, float] = {}
        self.token_lasts_s = 3600.0
        self.calls: list[str] = []
        self.misunderstood: list[str] = []
        self._faults: deque[tuple[str, Fault]] = deque()
        self.needs_review = True
        self.strict = False
        self.protected: set[str] = set()
        self.statuses: dict[str, list[dict[str, Any]]] = {}
        """By commit: the latest of each context, as the API has them."""

    @property
    def full_name(self) -> str:
        """Owner and name."""
        return self.repo.path.relative_to(self.root).as_posix().removesuffix(".git")

    def faulty(self, method: str, fault: Fault) -> None:
        """The next call by this method is answered so; `*` stands for any."""
        self._faults.append((method, fault))

    def _fault(self, method: str) -> web.Response | None:
        if not self._faults or self._faults[0][0] not in ("*", method):
            return None
        _, fault = self._faults.popleft()
        return self._told(fault.status, {"message": fault.message}, fault.headers)

    def protect(self, branch: str) -> None:
        """From now on nobody pushes there; only pull requests are merged into it."""
        self.protected.add(branch)
        hook = self.repo.path / "hooks" / "update"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(_PROTECTING.format(ref=f"refs/heads/{branch}"), "utf-8")
        hook.chmod(0o755)

    def approve(self, number: int) -> None:
        """A review lets GitHub merge what was to merge by itself."""
        pull = self.pulls.get(number)
        if pull.auto_merge:
            method = pull.auto_merge["merge_method"]
            body = pull.auto_merge.get("commit_message") or ""
            message = f"{pull.title}\n\n{body}\n" if body else ""
            self.pulls.merge(number, method, message)

    def application(self) -> web.Application:
        """The API before everything else, which is git's."""
        app = web.Application()
        app.router.add_post("/api/graphql", self._graphql)
        app.router.add_route("*", _API + "/{path:.*}", self._rest)
        app.router.add_route("*", "/{path:.*}", self._answer)
        return app

    def _knows(self, given: str | None) -> bool:
        scheme, _, token = (given or "").partition(" ")
        if scheme == "Basic":
            _, _, token = b64decode(token).decode().partition(":")
        alive = self.minted.get(token, float("-inf")) > time.monotonic()
        return alive or token == self.password

    async def _rest(self, request: web.Request) -> web.Response:
        path = request.path.removeprefix(_API)
        body = json.loads(await request.read() or b"null")
        self.calls.append(f"{request.method} {path}")
        if fault := self._fault(request.method):
            return fault
        if wrong := complaints(request.method, path, dict(request.query), body):
            self.misunderstood.append(f"{request.method} {path}: {wrong}")
            return self._told(422, {"message": "Validation Failed", "errors": wrong})
        try:
            if path.startswith("/app/"):
                return self._mint(request)
            if not self._knows(request.headers.get("Authorization")):
                return self._told(401, {"message": "Bad credentials"})
            status, answer = self._do(request.method, path, dict(request.query), body or {})
        except Refused as no:
            return self._told(no.status, {"message": str(no)})
        return self._told(status, answer)

    @staticmethod
    def _told(status: int, answer: Any, headers: Mapping[str, str] = {}) -> web.Response:
        if status == 204:
            return web.Response(status=204)
        return web.json_response(answer, status=status, headers=dict(headers))

    def _mint(self, request: web.Request) -> web.Response:
        _, _, token = request.headers.get("Authorization", "").partition(" ")
        try:
            claims = jwt.decode(token, self.app_key, algorithms=["RS256"])
        except jwt.PyJWTError as error:
            return self._told(401, {"message": f"A JSON web token could not be decoded: {error}"})
        installation = int(request.path.split("/")[-2])
        if claims["iss"] != "12" or installation != 34:
            return self._told(404, {"message": "Not Found"})
        minted = f"ghs_{secrets.token_hex(16)}"
        self.minted[minted] = time.monotonic() + self.token_lasts_s
        ends = datetime.fromtimestamp(time.time() + self.token_lasts_s, UTC)
        ends_at = ends.isoformat(timespec="seconds").replace("+00:00", "Z")
        return self._told(201, {"token": minted, "expires_at": ends_at, "permissions": {}})

    def _do(
        self, method: str, path: str, query: Mapping[str, str], body: Mapping[str, Any]
    ) -> tuple[int, Any]:
        prefix = f"/repos/{self.full_name}/"
        if not path.startswith(prefix):
            raise Refused(404, "Not Found")
        part, *rest = path.removeprefix(prefix).split("/")
        if part in ("git", "commits"):
            refs = part == "git"
            return self._refs(method, "/".join(rest[1:]), body) if refs else self._status(rest[0])
        match method, rest:
            case "GET", []:
                return 200, [self._shown(pull) for pull in self._listed(query)]
            case "POST", []:
                return 201, self._shown(self._created(body))
            case "GET", [number]:
                return 200, self._shown(self.pulls.get(int(number)), whole=True)
            case "PATCH", [number]:
                return 200, self._shown(self._changed(self.pulls.get(int(number)), body))
            case _, [number, action]:
                return self._acted(self.pulls.get(int(number)), action, body)
        raise Refused(404, "Not Found")

    def _status(self, commit: str) -> tuple[int, Any]:
        """The combined status; of a commit without any it is pending."""
        if commit not in self.repo.git("rev-list", "--all").decode().split():
            raise Refused(422, f"No commit found for SHA: {commit}")
        statuses = self.statuses.get(commit, [])
        states = {one["state"] for one in statuses}
        bad, waits = states & {"failure", "error"}, states - {"success"} or not states
        whole = "failure" if bad else "pending" if waits else "success"
        told = {"sha": commit, "state": whole, "total_count": len(statuses), "statuses": statuses}
        return 200, told

    def _listed(self, query: Mapping[str, str]) -> list[Pull]:
        self.pulls.settle()
        wanted = query.get("state", "open")
        owner, _, head = query.get("head", "").partition(":")
        found = [
            pull
            for pull in self.pulls.all
            if wanted in ("all", pull.state)
            and query.get("base", pull.base) == pull.base
            and (not head or (owner, head) == (self.full_name.split("/")[0], pull.head))
        ]
        by = query.get("sort", "created")
        newest = query.get("direction", "desc" if by == "created" else "asc") == "desc"
        found.sort(key=lambda pull: pull.updated if by == "updated" else pull.created)
        return (found[::-1] if newest else found)[: int(query.get("per_page", 30))]

    def _created(self, body: Mapping[str, Any]) -> Pull:
        try:
            return self.pulls.create("scalebridge[bot] <bot@example.org>", **body)
        except ValueError as no:
            raise Refused(422, str(no)) from no

    def _changed(self, pull: Pull, body: Mapping[str, Any]) -> Pull:
        pull.title, pull.body = body.get("title", pull.title), body.get("body", pull.body)
        pull.updated = datetime.now(UTC)
        if body.get("state") == "closed" and pull.state == "open":
            self.pulls.close(pull.number)
        return pull

    def _acted(self, pull: Pull, action: str, body: Mapping[str, Any]) -> tuple[int, Any]:
        if action == "labels":
            pull.labels += body["labels"]
            return 200, [{"name": name} for name in pull.labels]
        if action == "requested_reviewers":
            pull.reviewers += body.get("reviewers", [])
            pull.teams += body.get("team_reviewers", [])
            return 201, self._shown(pull)
        if self.needs_review:
            raise Refused(405, "At least 1 approving review is required")
        if body.get("sha", pull.sha) != pull.sha:
            raise Refused(409, "Head branch was modified. Review and try the merge again.")
        title = body.get("commit_title", "")
        message = f"{title}\n\n{body.get('commit_message', '')}\n" if title else ""
        sha = self.pulls.merge(pull.number, body.get("merge_method", "merge"), message)
        return 200, {"sha": sha, "merged": True, "message": "Merged"}

    def _refs(self, method: str, name: str, body: Mapping[str, Any]) -> tuple[int, Any]:
        ref = body["ref"] if method == "POST" else f"refs/{name}"
        old = self.pulls.tip(ref.removeprefix("refs/heads/"))
        if (old is None) != (method == "POST"):
            raise Refused(422, "Reference already exists" if old else "Reference does not exist")
        try:
            if method == "DELETE":
                self.repo.git("update-ref", "-d", ref)
                return 204, None
            self.repo.git("update-ref", ref, body["sha"])
        except GitFailed as no:
            raise Refused(422, "Object does not exist") from no
        url = f"{self.url}{_API}/repos/{self.full_name}/git/{ref}"
        target = {"type": "commit", "sha": body["sha"], "url": url}
        return 201 if method == "POST" else 200, {"ref": ref, "url": url, "object": target}

    def _shown(self, pull: Pull, *, whole: bool = False) -> dict[str, Any]:
        api = f"{self.url}{_API}/repos/{self.full_name}"
        shown: dict[str, Any] = {
            "url": f"{api}/pulls/{pull.number}",
            "issue_url": f"{api}/issues/{pull.number}",
            "html_url": f"{self.url}/{self.full_name}/pull/{pull.number}",
            "node_id": f"PR_{pull.number}",
            "number": pull.number,
            "state": pull.state,
            "title": pull.title,
            "body": pull.body,
            "head": {"ref": pull.head, "sha": pull.sha},
            "base": {"ref": pull.base, "sha": self.pulls.tip(pull.base)},
            "created_at": _stamp(pull.created),
            "updated_at": _stamp(pull.updated),
            "closed_at": _stamp(pull.closed),
            "merged_at": _stamp(pull.merged),
            "labels": [{"name": name} for name in pull.labels],
            "auto_merge": pull.auto_merge,
        }
        return {**shown, "mergeable_state": self._mergeable(pull)} if whole else shown

    def _mergeable(self, pull: Pull) -> str:
        if self.strict and self.pulls.behind(pull):
            return "behind"
        return "blocked" if self.needs_review else "clean"

    async def _graphql(self, request: web.Request) -> web.Response:
        from tests.parts.github_graphql import answer

        self.calls.append("POST /graphql")
        if fault := self._fault("POST"):
            return fault
        if not self._knows(request.headers.get("Authorization")):
            return self._told(401, {"message": "Bad credentials"})
        return self._told(200, answer(self, json.loads(await request.read())))


def _stamp(when: datetime | None) -> str | None:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ") if when else None
