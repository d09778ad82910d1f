"""The options that commands share, and the configuration that they lead to."""

from __future__ import annotations

from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bridge.policy.shard import Shard
    from bridge.settings.configuration import Settings

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        envvar="SCALEBRIDGE_CONFIG",
        help="The configuration file; every field may also come from the environment "
        "(SCALEBRIDGE_PROMETHEUS__URL and so on). See `scalebridge schema config`.",
        show_default=False,
    ),
]
MemberOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAMESPACE/NAME", help="Of a fleet's policy: which of its members to play."
    ),
]
PodStartOption = Annotated[
    str, typer.Option(metavar="SPAN", help="How much of that a pod takes to start.")
]
CapacityOption = Annotated[
    float | None,
    typer.Option(
        min=1e-9,
        help="What one replica serves, in the unit of the load. Default: the metric's target "
        "and the tolerance.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object for programs.")]
ShardOption = Annotated[
    str,
    typer.Option(
        metavar="I/N",
        envvar="SCALEBRIDGE_SHARD",
        help="Decide the I-th of N shares of the targets: of N instances each gets another I, "
        "and further ones stand by.",
    ),
]
REPO: ContextVar[str | None] = ContextVar("repo", default=None)
"""The state repo that `--repo` names."""
_NO_FILE = (
    "\nno configuration file was given: --config FILE or SCALEBRIDGE_CONFIG; "
    "`scalebridge schema config` describes the fields"
)


def configured(path: Path | None, *, several: bool = False) -> Settings:
    """The configuration, of the state repo that is meant; exits where it can't be used."""
    from bridge.commands.console import give_up
    from bridge.errors import ConfigInvalid
    from bridge.settings.loading import load_settings

    try:
        return _chosen(load_settings(path), several=several)
    except ConfigInvalid as error:
        hint = "" if path else _NO_FILE
        give_up(f"{error}{hint}")


def _chosen(settings: Settings, *, several: bool) -> Settings:
    """Those of the repo that --repo names; of the only one; or, for who can do it, of several."""
    from bridge.errors import ConfigInvalid

    if name := REPO.get():
        return settings.alone(name)
    if settings.state_repos and not several:
        names = ", ".join(settings.state_repos)
        raise ConfigInvalid(f"there are several state repos: scalebridge --repo NAME …, of {names}")
    return settings


def sharded(text: str) -> Shard:
    """The share that an instance decides; exits with a usage error where it is none."""
    from bridge.policy.shard import Shard

    try:
        return Shard.parse(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text}: {error}", param_hint="--shard") from error
