"""`doctor`: tries every connection and right, one line each with what to do."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Final

import typer

from bridge.commands.console import A_PERSON_MUST_ACT, DONE, awaited, print_json
from bridge.observe.logs import set_up_logs
from bridge.service.checkup import Trials, checkup
from bridge.service.finding import Finding
from bridge.service.opening import Opening
from bridge.service.serve import utc_now
from bridge.settings.configuration import Settings

_EVERY_S: Final = 5.0


def examine(settings: Settings, url: str = "", *, as_json: bool) -> int:
    """Tells each finding as it comes, changes nothing, and returns the exit code."""
    set_up_logs(settings.log)
    findings = awaited(_told(settings, url, as_json=as_json))
    if as_json:
        print_json({"checks": [asdict(one) for one in findings]})
    return DONE if all(one.ok for one in findings) else A_PERSON_MUST_ACT


async def _told(settings: Settings, url: str, *, as_json: bool) -> list[Finding]:
    findings = []
    trials = Trials(url, _Progress().tell)
    async for one in checkup(Opening(settings, utc_now), trials):
        findings.append(one)
        if not as_json:
            typer.echo(f"{_mark(one)} {one.check}: {one.text}")
    return findings


def _mark(finding: Finding) -> str:
    if not finding.tried:
        return "-     "
    return "ok    " if finding.ok else "FAILED"


class _Progress:
    """Tells of long work on standard error, every few seconds."""

    def __init__(self) -> None:
        self._next = time.monotonic() + _EVERY_S

    def tell(self, done: int, of: int) -> None:
        """So many of so many."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _EVERY_S
            typer.echo(f"queries: {done} of {of} targets", err=True)
