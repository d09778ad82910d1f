"""Real public manifests: each count gives the expected file, each refusal stays untouched."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.errors import ManifestUnsupported
from bridge.manifest.splice import scaled, with_count
from bridge.manifest.target import Target
from bridge.manifest.workload import Workload, workloads
from tests.parts.gate import shared

Facts = dict[str, Any]


@pytest.fixture(scope="module")
def corpus() -> Path:
    """The folder of the manifests."""
    return shared("corpus")


@pytest.fixture(scope="module")
def files(corpus: Path) -> list[tuple[Facts, bytes]]:
    """What is known of each file, and its bytes."""
    facts = json.loads((corpus / "index.json").read_text("utf-8"))["files"]
    assert len(facts) >= 94
    return [(fact, (corpus / fact["file"]).read_bytes()) for fact in facts]


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def counted(content: bytes) -> Iterator[Workload]:
    """The workloads whose count our API would change."""
    try:
        yield from (workload for workload in workloads(content) if workload.count)
    except ManifestUnsupported:
        return


def test_every_workload_is_scaled_to_the_expected_bytes(files: list[tuple[Facts, bytes]]) -> None:
    edits = [
        (fact["file"], content, edit)
        for fact, content in files
        for edit in fact["edits"]
        if edit["target"] == "workload"
    ]
    assert len(edits) >= 50
    for name, content, edit in edits:
        chosen = edit["selector"]
        target = Target(chosen["kind"], chosen["name"], chosen["namespace"], chosen["apiVersion"])
        assert digest(scaled(content, target, 7)) == edit["expected_after_set_7"], name


def test_nothing_but_the_known_counts_can_be_changed(files: list[tuple[Facts, bytes]]) -> None:
    for fact, content in files:
        expected = {edit["byte_offset"]: edit["expected_after_set_7"] for edit in fact["edits"]}
        for workload in counted(content):
            assert workload.count is not None
            where = f"{fact['file']}:{workload.line}"
            edited = digest(with_count(content, workload.count, 7))
            assert edited == expected.get(workload.count.start), where


def test_a_file_to_refuse_is_never_changed(files: list[tuple[Facts, bytes]]) -> None:
    refused = [(fact["file"], content) for fact, content in files if fact["refuse"]]
    assert len(refused) >= 11
    assert [name for name, content in refused if list(counted(content))] == []


def test_decoys_keep_their_bytes(files: list[tuple[Facts, bytes]]) -> None:
    decoyed = [(fact, content) for fact, content in files if fact["decoys"]]
    assert len(decoyed) >= 10
    for fact, content in decoyed:
        lines = {decoy["line"] for decoy in fact["decoys"] if decoy.get("line")}
        starts = {w.count.start for w in counted(content) if w.count}
        changed = {content.count(b"\n", 0, start) + 1 for start in starts}
        edited = {edit["line"] for edit in fact["edits"]}
        assert (changed - edited) & lines == set(), fact["file"]
