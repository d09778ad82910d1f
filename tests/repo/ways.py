"""Ways to the state repo, and commits on it by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr

from bridge.repo.fast_import import Draft, Identity
from bridge.repo.mirror import Mirror
from bridge.repo.snapshot import Snapshot
from bridge.settings.state_repo import StateRepoSettings
from tests.parts.git_http import GitHttp
from tests.parts.git_ssh import GitSsh
from tests.parts.state_repo import StateRepo

CHECKOUT: Final = "apps/checkout.yaml"
SEARCH: Final = "apps/search.yaml"
BRIDGE: Final = Identity("Bridge", "bridge@example.org")
NOON: Final = datetime(2026, 3, 4, 12, tzinfo=UTC)


def by_file(repo: StateRepo, folder: Path, **more: Any) -> StateRepoSettings:
    """Through the file system, with the mirror in `folder`."""
    return StateRepoSettings(**{"url": repo.url, "mirror": folder / "mirror.git", **more})


def by_http(server: GitHttp, repo: StateRepo, folder: Path, **more: Any) -> StateRepoSettings:
    """Through smart HTTP, with the server's own password."""
    given = {
        "url": server.url_of(repo.path),
        "username": server.username,
        "password": SecretStr(server.password),
        "mirror": folder / "mirror.git",
    }
    return StateRepoSettings(**{**given, **more})


def by_ssh(server: GitSsh, repo: StateRepo, folder: Path, **more: Any) -> StateRepoSettings:
    """Through SSH, with the key and the host that the server expects."""
    given = {
        "url": server.url_of(repo.path),
        "ssh_key_file": server.client_key,
        "known_hosts_file": server.known_hosts,
        "mirror": folder / "mirror.git",
    }
    return StateRepoSettings(**{**given, **more})


def draft(snapshot: Snapshot, contents: Mapping[str, bytes], message: str = "Scale\n") -> Draft:
    """A commit to be on the snapshot's tip."""
    return Draft(
        parent=snapshot.tip, message=message, author=BRIDGE, at=NOON, contents=dict(contents)
    )


def pushed(mirror: Mirror, contents: Mapping[str, bytes], message: str = "Scale\n") -> str:
    """One commit on the tip of now, on the remote."""
    snapshot = mirror.look()
    commit = mirror.commit(draft(snapshot, contents, message), snapshot)
    mirror.push(commit, snapshot.tip)
    return commit


def plant(repo: StateRepo, files: Mapping[bytes, tuple[str, bytes]]) -> None:
    """Somebody commits files of any mode and any name; a mode of 160000 takes a commit's id."""
    lines = [b"commit refs/heads/main\ncommitter R <r@example.org> 1767225600 +0000\ndata 5\nPlant"]
    lines.append(b"from refs/heads/main^0")
    for path, (mode, content) in files.items():
        quoted = b'"%s"' % b"".join(b"\\%03o" % byte for byte in path)
        if mode == "160000":
            lines.append(b"M 160000 %s %s" % (content, quoted))
        else:
            lines.append(b"M %s inline %s" % (mode.encode(), quoted))
            lines.append(b"data %d\n%s" % (len(content), content))
    repo.git("fast-import", "--quiet", "--done", given=b"\n".join([*lines, b"done", b""]))


def hook(repo: StateRepo, name: str, script: str) -> None:
    """From now on the remote runs this shell script as its hook."""
    path = repo.path / "hooks" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


def waiting_for(file: Path) -> str:
    """A hook's script that waits until somebody makes this file, half a minute at most."""
    return f"for n in $(seq 300); do [ -e '{file}' ] && break; sleep 0.1; done"
