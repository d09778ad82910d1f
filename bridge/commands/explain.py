"""`explain`: one decision, step by step, each with the line of the policy that asked for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import typer

from bridge.commands.console import A_PERSON_MUST_ACT, DONE, awaited, give_up, print_json
from bridge.observe.explain import explain_facts, explain_text
from bridge.observe.logs import set_up_logs
from bridge.service.explaining import Question, explained
from bridge.service.serve import utc_now
from bridge.settings.configuration import Settings
from bridge.units import parse_duration


def explain_policy(
    settings: Settings, policy: str, target: str | None, at: str | None, *, as_json: bool
) -> int:
    """Shows the decision and all that it rests on; returns the exit code."""
    set_up_logs(settings.log)
    question = Question(policy, target, None if at is None else _moment(at))
    told = awaited(explained(settings, question, utc_now))
    if as_json:
        print_json(explain_facts(told))
    else:
        typer.echo(explain_text(told), nl=False)
    return A_PERSON_MUST_ACT if told.broken or told.explanation.decision.errors else DONE


def _moment(at: str) -> datetime:
    """A time (UTC unless it says otherwise), or how long ago."""
    now = utc_now()
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        try:
            return now - timedelta(seconds=parse_duration(at))
        except ValueError:
            give_up(
                f"--at: expected a time such as 2026-03-04T12:00 or an age such as 30m, not {at}"
            )
    moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    if moment > now:
        give_up(f"--at: {at} is yet to come")
    return moment
