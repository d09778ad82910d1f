"""The log's events are a closed list of constant names, each at its level."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import bridge
from bridge.observe.events import EVENTS
from bridge.service.proposing import EVENT_OF

SOURCES = sorted(Path(bridge.__file__).parent.rglob("*.py"))
CHOSEN = {"service/news.py", "service/proposing.py"}
"""Where one of several events is chosen before it is told."""
LEVELS = {"debug", "info", "warning", "error", "critical", "exception", "log"}


def told(source: Path) -> Iterator[tuple[str, ast.expr]]:
    """The level and the event of each call that logs: `log.info("decided", …)`."""
    for node in ast.walk(ast.parse(source.read_text())):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        of = node.func.value
        if isinstance(of, ast.Name) and of.id == "log" and node.func.attr in LEVELS:
            yield node.func.attr, node.args[0]


def test_every_call_tells_an_event_of_the_list_at_its_level() -> None:
    told_here: set[str] = set()
    for source in SOURCES:
        place = str(source.relative_to(Path(bridge.__file__).parent))
        for level, event in told(source):
            if isinstance(event, ast.Constant) and level != "log":
                told_here.add(str(event.value))
                assert level in {EVENTS[str(event.value)].level, "debug"}, event.value
            elif place != "observe/logs.py":
                assert isinstance(event, ast.Name), f"{place}: an event is a constant"
                assert place in CHOSEN
    chosen = {"decided", "held", "quarrel", "metrics_unknown", "not_decided", "steady"}
    text = "".join(source.read_text() for source in SOURCES)
    told_elsewhere = {name for name in EVENTS if re.search(rf'tell\("{name}"', text)}
    known = told_here | chosen | set(EVENT_OF.values()) | told_elsewhere | {"library_said"}
    assert known == EVENTS.keys()


def test_names_are_words_and_meanings_sentences() -> None:
    for name, event in EVENTS.items():
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", name)
        assert event.meaning.endswith(".")
