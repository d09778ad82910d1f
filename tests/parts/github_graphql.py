"""The two mutations that scalebridge sends, on the repository behind the fake GitHub."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from tests.parts.git import environment, git

if TYPE_CHECKING:
    from tests.parts.github import GitHub

_AUTHOR: Final = "scalebridge[bot] <1+scalebridge[bot]@users.noreply.github.com>"
Input = Mapping[str, Any]


class Wrong(Exception):
    """An entry of a reply's `errors`."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def answer(hub: GitHub, asked: Input) -> dict[str, Any]:
    """GraphQL answers 200, with errors inside."""
    mutations: dict[str, Callable[[GitHub, Input], dict[str, Any]]] = {
        "createCommitOnBranch": _commit,
        "enablePullRequestAutoMerge": _auto_merge,
    }
    found = re.search(r"(\w+)\s*\(\s*input:\s*\$(\w+)\s*\)\s*\{", asked["query"])
    if not found or found[1] not in mutations:
        return {"errors": [{"message": f"no such mutation: {asked['query']}"}]}
    declared = f"${found[2]}: {found[1][0].upper()}{found[1][1:]}Input!"
    if declared not in asked["query"]:
        return {"errors": [{"message": f"expected {declared} in {asked['query']}"}]}
    try:
        return {"data": {found[1]: mutations[found[1]](hub, asked["variables"][found[2]])}}
    except Wrong as wrong:
        error = {"type": wrong.kind, "path": [found[1]], "message": str(wrong)}
        return {"data": {found[1]: None}, "errors": [error]}


def _commit(hub: GitHub, given: Input) -> dict[str, Any]:
    _only(given, {"branch", "message", "expectedHeadOid", "fileChanges", "clientMutationId"})
    _only(given["branch"], {"repositoryNameWithOwner", "branchName"})
    _only(given["message"], {"headline", "body"})
    _only(given["fileChanges"], {"additions", "deletions"})
    branch = given["branch"]["branchName"]
    if given["branch"]["repositoryNameWithOwner"] != hub.full_name:
        raise Wrong("NOT_FOUND", "Could not resolve to a Repository.")
    tip, expected = hub.pulls.tip(branch), given["expectedHeadOid"]
    if tip is None:
        raise Wrong("NOT_FOUND", f"No such branch {branch}")
    if tip != expected:
        said = f'Expected branch to point to "{expected}" but it did not. Pull and try again.'
        raise Wrong("STALE_DATA", said)
    if branch in hub.protected:
        raise Wrong("UNPROCESSABLE", "Changes must be made through a pull request.")
    made = _written(hub, given, tip)
    hub.repo.git("update-ref", f"refs/heads/{branch}", made, tip)
    return {"commit": {"oid": made, "url": f"{hub.url}/{hub.full_name}/commit/{made}"}}


def _written(hub: GitHub, given: Input, parent: str) -> str:
    headline, body = given["message"]["headline"], given["message"].get("body", "")
    message = f"{headline}\n\n{body}".rstrip() + "\n"
    lines = [b"commit refs/made\nmark :1\n"]
    lines.append(f"author {_AUTHOR} 1767225600 +0000\n".encode())
    lines.append(b"committer GitHub <noreply@github.com> 1767225600 +0000\n")
    lines.append(b"data %d\n%b\n" % (len(message.encode()), message.encode()))
    lines.append(f"from {parent}\n".encode())
    for one in given["fileChanges"].get("additions", []):
        _only(one, {"path", "contents"})
        content = b64decode(one["contents"], validate=True)
        lines.append(b'M 100644 inline "%b"\n' % one["path"].encode())
        lines.append(b"data %d\n%b\n" % (len(content), content))
    stream = b"".join([*lines, b"get-mark :1\ndone\n"])
    arguments = ("fast-import", "--quiet", "--done", "--force")
    return git(hub.repo.path, *arguments, given=stream, env=environment()).decode().strip()


def _auto_merge(hub: GitHub, given: Input) -> dict[str, Any]:
    _only(
        given,
        {"pullRequestId", "mergeMethod", "commitHeadline", "commitBody", "expectedHeadOid"},
    )
    pull = hub.pulls.get(int(given["pullRequestId"].removeprefix("PR_")))
    if given.get("expectedHeadOid", pull.sha) != pull.sha:
        raise Wrong("UNPROCESSABLE", "Head sha didn't match expected head sha")
    if not hub.needs_review:
        raise Wrong("UNPROCESSABLE", "Pull request Pull request is in clean status")
    pull.auto_merge = {
        "merge_method": given["mergeMethod"].lower(),
        "commit_title": given.get("commitHeadline"),
        "commit_message": given.get("commitBody"),
    }
    return {"actor": None, "clientMutationId": None}


def _only(given: Input, known: set[str]) -> None:
    if unknown := set(given) - known:
        raise Wrong("INVALID", f"unknown fields {sorted(unknown)}")
