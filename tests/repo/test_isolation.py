"""Neither the user's git, nor a caller's, nor a second process has a say in our mirror."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.repo.mirror import Mirror
from tests.parts.git_http import GitHttp
from tests.parts.state_repo import StateRepo
from tests.repo.conftest import Open
from tests.repo.ways import BRIDGE, CHECKOUT, by_file, by_http, pushed

CONFIG = """\
[user]
    name = Somebody
    email = somebody@example.org
[credential]
    helper = "!touch {marks}/helper; false"
[core]
    hooksPath = {hooks}
    askPass = {hooks}/askpass
    pager = touch {marks}/pager
    autocrlf = true
    quotePath = false
[url "http://127.0.0.1:1/"]
    insteadOf = http://
    insteadOf = file://
[http]
    proxy = http://127.0.0.1:1
    extraHeader = X-Mine: 1
[push]
    followTags = true
    gpgSign = true
[commit]
    gpgSign = true
[init]
    templateDir = {template}
    defaultBranch = nonsense
[fetch]
    prune = true
[log]
    showSignature = true
    date = relative
[color]
    ui = always
[include]
    path = {hooks}/missing
"""
HOOKS = ("pre-push", "reference-transaction", "post-index-change", "pre-auto-gc", "askpass")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user with strong opinions; what of theirs runs leaves a mark in `marks`."""
    home, marks = tmp_path / "home", tmp_path / "marks"
    hooks, template = home / "hooks", home / "template"
    for folder in (marks, hooks, template / "hooks", home / ".config" / "git"):
        folder.mkdir(parents=True)
    for name in HOOKS:
        for folder in (hooks, template / "hooks"):
            (folder / name).write_text(f"#!/bin/sh\ntouch {marks}/{name}\nexit 1\n")
            (folder / name).chmod(0o755)
    config = CONFIG.format(marks=marks, hooks=hooks, template=template)
    (home / ".gitconfig").write_text(config)
    (home / ".config" / "git" / "config").write_text(config)
    (home / ".netrc").write_text("machine 127.0.0.1 login somebody password wrong\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    return home


def test_the_user_s_git_has_no_say(
    home: Path, git_http: GitHttp, state_repo: StateRepo, tmp_path: Path, opened: Open
) -> None:
    git_http.password = "right"
    pushed(opened(by_http(git_http, state_repo, tmp_path)), {CHECKOUT: b"a\r\nb\n"})
    assert state_repo.read(CHECKOUT) == b"a\r\nb\n"
    assert state_repo.log()[0].author == f"{BRIDGE.name} <{BRIDGE.email}>"
    assert list((home.parent / "marks").iterdir()) == []


def test_hooks_in_the_mirror_are_not_run(
    home: Path, state_repo: StateRepo, mirror: Mirror, tmp_path: Path
) -> None:
    mirror.look()
    folder = tmp_path / "mirror.git" / "hooks"
    folder.mkdir(exist_ok=True)
    for name in HOOKS:
        (home / "hooks" / name).rename(folder / name)
    pushed(mirror, {CHECKOUT: b"7\n"})
    assert state_repo.read(CHECKOUT) == b"7\n"
    assert list((tmp_path / "marks").iterdir()) == []


@pytest.mark.usefixtures("home")
def test_a_caller_s_variables_have_no_effect(
    state_repo: StateRepo,
    git_http: GitHttp,
    tmp_path: Path,
    opened: Open,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trace = tmp_path / "trace"
    other = StateRepo.create(tmp_path / "other", {CHECKOUT: "other\n"})
    foreign = {
        "GIT_DIR": str(other.path),
        "GIT_WORK_TREE": str(tmp_path),
        "GIT_INDEX_FILE": str(tmp_path / "index"),
        "GIT_OBJECT_DIRECTORY": str(other.path / "objects"),
        "GIT_QUARANTINE_PATH": str(tmp_path / "quarantine"),
        "GIT_NAMESPACE": "foreign",
        "GIT_CONFIG_PARAMETERS": "'http.proxy'='http://127.0.0.1:1'",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "http.proxy",
        "GIT_CONFIG_VALUE_0": "http://127.0.0.1:1",
        "GIT_AUTHOR_NAME": "Foreign",
        "GIT_COMMITTER_DATE": "2001-01-01T00:00:00Z",
        "GIT_TRACE": str(trace),
        "GIT_TRACE_CURL": str(trace),
        "GIT_TRACE_REDACT": "0",
        "GIT_SSH_COMMAND": "false",
        "GIT_EXEC_PATH": str(tmp_path),
        "GIT_PROTOCOL_FROM_USER": "0",
        "GIT_ALLOW_PROTOCOL": "nothing",
    }
    for name, value in foreign.items():
        monkeypatch.setenv(name, value)
    commit = pushed(opened(by_http(git_http, state_repo, tmp_path)), {CHECKOUT: b"7\n"})
    assert state_repo.tip() == commit
    assert other.log()[0].subject == "Seed"
    assert state_repo.log()[0].author == f"{BRIDGE.name} <{BRIDGE.email}>"
    assert not trace.exists()


def test_two_users_of_one_mirror_get_one_each(
    state_repo: StateRepo, tmp_path: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    settings = by_file(state_repo, tmp_path)
    first, second = opened(settings), Mirror(settings)
    pushed(first, {CHECKOUT: b"5\n"})
    pushed(second, {CHECKOUT: b"6\n"})
    pushed(first, {CHECKOUT: b"7\n"})
    state_repo.assert_linear()
    assert len(list(tmp_path.glob("scalebridge-*/mirror.git/HEAD"))) == 1
    second.close()
    assert list(tmp_path.glob("scalebridge-*")) == []


def test_another_process_gets_a_mirror_of_its_own(
    state_repo: StateRepo, tmp_path: Path, opened: Open
) -> None:
    settings = by_file(state_repo, tmp_path)
    opened(settings).look()
    held = set((tmp_path / "mirror.git").rglob("*"))
    program = (
        "import sys; from pathlib import Path; from bridge.repo.mirror import Mirror;"
        "from bridge.settings.state_repo import StateRepoSettings as S;"
        "m = Mirror(S(url=sys.argv[1], mirror=Path(sys.argv[2]))); print(m.look().tip); m.close()"
    )
    command = (sys.executable, "-c", program, settings.url, str(settings.mirror))
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20)
    assert done.stdout.strip() == state_repo.tip()
    assert set((tmp_path / "mirror.git").rglob("*")) == held


def test_a_mirror_without_a_place_of_its_own_lies_in_the_cache(
    state_repo: StateRepo, tmp_path: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for branch in ("main", "live"):
        state_repo.git("branch", "--force", "live", "main")
        opened(by_file(state_repo, tmp_path, mirror=None, branch=branch)).look()
    assert len(list((tmp_path / "cache" / "scalebridge").glob("*.git/HEAD"))) == 2
