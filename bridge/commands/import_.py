"""`import`: HorizontalPodAutoscalers and ScaledObjects to policy files."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from textwrap import indent

import typer

from bridge.commands.console import A_PERSON_MUST_ACT, DONE, give_up, print_json
from bridge.policy.importing.files import Imported, import_files
from bridge.policy.importing.surroundings import Surroundings

_STDIN = Path("-")


def import_autoscalers(paths: Sequence[Path], surroundings: Surroundings) -> Imported:
    """Reads the files, `-` for standard input, and converts what is in them."""
    return import_files(dict(map(_read, paths)), surroundings)


def report_import(imported: Imported) -> int:
    """Tells what became of each file, and writes nothing; returns the exit code."""
    for file in imported.files:
        made = ", ".join(policy.name for policy in imported.policies if policy.file == file)
        others = imported.others[file]
        passed_over = f"; other objects passed over: {others}" if others else ""
        typer.echo(f"{file}: {made or 'no policy'}{passed_over}")
        for finding in imported.findings:
            if finding.file == file:
                typer.echo(indent(str(finding), "  "))
    return _told(imported, "policies")


def tell_imported(imported: Imported, folder: Path | None, *, force: bool, as_json: bool) -> int:
    """Writes the policies into the folder, else to standard output; returns the exit code."""
    if folder is not None:
        _write(imported, folder, force=force)
    if as_json:
        print_json(_facts(imported, folder))
        return _exit_code(imported)
    if folder is None:
        typer.echo("---\n".join(policy.text for policy in imported.policies), nl=False)
    for finding in imported.findings:
        if finding.level != "assumed":
            typer.echo(str(finding), err=True)
    return _told(imported, f"policies in {folder}" if folder else "policies")


def _read(path: Path) -> tuple[str, bytes]:
    if path == _STDIN:
        return "stdin", sys.stdin.buffer.read()
    try:
        return str(path), path.read_bytes()
    except OSError as error:
        give_up(f"{path}: can't be read: {error.strerror}")


def _write(imported: Imported, folder: Path, *, force: bool) -> None:
    """All or nothing: a file that stands there already stops it before the first is written."""
    files = {folder / f"{policy.name}.yaml": policy.text for policy in imported.policies}
    if not force and (there := [str(path) for path in files if path.exists()]):
        give_up(f"already there: {', '.join(there)}; --force overwrites")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in files.items():
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        give_up(f"{error.filename}: can't be written: {error.strerror}")


def _told(imported: Imported, policies: str) -> int:
    """The sum of it; returns the exit code."""
    told = {
        policies: len(imported.policies),
        "refused": imported.refused,
        "warnings": sum(finding.level == "warning" for finding in imported.findings),
        "other objects passed over": imported.passed_over,
    }
    typer.echo("; ".join(f"{name}: {number}" for name, number in told.items()), err=True)
    return _exit_code(imported)


def _exit_code(imported: Imported) -> int:
    """An import of nothing was not meant, and is told as such."""
    if not imported.policies and not imported.refused:
        why = "" if imported.findings else ": neither a HorizontalPodAutoscaler nor a ScaledObject"
        typer.echo(f"nothing to import in {', '.join(imported.files)}{why}", err=True)
    return DONE if imported.policies and not imported.refused else A_PERSON_MUST_ACT


def _facts(imported: Imported, folder: Path | None) -> dict[str, object]:
    return {
        "policies": [
            {**asdict(policy), "written": str(folder / f"{policy.name}.yaml") if folder else None}
            for policy in imported.policies
        ],
        "findings": [asdict(finding) for finding in imported.findings],
        "refused": imported.refused,
        "passed_over": imported.passed_over,
    }
