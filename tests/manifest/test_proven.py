"""What is proven to change a number and nothing else, is found to by reading the file again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.errors import ManifestUnsupported
from bridge.manifest.locate import located, opened, suffix_of
from bridge.manifest.locator import Field, KustomizeReplicas, Locator, Marker
from bridge.manifest.path import Path
from bridge.manifest.splice import Change, edited, is_proven, with_counts
from bridge.manifest.survey import surveyed
from bridge.manifest.target import Target
from bridge.manifest.tree import MAX_BYTES, Scalar
from bridge.manifest.workload import workloads
from tests.manifest.corpus import File, corpus_files
from tests.manifest.written import Written, manifests

EXAMPLES = int(os.environ.get("SCALEBRIDGE_PROVEN_EXAMPLES", "600"))
VALUES = st.sampled_from([0, 4, 10, 987_654_321, 2**31 - 1])
OWNER = Target("Deployment", "3")
SOUP = (
    *("3", "3\n", " 3\n", "30", "'3'", '"3"', "3,", "3 ", "3 # c\n", "3#c\n", "3:", "3: ", "3x"),
    *("\n", "\n", "\n  ", "\n    ", "\r\n", "\r", "\u2028", "\x85", "\t", " ", "\ufeff"),
    *("a: ", "b:\n  ", "c:\n- ", "- ", "- - ", "? ", ": ", "x", "k" * 1020 + ": ", "k" * 1020),
    *("{", "}", "[", "]", ", ", ",\n", "{a: ", "{? ", "}: ", "# c\n", " # \u2028", "%YAML 1.1\n"),
    *("&x ", "*x", "*x\n", "!t ", "<<: *x\n", "|\n  ", ">-\n  ", "---\n", "--- ", "...\n"),
    *(
        "kind: Deployment\n",
        "metadata: {name: 3}\n",
        "spec:\n  replicas: 3",
        "replicas:\n- count: ",
    ),
    *("spec: &x\n  name: 3\n", "metadata: *x\n", "  name: a\n", "kind: Kustomization\n"),
)


@st.composite
def soups(draw: st.DrawFn) -> bytes:
    """Pieces of YAML in any order; some of them are YAML."""
    pieces = draw(st.lists(st.sampled_from(SOUP), min_size=2, max_size=14))
    return "".join(pieces).encode()


def places(content: bytes, path: str) -> Iterator[Locator]:
    """Every way to every number of the file."""
    file = opened(content, path)
    for document in file.documents:
        for way in document.ways():
            if isinstance(way.node, Scalar) and way.node.value.isdecimal():
                yield from _ways_to(way.path, document.number)
    yield from (Locator(KustomizeReplicas(name)) for name in ("a", "3"))


def _ways_to(path: Path, number: int) -> Iterator[Locator]:
    for allowed in (False, True):
        yield Locator(Field(path, doc=number), allow_anchors=allowed)
        yield Locator(Field(path, owner=OWNER), allow_anchors=allowed)


def proven(content: bytes, path: str, value: int) -> int:
    """How many of the file's numbers are; each is as the whole check has it."""
    found = 0
    for locator in places(content, path):
        with suppress(ManifestUnsupported):
            count = located(content, path, locator)
            change = Change(count, value, locator)
            if is_proven(content, change):
                found += 1
                assert with_counts(content, path, [change]) == whole(content, path, change)
    return found


def whole(content: bytes, path: str, change: Change) -> bytes:
    """By reading both versions; a refusal would be one that the proof overlooked."""
    try:
        return edited(content, path, change.locator, change.value)[1]
    except ManifestUnsupported as refusal:
        pytest.fail(f"{content!r}: {change}: {refusal}")


@settings(max_examples=EXAMPLES, deadline=None)
@given(soups(), VALUES)
def test_in_odd_yaml(content: bytes, value: int) -> None:
    with suppress(ManifestUnsupported):
        proven(content, "a.yaml", value)


@settings(max_examples=EXAMPLES // 6, deadline=None)
@given(manifests(), VALUES)
def test_in_manifests(file: Written, value: int) -> None:
    proven(file.holding(3), "a.yaml", value)


@pytest.mark.parametrize("file", [one for one in corpus_files() if not one.refuse], ids=str)
def test_in_real_files(file: File) -> None:
    if suffix_of(file.name) in (".yaml", ".yml", ".json"):
        proven(file.content, file.name, 2**31 - 1)


HEAD = "kind: Deployment\nmetadata: {name: web, namespace: shop}\n"


@pytest.mark.parametrize(
    "spec",
    [
        "spec:\n  replicas: 3\n",
        "spec:\n  replicas: 3",
        "spec:\n  replicas: 3  # three\r\n  paused: true\r\n",
        "spec:\n  replicas:\n    3\n",
        "spec: {replicas: 3}\n",
        'spec: {\n  "replicas": 3,\n  "paused": true\n}\n',
    ],
)
def test_the_usual_ones_are(spec: str) -> None:
    content = f"{HEAD}{spec}".encode()
    [change] = changes(content)
    assert is_proven(content, change)
    assert with_counts(content, "a.yaml", [change]) == content.replace(b"3", b"12", 1)


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param("spec:\n  replicas: '3'\n", id="quoted"),
        pytest.param("spec: {replicas: 3, paused: true}\n", id="more on the line"),
        pytest.param("spec: {replicas: 3\t}\n", id="a tab"),
    ],
)
def test_others_are_read_again(spec: str) -> None:
    content = f"{HEAD}{spec}".encode()
    [change] = changes(content)
    assert not is_proven(content, change)
    assert with_counts(content, "a.yaml", [change]) == content.replace(b"3", b"12", 1)


def changes(content: bytes) -> list[Change]:
    """The one workload to 12, at the place that the parser finds."""
    locators = [found.locator for found in workloads(content)]
    return [Change(located(content, "a.yaml", one), 12, one) for one in locators]


@pytest.mark.parametrize(
    ("content", "locator"),
    [
        ("a: &x 3\nb: *x\n", Locator(Field(("a",)), allow_anchors=True)),
        ("a: &x\n  n: 3\nb: *x\n", Locator(Field(("a", "n")), allow_anchors=True)),
        ("a: 3\n", Locator(Field(("a",)), pattern=r"\d+")),
        ("a: 3 # scalebridge: web\n", Locator(Marker("web"))),
        (
            "kind: Deployment\nmetadata:\n  name: 3\n",
            Locator(Field(("metadata", "name"), owner=OWNER)),
        ),
        ("a = 3\n", Locator(Field(("a",)), file="a.toml")),
    ],
)
def test_what_more_depends_on_is_read_again(content: str, locator: Locator) -> None:
    raw = content.encode()
    count = located(raw, locator.file or "a.yaml", locator)
    assert not is_proven(raw, Change(count, 4, locator))


def test_what_the_outline_found_is_read_again() -> None:
    """It may have taken text for YAML that is none."""
    content = f"{HEAD}spec:\n  replicas: 3\n".encode()
    [found] = surveyed(content, ".yaml").workloads
    assert found.count
    assert not is_proven(content, Change(found.count, 12, found.locator))


def test_a_file_that_grows_beyond_the_limit_is_refused() -> None:
    content = b"a: 9\n" + b"#" * (MAX_BYTES - 5)
    locator = Locator(Field(("a",)))
    change = Change(located(content, "a.yaml", locator), 10, locator)
    assert is_proven(content, change)
    with pytest.raises(ManifestUnsupported, match="too big for a manifest"):
        with_counts(content, "a.yaml", [change])
