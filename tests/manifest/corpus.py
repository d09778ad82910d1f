"""The shared corpus as facts: files, their counts, and each way to say which count is meant."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.commands.set import Asked
from tests.parts.gate import shared

_BESIDE = Path(__file__).parents[2].parent / "shared"
_FOLDER = Path(os.environ.get("SCALEBRIDGE_SHARED", _BESIDE)) / "corpus"


@dataclass(frozen=True)
class Edit:
    """One count of a file, and the file's digest once it is 7."""

    selector: dict[str, Any]
    target: str
    current: int
    line: int
    start: int
    values_changed: int
    expected: str

    def __str__(self) -> str:
        return f"{self.target}-{self.line}"

    def ways(self) -> list[Asked]:
        """By path in its document; and where it has them by kind and name, or entry's name."""
        chosen = self.selector
        given = self._given()
        ways = [Asked(doc=chosen["doc"], **given)]
        if kind := chosen.get("kind"):
            whose = {"kind": kind, "name": chosen["name"], "namespace": chosen["namespace"]}
            ways.append(Asked(**whose, **given))
            if self.target == "workload":
                ways.append(Asked(**whose))
        if name := chosen.get("replicas_name"):
            ways.append(Asked(kustomize_replicas=name))
        return ways

    def _given(self) -> dict[str, Any]:
        given: dict[str, Any] = {"path": self.selector["path"]}
        if self.selector.get("inside_block_scalar"):
            given["pattern"] = r"value: (\d+)"
        if self.selector.get("inside_string"):
            given["pattern"] = rf"^{re.escape(self.selector['replicas_name'])}=(\d+)$"
        if self.values_changed > 1:
            given["allow_anchors"] = True
        return given


@dataclass(frozen=True)
class File:
    """One file of the corpus."""

    name: str
    refuse: str | None
    edits: list[Edit] = field(repr=False)
    decoys: frozenset[int] = field(repr=False)
    """The lines of numbers that must stay."""

    def __str__(self) -> str:
        return self.name

    @property
    def content(self) -> bytes:
        """Its bytes."""
        return (_FOLDER / self.name).read_bytes()


def corpus_files(*, needed: bool = False) -> list[File]:
    """All files; none where the folder is absent, unless they are needed."""
    index = (shared("corpus") if needed else _FOLDER) / "index.json"
    return (
        [_file(facts) for facts in json.loads(index.read_text())["files"]] if index.exists() else []
    )


def _file(facts: dict[str, Any]) -> File:
    edits = [
        Edit(
            edit["selector"],
            edit["target"],
            edit["current"],
            edit["line"],
            edit["byte_offset"],
            edit["values_changed"],
            edit["expected_after_set_7"],
        )
        for edit in facts["edits"]
    ]
    lines = {decoy["line"] for decoy in facts["decoys"] if decoy.get("line")}
    return File(facts["file"], facts["refuse"], edits, frozenset(lines))
