"""A plan is a diff that git could apply, and the reasons for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.observe.plan import reasons, unified_diff
from tests.decide.given import decision
from tests.parts.gate import needs
from tests.parts.git import git

PLAIN = b"a: 1\nspec:\n  replicas: 3\nb: 2\n"


def test_a_diff_reads_as_gits() -> None:
    after = PLAIN.replace(b"3", b"12")
    assert unified_diff({"apps/web.yaml": PLAIN}, {"apps/web.yaml": after}) == (
        "--- a/apps/web.yaml\n+++ b/apps/web.yaml\n@@ -1,4 +1,4 @@\n"
        " a: 1\n spec:\n-  replicas: 3\n+  replicas: 12\n b: 2\n"
    )


def test_files_are_sorted_and_those_without_a_change_are_left_out() -> None:
    before = {"b": b"1\n", "a": b"1\n", "c": b"1\n"}
    diff = unified_diff(before, {"b": b"2\n", "a": b"2\n"})
    assert [line for line in diff.splitlines() if line.startswith("+++")] == ["+++ b/a", "+++ b/b"]
    assert unified_diff(before, {"c": b"1\n"}) == ""


@pytest.mark.parametrize(
    "before",
    [
        pytest.param(PLAIN, id="plain"),
        pytest.param(PLAIN.replace(b"\n", b"\r\n"), id="CRLF"),
        pytest.param(PLAIN.rstrip(), id="missing final newline"),
        pytest.param(b"replicas: 3", id="one line without a newline"),
        pytest.param(b"\xef\xbb\xbf" + PLAIN + "größe: ä\n".encode(), id="BOM and non-ASCII"),
        pytest.param(PLAIN.replace(b"a: 1", b"a: '\x0c\x1c\xc2\x85'"), id="other line breaks"),
        pytest.param(b"x: 1\n" * 20 + PLAIN + b"y: 1\n" * 20, id="far from both ends"),
    ],
)
def test_git_applies_the_diff_to_the_byte(before: bytes, tmp_path: Path) -> None:
    needs("git")
    after = before.replace(b"replicas: 3", b"replicas: 4")
    (tmp_path / "web.yaml").write_bytes(before)
    git(tmp_path, "apply", given=unified_diff({"web.yaml": before}, {"web.yaml": after}).encode())
    assert (tmp_path / "web.yaml").read_bytes() == after


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("my web.yaml", id="space"),
        pytest.param("größe.yaml", id="non-ASCII"),
        pytest.param("gr\udcf6sse.yaml", id="not UTF-8"),
        pytest.param('a"b.yaml', id="quote"),
        pytest.param("a\\b.yaml", id="backslash"),
        pytest.param("a\nb\t.yaml", id="line break and tab"),
    ],
)
def test_git_applies_the_diff_of_a_file_of_any_name(path: str, tmp_path: Path) -> None:
    needs("git")
    (tmp_path / path).write_bytes(PLAIN)
    git(tmp_path, "apply", given=unified_diff({path: PLAIN}, {path: b"a: 2\n"}).encode())
    assert (tmp_path / path).read_bytes() == b"a: 2\n"


def test_bytes_that_are_no_text_are_shown_escaped() -> None:
    assert "-a \\xff\n+b \\xff\n" in unified_diff({"x": b"a \xff\n"}, {"x": b"b \xff\n"})


def test_reasons_are_told_step_by_step() -> None:
    up = decision(4, 7, decision(0, 0).target, "load 640", "limited to 7")
    assert reasons([up, decision(1, 1)]) == (
        "web: Deployment/shop/web 4 → 7\n  load 640\n  limited to 7\n"
        "web: Deployment/shop/web stays at 1"
    )
    assert reasons([]) == ""
