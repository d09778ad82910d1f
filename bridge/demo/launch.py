"""The real service as a child of the demo: its configuration, its start and its end."""

from __future__ import annotations

import asyncio
import secrets
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp
import yaml

from bridge.demo.child import answers, stop, with_log_tail
from bridge.demo.plumbing import clean_environment
from bridge.demo.seed import BRANCH

_READY_WITHIN: Final = 30.0
_STOPPED_WITHIN: Final = 10.0
_POLL_SECONDS: Final = 0.1


class ServiceFailed(RuntimeError):
    """The service did not start or ended early; the text has its log's tail."""


def write_token(file: Path) -> Path:
    """A fresh secret for the webhook, readable by nobody else."""
    file.touch(mode=0o600)
    file.write_text(secrets.token_urlsafe(24), "utf-8")
    return file


def service_config(folder: Path, prometheus_url: str, listen: str) -> dict[str, Any]:
    """The service's configuration, as a person would write it for this shop."""
    return {
        "prometheus": {"url": prometheus_url, "timeout": "5s"},
        "state_repo": {
            "url": (folder / "shop.git").as_uri(),
            "branch": BRANCH,
            "search_paths": ["apps"],
            "policies_path": "policies",
            "poll_interval": "5s",
            "mirror": str(folder / "mirror.git"),
        },
        "batch": {
            "quiet_period": "3s",
            "max_wait": "10s",
            "scale_up": {"quiet_period": "1.5s", "max_wait": "5s"},
        },
        "server": {"listen": listen, "webhook_token_file": str(folder / "webhook-token")},
    }


@asynccontextmanager
async def service(
    tasks: asyncio.TaskGroup, folder: Path, config: dict[str, Any]
) -> AsyncIterator[None]:
    """A ready service; if it ends by itself, that fails `tasks`. Stopped as Kubernetes would."""
    file, log = folder / "scalebridge.yaml", folder / "scalebridge.log"
    file.write_text(yaml.safe_dump(config, sort_keys=False), "utf-8")
    process = await _spawn(file, log)
    watch = tasks.create_task(_watch(process, log))
    try:
        await _until_ready(f"http://{config['server']['listen']}/readyz", log)
        yield
    finally:
        watch.cancel()
        await stop(process, _STOPPED_WITHIN)


async def waiting(session: aiohttp.ClientSession, listen: str) -> list[dict[str, Any]]:
    """The decisions that the service has made and not yet committed, from its status page."""
    async with session.get(f"http://{listen}/api/v1/status") as answer:
        facts: list[dict[str, Any]] = (await answer.json())["waiting"]
    return facts


async def _spawn(file: Path, log: Path) -> Process:
    with log.open("wb") as output:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bridge", "run", "--config", str(file)),
            stdin=DEVNULL,
            stdout=output,
            stderr=output,
            env=clean_environment() | {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"},
            process_group=0,  # Ctrl-C reaches us, and we stop the service in order
        )


async def _watch(process: Process, log: Path) -> None:
    code = await process.wait()
    raise ServiceFailed(with_log_tail(f"the service ended with code {code}", log))


async def _until_ready(url: str, log: Path) -> None:
    try:
        async with asyncio.timeout(_READY_WITHIN), aiohttp.ClientSession() as session:
            while not await answers(session, url):  # noqa: ASYNC110  # another process
                await asyncio.sleep(_POLL_SECONDS)
    except TimeoutError as error:
        raise ServiceFailed(with_log_tail(f"not ready in {_READY_WITHIN:.0f} s", log)) from error
