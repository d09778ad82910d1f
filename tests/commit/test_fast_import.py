"""A draft is one fast-import stream: whole contents, quoted paths, its own mode for each file."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bridge.repo.fast_import import DRAFT, Draft, Identity, stream

AT = datetime(2026, 3, 4, 12, 0, 0, 999_000, tzinfo=UTC)


def draft(contents: dict[str, bytes]) -> Draft:
    """A draft with these files."""
    return Draft(
        "0" * 40, "scale: größer\n", Identity("scalebridge", "s@example.org"), AT, contents
    )


def test_a_stream_is_exactly_this() -> None:
    contents = {"b.yaml": b"\xff\r\n", "a.sh": b"data 0\n"}
    assert stream(draft(contents), {"a.sh": "100755", "b.yaml": "100644"}) == (
        b"feature done\n"
        b"commit refs/scalebridge/draft\n"
        b"mark :1\n"
        b"author scalebridge <s@example.org> 1772625600 +0000\n"
        b"committer scalebridge <s@example.org> 1772625600 +0000\n"
        b"data 16\nscale: gr\xc3\xb6\xc3\x9fer\n\n"
        b"from 0000000000000000000000000000000000000000\n"
        b'M 100755 inline "a.sh"\ndata 7\ndata 0\n\n'
        b'M 100644 inline "b.yaml"\ndata 3\n\xff\r\n\n'
        b"\nget-mark :1\ndone\n"
    )
    assert DRAFT == "refs/scalebridge/draft"


@pytest.mark.parametrize(
    ("path", "quoted"),
    [
        pytest.param("a b.yaml", b'"a b.yaml"', id="space"),
        pytest.param('a"b.yaml', b'"a\\"b.yaml"', id="quote"),
        pytest.param("a\\b.yaml", b'"a\\\\b.yaml"', id="backslash"),
        pytest.param("a\nM 100644 inline x", b'"a\\nM 100644 inline x"', id="newline"),
        pytest.param("gr\udcf6ße.yaml", b'"gr\xf6\xc3\x9fe.yaml"', id="not UTF-8"),
    ],
)
def test_a_path_cannot_break_out_of_its_line(path: str, quoted: bytes) -> None:
    commands = stream(draft({path: b"x"}), {path: "100644"})
    assert b"\nM 100644 inline " + quoted + b"\ndata 1\nx\n" in commands
