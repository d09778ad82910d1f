"""What is about policies: checked, explained, tried on the past, imported, described."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from bridge.cli.options import ConfigOption, JsonOption, configured


def validate(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Policy files or folders; none: those of the configuration."),
    ] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Check policy files, and with a configuration that their targets stand in the state repo.

    Without PATHS the configured policies.
    """
    from bridge.commands.validate import validate_configured, validate_files

    if paths:
        settings = configured(config) if config else None
        sys.exit(validate_files(paths, settings, as_json=json))
    sys.exit(validate_configured(configured(config), as_json=json))


def explain(
    policy: Annotated[str, typer.Argument(help="The policy's name.")],
    target: Annotated[
        str | None, typer.Option(help="One workload of a fleet: NAME or KIND/NAMESPACE/NAME.")
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(help="A past time (2026-03-04T12:00, UTC) or an age (30m), not now."),
    ] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show one decision step by step, and the policy's line behind each step."""
    from bridge.commands.explain import explain_policy

    sys.exit(explain_policy(configured(config), policy, target, at, as_json=json))


def backtest(
    policy: Annotated[Path, typer.Argument(help="The policy file to try.", dir_okay=False)],
    last: Annotated[str, typer.Option(help="How far back, such as 6h or 2d.")] = "6h",
    replicas: Annotated[
        int | None, typer.Option(min=0, help="Replicas at the start (default: minReplicas).")
    ] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Replay a policy over what Prometheus recorded: what would it have done?"""
    from bridge.commands.backtest import backtest_policy

    sys.exit(backtest_policy(configured(config), policy, last, replicas, as_json=json))


def import_(  # noqa: PLR0913, PLR0917 - each is an option
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...", help="Manifests, as in `kubectl get -o yaml`; - is stdin."
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FOLDER", help="Write NAME.yaml each, not stdout."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files in FOLDER.")] = False,
    namespace: Annotated[
        str | None, typer.Option("--namespace", "-n", help="For objects that name none.")
    ] = None,
    report: Annotated[
        bool, typer.Option("--report", help="Tell what would become of each file; write nothing.")
    ] = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Turn HorizontalPodAutoscalers and KEDA's ScaledObjects into policies.

    What can't be carried over is named; a policy that would be wrong without it is refused.
    """
    from bridge.commands.import_ import import_autoscalers, report_import, tell_imported
    from bridge.policy.importing.surroundings import Surroundings

    url = configured(config).prometheus.url if config else None
    imported = import_autoscalers(files, Surroundings(namespace, url))
    if report:
        sys.exit(report_import(imported))
    sys.exit(tell_imported(imported, output, force=force, as_json=json))


def schema(
    of: Annotated[Literal["policy", "config"], typer.Argument(help="What to describe.")] = "policy",
) -> None:
    """Print the JSON schema of a policy file or of the configuration, for editors."""
    from bridge.commands.schema import json_schema

    typer.echo(json_schema(of))
