"""`scalebridge set` on real public files: the expected bytes, or a refusal that changes nothing."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from bridge.commands.set import Asked
from tests.commands.conftest import Run
from tests.manifest.corpus import Edit, File, corpus_files

FILES = corpus_files()
EDITS = [(file, edit) for file in FILES for edit in file.edits]
KINDS = {edit.target: (file, edit) for file, edit in EDITS}


def options(asked: Asked) -> list[str]:
    """As they are typed."""
    typed = []
    for option in fields(asked):
        value = getattr(asked, option.name)
        if value is not None and value is not False:
            flag = f"--{option.name.replace('_', '-')}"
            typed += [flag] if value is True else [flag, str(value)]
    return typed


def copied(file: File, folder: Path) -> Path:
    path = folder / file.name
    path.write_bytes(file.content)
    return path


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(("file", "edit"), EDITS, ids=str)
def test_the_file_becomes_what_is_expected(
    run: Run, tmp_path: Path, file: File, edit: Edit
) -> None:
    asked = edit.ways()[0]
    path = copied(file, tmp_path)
    result = run("set", path, 7, *options(asked))
    assert (result.exit_code, digest(path)) == (0, edit.expected), result.output
    assert result.output.startswith(f"{path}:{edit.line}: {edit.current} → 7\n")


@pytest.mark.parametrize(("file", "edit"), KINDS.values(), ids=list(KINDS))
def test_a_real_process_does_the_same(tmp_path: Path, file: File, edit: Edit) -> None:
    path = copied(file, tmp_path)
    command = [sys.executable, "-m", "bridge", "set", str(path), "7", *options(edit.ways()[0])]
    printed = subprocess.run([*command, "--stdout"], check=True, capture_output=True).stdout
    assert hashlib.sha256(printed).hexdigest() == edit.expected
    assert path.read_bytes() == file.content


REFUSED = [file for file in FILES if file.refuse]


@pytest.mark.parametrize("file", REFUSED, ids=str)
@pytest.mark.parametrize("kind", [None, "Deployment"])
def test_what_is_to_be_refused_keeps_its_bytes(
    run: Run, tmp_path: Path, file: File, kind: str | None
) -> None:
    path = copied(file, tmp_path)
    result = run("set", path, 7, *options(Asked(kind=kind, path="/spec/replicas")))
    assert result.exit_code == 1
    assert result.stderr.startswith(f"{path}: ")
    assert path.read_bytes() == file.content


@pytest.mark.parametrize(
    ("file", "edit"), [pair for pair in EDITS if pair[1].values_changed > 1], ids=str
)
def test_an_anchor_is_changed_only_if_that_is_permitted(
    run: Run, tmp_path: Path, file: File, edit: Edit
) -> None:
    path = copied(file, tmp_path)
    refused = run("set", path, 7, "--path", edit.selector["path"])
    assert (refused.exit_code, path.read_bytes()) == (1, file.content)
    assert refused.stderr.count("(line ") == edit.values_changed - 1
    told = run("set", path, 7, "--path", edit.selector["path"], "--allow-anchors")
    assert told.output.count("moves with it:") == edit.values_changed - 1
