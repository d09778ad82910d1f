"""The service's configuration: one YAML file, overridden by environment variables.

`SCALEBRIDGE_PROMETHEUS__URL` is `prometheus.url` of the file, and so on for every field.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import SettingsError

from bridge.documents import Document, DocumentInvalid, load_document
from bridge.errors import ConfigInvalid
from bridge.settings.configuration import ENVIRONMENT_PREFIX, Settings
from bridge.settings.secret import learn_secrets


def load_settings(path: Path | None) -> Settings:
    """The configuration in `path` (None: the environment alone).

    Raises:
        ConfigInvalid: one line per finding, as `file:line: field: what was expected`.
    """
    _refuse_unknown_sections()
    document = _read(path) if path else Document("environment", {}, {})
    if not isinstance(document.data, dict | None):
        raise ConfigInvalid(f"{document.name}:1: expected a mapping of sections")
    sections = _anchored(document.data or {}, path.parent if path else Path.cwd())
    try:
        settings = Settings(**sections)
    except ValidationError as error:
        raise ConfigInvalid(document.complaints(error, Settings, _environment_places())) from error
    except SettingsError as error:
        raise ConfigInvalid(f"environment: {error}") from error
    learn_secrets(settings)
    return settings


def _read(path: Path) -> Document:
    try:
        return load_document(path.read_bytes(), str(path))
    except OSError as error:
        raise ConfigInvalid(f"{path}: can't be read: {error.strerror}") from error
    except DocumentInvalid as error:
        raise ConfigInvalid(str(error)) from error


def _refuse_unknown_sections() -> None:
    for place, name in _environment_places().items():
        if len(place) > 1 and place[0] not in Settings.model_fields:
            raise ConfigInvalid(f"{name}: there is no section {place[0]!r}")


def _environment_places() -> dict[tuple[str | int, ...], str]:
    """The fields that the environment sets, with the variable's name for error messages."""
    return {
        tuple(name.removeprefix(ENVIRONMENT_PREFIX).lower().split("__")): f"${name}"
        for name in os.environ
        if name.startswith(ENVIRONMENT_PREFIX)
    }


def _anchored(sections: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Relative paths count from the configuration file, wherever the service is started."""

    def anchor(key: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {below: anchor(below, item) for below, item in value.items()}
        if isinstance(value, list):
            return [anchor(key, item) for item in value]
        is_path = str(key).endswith("_file") or key in ("mirror", "policies_folder")
        if isinstance(value, str) and (is_path or (key == "url" and _is_local_path(value))):
            return str((folder / _without_tilde(value)).resolve())
        return value

    return {str(key): anchor(str(key), value) for key, value in sections.items()}


def _without_tilde(path: str) -> Path:
    with suppress(RuntimeError):  # no such user: a name like any other
        return Path(path).expanduser()
    return Path(path)


def _is_local_path(url: str) -> bool:
    """git's own rule: no scheme, and no colon before the first slash (that is `host:path`)."""
    return "://" not in url and ":" not in url.partition("/")[0]
