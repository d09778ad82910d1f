"""What is about policies: checked, explained, tried on the past, imported, described."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from bridge.cli.options import (
    CapacityOption,
    ConfigOption,
    JsonOption,
    MemberOption,
    PodStartOption,
    configured,
)


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


def backtest(  # noqa: PLR0913, PLR0917 - each is an option
    policy: Annotated[Path, typer.Argument(help="The policy file to try.", dir_okay=False)],
    trace: Annotated[
        Path | None,
        typer.Option(
            metavar="CSV", dir_okay=False, help="Recorded load: t_seconds,requests_per_second."
        ),
    ] = None,
    prometheus: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Recorded load; default: the configuration's."),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Where the load begins: 2026-03-04T12:00, UTC."),
    ] = None,
    end: Annotated[str | None, typer.Option(metavar="TIME", help="Default: now.")] = None,
    last: Annotated[str, typer.Option(help="Without --start: how far back, as 6h or 2d.")] = "6h",
    member: MemberOption = None,
    dead_time: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SPAN",
            help="From a commit to ready pods; `measured`: as the service measures it, from Git "
            "and Prometheus. Several: one row each. Default: 30s.",
            show_default=False,
        ),
    ] = None,
    pod_start: PodStartOption = "10s",
    capacity: CapacityOption = None,
    metric: Annotated[
        str | None, typer.Option(help="Which metric the trace, or --capacity, is of.")
    ] = None,
    fixed: Annotated[
        int | None,
        typer.Option(min=0, help="Beside this fixed count, not the peak and the mean."),
    ] = None,
    replicas: Annotated[
        int | None, typer.Option(min=0, help="At the start; default: what the load needs then.")
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Draw it: .svg, .html, or .png (needs matplotlib)."),
    ] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Play recorded load through a policy: what would it have done, and what does Git cost?

    The load goes through the very decisions, batches and budget of the service, then through the
    dead time; pods start, and the metrics respond. Beside it stand a live HPA of the same targets
    and behaviour, and a fixed count. How the numbers are made: docs/backtest.md.
    """
    from bridge.commands.backtest import Asked, backtest_policy
    from bridge.commands.recorded_load import Recording

    asked = Asked(
        trace=trace,
        recording=Recording(prometheus=prometheus, start=start, end=end, last=last),
        member=member,
        dead_time=tuple(dead_time or ("30s",)),
        pod_start=pod_start,
        capacity=capacity,
        metric=metric,
        fixed=fixed,
        replicas=replicas,
        plot=plot,
    )
    needed = config or not (trace or prometheus)
    settings = configured(config) if needed else None
    sys.exit(backtest_policy(settings, policy, asked, as_json=json))


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
