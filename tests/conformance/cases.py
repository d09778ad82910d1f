"""Case files, and whether an answer is the one that a case expects."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCHEMA = 1
FOLDER = Path(__file__).parent / "cases"


@dataclass(frozen=True, slots=True)
class Case:
    """One question, and its answer as far as it is given."""

    id: str
    op: str
    inputs: dict[str, Any]
    expected: dict[str, Any]


def case_files(paths: Iterable[Path]) -> Iterator[Path]:
    """The files themselves, and the JSON files of folders."""
    for path in paths:
        yield from sorted(path.rglob("*.json")) if path.is_dir() else [path]


def load_cases(paths: Iterable[Path]) -> list[Case]:
    """All cases of the files."""
    return [case for path in case_files(paths) for case in cases_in(path)]


def cases_in(path: Path) -> list[Case]:
    """The cases of one file.

    Raises:
        ValueError: it can't be read, or isn't of the schema; says why.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        schema, given = document["schema"], document["cases"]
        cases = [Case(c["id"], c["op"], c["inputs"], c["expected"]) for c in given]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error
    if schema != SCHEMA:
        raise ValueError(f"schema {schema}")
    return cases


def mismatches(expected: Mapping[str, Any], got: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of `expected` that came out otherwise, with what came out."""
    return {key: got.get(key) for key in expected if not _agree(key, expected[key], got.get(key))}


def _agree(key: str, expected: Any, got: Any) -> bool:
    """Conditions and steps are given in part; everything else has to be equal."""
    if key == "conditions":
        return isinstance(got, Mapping) and not mismatches(expected, got)
    if key == "steps":
        same_length = isinstance(got, list) and len(got) == len(expected)
        return same_length and not any(map(mismatches, expected, got))
    if isinstance(expected, bool) or isinstance(got, bool):
        return expected is got
    return bool(expected == got)
