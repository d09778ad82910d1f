"""The trailers of our commits: the audit log and the memory, written and parsed here alone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

SCALED_BY = "Scaled-By"
SCALE_DECISION = "Scale-Decision"
_APPENDED = re.compile(r"-+|(?:(?:Co-authored|Signed-off)-by: .*\n?)+")
_MAX_COUNT = 2**31 - 1


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
        return f"{SCALE_DECISION}: {json.dumps(fields, separators=(',', ':'))}"


def scale_decisions(message: str) -> Iterator[ScaleDecision]:
    """The decisions in a commit message's last paragraph; malformed ones are passed over."""
    for line in _last_paragraph(message).splitlines():
        key, _, value = line.partition(": ")
        if key == SCALE_DECISION and (decision := _parsed(value)):
            yield decision


def _parsed(value: str) -> ScaleDecision | None:
    try:
        fields = json.loads(value)
        return ScaleDecision(
            target=str(fields["target"]),
            from_=None if fields["from"] is None else _count(fields["from"]),
            to=_count(fields["to"]),
            policy=str(fields["policy"]),
            reason=str(fields["reason"]),
        )
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None


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
