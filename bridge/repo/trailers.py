"""The trailers of our commits: the audit log and the memory, written and parsed here alone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

SCALED_BY = "Scaled-By"
SCALE_DECISION = "Scale-Decision"
SCALE_RELEASE = "Scale-Release"
SCALE_PAUSE = "Scale-Pause"
_APPENDED = re.compile(r"-+|(?:(?:Co-authored|Signed-off)-by: .*\n?)+")
_UNDOING = re.compile(r"(?:revert|reapply)\b", re.IGNORECASE)
_UNDOING_COMMIT = re.compile(r"^this reverts (?:commit|merge)\b", re.IGNORECASE | re.MULTILINE)
_MAX_COUNT = 2**31 - 1
_Trailer = TypeVar("_Trailer")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleDecision:
    """What one commit did to one target, and why."""

    target: str
    from_: int | None
    """None where Git held no count before."""
    to: int
    policy: str
    reason: str

    def render(self) -> str:
        """The trailer's line."""
        fields = {
            "target": self.target,
            "from": self.from_,
            "to": self.to,
            "policy": self.policy,
            "reason": self.reason,
        }
        return f"{SCALE_DECISION}: {_compact(fields)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleRelease:
    """A person's order that a target's hold ends, by whom, and why."""

    target: str
    by: str = ""
    reason: str = ""

    def render(self) -> str:
        """The trailer's line."""
        fields = {"target": self.target, "by": self.by, "reason": self.reason}
        given = {name: text for name, text in fields.items() if text}
        return f"{SCALE_RELEASE}: {_compact(given)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalePause:
    """A person's order that a target's count stays until a time, by whom, and why."""

    target: str
    until: datetime
    by: str = ""
    reason: str = ""

    def render(self) -> str:
        """The trailer's line."""
        until = self.until.astimezone(UTC).isoformat(timespec="seconds")
        fields = {"target": self.target, "until": until, "by": self.by, "reason": self.reason}
        given = {name: text for name, text in fields.items() if text}
        return f"{SCALE_PAUSE}: {_compact(given)}"


def scale_decisions(message: str) -> Iterator[ScaleDecision]:
    """The decisions in a commit message's last paragraph; malformed ones are passed over."""
    return _found(message, SCALE_DECISION, _decision)


def scale_releases(message: str) -> Iterator[ScaleRelease]:
    """The releases in a commit message's last paragraph; malformed ones are passed over."""
    return _found(message, SCALE_RELEASE, _release)


def scale_pauses(message: str) -> Iterator[ScalePause]:
    """The pauses in a commit message's last paragraph; malformed ones are passed over."""
    return _found(message, SCALE_PAUSE, _pause)


def _found(message: str, name: str, parse: Callable[[Any], _Trailer]) -> Iterator[_Trailer]:
    if _undoes(message):
        return
    for line in _last_paragraph(message).splitlines():
        key, _, value = line.partition(": ")
        if key == name:
            try:
                trailer = parse(json.loads(value))
            except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
                continue
            yield trailer


def _decision(fields: Any) -> ScaleDecision:
    return ScaleDecision(
        target=_encodable(fields["target"]),
        from_=None if fields["from"] is None else _count(fields["from"]),
        to=_count(fields["to"]),
        policy=_encodable(fields["policy"]),
        reason=_encodable(fields["reason"]),
    )


def _release(fields: Any) -> ScaleRelease:
    return ScaleRelease(**_texts(fields))


def _pause(fields: Any) -> ScalePause:
    until = datetime.fromisoformat(fields["until"])
    if until.tzinfo is None:
        raise ValueError("no time zone")
    return ScalePause(until=until.astimezone(UTC), **_texts(fields))


def _texts(fields: Any) -> dict[str, str]:
    given = {"by": "", "reason": "", **fields}
    texts = {name: given[name] for name in ("target", "by", "reason")}
    if not all(isinstance(text, str) for text in texts.values()):
        raise ValueError("no text")
    return {name: _printable(text) for name, text in texts.items()}


def _encodable(given: Any) -> str:
    """JSON can spell halves of characters, which no page or commit of ours could hold."""
    return str(given).encode(errors="replace").decode()


def _printable(text: str) -> str:
    """As far as logs, pages and other commits may have it."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)


def _undoes(message: str) -> bool:
    """A revert is its author's own, whatever it quotes of the commit that it takes back."""
    return bool(_UNDOING.match(message) or _UNDOING_COMMIT.search(message))


def _last_paragraph(message: str) -> str:
    """But for what a forge appends when it squashes: a rule, and who else wrote it."""
    *_, paragraph = [""] + [
        part for part in message.rstrip().split("\n\n") if not _APPENDED.fullmatch(part.strip())
    ]
    return paragraph


def _count(given: Any) -> int:
    count = int(given)
    if not 0 <= count <= _MAX_COUNT:
        raise ValueError(f"no count: {count}")
    return count


def _compact(fields: dict[str, Any]) -> str:
    return json.dumps(fields, separators=(",", ":"))
