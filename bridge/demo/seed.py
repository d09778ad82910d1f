"""The state repo of the demo: a bare repository with a small shop and its policies."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bridge.demo.plumbing import git

BRANCH: Final = "main"
_PACKAGED: Final = Path(__file__).parent / "shop"
_IN_CHECKOUT: Final = Path(__file__).parents[2] / "policies"
_SUBJECT: Final = "The shop opens: three workloads and the policies that scale them"


def policies_folder() -> Path:
    """Where the demo's policies lie: in a wheel beside the shop, in a checkout at its top."""
    packaged = _PACKAGED / "policies"
    return packaged if packaged.is_dir() else _IN_CHECKOUT


def shop_files() -> dict[str, bytes]:
    """The first commit's files, by their path in the repo."""
    apps = sorted((_PACKAGED / "apps").rglob("*.yaml"))
    files = {path.relative_to(_PACKAGED).as_posix(): path.read_bytes() for path in apps}
    for path in sorted(policies_folder().glob("*.yaml")):
        files[f"policies/{path.name}"] = path.read_bytes()
    return files


async def seed(repo: Path) -> str:
    """Makes a bare repository with one commit on main; tells the commit's hash."""
    init = ("init", "--quiet", "--bare", "--template=", f"--initial-branch={BRANCH}")
    await git(repo.parent, *init, repo.name)
    await git(repo, "fast-import", "--quiet", "--done", text=_first_commit(shop_files()))
    return (await git(repo, "rev-parse", BRANCH)).decode().strip()


def _first_commit(files: Mapping[str, bytes]) -> bytes:
    """The stream for `git fast-import`, which needs no working tree."""
    stream = [
        b"feature date-format=now\n",
        b"feature done\n",
        f"commit refs/heads/{BRANCH}\n".encode(),
        b"committer Shop team <team@shop.example> now\n",
        _data(_SUBJECT.encode()),
    ]
    for path, content in files.items():
        stream += [f"M 100644 inline {path}\n".encode(), _data(content)]
    return b"".join((*stream, b"done\n"))


def _data(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)
