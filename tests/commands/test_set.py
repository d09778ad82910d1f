"""`scalebridge set`: what it writes, prints and refuses."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from tests.commands.conftest import Run

VALUES = "web:\r\n  replicas: '3'  # two zones\r\napi: {replicas: &n 3}\r\njob: *n"


@pytest.fixture
def values(tmp_path: Path) -> Path:
    """A Helm chart's values, with CRLF and without a final newline."""
    path = tmp_path / "values.yaml"
    path.write_bytes(VALUES.encode())
    return path


def test_it_writes_the_file_and_says_what_changed(run: Run, values: Path) -> None:
    told = run("set", values, 12, "--path", "web.replicas")
    assert (told.exit_code, told.output) == (0, f"{values}:2: 3 → 12\n")
    assert values.read_bytes() == VALUES.replace("'3'", "'12'").encode()


def test_it_speaks_json(run: Run, values: Path) -> None:
    told = run("set", values, 4, "--path", "api.replicas", "--allow-anchors", "--json")
    moved = {"file": str(values), "line": 3, "from": 3, "to": 4, "moves": ["job (line 4)"]}
    assert json.loads(told.output) == moved


def test_it_prints_the_file_and_leaves_it_alone(run: Run, values: Path) -> None:
    told = run("set", values, 4, "--path", "web.replicas", "--stdout")
    assert told.stdout_bytes == VALUES.replace("'3'", "'4'").encode()
    assert values.read_bytes() == VALUES.encode()


def test_the_same_count_changes_nothing(run: Run, values: Path) -> None:
    assert run("set", values, 3, "--path", "web.replicas").exit_code == 0
    assert values.read_bytes() == VALUES.encode()


def test_a_refusal_names_file_and_line(run: Run, values: Path) -> None:
    told = run("set", values, 4, "--path", "job")
    assert told.exit_code == 1
    assert told.stderr == (
        f"{values}: line 4: job is the alias *n: the count stands on line 3 "
        "(allowAnchors changes it there)\n"
    )
    assert values.read_bytes() == VALUES.encode()


def test_it_inserts_a_count_that_is_missing(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "web.yaml"
    path.write_text("kind: Deployment\nmetadata: {name: web}\nspec:\n  paused: false\n")
    named = ("--kind", "Deployment", "--name", "web")
    assert run("set", path, 4, *named).exit_code == 1
    told = run("set", path, 4, *named, "--insert")
    assert (told.exit_code, told.output) == (0, f"{path}:4: no count → 4\n")
    assert path.read_text().endswith("spec:\n  replicas: 4\n  paused: false\n")


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--kind", "Deployment"),
        ("--name", "web"),
        ("--namespace", "shop", "--path", "a"),
        ("--doc", "0", "--marker", "web"),
        ("--path", "a", "--kustomize-replicas", "web"),
        ("--marker", "web", "--kustomize-replicas", "web"),
        ("--marker", "web", "--kind", "Deployment", "--name", "web"),
        ("--pattern", "3", "--kustomize-replicas", "web"),
        ("--path", "a..b"),
        ("--path", "a", "--pattern", "("),
        ("--path", "a", "--doc", "-1"),
    ],
    ids=" ".join,
)
def test_options_that_name_no_one_place_are_wrong_usage(
    run: Run, values: Path, options: tuple[str, ...]
) -> None:
    assert run("set", values, 4, *options).exit_code == 2


@pytest.mark.parametrize("value", ["-1", "2147483648", "many"])
def test_a_value_that_is_no_count_is_wrong_usage(run: Run, values: Path, value: str) -> None:
    assert run("set", values, "--path", "web.replicas", "--", value).exit_code == 2
    assert values.read_bytes() == VALUES.encode()


def test_a_file_that_is_not_there_is_wrong_usage(run: Run, tmp_path: Path) -> None:
    assert run("set", tmp_path / "no.yaml", 3, "--path", "a").exit_code == 2


def test_mode_and_owner_of_the_file_stay(run: Run, values: Path) -> None:
    values.chmod(0o640)
    before = values.stat()
    assert run("set", values, 4, "--path", "web.replicas").exit_code == 0
    after = values.stat()
    assert stat.S_IMODE(after.st_mode) == 0o640
    assert (after.st_uid, after.st_gid) == (before.st_uid, before.st_gid)
    assert [path.name for path in values.parent.iterdir()] == ["values.yaml"]


def test_a_link_stays_a_link_to_the_changed_file(run: Run, values: Path) -> None:
    link = values.parent / "link.yaml"
    link.symlink_to("values.yaml")
    assert run("set", link, 4, "--path", "web.replicas").exit_code == 0
    assert link.readlink() == Path("values.yaml")
    assert values.read_bytes() == VALUES.replace("'3'", "'4'").encode()


def test_a_write_that_fails_leaves_the_file_and_nothing_beside_it(
    run: Run, values: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    told = run("set", values, 4, "--path", "web.replicas")
    assert (told.exit_code, told.stderr) == (
        1,
        f"{values}: can't be written: No space left on device\n",
    )
    assert values.read_bytes() == VALUES.encode()
    assert [path.name for path in values.parent.iterdir()] == ["values.yaml"]


def test_a_read_only_file_is_not_replaced(
    run: Run, values: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda _, mode: mode != os.W_OK)  # root may write any file
    told = run("set", values, 4, "--path", "web.replicas")
    assert (told.exit_code, told.stderr) == (1, f"{values}: can't be written: it is read-only\n")
    assert values.read_bytes() == VALUES.encode()


def test_the_same_count_leaves_the_file_untouched(run: Run, values: Path) -> None:
    before = values.stat()
    assert run("set", values, 3, "--path", "web.replicas").exit_code == 0
    assert values.stat().st_ino == before.st_ino


def test_what_is_no_file_is_only_printed(run: Run) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"a: 3\n")
    os.close(writing)
    told = run("set", f"/dev/fd/{reading}", 4, "--path", "a", "--stdout")
    os.close(reading)
    assert told.stdout_bytes == b"a: 4\n"


def test_a_huge_file_is_refused_without_being_read_whole(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    with path.open("wb") as file:
        file.truncate(100_000_000_000)
    told = run("set", path, 4, "--path", "a")
    assert (told.exit_code, told.stderr) == (
        1,
        f"{path}: over 10,000,000 bytes: too big for a manifest\n",
    )
