"""A file is data that knows its lines, or an error that names its line."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.documents import Document, DocumentInvalid, load_document

FILE = b"""# a comment
name: web
parts:
  - count: 3
    tags: [a, b]
  - count: 4
"""


def test_a_document_is_data_with_the_line_of_each_field() -> None:
    document = load_document(FILE, "f.yaml")
    assert document.data == {
        "name": "web",
        "parts": [{"count": 3, "tags": ["a", "b"]}, {"count": 4}],
    }
    places: dict[tuple[str | int, ...], int] = {
        (): 2,
        ("name",): 2,
        ("parts",): 3,
        ("parts", 0): 4,
        ("parts", 0, "tags"): 5,
        ("parts", 0, "tags", 1): 5,
        ("parts", 1, "count"): 6,
        ("parts", 1, "missing", "deeper"): 6,
        ("parts", 9): 3,
        ("missing",): 2,
    }
    assert {place: document.line(place) for place in places} == places


@pytest.mark.parametrize(
    ("text", "data"),
    [
        pytest.param(b"", None, id="empty"),
        pytest.param(b"# only a comment\n", None, id="comment"),
        pytest.param(b"---\n...\n", None, id="an empty document"),
        pytest.param(b"\xef\xbb\xbfa: \xc3\xa4\r\n", {"a": "ä"}, id="BOM, CRLF, non-ASCII"),
        pytest.param(
            b"a: 2026-01-01\nb: 1:30\nc: =\n",
            {"a": "2026-01-01", "b": 90, "c": "="},
            id="a date and an equals sign are text",
        ),
        pytest.param(b"a: &x [1]\nb: *x\n", {"a": [1], "b": [1]}, id="an alias"),
        pytest.param(b"[1, {a: }]", [1, {"a": None}], id="flow style"),
    ],
)
def test_a_file_is_plain_data(text: bytes, data: Any) -> None:
    assert load_document(text, "f.yaml").data == data


def test_an_empty_file_has_one_line() -> None:
    assert load_document(b"", "f.yaml").line(("a", "b")) == 1
    assert Document("environment", {}, {}).line(()) == 1


@pytest.mark.parametrize(
    ("text", "error"),
    [
        pytest.param(b"a: 1\nb: [", "f.yaml:3: did not find expected node content", id="cut off"),
        pytest.param(
            b"a: b: c\n", "f.yaml:1: mapping values are not allowed in this context", id="two"
        ),
        pytest.param(
            b"a: 1\n\tb: 2\n", "f.yaml:2: found a tab character that violates indentation", id="tab"
        ),
        pytest.param(
            b"a: 1\n---\nb: 2\n", "f.yaml:2: but found another document", id="two documents"
        ),
        pytest.param(b"a: 1\nb: 2\na: 3\n", "f.yaml:3: a: key given twice", id="key given twice"),
        pytest.param(b"a:\n- b: 1\n  b: 2\n", "f.yaml:3: b: key given twice", id="twice, deeper"),
        pytest.param(b"1: a\n'1': b\n", "f.yaml:2: 1: key given twice", id="twice, as text"),
        pytest.param(
            b"x: {a: 1}\ny:\n  <<: {b: 2}\n",
            "f.yaml:3: merge keys (<<) are not supported",
            id="merge",
        ),
        pytest.param(b"? [a]\n: b\n", "f.yaml:1: found unhashable key", id="a list as key"),
        pytest.param(b"a: *b\n", "f.yaml:1: found undefined alias", id="undefined alias"),
        pytest.param(
            b"a:\n  !!python/name:os.system x\n",
            "f.yaml:2: could not determine a constructor for the tag "
            "'tag:yaml.org,2002:python/name:os.system'",
            id="a tag",
        ),
        pytest.param(
            b"a: \xe4\n", "f.yaml:1: not a YAML file: incomplete UTF-8 octet sequence", id="Latin-1"
        ),
        pytest.param(
            b"\na: 1\n# \x00\n",
            "f.yaml:3: not a YAML file: control characters are not allowed",
            id="NUL",
        ),
        pytest.param(
            b"a: !!bool maybe\n", "f.yaml:1: a value does not fit its tag: 'maybe'", id="bool"
        ),
        pytest.param(
            b"a: !!int ''\n",
            "f.yaml:1: a value does not fit its tag: string index out of range",
            id="int",
        ),
        pytest.param(
            b"a: !!float x\n",
            "f.yaml:1: a value does not fit its tag: could not convert string to float: 'x'",
            id="float",
        ),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(text: bytes, error: str) -> None:
    with pytest.raises(DocumentInvalid) as refused:
        load_document(text, "f.yaml")
    assert str(refused.value) == error


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"\n" + b"[" * 100_000, id="without an end"),
        pytest.param(b"\n" + b"[" * 101 + b"]" * 101, id="with its end"),
        pytest.param(b"\n" + b"- " * 5_000, id="block style"),
        pytest.param(b"\n" + b"{a: " * 5_000, id="mappings"),
        pytest.param(b"a: 1\n" + b"? " * 5_000, id="keys"),
    ],
)
def test_a_file_that_is_nested_too_deeply_is_refused(text: bytes) -> None:
    with pytest.raises(DocumentInvalid) as refused:
        load_document(text, "f.yaml")
    assert str(refused.value) == "f.yaml:2: nested deeper than 100 levels"


def test_a_file_may_be_nested_as_deeply_as_people_nest() -> None:
    assert load_document(b"[" * 100 + b"]" * 100, "f.yaml").line((0, 0)) == 1
    assert load_document(b"a: &a [*a]\n", "f.yaml").line(("a", 0)) == 1
    assert len(load_document(b"- [[], {}]\n" * 300, "f.yaml").data) == 300


def test_an_alias_bomb_is_harmless() -> None:
    levels = "".join(f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 50)}]\n" for n in range(1, 30))
    document = load_document(f"x0: &x0 boom\n{levels}last: 1\n".encode(), "f.yaml")
    assert (document.data["last"], document.line(("last",))) == (1, 31)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=40) | st.text("{}[]:-?!&*<>|'\"#% \nab01", max_size=40).map(str.encode))
def test_whatever_a_file_holds_is_data_or_refused_with_its_line(text: bytes) -> None:
    try:
        assert load_document(text, "f.yaml").line(()) >= 1
    except DocumentInvalid as refused:
        place = str(refused).split(": ")[0]
    else:
        place = "f.yaml:1"
    assert place.startswith("f.yaml:")
    assert int(place.removeprefix("f.yaml:")) >= 1
