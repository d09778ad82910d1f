"""The mirror's folder is ours, or it is left alone."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest

from bridge.errors import ConfigInvalid
from bridge.repo.mirror import Mirror
from bridge.repo.mirror_folder import MirrorFolder
from bridge.repo.side import SideBranches
from bridge.repo.state_repo import StateRepo as Tip
from tests.parts.git import git
from tests.parts.state_repo import StateRepo
from tests.repo.conftest import Open
from tests.repo.ways import CHECKOUT, by_file, pushed

MARK = "scalebridge-mirror"


def without_its_mark(folder: Path) -> None:
    (folder / MARK).unlink()


def half_written(folder: Path) -> None:
    """As a git leaves it that went on while the folder was deleted, and was killed then."""
    shutil.rmtree(folder)
    (folder / "objects" / "pack").mkdir(parents=True)
    (folder / "objects" / "pack" / "tmp_pack_Xy12").write_bytes(b"PACK")
    (folder / "fast_import_crash_4711").write_text("fast-import crash report:\n")
    (folder / "shallow.lock").touch()


leftovers = pytest.mark.parametrize("leave", [without_its_mark, half_written])


def test_a_folder_of_other_files_is_refused_and_left_as_it_is(
    state_repo: StateRepo, tmp_path: Path
) -> None:
    folder = tmp_path / "mirror.git"
    folder.mkdir()
    (folder / "poetry.lock").write_text("theirs")
    with pytest.raises(ConfigInvalid, match="holds other files: name an empty folder"):
        Mirror(by_file(state_repo, tmp_path))
    assert [(path.name, path.read_text()) for path in folder.iterdir()] == [
        ("poetry.lock", "theirs")
    ]


def test_a_folder_that_cannot_be_made_is_named(state_repo: StateRepo, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigInvalid, match=r"state_repo\.mirror: .*/file/mirror\.git: "):
        Mirror(by_file(state_repo, tmp_path / "file"))


async def test_nobody_gets_the_folder_while_we_are_at_work_in_it(
    state_repo: StateRepo, tmp_path: Path
) -> None:
    settings, begun = by_file(state_repo, tmp_path), Event()

    def work(_: SideBranches) -> Path:
        begun.set()
        time.sleep(0.5)
        other = MirrorFolder(settings)
        other.release()
        return other.path

    async with Tip(settings) as repo:
        working = asyncio.ensure_future(repo.at_side(work))
        await asyncio.sleep(0)
        assert begun.wait(10)
    assert await working != settings.mirror


@leftovers
def test_what_a_killed_git_left_of_it_is_known_for_ours_at_the_start(
    state_repo: StateRepo, tmp_path: Path, opened: Open, leave: Callable[[Path], None]
) -> None:
    first = Mirror(by_file(state_repo, tmp_path))
    first.look()
    first.close()
    leave(tmp_path / "mirror.git")
    pushed(opened(by_file(state_repo, tmp_path)), {CHECKOUT: b"6\n"})
    assert state_repo.read(CHECKOUT) == b"6\n"
    assert (tmp_path / "mirror.git" / MARK).exists()


@leftovers
def test_what_a_killed_git_left_of_it_stops_no_running_mirror(
    state_repo: StateRepo, tmp_path: Path, opened: Open, leave: Callable[[Path], None]
) -> None:
    mirror = opened(by_file(state_repo, tmp_path))
    mirror.look()
    leave(tmp_path / "mirror.git")
    state_repo.write({CHECKOUT: "5\n"}, "Move the tip")
    pushed(mirror, {CHECKOUT: b"6\n"})
    assert state_repo.read(CHECKOUT) == b"6\n"


def packed(folder: Path) -> None:
    git(folder, "pack-refs", "--all")


@pytest.mark.parametrize("do", [lambda _: None, packed], ids=["loose", "packed"])
def test_a_repository_put_in_the_place_of_ours_is_left_as_it_is(
    state_repo: StateRepo, tmp_path: Path, do: Callable[[Path], None]
) -> None:
    """The claim beside it still says that the folder was ours."""
    Mirror(by_file(state_repo, tmp_path)).close()
    folder = tmp_path / "mirror.git"
    shutil.rmtree(folder)
    git(tmp_path, "clone", "--quiet", "--bare", state_repo.url, str(folder))
    do(folder)
    before = sorted(folder.rglob("*"))
    for _ in range(2):  # a refusal keeps no claim
        with pytest.raises(ConfigInvalid, match="holds other files: name an empty folder"):
            Mirror(by_file(state_repo, tmp_path))
    assert sorted(folder.rglob("*")) == before


def test_other_files_among_what_was_ours_are_left_as_they_are(
    state_repo: StateRepo, tmp_path: Path
) -> None:
    Mirror(by_file(state_repo, tmp_path)).close()
    folder = tmp_path / "mirror.git"
    (folder / MARK).unlink()
    (folder / "notes.txt").write_text("theirs")
    with pytest.raises(ConfigInvalid, match="holds other files: name an empty folder"):
        Mirror(by_file(state_repo, tmp_path))
    assert (folder / "notes.txt").read_text() == "theirs"
