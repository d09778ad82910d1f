"""`scalebridge set`: what it writes, prints and refuses."""

from __future__ import annotations

import json
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
