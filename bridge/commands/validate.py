"""`validate`: policy files, and whether their targets stand in the state repo."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer

from bridge.commands.console import A_PERSON_MUST_ACT, DONE, awaited, give_up, print_json
from bridge.errors import BridgeError
from bridge.policy.loading import Policies, load_policies
from bridge.service.opening import Opening
from bridge.service.policies import read_folder
from bridge.service.serve import utc_now
from bridge.service.validation import Validated, validated
from bridge.settings.configuration import Settings


def validate_files(paths: Sequence[Path], settings: Settings | None, *, as_json: bool) -> int:
    """Checks files and folders, with settings also against the repo; returns the exit code."""
    policies = load_policies(_files(paths))
    found = awaited(_checked(settings, policies)) if settings else Validated(policies)
    return _told(found, as_json=as_json)


def validate_configured(settings: Settings, *, as_json: bool) -> int:
    """Checks the configured policies against the state repo; returns the exit code."""
    return _told(awaited(_checked(settings, None)), as_json=as_json)


async def _checked(settings: Settings, policies: Policies | None) -> Validated:
    async with Opening(settings, utc_now).state_repo() as repo:
        return await validated(repo, policies)


def _files(paths: Sequence[Path]) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    try:
        for path in paths:
            files |= read_folder(path) if path.is_dir() else {str(path): path.read_bytes()}
    except OSError as error:
        give_up(f"{error.filename}: can't be read: {error.strerror}")
    except BridgeError as error:
        give_up(str(error))
    if not files:
        give_up(f"{', '.join(map(str, paths))}: no policy file (*.yaml, *.yml) is there")
    return files


def _told(found: Validated, *, as_json: bool) -> int:
    problems, notes = found.problems, found.places.notes
    names = sorted(found.policies.by_name)
    if as_json:
        told = {"policies": names, "problems": problems, "warnings": found.warnings}
        print_json({**told, "notes": notes})
    else:
        for note in notes:
            typer.echo(f"note: {note}")
        for warning in found.warnings:
            typer.echo(f"warning: {warning}")
        for problem in problems:
            typer.echo(problem, err=True)
        typer.echo(f"policies: {len(names)} valid; problems: {len(problems)}")
    return A_PERSON_MUST_ACT if problems else DONE
