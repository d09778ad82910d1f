"""A splice changes the digits and nothing else, in whatever style the file is written."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from bridge.manifest.target import Target
from bridge.manifest.workload import workloads
from tests.manifest.given import scaled
from tests.manifest.written import WEB, Written, manifests

COUNTS = st.integers(0, 999_999_999)


def counts(content: bytes) -> dict[Target, int]:
    """Every count of the file."""
    return {w.target: w.count.value for w in workloads(content) if w.count}


def as_ruamel_reads(content: bytes) -> list[Any]:
    """The documents by a second parser, of YAML 1.2 and in Python."""
    yaml = YAML(typ="rt", pure=True)
    yaml.composer.warn_double_anchors = False  # re-used names are valid, and meant here
    return list(yaml.load_all(content.decode("utf-8-sig")))


def deployment(document: Any) -> Any:
    """The Deployment, or a List's item that is it."""
    return document["items"][1] if document["kind"] == "List" else document


@settings(max_examples=120, deadline=None)
@given(manifests(), COUNTS, COUNTS)
def test_every_other_byte_survives(file: Written, old: int, new: int) -> None:
    assert scaled(file.holding(old), WEB, new) == file.holding(new)


@settings(max_examples=40, deadline=None)
@given(manifests(), COUNTS, COUNTS)
def test_a_second_parser_sees_the_new_count_and_no_other_change(
    file: Written, old: int, new: int
) -> None:
    before = as_ruamel_reads(file.holding(old))
    after = as_ruamel_reads(scaled(file.holding(old), WEB, new))
    assert int(deployment(before[file.document])["spec"].pop("replicas")) == old
    assert int(deployment(after[file.document])["spec"].pop("replicas")) == new
    assert after == before


@settings(max_examples=40, deadline=None)
@given(manifests(), COUNTS, COUNTS)
def test_what_was_written_is_what_is_read(file: Written, old: int, new: int) -> None:
    before = counts(file.holding(old))
    assert before[WEB] == old
    assert counts(scaled(file.holding(old), WEB, new)) == {**before, WEB: new}
