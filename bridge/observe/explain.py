"""An explanation for people, as tables that need no colour, and for programs."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic.alias_generators import to_camel
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bridge.decide.explanation import AlertItem, Explanation, MetricItem, RateItem, WindowItem
from bridge.documents import Document, Place
from bridge.observe.status import decision_facts
from bridge.units import plain

WIDTH = 100
_WHOLE = 55
_UNSET = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A decision with all that it rests on, and the file of the policy that asked for it."""

    explanation: Explanation
    document: Document
    place: str
    """Where the count stands: file and line."""
    tip: str
    notes: Sequence[str] = ()
    broken: str = ""
    """Why the policy's file can't be read, where an earlier version of it holds."""
    batch: str = ""
    """How long the change waits for others."""

    def where(self, field: str) -> str:
        """File and line of a field; `default` where the file leaves it out."""
        if not field:
            return ""
        place: Place = tuple(int(part) if part.isdigit() else part for part in field.split("."))
        if place not in self.document.lines:
            return _UNSET
        return f"{self.document.name}:{self.document.line(place)}"


def explain_text(told: Explained) -> str:
    """The head, a table for each kind of item that there is, and the steps; 100 columns wide."""
    written = io.StringIO()
    console = Console(file=written, width=WIDTH, color_system=None)
    console.print("\n".join(_head(told)), markup=False, highlight=False, soft_wrap=True)
    for table in _tables(told):
        if table.row_count:
            console.print()
            console.print(table)
    return "".join(f"{line.rstrip()}\n" for line in written.getvalue().splitlines())


def _head(told: Explained) -> Iterator[str]:
    found = told.explanation
    made = found.decision
    ready = (
        f"ready unknown ({found.ready_error})" if found.ready is None else f"{found.ready} ready"
    )
    yield f"{made.policy}: {made.target} {made.change()}"
    yield f"  at {_time(found.at)}; {told.place} says {made.current} at {told.tip[:12]}; {ready}"
    if made.changes and told.batch:
        yield f"  {told.batch}"
    yield from (f"  note: {note}" for note in told.notes)
    yield from (f"  broken: {line}" for line in told.broken.splitlines())


def _tables(told: Explained) -> Iterator[Table]:
    """In the order in which a decision is made."""
    found = told.explanation
    windows = [_window_row(told, one) for one in found.windows if one.seconds]
    rates = [_rate_row(told, one) for one in found.rates]
    alerts = [_alert_row(told, one) for one in found.alerts]
    yield _table("metric", "says", "target", "asks for", "asked by", rows=_metric_rows(told))
    yield _table("window", "holds", "last wished", "until", "asked by", rows=windows)
    yield _table("rate", "from", "lets go to", "counts", "asked by", rows=rates)
    yield _table("schedule", "minimum", "now", "asked by", rows=_schedule_rows(told))
    yield _table("alert", "minimum", "fires since", "asked by", rows=alerts)
    yield _table("change in Git", "by", "made by", rows=_change_rows(told))
    yield _table("step", "why", "asked by", rows=_step_rows(told))


def _table(*columns: str, rows: Iterable[Sequence[str]]) -> Table:
    """The last column stays whole unless it would leave the others no room."""
    cells = list(rows)
    longest = max((len(line) for row in cells for line in row[-1].splitlines()), default=0)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        whole = column is columns[-1] and longest <= _WHOLE
        table.add_column(Text(column), overflow="fold", no_wrap=whole)
    for row in cells:
        table.add_row(*map(Text, row))
    return table


def _metric_rows(told: Explained) -> Iterator[Sequence[str]]:
    for one in told.explanation.metrics:
        asks = "" if one.asks is None else f"{one.asks}"
        named = f"{one.name}\n{one.query}"
        yield named, _says(one), one.target, asks, told.where(one.field)


def _says(item: MetricItem) -> str:
    if item.value is None:
        return item.text
    return plain(round(item.value * 1000)) + (f"\n{item.ahead}" if item.ahead else "")


def _window_row(told: Explained, item: WindowItem) -> Sequence[str]:
    name = f"{item.direction}, {item.seconds:g} s"
    where = told.where(item.field)
    if item.unknown or item.at is None or item.until is None:
        return name, item.unknown or "nothing is known of it", "", "", where
    if item.direction == "level":
        return name, f"{item.wish}", f"{item.at:%H:%M:%S}", "", where
    kind = "at most" if item.direction == "up" else "at least"
    return name, f"{kind} {item.wish}", f"{item.at:%H:%M:%S}", f"{item.until:%H:%M:%S}", where


def _rate_row(told: Explained, item: RateItem) -> Sequence[str]:
    counts = "yes" if item.decides else ""
    name = f"{item.direction}, {item.rule}"
    return name, f"{item.start}", f"{item.reach}", counts, told.where(item.field)


def _schedule_rows(told: Explained) -> Iterator[Sequence[str]]:
    for one in told.explanation.schedules:
        state = "open" if one.is_open else "closed"
        yield one.name, f"{one.minimum}", state, told.where(one.field)


def _change_rows(told: Explained) -> Iterator[Sequence[str]]:
    for one in told.explanation.changes:
        yield _time(one.at), f"{one.by:+d}", "scalebridge" if one.ours else "others"


def _step_rows(told: Explained) -> Iterator[Sequence[str]]:
    for number, step in enumerate(told.explanation.decision.steps, 1):
        yield f"{number}", step.text, _asked_by(told, step.field)


def _alert_row(told: Explained, item: AlertItem) -> Sequence[str]:
    name = ", ".join(f"{label}={value}" for label, value in item.match.items())
    where = told.where(item.field)
    if item.minimum is None or item.since is None:
        state = f"unknown ({item.unknown})" if item.unknown else "does not fire"
        return name, f"{item.asks}", state, where
    asks = f"{item.minimum}" if item.asks == item.minimum else f"{item.asks}: {item.minimum}"
    return name, asks, _time(item.since), where


def _asked_by(told: Explained, field: str) -> str:
    return f"{told.where(field)}\n{field}" if field else ""


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def explain_facts(told: Explained) -> dict[str, Any]:
    """The same for programs: each item of a kind with the file and line of its field."""
    found = told.explanation
    steps = [asdict(step) for step in found.decision.steps]
    return {
        **decision_facts(found.decision),
        "at": found.at.isoformat(),
        "tip": told.tip,
        "place": told.place,
        "ready": found.ready,
        "readyError": found.ready_error or None,
        "notes": list(told.notes),
        "broken": told.broken or None,
        "batch": told.batch or None,
        "metrics": [_facts(told, asdict(one)) for one in found.metrics],
        "windows": [_facts(told, {**asdict(one), "until": one.until}) for one in found.windows],
        "rates": [_facts(told, asdict(one)) for one in found.rates],
        "schedules": [_facts(told, asdict(one)) for one in found.schedules],
        "alerts": [_facts(told, asdict(one)) for one in found.alerts],
        "changes": [{"at": c.at.isoformat(), "by": c.by, "ours": c.ours} for c in found.changes],
        "steps": [_facts(told, step) for step in steps],
    }


def _facts(told: Explained, item: dict[str, Any]) -> dict[str, Any]:
    plain_facts = {
        to_camel(name): value.isoformat() if isinstance(value, datetime) else value
        for name, value in item.items()
    }
    return {**plain_facts, "where": told.where(item["field"])}
