"""Secrets: given as they are, or in files that may rotate."""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr

from bridge.errors import ConfigInvalid


def secret_text(value: SecretStr | None, file: Path | None) -> str | None:
    """A secret as given, or as its file holds it now (files may rotate); None if neither.

    Raises:
        ConfigInvalid: the file can't be read, or does not hold one line.
    """
    if file is None:
        return value.get_secret_value() if value else None
    try:
        text = file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigInvalid(f"secret file {file} can't be read: {error}") from error
    if not text.isprintable() or not text:
        raise ConfigInvalid(f"secret file {file} does not hold one line of text")
    return text
