"""The table of docs/metrics.md, and that of docs/logs.md: `make tables` writes them anew."""

from __future__ import annotations

from pathlib import Path

from bridge.observe.events import EVENTS
from bridge.observe.metrics import FAMILIES

DOCS = Path(__file__).parents[2] / "docs"
MARK = "<!-- made by `make tables` -->\n"


def metrics_table() -> str:
    """A row for each metric, by name."""
    rows = ["| metric | type | labels | what it says |", "|---|---|---|---|"]
    for name, kind, labels, text in sorted(FAMILIES):
        rows.append(f"| `{name}` | {kind} | {', '.join(labels)} | {text} |")
    return "\n".join([*rows, ""])


def events_table() -> str:
    """A row for each event, in the order of the list."""
    rows = ["| event | level | what it says |", "|---|---|---|"]
    rows += [f"| `{name}` | {event.level} | {event.meaning} |" for name, event in EVENTS.items()]
    return "\n".join([*rows, ""])


TABLES = {"metrics.md": metrics_table, "logs.md": events_table}


def written(page: str) -> str:
    """The page with its table as the code has it now."""
    head, _, rest = (DOCS / page).read_text("utf-8").partition(MARK)
    _, _, tail = rest.partition("\n\n")
    return f"{head}{MARK}{TABLES[page]()}" + (f"\n{tail}" if tail else "")


if __name__ == "__main__":
    for name in TABLES:
        (DOCS / name).write_text(written(name), "utf-8")
