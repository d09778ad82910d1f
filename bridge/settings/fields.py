"""What the sections of the configuration are made of: URLs, paths, and their strictness."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _refuse_credentials(url: str, instead: str) -> None:
    parts = urlsplit(url)
    if parts.password or (parts.username and parts.scheme in ("http", "https")):
        raise ValueError(f"a URL may not hold credentials: {instead}")


def _without_credentials(url: str) -> str:
    _refuse_credentials(url, "use username and password_file")
    return url


def _web(url: str) -> str:
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise ValueError("expected an http:// or https:// URL")
    _ = urlsplit(url).port  # raises where it is no port
    return url.rstrip("/")


def _http(url: str) -> str:
    return _without_credentials(_web(url))


def _proxy(url: str) -> str:
    _refuse_credentials(url, "set HTTPS_PROXY for a proxy that asks for them, and no proxy here")
    return _web(url)


def _existing_file(path: Path) -> Path:
    if not path.is_file():
        raise ValueError(f"no such file: {path}")
    return path


def _inside_repo(path: str) -> str:
    parts = Path(path).parts
    if path.startswith("/") or ".." in parts:
        raise ValueError(f"{path!r} must be a path inside the state repo, without '..'")
    return "/".join(parts)


Url = Annotated[str, AfterValidator(_without_credentials)]


HttpUrl = Annotated[str, AfterValidator(_http)]


ProxyUrl = Annotated[str, AfterValidator(_proxy)]


SecretFile = Annotated[Path, AfterValidator(_existing_file)]


RepoName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]


RepoPath = Annotated[str, AfterValidator(_inside_repo)]


class Section(BaseModel):
    """A part of the file: unknown keys are errors, values don't change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)
