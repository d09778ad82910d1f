"""The status page, rendered."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from bridge.observe.board import Board
from bridge.observe.chart import chart, sparkline
from bridge.observe.headline import failing, headline
from bridge.observe.rows import STATES
from bridge.observe.samples import Sample
from bridge.units import short_duration

_FORTNIGHT = timedelta(days=14)
"""Before a certificate ends, a person is told: as by the alert on it."""
_QUERY = re.compile(r"""(^|\()(["']).*?\2: """)
"""At the start of an error, or of what it says in brackets."""
_MARKS = {
    "failed": "✕",
    "stuck": "⚠",
    "unknown": "?",
    "held": "‖",
    "paused": "‖",
    "changing": "↗",
    "in flight": "→",
    "steady": "✓",
    "suspended": "–",
}


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("bridge", "observe/templates"),
        autoescape=select_autoescape(
            default=True, default_for_string=True, enabled_extensions=("j2",)
        ),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "clock": _clock,
        "day": _day,
        "span": short_duration,
        "parts": _parts,
        "number": _number,
        "terse": _terse,
    }
    environment.globals |= {"mark": _MARKS.__getitem__, "states": STATES}
    return environment


def rendered(template: str, board: Board, facts: Mapping[str, Any]) -> str:
    """A page; `facts` are the template's own, beside those of the whole service."""
    asked = facts.get("asked")
    shown = board.shown(asked.wanted) if asked else None
    rows = {row.id: row for row in shown.rows} if shown else {}
    overview, sources = board.overview(shown), board.sources().sources
    return (
        _environment()
        .get_template(template)
        .render(
            overview=overview,
            headline=headline(overview, sources),
            failing=failing(sources),
            credentials=board.credentials().credentials if asked else (),
            confirmations=board.confirmations().confirmations if asked else (),
            fortnight=_FORTNIGHT,
            targets=board.targets(shown) if shown else None,
            commits=board.commits().commits if asked else (),
            sources=sources,
            batches=board.batches().batches if asked else (),
            spark=lambda key: _spark(board.samples(rows[key])),
            link=_Link(asked) if asked else None,
            chart=_chart,
            **facts,
        )
    )


class _Link:
    """The address of the page with something else asked for; what is as ever is left out."""

    def __init__(self, asked: Any) -> None:
        self._asked = asked

    def __call__(self, **changes: Any) -> str:
        given = {**self._asked.model_dump(exclude_defaults=True), **changes}
        fields = type(self._asked).model_fields
        kept = {name: one for name, one in given.items() if one != fields[name].default}
        return f"?{urlencode(kept)}" if kept else "./"


def _spark(samples: Sequence[Sample]) -> Markup:
    return Markup(sparkline(samples))  # noqa: S704 # numbers and our own tags


def _chart(samples: Sequence[Sample], metric: str) -> Markup:
    return Markup(chart(samples, str(escape(metric))))  # noqa: S704 # the name is escaped


def _clock(at: datetime) -> str:
    return f"{at.astimezone(UTC):%H:%M:%S}"


def _day(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"


def _number(value: float) -> str:
    """Four figures are enough to look at."""
    return f"{value:.4g}" if abs(value) < 10_000 else f"{value:,.0f}"


def _terse(error: str) -> str:
    """Without the query, which may be longer than what came of it; `Why` has it whole."""
    return _QUERY.sub(r"\1", error, count=1)


def _parts(target: str) -> tuple[str, str]:
    """A target's own name, and where it is."""
    where, _, name = target.rpartition("/")
    return name, where
