"""Merge requests on GitLab, by push options alone: no API, no token but the remote's own.

A push can't ask, so our branch itself is the memory: while it is there, its merge request was
opened. A person who closes one leaves the branch, and so it is not opened again; who deletes the
branch lets us propose anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import quote, urlsplit

from bridge.commit.proposal import Text
from bridge.publish.forge import PullRequest, Seen
from bridge.settings.publish import PublishSettings


class GitLab:
    """See `Forge`."""

    def __init__(self, remote: str, base: str, settings: PublishSettings) -> None:
        self._remote = remote
        self._base = base
        self._settings = settings

    def seen(self, branch: str, *, exists: bool) -> Seen:
        """What the branch tells."""
        return Seen(self._request(branch) if exists else None)

    def push_options(self, text: Text, *, exists: bool) -> Sequence[str]:
        """GitLab turns the two characters `\\n` into line ends, which git itself can't send."""
        words = {"title": text.title, "description": text.body}
        said = [f"merge_request.{name}={_one_line(words[name])}" for name in words]
        return said if exists else [*self._created(), *said]

    def _created(self) -> Iterator[str]:
        yield "merge_request.create"
        yield f"merge_request.target={self._base}"
        yield "merge_request.remove_source_branch"
        yield from (f"merge_request.label={label}" for label in self._settings.labels)
        yield from (f"merge_request.assign={name}" for name in self._settings.reviewers)
        if self._settings.auto_merge:
            yield "merge_request.merge_when_pipeline_succeeds"
        if self._settings.auto_merge == "squash":
            yield "merge_request.squash"

    def open(self, branch: str, text: Text) -> PullRequest:  # noqa: ARG002 - the push said it
        """It was opened by the push."""
        return self._request(branch)

    def rewrite(self, request: PullRequest, text: Text, head: str) -> PullRequest:  # noqa: ARG002 - the push said it
        """It was rewritten by the push."""
        return request

    def outdated(self, request: PullRequest) -> bool:  # noqa: ARG002 - nobody to ask
        """GitLab rebases by itself where its rules want that."""
        return False

    def close(self, request: PullRequest, body: str) -> None:
        """GitLab closes it when its branch is deleted."""

    def _request(self, branch: str) -> PullRequest:
        return PullRequest("the merge request", _page(self._remote, branch))


def _one_line(text: str) -> str:
    return text.replace("\r", "").replace("\n", "\\n")


def _page(remote: str, branch: str) -> str:
    """Where people find the merge requests of a branch."""
    if "://" not in remote:  # git@host:group/name
        host, _, path = remote.rpartition("@")[2].partition(":")
        base = f"https://{host}/{path}"
    else:
        parts = urlsplit(remote)
        web = parts.scheme in ("http", "https")
        scheme, place = (parts.scheme, parts.netloc) if web else ("https", parts.hostname)
        base = f"{scheme}://{place}{parts.path}"
    query = f"state=all&source_branch={quote(branch, safe='')}"
    return f"{base.removesuffix('.git').rstrip('/')}/-/merge_requests?{query}"
