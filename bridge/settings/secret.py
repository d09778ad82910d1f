"""Secrets: given as they are, or in files that may rotate."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, SecretStr

from bridge.errors import ConfigInvalid
from bridge.secrecy import learn

_PUBLIC: Final = ("ca_file", "cert_file", "client_ca_file", "known_hosts_file")
_LONGEST_FILE: Final = 64_000


def secret_text(value: SecretStr | None, file: Path | None) -> str | None:
    """A secret as given, or as its file holds it now (files may rotate); None if neither.

    Raises:
        ConfigInvalid: the file can't be read, or does not hold one line.
    """
    if file is None:
        return _learnt(value.get_secret_value()) if value else None
    try:
        text = file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigInvalid(f"secret file {file} can't be read: {error}") from error
    if not text.isprintable() or not text:
        raise ConfigInvalid(f"secret file {file} does not hold one line of text")
    return _learnt(text)


def basic(username: str, password: str) -> str:
    """Both as basic auth sends them; as secret as the password."""
    return _learnt(base64.b64encode(f"{username}:{password}".encode()).decode())


def _learnt(secret: str) -> str:
    learn(secret)
    return secret


def learn_secrets(settings: BaseModel) -> None:
    """All that a configuration holds, or names a file of, whether they are ever used or not."""
    for name, value in _fields(settings):
        if isinstance(value, SecretStr):
            learn(value.get_secret_value())
        elif isinstance(value, Path) and name.endswith("_file") and name not in _PUBLIC:
            learn(_start_of(value))


def _fields(part: BaseModel) -> Iterator[tuple[str, Any]]:
    """Name and value of every field, however deep."""
    for name, value in part:
        inner = value.values() if isinstance(value, dict) else value
        for one in inner if isinstance(value, dict | tuple) else (value,):
            if isinstance(one, BaseModel):
                yield from _fields(one)
            else:
                yield name, one


def _start_of(file: Path) -> str:
    """Who uses the file says what is wrong with it."""
    try:
        with file.open("rb") as opened:
            return opened.read(_LONGEST_FILE).decode(errors="replace")
    except OSError:
        return ""
