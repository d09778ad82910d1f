"""`doctor`: tries every connection and right, one line each with what to do."""

from __future__ import annotations

import typer

from bridge.commands.console import A_PERSON_MUST_ACT, DONE, awaited, print_json
from bridge.observe.logs import set_up_logs
from bridge.service.checkup import Finding, checkup
from bridge.service.opening import Opening
from bridge.service.serve import utc_now
from bridge.settings.configuration import Settings


def examine(settings: Settings, *, as_json: bool) -> int:
    """Tells each finding as it comes, changes nothing, and returns the exit code."""
    set_up_logs(settings.log)
    findings = awaited(_told(settings, as_json=as_json))
    if as_json:
        facts = [{"check": one.check, "ok": one.ok, "text": one.text} for one in findings]
        print_json({"checks": facts})
    return DONE if all(one.ok for one in findings) else A_PERSON_MUST_ACT


async def _told(settings: Settings, *, as_json: bool) -> list[Finding]:
    findings = []
    async for one in checkup(Opening(settings, utc_now)):
        findings.append(one)
        if not as_json:
            typer.echo(f"{'ok    ' if one.ok else 'FAILED'} {one.check}: {one.text}")
    return findings
