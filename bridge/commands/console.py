"""How commands speak: text for people on the terminal, JSON for programs, problems on stderr."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Coroutine, Iterable
from typing import Any, NoReturn, TypeVar

import typer

from bridge.errors import BridgeError

DONE, A_PERSON_MUST_ACT = 0, 1

_Answer = TypeVar("_Answer")


def awaited(work: Coroutine[Any, Any, _Answer]) -> _Answer:
    """Runs the work; an error of ours ends the program with its text and exit code 1."""
    try:
        return asyncio.run(work)
    except BridgeError as error:
        give_up(str(error))


def give_up(message: str) -> NoReturn:
    """Says why on stderr and exits: a person must act."""
    typer.echo(message, err=True)
    sys.exit(A_PERSON_MUST_ACT)


def print_json(facts: dict[str, Any]) -> None:
    """One object on one line."""
    typer.echo(json.dumps(facts, ensure_ascii=False))


def tell_problems(problems: Iterable[str]) -> None:
    """One line each on stderr."""
    for problem in problems:
        typer.echo(f"problem: {problem}", err=True)
