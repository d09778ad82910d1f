"""`history`: who or what changed which count, told as the log is read."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import typer
from rich.console import Console

from bridge.commands.console import DONE, awaited, give_up
from bridge.errors import BridgeError
from bridge.evaluate.prometheus import Prometheus
from bridge.observe.audit import COLUMNS, Event, csv_line
from bridge.observe.curve import curves, need_matplotlib, plot
from bridge.service.auditing import stretches
from bridge.service.opening import Opening
from bridge.service.serve import utc_now
from bridge.settings.configuration import Settings
from bridge.units import parse_duration

Form = Literal["text", "csv", "json"]


@dataclass(slots=True)
class Told:
    """What was asked for, and what is known of it when all is told."""

    begin: datetime
    target: str | None
    tell: Callable[[Event], None]
    governed: list[str] = field(default_factory=list)
    events: int = 0
    commits: int = 0


def tell_history(settings: Settings, target: str | None, since: str, form: Form) -> int:
    """Tells each event since then; returns the exit code."""
    tell = {"csv": _tell_csv, "json": _tell_json}.get(form, _tell_text)
    if form == "csv":
        typer.echo(csv_line(COLUMNS))
    told = Told(_begin(utc_now(), since), target, tell)
    awaited(_read(settings, told, showing=form == "text"))
    return _ended(told)


def draw_history(settings: Settings, target: str | None, since: str, file: Path) -> int:
    """Draws the replicas since then into the file; returns the exit code."""
    now, events = utc_now(), list[Event]()
    told = Told(_begin(now, since), target, events.append)
    try:
        need_matplotlib()
        awaited(_read(settings, told, showing=False))
        code = _ended(told)
        plot(curves(events, told.begin, now), file)
    except BridgeError as error:
        give_up(str(error))
    typer.echo(f"{file}: {len(events)} changes since {told.begin:%Y-%m-%d %H:%M} UTC")
    return code


def _begin(now: datetime, since: str) -> datetime:
    try:
        return now - timedelta(seconds=parse_duration(since))
    except ValueError as error:
        give_up(f"--since: {error}")


async def _read(settings: Settings, told: Told, *, showing: bool) -> None:
    """Long logs are slow: how far it is stands on the terminal, where the events don't."""
    async with AsyncExitStack() as parts:
        console = Console(stderr=True, quiet=showing and sys.stdout.isatty())
        progress = parts.enter_context(console.status("reading the state repo"))
        opening = Opening(settings, utc_now)
        repo = await parts.enter_async_context(opening.state_repo())
        prometheus = await parts.enter_async_context(Prometheus(settings.prometheus))
        view = await opening.rounds(repo, prometheus).look()
        managed = view.managed
        told.governed = sorted(str(item.target) for item in managed)
        wanted = [item for item in managed if told.target in (None, str(item.target))]
        pages = stretches(repo, view.snapshot, wanted, told.begin)
        async for stretch in await parts.enter_async_context(aclosing(pages)):
            told.commits += stretch.commits
            progress.update(f"{told.commits} commits, back to {stretch.oldest:%Y-%m-%d %H:%M}")
            for event in stretch.events:
                if told.target in (None, event.target):
                    told.events += 1
                    told.tell(event)


def _ended(told: Told) -> int:
    """A target that nobody governs and no commit names is a mistake."""
    if told.events:
        return DONE
    whose = f" of {told.target}" if told.target else ""
    begin = f"{told.begin:%Y-%m-%d %H:%M} UTC"
    typer.echo(f"no change{whose} in the {told.commits} commits since {begin}", err=True)
    if told.target and told.target not in told.governed:
        give_up(f"no policy governs it; governed are: {', '.join(told.governed) or 'none'}")
    return DONE


def _tell_text(event: Event) -> None:
    typer.echo(event.line())


def _tell_csv(event: Event) -> None:
    typer.echo(csv_line(list(event.facts().values())))


def _tell_json(event: Event) -> None:
    typer.echo(json.dumps(event.facts(), ensure_ascii=False))
