"""The mirror's folder is ours, or it is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.errors import ConfigInvalid
from bridge.repo.mirror import Mirror
from tests.parts.state_repo import StateRepo
from tests.repo.ways import by_file


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
