"""What decides and commits: the service, one pass of it, the demo; and what examines them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from bridge.cli.options import ConfigOption, JsonOption, ShardOption, configured, sharded


def run(config: ConfigOption = None, shard: ShardOption = "1/1") -> None:
    """Run the service: ticks and alert webhooks in, commits out, until SIGTERM."""
    from bridge.commands.run import run_service

    run_service(configured(config, several=True), sharded(shard))


def once(config: ConfigOption = None, json: JsonOption = False, shard: ShardOption = "1/1") -> None:
    """Make one pass, commit what it decides at once, and exit: for cron and CI jobs."""
    from bridge.commands.one_pass import make_one_pass

    sys.exit(make_one_pass(configured(config), sharded(shard), as_json=json))


def plan(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show the diff that would be committed now, and why. Changes nothing."""
    from bridge.commands.one_pass import show_plan

    sys.exit(show_plan(configured(config), as_json=json))


def doctor(
    url: Annotated[
        str,
        typer.Option(
            help="Where alerts are posted, for a test alert that scales nothing "
            "(default: where the configured service listens)."
        ),
    ] = "",
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Try every connection, right and query, with what to do where one fails. Changes nothing."""
    from bridge.commands.doctor import examine

    sys.exit(examine(configured(config), url, as_json=json))


def demo(
    headless: Annotated[
        bool, typer.Option("--headless", help="Plain lines instead of the live view, for CI.")
    ] = False,
    folder: Annotated[
        Path | None,
        typer.Option(help="An empty folder for the repo and logs (default: a new temporary one)."),
    ] = None,
    seconds: Annotated[float, typer.Option(min=60, help="How long the story takes.")] = 105,
    prometheus: Annotated[
        Literal["auto", "real", "stand-in"],
        typer.Option(help="Debian's Prometheus, or a stand-in that says so."),
    ] = "auto",
) -> None:
    """Watch the main job live: load rises, an alert fires, one commit scales, load comes back."""
    from bridge.demo.run import main as play

    sys.exit(play(headless=headless, folder=folder, seconds=seconds, prometheus=prometheus))
