"""The Git remotes of the tests behave as a forge's do."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.parts.git import GitFailed, environment, git
from tests.parts.git_http import GitHttp
from tests.parts.git_ssh import GitSsh
from tests.parts.state_repo import StateRepo

IDENTITY = {"user.name": "Service", "user.email": "service@example.org"}
CHECKOUT = "apps/checkout.yaml"


def clone(url: str, work: Path, **variables: str) -> Callable[..., bytes]:
    """A working clone, as a function that runs git in it."""
    env = environment(IDENTITY, **variables)
    git(work.parent, "clone", "--quiet", url, str(work), env=env)
    return lambda *arguments: git(work, *arguments, env=env)


def push_new_file(run: Callable[..., bytes], work: Path, content: bytes = b"new\n") -> bytes:
    """Commit one more file and push it."""
    (work / "new.txt").write_bytes(content)
    run("add", "new.txt")
    run("commit", "--quiet", "--message=Add a file")
    return run("push", "--quiet", "origin", "main")


def with_password(server: GitHttp, password: str | None = None) -> str:
    """The URL of state.git with credentials in it."""
    given = server.password if password is None else password
    return f"{server.url}/state.git".replace("://", f"://{server.username}:{given}@")


def test_a_push_does_not_drop_a_persons_commit(state_repo: StateRepo, tmp_path: Path) -> None:
    run = clone(state_repo.url, tmp_path / "work")
    state_repo.write({CHECKOUT: "rival\n"}, "Rival")
    with pytest.raises(GitFailed, match="fetch first"):
        push_new_file(run, tmp_path / "work")


def test_http_takes_the_right_password(
    git_http: GitHttp, state_repo: StateRepo, tmp_path: Path
) -> None:
    run = clone(with_password(git_http), tmp_path / "work")
    push_new_file(run, tmp_path / "work")
    assert state_repo.read("new.txt") == b"new\n"
    first, second, *_ = git_http.requests
    assert (first.method, first.authorization, first.status) == ("GET", False, 401)
    assert (second.path, second.authorization, second.status) == (
        "/state.git/info/refs?service=git-upload-pack",
        True,
        200,
    )
    assert git_http.requests[-1].path == "/state.git/git-receive-pack"
    assert git_http.url_of(state_repo.path) == f"{git_http.url}/state.git"


@pytest.mark.parametrize("password", ["wrong", ""])
def test_http_refuses_the_wrong_password(git_http: GitHttp, tmp_path: Path, password: str) -> None:
    with pytest.raises(GitFailed, match="Authentication failed"):
        clone(with_password(git_http, password), tmp_path / "work")


def test_http_refuses_no_password(git_http: GitHttp, tmp_path: Path) -> None:
    with pytest.raises(GitFailed, match="could not read Username"):
        clone(f"{git_http.url}/state.git", tmp_path / "work")


def test_http_knows_no_other_repository(git_http: GitHttp, tmp_path: Path) -> None:
    with pytest.raises(GitFailed, match="not found"):
        clone(with_password(git_http).replace("state", "other"), tmp_path / "work")


def test_http_takes_a_large_push_in_chunks(
    git_http: GitHttp, state_repo: StateRepo, tmp_path: Path
) -> None:
    hooks: list[str] = []
    git_http.before_receive = lambda: hooks.append("before_receive")
    run = clone(with_password(git_http), tmp_path / "work")
    content = os.urandom(3 << 20)
    push_new_file(run, tmp_path / "work", content)
    assert state_repo.read("new.txt") == content
    assert hooks == ["before_receive"]
    probe, push = git_http.requests[-2:]
    assert probe.headers["Content-Length"] == "4"
    assert push.headers["Transfer-Encoding"] == "chunked"


def test_http_takes_a_compressed_request(
    git_http: GitHttp, state_repo: StateRepo, tmp_path: Path
) -> None:
    run = clone(with_password(git_http), tmp_path / "work")
    for number in range(40):
        run("commit", "--quiet", "--allow-empty", f"--message={number}")  # haves to tell of
    state_repo.write({CHECKOUT: "rival\n"}, "Rival")
    run("fetch", "--quiet")
    assert run("show", f"origin/main:{CHECKOUT}") == b"rival\n"
    assert "gzip" in [one.headers.get("Content-Encoding") for one in git_http.requests]


def test_http_serves_a_mirror_without_blobs(
    git_http: GitHttp, state_repo: StateRepo, tmp_path: Path
) -> None:
    url, mirror = with_password(git_http), tmp_path / "mirror.git"
    git(tmp_path, "clone", "--quiet", "--bare", "--filter=blob:none", url, str(mirror))
    assert b"?" in git(mirror, "rev-list", "--objects", "--missing=print", "main")
    assert git(mirror, "show", f"main:{CHECKOUT}") == state_repo.read(CHECKOUT)


@pytest.mark.parametrize(
    ("hook", "reason"),
    [
        pytest.param("before_advertise", "fetch first", id="the pusher sees the new tip"),
        pytest.param("before_receive", "remote rejected", id="the server sees the race"),
    ],
)
def test_a_rival_wins_between_our_fetch_and_our_push(
    git_http: GitHttp, state_repo: StateRepo, tmp_path: Path, hook: str, reason: str
) -> None:
    run = clone(with_password(git_http), tmp_path / "work")

    def rival() -> None:
        state_repo.write({CHECKOUT: "rival\n"}, "Rival")

    setattr(git_http, hook, rival)
    with pytest.raises(GitFailed, match=reason):
        push_new_file(run, tmp_path / "work")
    assert [commit.subject for commit in state_repo.log()] == ["Rival", "Seed"]
    assert state_repo.read(CHECKOUT) == b"rival\n"


def test_a_rival_may_push_over_the_same_server(
    git_http: GitHttp, state_repo: StateRepo, tmp_path: Path
) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    run, rival = (clone(with_password(git_http), work) for work in (ours, theirs))

    def once() -> None:
        git_http.before_receive = None
        push_new_file(rival, theirs, b"theirs\n")

    git_http.before_receive = once
    with pytest.raises(GitFailed, match="remote rejected"):
        push_new_file(run, ours, b"ours\n")
    assert state_repo.read("new.txt") == b"theirs\n"


def test_ssh_takes_the_key(git_ssh: GitSsh, state_repo: StateRepo, tmp_path: Path) -> None:
    url = git_ssh.url_of(state_repo.path)
    run = clone(url, tmp_path / "work", GIT_SSH_COMMAND=git_ssh.ssh_command)
    content = os.urandom(2 << 20)
    push_new_file(run, tmp_path / "work", content)
    assert state_repo.read("new.txt") == content
    assert git_ssh.commands == ["git-upload-pack '/state.git'", "git-receive-pack '/state.git'"]
    assert git_ssh.client_key.stat().st_mode & 0o777 == 0o600


def test_ssh_refuses_another_key(git_ssh: GitSsh, state_repo: StateRepo, tmp_path: Path) -> None:
    with GitSsh(state_repo.path.parent, tmp_path / "other") as other:
        key = other.client_key
    command = git_ssh.ssh_command.replace(str(git_ssh.client_key), str(key))
    with pytest.raises(GitFailed, match="Permission denied"):
        clone(git_ssh.url_of(state_repo.path), tmp_path / "work", GIT_SSH_COMMAND=command)


def test_ssh_is_refused_by_whoever_expects_another_host(
    git_ssh: GitSsh, state_repo: StateRepo, tmp_path: Path
) -> None:
    with GitSsh(state_repo.path.parent, tmp_path / "other") as other:
        (tmp_path / "hosts").write_text(
            other.known_hosts.read_text().replace(str(other.port), str(git_ssh.port))
        )
    command = git_ssh.ssh_command.replace(str(git_ssh.known_hosts), str(tmp_path / "hosts"))
    with pytest.raises(GitFailed, match="Host key verification failed"):
        clone(git_ssh.url_of(state_repo.path), tmp_path / "work", GIT_SSH_COMMAND=command)


@pytest.mark.parametrize("path", ["../keys", "other.git"])
def test_ssh_serves_only_what_is_below_its_root(git_ssh: GitSsh, tmp_path: Path, path: str) -> None:
    with pytest.raises(GitFailed):
        clone(f"{git_ssh.url}/{path}", tmp_path / "work", GIT_SSH_COMMAND=git_ssh.ssh_command)
