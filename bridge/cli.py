"""The commands. Imports of the pipeline stay inside them, so that `--help` is quick."""

from __future__ import annotations

import io
import sys
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bridge import __version__

if TYPE_CHECKING:
    from bridge.settings.configuration import Settings

application = typer.Typer(
    name="scalebridge",
    help="Autoscaling that goes through Git: Prometheus decides, one commit scales, "
    "your reconciler deploys.",
    epilog="Exit codes: 0 done, 1 a person must act, 2 wrong usage.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

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
_REPO: ContextVar[str | None] = ContextVar("repo", default=None)
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object for programs.")]


@application.command()
def run(config: ConfigOption = None) -> None:
    """Run the service: ticks and alert webhooks in, commits out, until SIGTERM."""
    from bridge.commands.run import run_service

    run_service(_settings(config, several=True))


@application.command()
def once(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Make one pass, commit what it decides at once, and exit: for cron and CI jobs."""
    from bridge.commands.one_pass import make_one_pass

    sys.exit(make_one_pass(_settings(config), as_json=json))


@application.command()
def plan(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show the diff that would be committed now, and why. Changes nothing."""
    from bridge.commands.one_pass import show_plan

    sys.exit(show_plan(_settings(config), as_json=json))


@application.command()
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
        settings = _settings(config) if config else None
        sys.exit(validate_files(paths, settings, as_json=json))
    sys.exit(validate_configured(_settings(config), as_json=json))


@application.command()
def release(
    target: Annotated[str, typer.Argument(help="As decisions name it: Deployment/shop/checkout.")],
    reason: Annotated[str, typer.Option(help="For the commit and the audit log.")] = "",
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """End a target's hold, which a person's change of its count began: by a commit, as all is."""
    from bridge.commands.release import release_target

    sys.exit(release_target(_settings(config), target, reason, as_json=json))


@application.command()
def history(  # noqa: PLR0913, PLR0917 - each is an option
    target: Annotated[
        str | None, typer.Option(help="Only this one, such as Deployment/shop/checkout.")
    ] = None,
    since: Annotated[str, typer.Option(help="How far back, such as 12h or 90d.")] = "7d",
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV, for spreadsheets.")] = False,
    plot: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Draw the replicas into a .svg, .png or .pdf instead."),
    ] = None,
    config: ConfigOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print a JSON object a line.")] = False,
) -> None:
    """Tell who or what changed which count, when and why: from the Git log, newest first."""
    from bridge.commands.history import draw_history, tell_history

    if csv + json + bool(plot) > 1:
        raise typer.BadParameter("give one of --json, --csv and --plot")
    if plot:
        sys.exit(draw_history(_settings(config), target, since, plot))
    form: Literal["text", "csv", "json"] = "csv" if csv else "json" if json else "text"
    sys.exit(tell_history(_settings(config), target, since, form))


@application.command()
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

    sys.exit(explain_policy(_settings(config), policy, target, at, as_json=json))


@application.command()
def doctor(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Try every connection and right, and say what to do. Changes nothing."""
    from bridge.commands.doctor import examine

    sys.exit(examine(_settings(config), as_json=json))


@application.command()
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

    sys.exit(backtest_policy(_settings(config), policy, last, replicas, as_json=json))


@application.command("import")
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

    url = _settings(config).prometheus.url if config else None
    imported = import_autoscalers(files, Surroundings(namespace, url))
    if report:
        sys.exit(report_import(imported))
    sys.exit(tell_imported(imported, output, force=force, as_json=json))


@application.command()
def targets(config: ConfigOption = None, json: JsonOption = False) -> None:
    """List every count that the state repo holds: where it stands, and who governs it."""
    from bridge.commands.targets import show_targets

    sys.exit(show_targets(_settings(config), as_json=json))


@application.command("set")
def set_(  # noqa: PLR0913, PLR0917 - each is an option
    file: Annotated[Path, typer.Argument(help="The file to change.", exists=True, dir_okay=False)],
    value: Annotated[int, typer.Argument(help="The new count.", min=0, max=2**31 - 1)],
    kind: Annotated[str | None, typer.Option(help="An object's kind: its spec.replicas.")] = None,
    name: Annotated[str | None, typer.Option(help="The object's name.")] = None,
    namespace: Annotated[str | None, typer.Option(help="The object's namespace.")] = None,
    path: Annotated[
        str | None,
        typer.Option(help="A JSON pointer (/spec/replicas) or spec.replicas: YAML, JSON, TOML."),
    ] = None,
    doc: Annotated[int | None, typer.Option(min=0, help="The document's number, from 0.")] = None,
    pattern: Annotated[
        str | None, typer.Option(help="A regular expression with one match in the text found.")
    ] = None,
    kustomize_replicas: Annotated[
        str | None, typer.Option(metavar="NAME", help="An entry of a kustomization's replicas.")
    ] = None,
    marker: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The integer on the line marked `# scalebridge: NAME`."),
    ] = None,
    allow_anchors: Annotated[
        bool, typer.Option("--allow-anchors", help="Change an anchor, and so all its aliases.")
    ] = False,
    insert: Annotated[
        bool, typer.Option("--insert", help="Insert spec.replicas, or a replicas entry.")
    ] = False,
    stdout: Annotated[
        bool, typer.Option("--stdout", help="Print the changed file, and leave it as it is.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Change one count in one file, and not another byte; refuse where that can't be done."""
    from bridge.commands.set import Asked, set_count

    asked = Asked(
        kind=kind,
        name=name,
        namespace=namespace,
        doc=doc,
        path=path,
        pattern=pattern,
        kustomize_replicas=kustomize_replicas,
        marker=marker,
        allow_anchors=allow_anchors,
        insert=insert,
    )
    sys.exit(set_count(file, value, asked.locator(), to_stdout=stdout, as_json=json))


@application.command()
def schema(
    of: Annotated[Literal["policy", "config"], typer.Argument(help="What to describe.")] = "policy",
) -> None:
    """Print the JSON schema of a policy file or of the configuration, for editors."""
    from bridge.commands.schema import json_schema

    typer.echo(json_schema(of))


@application.command()
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
    _REPO.set(repo)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # terminals lack letters, names encodings


def _settings(path: Path | None, *, several: bool = False) -> Settings:
    from bridge.commands.console import give_up
    from bridge.errors import ConfigInvalid
    from bridge.settings.loading import load_settings

    try:
        return _chosen(load_settings(path), several=several)
    except ConfigInvalid as error:
        hint = (
            "" if path else "\nno --config was given; `scalebridge schema config` shows the fields"
        )
        give_up(f"{error}{hint}")


def _chosen(settings: Settings, *, several: bool) -> Settings:
    """Those of the repo that --repo names; of the only one; or, for who can do it, of several."""
    from bridge.errors import ConfigInvalid

    if name := _REPO.get():
        return settings.alone(name)
    if settings.state_repos and not several:
        names = ", ".join(settings.state_repos)
        raise ConfigInvalid(f"there are several state repos: scalebridge --repo NAME …, of {names}")
    return settings


def main() -> None:
    """The command `scalebridge`."""
    application()
