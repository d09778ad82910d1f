"""`pause`: keeps a target at its count until a time."""

from __future__ import annotations

import typer

from bridge.commands.console import DONE, awaited, give_up, print_json
from bridge.commands.release import there_are, whoever_asks
from bridge.decide.pause import until_when
from bridge.observe.logs import set_up_logs
from bridge.repo.trailers import ScalePause
from bridge.service.serve import utc_now
from bridge.service.stepping_in import pause
from bridge.settings.configuration import Settings


def pause_target(settings: Settings, order: ScalePause, *, as_json: bool) -> int:
    """Commits the pause, tells of it, and returns the exit code."""
    set_up_logs(settings.log)
    done = awaited(pause(settings, order, utc_now))
    if not done.commit:
        give_up(f"{order.target}: no policy governs it{there_are(done)}")
    if as_json:
        until = order.until.isoformat(timespec="seconds")
        print_json({"target": order.target, "commit": done.commit, "until": until})
    else:
        until = f"{order.until:%Y-%m-%d %H:%M} UTC"
        typer.echo(f"paused {order.target} until {until} in {done.commit[:12]}")
    return DONE


def order_of(target: str, until: str, reason: str) -> ScalePause:
    """The order as it was typed.

    Raises:
        BadParameter: the time is none that a pause can end at.
    """
    try:
        end = until_when(until, utc_now())
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--until") from error
    return ScalePause(target=target, until=end, by=whoever_asks(), reason=" ".join(reason.split()))
