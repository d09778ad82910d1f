"""Real Prometheus and Alertmanager as children of this process, on loopback only."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import aiohttp

from bridge.demo.child import answers, stop, with_log_tail

PROMETHEUS: Final = ("prometheus",)
ALERTMANAGER: Final = ("prometheus-alertmanager", "alertmanager")

READY_WITHIN: Final = 20.0
STOPPED_WITHIN: Final = 5.0
_POLL: Final = 0.02


class PartMissing(FileNotFoundError):
    """A program that must be installed is not."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(f"{' or '.join(names)} not found: please install it")
        self.names = tuple(names)


class PartFailed(RuntimeError):
    """A program could not start, died, or was not ready in time; the text has its log's tail."""


def binary(*names: str) -> Path | None:
    """The first of these programs that is installed."""
    places = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/bin"))
    found = (shutil.which(name, path=places) for name in names)
    return next((Path(path) for path in found if path), None)


def free_port() -> int:
    """A TCP port that nobody listens on, as of now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


@asynccontextmanager
async def prometheus(
    folder: Path,
    config: str,
    *,
    rules: str | None = None,
    port: int | None = None,
    arguments: Sequence[str] = (),
) -> AsyncIterator[str]:
    """A ready Prometheus's base URL; `config` names the rules as `rule_files: [rules.yml]`."""
    _write(folder, {"prometheus.yml": config, "rules.yml": rules})
    flags = (
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'prometheus-data'}",
        *arguments,
    )
    async with _serving(PROMETHEUS, folder / "prometheus.log", flags, port) as url:
        yield url


@asynccontextmanager
async def alertmanager(
    folder: Path,
    config: str,
    *,
    port: int | None = None,
    arguments: Sequence[str] = (),
) -> AsyncIterator[str]:
    """A ready Alertmanager's base URL; it gossips with nobody."""
    _write(folder, {"alertmanager.yml": config})
    flags = (
        f"--config.file={folder / 'alertmanager.yml'}",
        f"--storage.path={folder / 'alertmanager-data'}",
        "--cluster.listen-address=",
        *arguments,
    )
    async with _serving(ALERTMANAGER, folder / "alertmanager.log", flags, port) as url:
        yield url


@asynccontextmanager
async def _serving(
    names: Sequence[str], log: Path, flags: Sequence[str], port: int | None
) -> AsyncIterator[str]:
    program = binary(*names)
    if program is None:
        raise PartMissing(names)
    address = f"127.0.0.1:{_unused(port)}"
    process = await _spawn((str(program), *flags, f"--web.listen-address={address}"), log)
    try:
        await _until_ready(process, f"http://{address}/-/ready", log)
        yield f"http://{address}"
    finally:
        await stop(process, STOPPED_WITHIN)


def _unused(port: int | None) -> int:
    """A stranger who already listens there would answer our readiness check."""
    if port is None:
        return free_port()
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError as error:
        raise PartFailed(f"port {port} of 127.0.0.1 can't be used: {error.strerror}") from error
    return port


async def _spawn(command: Sequence[str], log: Path) -> Process:
    # A process group of its own: Ctrl-C reaches us, and we stop the child in order.
    with log.open("wb") as output:
        return await asyncio.create_subprocess_exec(
            *command, stdin=DEVNULL, stdout=output, stderr=output, process_group=0
        )


async def _until_ready(process: Process, url: str, log: Path) -> None:
    try:
        async with asyncio.timeout(READY_WITHIN), aiohttp.ClientSession() as session:
            while not await answers(session, url):
                if process.returncode is not None:
                    ended = f"{log.stem} ended with code {process.returncode}"
                    raise PartFailed(with_log_tail(ended, log))
                await asyncio.sleep(_POLL)
    except TimeoutError as error:
        slow = f"{log.stem} not ready in {READY_WITHIN:g} s"
        raise PartFailed(with_log_tail(slow, log)) from error


def _write(folder: Path, files: Mapping[str, str | None]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        if text is not None:
            (folder / name).write_text(text, encoding="utf-8")
