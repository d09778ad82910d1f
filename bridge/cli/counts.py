"""What is about the counts in the state repo: where they stand, and who changed them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from bridge.cli.options import ConfigOption, JsonOption, configured


def targets(config: ConfigOption = None, json: JsonOption = False) -> None:
    """List every count that the state repo holds: where it stands, and who governs it."""
    from bridge.commands.targets import show_targets

    sys.exit(show_targets(configured(config), as_json=json))


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
        sys.exit(draw_history(configured(config), target, since, plot))
    form: Literal["text", "csv", "json"] = "csv" if csv else "json" if json else "text"
    sys.exit(tell_history(configured(config), target, since, form))


def release(
    target: Annotated[str, typer.Argument(help="As decisions name it: Deployment/shop/checkout.")],
    reason: Annotated[str, typer.Option(help="For the commit and the audit log.")] = "",
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """End a target's hold, by a person's change of its count or a pause: by a commit, as all is."""
    from bridge.commands.release import release_target

    sys.exit(release_target(configured(config), target, reason, as_json=json))


def pause(
    target: Annotated[str, typer.Argument(help="As decisions name it: Deployment/shop/checkout.")],
    until: Annotated[
        str, typer.Option(help="When it goes on: 2h, or 2026-03-04T18:00Z; 24 hours at most.")
    ],
    reason: Annotated[str, typer.Option(help="For the commit and the audit log.")] = "",
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Keep a target at its count until a time, by a commit; `release` ends it earlier."""
    from bridge.commands.pause import order_of, pause_target

    order = order_of(target, until, reason)
    sys.exit(pause_target(configured(config), order, as_json=json))


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
