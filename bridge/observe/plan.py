"""A plan for people: the diff that would be committed, and why."""

from __future__ import annotations

import difflib
import io
from collections.abc import Iterable, Mapping

from bridge.decide.decision import Decision


def unified_diff(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> str:
    """As `git diff` prints it; line ends are kept, undecodable bytes shown escaped."""
    return "".join(_file_diff(path, before[path], after[path]) for path in sorted(after))


def _file_diff(path: str, before: bytes, after: bytes) -> str:
    names = _quoted(f"a/{path}"), _quoted(f"b/{path}")
    lines = difflib.unified_diff(_lines(before), _lines(after), *names, lineterm="\n")
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def _quoted(path: str) -> str:
    """As git quotes a name that a line of a diff can't hold as it is."""
    if path.isprintable() and not set(path) & {'"', "\\"}:
        return path
    raw = path.encode(errors="surrogateescape")
    plain = (chr(b) if 32 <= b < 127 and b not in b'"\\' else f"\\{b:03o}" for b in raw)
    return f'"{"".join(plain)}"'


def _lines(content: bytes) -> list[str]:
    return list(io.StringIO(content.decode(errors="backslashreplace"), newline="\n"))


def reasons(decisions: Iterable[Decision]) -> str:
    """One paragraph a decision: from, to, and each step but what is told as a problem."""
    return "\n".join(
        "\n".join(
            [
                f"{d.policy}: {d.target} {d.change()}",
                *(f"  {reason}" for reason in d.reasons if reason not in d.errors),
            ]
        )
        for d in decisions
    )
