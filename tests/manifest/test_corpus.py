"""Real public files: each count gives the expected file, each refusal stays untouched.

Through the library here; through `scalebridge set` in tests/commands/test_set_corpus.py.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest

from bridge.errors import ManifestUnsupported
from bridge.manifest.locator import Locator
from bridge.manifest.splice import Change, edited, with_counts
from bridge.manifest.workload import Workload, workloads
from tests.manifest.corpus import Edit, File, corpus_files

FILES = corpus_files()
EDITS = [(file, edit) for file in FILES for edit in file.edits]


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def counted(content: bytes) -> Iterator[Workload]:
    """The workloads whose count our API would change."""
    try:
        yield from (workload for workload in workloads(content) if workload.count)
    except ManifestUnsupported:
        return


def test_the_corpus_is_there() -> None:
    assert len(corpus_files(needed=True)) >= 94


def locators(edit: Edit) -> list[Locator]:
    """Every way in which a person could say which count is meant."""
    return [asked.locator() for asked in edit.ways()]


@pytest.mark.parametrize(("file", "edit"), EDITS, ids=str)
def test_each_way_to_a_count_gives_the_expected_bytes(file: File, edit: Edit) -> None:
    content = file.content
    for locator in locators(edit):
        count, result = edited(content, file.name, locator, 7)
        assert digest(result) == edit.expected, locator
        assert (count.value, count.line, count.start) == (edit.current, edit.line, edit.start)
        assert 1 + len(count.moves) == edit.values_changed


@pytest.mark.parametrize("file", FILES, ids=str)
def test_nothing_but_the_known_counts_can_be_changed(file: File) -> None:
    expected = {edit.start: edit.expected for edit in file.edits}
    for workload in counted(file.content):
        assert workload.count is not None
        change = Change(workload.count, 7, workload.locator)
        changed = digest(with_counts(file.content, file.name, [change]))
        assert changed == expected.get(workload.count.start), workload.line


@pytest.mark.parametrize("file", [file for file in FILES if file.refuse], ids=str)
def test_a_file_to_refuse_is_never_changed(file: File) -> None:
    assert list(counted(file.content)) == []


@pytest.mark.parametrize("file", [file for file in FILES if file.decoys], ids=str)
def test_decoys_keep_their_bytes(file: File) -> None:
    starts = {w.count.start for w in counted(file.content) if w.count}
    changed = {file.content.count(b"\n", 0, start) + 1 for start in starts}
    assert (changed - {edit.line for edit in file.edits}) & file.decoys == set()
