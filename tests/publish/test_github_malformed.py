"""What stands where GitHub's API should be: a page, half an answer, or JSON of another shape."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from bridge.commit.proposal import Text
from bridge.errors import RemoteRefused, RemoteUnavailable
from bridge.publish.github import GitHub, GitHubApi
from bridge.publish.github_app import app_tokens
from bridge.publish.github_commit import GitHubWriter
from bridge.repo.fast_import import Draft
from bridge.repo.snapshot import Snapshot
from bridge.settings.publish import PublishSettings
from bridge.settings.state_repo import GitHubAppSettings, StateRepoSettings
from tests.publish.test_github_app import private_key
from tests.repo.ways import BRIDGE, NOON

Server = Callable[[int, bytes], str]


@pytest.fixture
def saying() -> Iterator[Server]:
    """`saying(status, body)` is the URL of a server that gives this answer to all, and no date."""
    said = [(200, b"")]

    class Answering(BaseHTTPRequestHandler):
        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline()
            self.close_connection = True
            if self.raw_requestline and self.parse_request():
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, body = said[0]
                self.send_response_only(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        Thread(target=server.serve_forever, daemon=True).start()

        def says(status: int, body: bytes) -> str:
            said[0] = status, body
            return f"http://127.0.0.1:{server.server_port}/shop/state"

        yield says
        server.shutdown()


def forge(api: GitHubApi) -> GitHub:
    return GitHub(api, "main", PublishSettings(forge="github", auto_merge="squash"))


ASKED: dict[str, Callable[[GitHubApi], object]] = {
    "looking": lambda api: forge(api).seen("ours", exists=True),
    "opening": lambda api: forge(api).open("ours", Text("title", "body")),
}
PAGE = b"<html>Please log in</html>"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(PAGE, id="a page"),
        pytest.param(b'[{"number": 1,', id="half"),
        pytest.param(b"[1, 2]", id="a list of numbers"),
        pytest.param(b"{}", id="nothing"),
    ],
)
@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
def test_it_is_an_api_that_can_t_be_reached(
    saying: Server, ask: Callable[[GitHubApi], object], body: bytes
) -> None:
    api = GitHubApi(StateRepoSettings(url=saying(200, body)), lambda: "token")
    with pytest.raises(RemoteUnavailable, match="what answers is not GitHub's API"):
        ask(api)


@pytest.mark.parametrize("body", [PAGE, b'{"data": {"createCommitOnBranch": null}}'])
async def test_a_commit_without_an_answer_shows_at_the_next_look(
    saying: Server, body: bytes
) -> None:
    api = GitHubApi(StateRepoSettings(url=saying(200, body)), lambda: "token")
    draft = Draft("0" * 40, "Scale\n", BRIDGE, NOON, {"a.yaml": b"1"})
    with pytest.raises(RemoteUnavailable, match="not GitHub's API"):
        await GitHubWriter(api, "main").to_branch(draft, Snapshot("0" * 40, {}))


def test_errors_that_are_no_list_are_left_out(saying: Server) -> None:
    api = GitHubApi(StateRepoSettings(url=saying(422, b'{"errors": 7}')), lambda: "token")
    with pytest.raises(RemoteRefused, match="422"):
        ASKED["looking"](api)


def test_a_token_of_unknown_age_is_not_used(saying: Server, tmp_path: Path) -> None:
    private_key(tmp_path / "app.pem")
    token = b'{"token": "ghs_0123456789", "expires_at": "2026-03-04T13:00:00Z"}'
    app = GitHubAppSettings(app_id=12, installation_id=34, private_key_file=tmp_path / "app.pem")
    tokens = app_tokens(StateRepoSettings(url=saying(201, token), github_app=app))
    assert tokens
    with pytest.raises(RemoteUnavailable, match="not GitHub's API"):
        tokens.token()
