"""What became of the counts, one event each: as text for people, CSV and JSON for programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Kind = Literal["scaled", "changed", "released", "paused"]
COLUMNS = ("at", "target", "kind", "from", "to", "who", "why", "commit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that a commit did to a target's count, or to its hold.

    scaled: a decision of ours, by the policy in `who`. changed: somebody else's commit; where
    `who` is empty, two decisions of ours tell that it must have been there. released, paused: an
    order.
    """

    at: datetime
    target: str
    kind: Kind
    before: int | None = None
    after: int | None = None
    who: str = ""
    why: str = ""
    commit: str = ""

    def facts(self) -> dict[str, Any]:
        """As JSON has it, and CSV under `COLUMNS`."""
        values = (
            self.at.isoformat(),
            self.target,
            self.kind,
            self.before,
            self.after,
            self.who,
            self.why,
            self.commit,
        )
        return dict(zip(COLUMNS, values, strict=True))

    def line(self) -> str:
        """For people; no commit message moves their terminal's cursor."""
        who = f"policy {self.who}" if self.kind == "scaled" else self.who or "somebody"
        before = "none" if self.before is None else self.before
        count = f"{before} → {self.after}" if self.kind in ("scaled", "changed") else self.kind
        why = f": {self.why}" if self.why else ""
        commit = f"  ({self.commit[:12]})" if self.commit else ""
        line = f"{self.at:%Y-%m-%d %H:%M:%S}  {self.target}  {count}  {who}{why}{commit}"
        return "".join(letter if letter.isprintable() else "�" for letter in line)


def csv_line(values: Sequence[Any]) -> str:
    """One record, without its line end; a spreadsheet takes no text of it for a formula."""
    out = io.StringIO()
    csv.writer(out).writerow([_inert(value) for value in values])
    return out.getvalue().removesuffix("\r\n")


def _inert(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value[:1] in tuple("=+-@\t\r") else value
