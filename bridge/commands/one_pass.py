"""`once` and `plan`: one pass that commits, or only shows what it would commit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from textwrap import indent
from typing import Any

import typer

from bridge.commands.console import (
    A_PERSON_MUST_ACT,
    DONE,
    awaited,
    print_json,
    tell_problems,
)
from bridge.commit.edits import Dropped
from bridge.observe.logs import set_up_logs
from bridge.observe.plan import reasons, unified_diff
from bridge.observe.status import decision_facts, proposal_facts, told_proposal
from bridge.policy.shard import WHOLE, Shard
from bridge.service.once import Done, Pass, Plan, once, plan
from bridge.service.serve import utc_now
from bridge.settings.configuration import Settings


def make_one_pass(settings: Settings, shard: Shard = WHOLE, *, as_json: bool) -> int:
    """Commits what one pass decides, tells of it, and returns the exit code."""
    set_up_logs(settings.log)
    done = awaited(once(settings, utc_now, shard))
    if as_json:
        print_json(_done_facts(done))
    else:
        _tell_done(done)
    return A_PERSON_MUST_ACT if _problems(done) else DONE


def _tell_done(done: Done) -> None:
    _tell_dropped(done.dropped)
    if done.waits_until:
        typer.echo(reasons(done.waiting))
        typer.echo(_waiting_text(done.waits_until))
    elif done.push:
        typer.echo(reasons([*done.push.decisions, *done.found.held]))
        typer.echo(f"committed {done.push.after[:12]}: {done.push.subject}")
    else:
        _tell_nothing(done.found)
    for one in done.proposed.proposals:
        typer.echo(told_proposal(one))
    for told in done.told:
        typer.echo(f"told {told.reconciler}: {told.error or 'accepted'}")
        if told.output:
            typer.echo(indent(told.output, "  "))
    tell_problems(_problems(done))


def _problems(done: Done) -> list[str]:
    return [*done.found.problems, *done.proposed.problems]


def show_plan(settings: Settings, *, as_json: bool) -> int:
    """Shows the diff and its reasons, changes nothing, and returns the exit code."""
    set_up_logs(settings.log)
    planned = awaited(plan(settings, utc_now))
    diff = unified_diff(planned.before, planned.after)
    if as_json:
        facts = {"diff": diff, "approvals": _asks(planned), **_waiting(planned.waits_until)}
        print_json({**_pass_facts(planned.found), **facts})
    else:
        _tell_plan(planned, diff)
    return A_PERSON_MUST_ACT if planned.found.problems else DONE


def _tell_plan(planned: Plan, diff: str) -> None:
    _tell_dropped(planned.dropped)
    typer.echo(diff, nl=False)
    if planned.found.decisions:
        typer.echo(reasons([*planned.found.decisions, *planned.found.held]))
        for group, targets in _asks(planned).items():
            typer.echo(f"needs an approval, in pull request {group}: {', '.join(targets)}")
        if planned.waits_until:
            typer.echo(_waiting_text(planned.waits_until))
    else:
        _tell_nothing(planned.found)
    tell_problems(planned.found.problems)


def _asks(planned: Plan) -> dict[str, list[str]]:
    return {group: [str(d.target) for d in some] for group, some in planned.asks.items()}


def _waiting_text(until: datetime) -> str:
    """That the commit budget is spent."""
    return f"waits until {until:%H:%M} UTC: batch.max_commits_per_hour is used up"


def _tell_nothing(found: Pass) -> None:
    steady = [outcome.decision for outcome in found.outcomes if outcome.decision]
    suspended = f"; policies suspended: {len(found.suspended)}" if found.suspended else ""
    typer.echo(f"nothing to commit; targets looked at: {len(steady)}{suspended}")
    if steady:
        typer.echo(reasons(steady))


def _tell_dropped(dropped: Iterable[Dropped]) -> None:
    for lost in dropped:
        typer.echo(f"dropped: {lost.decision.target}: {lost.why}")


def _pass_facts(found: Pass) -> dict[str, Any]:
    return {
        "tip": found.tip,
        "decisions": [decision_facts(o.decision) for o in found.outcomes if o.decision],
        "suspended": list(found.suspended),
        "problems": found.problems,
    }


def _waiting(until: datetime | None) -> dict[str, Any]:
    return {"waitsUntil": until.isoformat() if until else None}


def _done_facts(done: Done) -> dict[str, Any]:
    return {
        **_pass_facts(done.found),
        "commit": done.push.after if done.push else None,
        "subject": done.push.subject if done.push else None,
        "dropped": [{"target": str(d.decision.target), "why": d.why} for d in done.dropped],
        **_waiting(done.waits_until),
        "problems": _problems(done),
        "proposals": [proposal_facts(one) for one in done.proposed.proposals],
        "told": [asdict(told) for told in done.told],
    }
