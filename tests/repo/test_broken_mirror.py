"""The mirror is a mere cache: whatever happens to it, the next operation builds it again."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.errors import BridgeError, RemoteUnavailable
from bridge.repo.mirror import Mirror
from tests.parts.git import git
from tests.parts.git_http import GitHttp
from tests.parts.state_repo import StateRepo
from tests.repo.conftest import Open
from tests.repo.relay import Relay
from tests.repo.ways import CHECKOUT, NOON, by_file, by_http, draft, pushed

Damage = Callable[[Path], None]
EVER = timedelta(days=9999)


def _objects(mirror: Path) -> list[Path]:
    return [path for path in (mirror / "objects").rglob("*") if path.is_file()]


def cut_objects(mirror: Path) -> None:
    for path in _objects(mirror):
        path.chmod(0o600)
        path.write_bytes(path.read_bytes()[:7])


def empty_objects(mirror: Path) -> None:
    """What a power cut leaves of files that were not synced."""
    for path in _objects(mirror):
        path.chmod(0o600)
        path.write_bytes(b"")


def delete_objects(mirror: Path) -> None:
    for path in _objects(mirror):
        path.unlink()


def delete_blobs(mirror: Path) -> None:
    """Those that were fetched, and those of our commits."""
    listing = git(mirror, "cat-file", "--batch-all-objects", "--batch-check").decode()
    loose = {line.split()[0] for line in listing.splitlines() if line.split()[1] == "blob"}
    for blob in loose:
        (mirror / "objects" / blob[:2] / blob[2:]).unlink(missing_ok=True)
    for index in (mirror / "objects" / "pack").glob("*.idx"):
        packed = git(mirror, "show-index", given=index.read_bytes()).decode().splitlines()
        if {line.split()[1] for line in packed} <= loose:
            for part in index.parent.glob(f"{index.stem}.*"):
                part.unlink()


def cut_a_pack(mirror: Path) -> None:
    packs = [*(mirror / "objects" / "pack").glob("*.pack")]
    assert packs
    for pack in packs:
        pack.chmod(0o600)
        pack.write_bytes(pack.read_bytes()[:50])


def garble_the_index_of_a_pack(mirror: Path) -> None:
    indices = [*(mirror / "objects" / "pack").glob("*.idx")]
    assert indices
    for index in indices:
        index.chmod(0o600)
        index.write_bytes(b"garbage" * 200)


def garble_refs(mirror: Path) -> None:
    for ref in (path for path in (mirror / "refs").rglob("*") if path.is_file()):
        ref.write_text("garbage\n")


def empty_refs(mirror: Path) -> None:
    for ref in (path for path in (mirror / "refs").rglob("*") if path.is_file()):
        ref.write_bytes(b"")


def lose_what_refs_name(mirror: Path) -> None:
    for ref in (path for path in (mirror / "refs").rglob("*") if path.is_file()):
        ref.write_text("1" * 40 + "\n")


def garble_packed_refs(mirror: Path) -> None:
    (mirror / "packed-refs").write_text("garbage\n")


def delete_head(mirror: Path) -> None:
    (mirror / "HEAD").unlink()


def garble_head(mirror: Path) -> None:
    (mirror / "HEAD").write_text("garbage\n")


def garble_config(mirror: Path) -> None:
    (mirror / "config").write_text("[garbage\n")


def delete_contents(mirror: Path) -> None:
    for path in mirror.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def delete_folder(mirror: Path) -> None:
    shutil.rmtree(mirror)


DAMAGES = [
    cut_objects,
    empty_objects,
    delete_objects,
    delete_blobs,
    cut_a_pack,
    garble_the_index_of_a_pack,
    garble_refs,
    empty_refs,
    lose_what_refs_name,
    garble_packed_refs,
    delete_head,
    garble_head,
    garble_config,
    delete_contents,
    delete_folder,
]
FEW = [cut_objects, delete_blobs, garble_refs, delete_folder]


def named(damages: Sequence[Damage]) -> pytest.MarkDecorator:
    """A test for each of them."""
    return pytest.mark.parametrize("damage", damages, ids=lambda one: str(one.__name__))


@pytest.fixture
def folder(state_repo: StateRepo, tmp_path: Path) -> Path:
    """A mirror that was in use, with our commit and those of others."""
    with closing(Mirror(by_file(state_repo, tmp_path))) as mirror:
        pushed(mirror, {CHECKOUT: b"5\n"})
        state_repo.write({"apps/new.yaml": "new\n"}, "Add")
        mirror.read(sorted(mirror.look().blobs().values()))
    return tmp_path / "mirror.git"


def works(mirror: Mirror, state_repo: StateRepo) -> None:
    """All operations, one after the other, and a commit on the remote in the end."""
    snapshot = mirror.look()
    assert snapshot.tip == state_repo.tip()
    blobs = snapshot.blobs()
    contents = mirror.read(sorted(blobs.values()))
    assert {path: contents[blob] for path, blob in blobs.items()} == {
        path: state_repo.read(path) for path in blobs
    }
    assert len(mirror.history(snapshot.tip, NOON - EVER)) == len(state_repo.log())
    commit = pushed(mirror, {CHECKOUT: b"7\n"})
    assert state_repo.tip() == commit
    state_repo.assert_linear()


@named(DAMAGES)
def test_a_mirror_found_broken_is_built_again(
    folder: Path, state_repo: StateRepo, tmp_path: Path, opened: Open, damage: Damage
) -> None:
    damage(folder)
    works(opened(by_file(state_repo, tmp_path)), state_repo)


@named(FEW)
@pytest.mark.parametrize("operation", ["look", "read", "history", "earlier", "commit"])
def test_a_mirror_may_break_between_any_two_operations(
    state_repo: StateRepo, tmp_path: Path, mirror: Mirror, damage: Damage, operation: str
) -> None:
    pushed(mirror, {CHECKOUT: b"5\n"})
    snapshot = mirror.look()
    operations: dict[str, Callable[[], object]] = {
        "look": mirror.look,
        "read": lambda: mirror.read(sorted(snapshot.blobs().values())),
        "history": lambda: mirror.history(snapshot.tip, NOON - EVER),
        "earlier": lambda: mirror.earlier(snapshot.tip, CHECKOUT),
        "commit": lambda: mirror.commit(draft(snapshot, {CHECKOUT: b"6\n"}), snapshot),
    }
    expected = operations[operation]()
    damage(tmp_path / "mirror.git")
    assert operations[operation]() == expected
    works(mirror, state_repo)


def test_a_folder_may_go_in_the_moment_in_which_git_starts(
    state_repo: StateRepo, tmp_path: Path, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = mirror.look()
    expected = mirror.earlier(snapshot.tip, CHECKOUT)
    accessible = os.access

    def gone(path: str | Path, mode: int) -> bool:
        was = accessible(path, mode)
        if Path(path) == tmp_path / "mirror.git":
            monkeypatch.undo()
            shutil.rmtree(path)
        return was

    monkeypatch.setattr(os, "access", gone)  # GitPython looks before it starts git there
    assert mirror.earlier(snapshot.tip, CHECKOUT) == expected
    assert os.access is accessible
    works(mirror, state_repo)


@named([*FEW, cut_a_pack, garble_packed_refs])
def test_a_push_from_a_broken_mirror_may_fail_but_not_unexpectedly(
    state_repo: StateRepo, tmp_path: Path, mirror: Mirror, damage: Damage
) -> None:
    snapshot = mirror.look()
    commit = mirror.commit(draft(snapshot, {CHECKOUT: b"6\n"}), snapshot)
    damage(tmp_path / "mirror.git")
    try:
        mirror.push(commit, snapshot.tip)
    except BridgeError:
        assert state_repo.tip() == snapshot.tip
    else:
        assert state_repo.tip() == commit
    works(mirror, state_repo)


def test_a_broken_mirror_waits_for_a_remote_that_is_down(
    state_repo: StateRepo, git_http: GitHttp, tmp_path: Path, opened: Open
) -> None:
    with Relay(git_http.address) as relay:
        url = git_http.url_of(state_repo.path).replace(git_http.address, relay.address)
        mirror = opened(by_http(git_http, state_repo, tmp_path, url=url))
        snapshot = mirror.look()
        delete_objects(tmp_path / "mirror.git")
        relay.refuse()
        with pytest.raises(RemoteUnavailable):
            mirror.history(snapshot.tip, NOON - EVER)
        relay.forward()
        works(mirror, state_repo)


locks = pytest.mark.parametrize("name", ["HEAD.lock", "config.lock", "refs/scalebridge/tip.lock"])


@locks
def test_locks_that_a_killed_git_left_are_cleared_at_the_start(
    folder: Path, state_repo: StateRepo, tmp_path: Path, opened: Open, name: str
) -> None:
    state_repo.write({CHECKOUT: "6\n"}, "Move the tip")
    (folder / name).touch()
    works(opened(by_file(state_repo, tmp_path)), state_repo)


@locks
def test_locks_that_a_killed_git_left_hinder_nobody_later(
    state_repo: StateRepo, mirror: Mirror, tmp_path: Path, name: str
) -> None:
    mirror.look()
    state_repo.write({CHECKOUT: "6\n"}, "Move the tip")
    (tmp_path / "mirror.git" / name).touch()
    works(mirror, state_repo)
