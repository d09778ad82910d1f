"""Pull requests on GitHub."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING, Final

from bridge.commit.proposal import Text
from bridge.errors import ConfigInvalid
from bridge.publish.forge import PullRequest, Seen
from bridge.publish.github_api import api_of, options, repository_of, translated
from bridge.repo.credentials import Tokens
from bridge.settings.configuration import Settings
from bridge.settings.publish import PublishSettings
from bridge.settings.secret import secret_text
from bridge.settings.state_repo import StateRepoSettings

if TYPE_CHECKING:
    from github.GithubObject import Opt
    from github.PullRequest import PullRequest as Pull
    from github.Repository import Repository

_HINT: Final = "publish.token_file, and docs/pull-requests.md for the rights it needs"
_LOOKED_AT: Final = 20
_CLEAN: Final = "clean status"


def api_token(settings: Settings, tokens: Tokens | None) -> Callable[[], str]:
    """The token of the moment: publish.token, the App's, or the state repo's password.

    Raises:
        ConfigInvalid: none of these is configured.
    """
    own, repo = settings.publish, settings.state_repo
    if own.token or own.token_file:
        return lambda: secret_text(own.token, own.token_file) or ""
    if tokens is not None:
        return tokens.token
    if repo.password or repo.password_file:
        return lambda: secret_text(repo.password, repo.password_file) or ""
    raise ConfigInvalid("publish.forge: github needs a token: publish.token_file")


class GitHubApi:
    """The repository on GitHub, with the token of the moment; for one thread after the other.

    Commits and pull requests share it, and PyGithub's connection keeps the request that it is to
    send: with two threads in it, one may send the other's.
    """

    def __init__(self, remote: StateRepoSettings, token: Callable[[], str]) -> None:
        self.url = api_of(remote.url)
        self._ca_file, self._proxy = remote.ca_file, remote.proxy
        self.owner, name = repository_of(remote.url)
        self.full_name = f"{self.owner}/{name}"
        self._token = token
        self._used = ""
        self._known: Repository | None = None
        self._turn = Lock()

    def repository(self) -> Repository:
        """A client that keeps its connection for as long as the token is the same."""
        from github import Github
        from github.Auth import Token

        token = self._token()
        if self._known is None or token != self._used:
            made = Github(**options(self.url, Token(token), self._ca_file), lazy=True)
            self._known, self._used = made.get_repo(self.full_name), token
        return self._known

    @contextmanager
    def asked(self) -> Iterator[None]:
        """Within it the connection is this thread's alone, and PyGithub's errors are ours."""
        with self._turn, translated(self.url, _HINT, self._proxy):
            yield


class GitHub:
    """See `Forge`."""

    def __init__(self, api: GitHubApi, base: str, settings: PublishSettings) -> None:
        self._api = api
        self._base = base
        self._settings = settings

    def seen(self, branch: str, *, exists: bool) -> Seen:  # noqa: ARG002 - GitHub knows by itself
        """One call: the newest of the branch, open and closed."""
        with self._api.asked():
            listed = self._api.repository().get_pulls(
                state="all",
                head=f"{self._api.owner}:{branch}",
                base=self._base,
                sort="updated",
                direction="desc",
            )
            pulls = list(islice(listed, _LOOKED_AT))
            open_ones = [_told(pull) for pull in pulls if pull.state == "open"]
            refused = [_told(p) for p in pulls if p.state != "open" and p.merged_at is None]
        return Seen(next(iter(open_ones), None), refused)

    def push_options(self, text: Text, *, exists: bool) -> Sequence[str]:  # noqa: ARG002 - none
        """GitHub wants to be asked by its API."""
        return ()

    def open(self, branch: str, text: Text) -> PullRequest:
        """Opens and dresses it: labels, reviewers, auto-merge."""
        with self._api.asked():
            pull = self._api.repository().create_pull(
                base=self._base, head=branch, title=text.title, body=text.body
            )
            if labels := list(self._settings.labels):  # add_to_labels sends another shape
                url = f"{pull.issue_url}/labels"
                pull.requester.requestJsonAndCheck("POST", url, input={"labels": labels})
            if reviewers := self._reviewers():
                pull.create_review_request(**reviewers)
            self._let_merge(pull, text, pull.head.sha)
            return _told(pull)

    def _reviewers(self) -> Mapping[str, list[str]]:
        given = {
            "reviewers": self._settings.reviewers,
            "team_reviewers": self._settings.team_reviewers,
        }
        return {kind: list(names) for kind, names in given.items() if names}

    def rewrite(self, request: PullRequest, text: Text, head: str) -> PullRequest:
        """Also lets it merge by itself again, which a new head may have ended."""
        pull = self._pull(request)
        with self._api.asked():
            pull.edit(title=text.title, body=text.body)
            if pull.raw_data.get("auto_merge") is None:
                self._let_merge(pull, text, head)
            return _told(pull)

    def _let_merge(self, pull: Pull, text: Text, head: str) -> None:
        """The message keeps our trailers, which a merge would leave out of the branch's log."""
        from github import GithubException
        from github.GithubObject import NotSet

        method = self._settings.auto_merge
        if method is None:
            return
        body: Opt[str] = text.body.rpartition("\n\n")[2].removesuffix("</details>").strip()
        title: Opt[str] = text.title
        if method == "rebase":  # its commit keeps its own message
            title = body = NotSet
        try:
            pull.enable_automerge(
                method.upper(), expected_head_oid=head, commit_headline=title, commit_body=body
            )
        except GithubException as error:
            if _CLEAN not in str(error.data):
                raise
            pull.merge(body, title, merge_method=method, sha=head)  # nothing to wait for

    def outdated(self, request: PullRequest) -> bool:
        """GitHub says `behind` where its rules want the branch up to date."""
        pull = self._pull(request)
        with self._api.asked():
            pull.update()
            return bool(pull.mergeable_state == "behind")

    def close(self, request: PullRequest, body: str) -> None:
        """The mark in the body and the closing are one call, so that no crash parts them."""
        pull = self._pull(request)
        with self._api.asked():
            pull.edit(state="closed", body=body)

    @staticmethod
    def _pull(request: PullRequest) -> Pull:
        from github.PullRequest import PullRequest as Pull

        if not isinstance(request.key, Pull):
            raise TypeError(f"{request.name} is none of GitHub's")
        return request.key


def _told(pull: Pull) -> PullRequest:
    closed = None if pull.state == "open" else pull.closed_at
    return PullRequest(f"#{pull.number}", pull.html_url, pull.body or "", closed, pull)
