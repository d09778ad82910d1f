"""Files of many documents: each by itself, with the lines of the file."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bridge.documents import Document, DocumentInvalid, load_documents

documents = st.lists(
    st.dictionaries(st.text("ab-# ", min_size=1), st.text("ab-\n# .") | st.none()), max_size=4
)


@given(documents, st.sampled_from(["---\n", "--- # one more\n", "...\n---\n"]))
def test_each_document_is_read_as_yaml_reads_it(data: list[object], mark: str) -> None:
    text = "".join(mark + yaml.safe_dump(one) for one in data)
    read = list(load_documents(text.encode(), "f.yaml"))
    assert [one.data for one in read if isinstance(one, Document)] == data


def test_lines_are_those_of_the_file() -> None:
    text = b"# head\n---\na: 1\n---\n# more\nb: |\n  ---\nc: 2\n"
    first, second = load_documents(text, "f.yaml")
    assert isinstance(first, Document)
    assert isinstance(second, Document)
    assert (first.line(("a",)), second.line(("b",)), second.line(("c",))) == (3, 6, 8)
    assert second.data["b"] == "---\n"


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_broken_document_leaves_the_others(newline: str) -> None:
    text = newline.join(["a: 1", "---", "b: {", "---", "c: 3", ""])
    first, broken, last = load_documents(text.encode(), "f.yaml")
    assert isinstance(first, Document)
    assert isinstance(last, Document)
    assert (first.data, last.data, last.line(("c",))) == ({"a": 1}, {"c": 3}, 5)
    assert isinstance(broken, DocumentInvalid)
    assert str(broken).startswith("f.yaml:")


@pytest.mark.parametrize("text", [b"", b"\n", b"---\n", b"# c", b"\xef\xbb\xbf---\n# c\n...\n"])
def test_nothing_is_no_document(text: bytes) -> None:
    assert list(load_documents(text, "f.yaml")) == []
