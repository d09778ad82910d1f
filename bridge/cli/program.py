"""The program: its commands, in the order of `--help`, and what is common to them."""

from __future__ import annotations

import io
import sys
from typing import Annotated

import typer

from bridge import __version__
from bridge.cli import counts, passes, policies, tuning
from bridge.cli.examples import epilog
from bridge.cli.options import REPO

application = typer.Typer(
    name="scalebridge",
    help="Autoscaling that goes through Git: Prometheus decides, one commit scales, "
    "your reconciler deploys.",
    epilog="Exit codes: 0 done, 1 a person must act, 2 wrong usage.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

_PANELS = {
    "Scale": (passes.run, passes.once, passes.plan),
    "Set up": (
        policies.validate,
        passes.doctor,
        counts.targets,
        policies.import_,
        policies.schema,
        passes.demo,
    ),
    "Ask why": (policies.explain, counts.history, policies.backtest, tuning.tune),
    "Step in": (counts.pause, counts.release, counts.set_),
}
for _panel, _commands in _PANELS.items():
    for _command in _commands:
        _name = _command.__name__.rstrip("_")
        application.command(_name, rich_help_panel=_panel, epilog=epilog(_name))(_command)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"scalebridge {__version__}")
        raise typer.Exit


@application.callback()
def _common(
    version: Annotated[  # noqa: ARG001  # its callback acts
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    repo: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Which of `state_repos`, where there are several."),
    ] = None,
) -> None:
    """Options of the program as a whole."""
    REPO.set(repo)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # terminals lack letters, names encodings


def main() -> None:
    """The command `scalebridge`."""
    application()
