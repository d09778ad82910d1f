"""Events as lines, CSV and curves."""

from __future__ import annotations

import csv
import io
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import ConfigInvalid
from bridge.observe.audit import COLUMNS, Event, Kind, csv_line
from bridge.observe.curve import curves, need_matplotlib, plot

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
WEB = "Deployment/shop/web"


def event(
    minutes: int, before: int | None, after: int | None, kind: Kind = "scaled", target: str = WEB
) -> Event:
    """So long after noon."""
    return Event(
        at=NOON + timedelta(minutes=minutes),
        target=target,
        kind=kind,
        before=before,
        after=after,
        who="web" if kind == "scaled" else "Robin",
        why="because",
        commit="0123456789abcdef",
    )


@pytest.mark.parametrize(
    ("told", "line"),
    [
        (event(0, 4, 7), "4 → 7  policy web: because  (0123456789ab)"),
        (event(0, 4, 7, "changed"), "4 → 7  Robin: because  (0123456789ab)"),
        (event(0, None, None, "released"), "released  Robin: because  (0123456789ab)"),
        (
            replace(event(0, 4, 7), why="\x1b[2Jsly\n"),
            "4 → 7  policy web: �[2Jsly�  (0123456789ab)",
        ),
        (Event(at=NOON, target=WEB, kind="changed", before=1, after=2), "1 → 2  somebody"),
    ],
)
def test_a_line_for_people(told: Event, line: str) -> None:
    assert told.line() == f"2026-03-04 12:00:00  {WEB}  {line}"


@given(st.lists(st.one_of(st.integers(), st.none(), st.text(st.characters(codec="utf-8")))))
def test_csv_is_read_back_and_runs_no_formula(values: list[int | str | None]) -> None:
    [read] = csv.reader(io.StringIO(csv_line(values), newline="")) if values else [[]]
    assert not any(text[:1] in tuple("=+@\t\r") for text in read)
    plain = ["" if value is None else str(value) for value in values]
    assert [text.removeprefix("'") for text in read] == [t.removeprefix("'") for t in plain]


def test_the_columns_are_the_facts() -> None:
    assert tuple(event(0, 1, 2).facts()) == COLUMNS


def test_a_curve_has_a_step_for_each_change() -> None:
    end = NOON + timedelta(hours=1)
    newest_first = [
        event(30, 9, 5, "changed"),
        event(20, None, None, "released"),
        event(10, 4, 9),
        event(5, 1, 2, target="Job/x"),
    ]
    assert curves(newest_first, NOON, end) == {
        WEB: [
            (NOON, 4),
            (NOON + timedelta(minutes=10), 9),
            (NOON + timedelta(minutes=30), 5),
            (end, 5),
        ],
        "Job/x": [(NOON, 1), (NOON + timedelta(minutes=5), 2), (end, 2)],
    }
    assert curves([], NOON, end) == {}


def test_a_missing_matplotlib_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    need_matplotlib()
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ConfigInvalid, match=r"pip install 'scalebridge\[plot\]'"):
        need_matplotlib()


def test_a_format_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match=r"x\.doc: Format 'doc' is not supported"):
        plot({}, tmp_path / "x.doc")
