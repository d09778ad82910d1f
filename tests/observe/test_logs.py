"""Logs are one line per fact on standard error, for people or for programs."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

SPEAKING = """
import logging, sys
import structlog
from bridge.observe.logs import set_up_logs
from bridge.settings.log import LogSettings
set_up_logs(LogSettings(format=sys.argv[1], level=sys.argv[2]))
log = structlog.get_logger()
log.debug("steady", policy="web")
log.info("decided", policy="web", desired=7)
log.warning("publish_failed", error="x")
logging.getLogger("aiohttp").warning("odd")
logging.getLogger("aiohttp").info("usual")
logging.getLogger("urllib3.connection").warning("Failed to parse headers", exc_info=ValueError())
"""


def spoken(form: str, level: str) -> list[str]:
    """What a process of its own says on standard error; nothing on standard output."""
    done = subprocess.run(
        (sys.executable, "-W", "error", "-c", SPEAKING, form, level),
        capture_output=True,
        timeout=20,
        check=True,
    )
    assert done.stdout == b""
    return done.stderr.decode().splitlines()


def test_json_is_one_object_a_line() -> None:
    decided, failed, library = (json.loads(line) for line in spoken("json", "info"))
    assert decided.pop("timestamp").endswith("Z")
    assert decided == {"event": "decided", "level": "info", "policy": "web", "desired": 7}
    assert (failed["event"], failed["level"], failed["error"]) == ("publish_failed", "warning", "x")
    assert (library["event"], library["level"]) == ("library_said", "warning")
    assert (library["logger"], library["text"]) == ("aiohttp", "odd")


@pytest.mark.parametrize(
    ("level", "events"),
    [
        ("debug", ["steady", "decided", "publish_failed", "library_said"]),
        ("info", ["decided", "publish_failed", "library_said"]),
        ("warning", ["publish_failed", "library_said"]),
        ("error", []),
    ],
)
def test_the_level_leaves_out_what_is_below(level: str, events: list[str]) -> None:
    assert [json.loads(line)["event"] for line in spoken("json", level)] == events


def test_the_console_has_no_colours_where_nobody_watches() -> None:
    decided, _, _ = spoken("console", "info")
    assert "\x1b" not in decided
    assert [
        part for part in ("[info", "decided", "policy=web", "desired=7") if part in decided
    ] == ["[info", "decided", "policy=web", "desired=7"]


CRASHING = """
from bridge.observe.logs import set_up_logs
from bridge.secrecy import learn
from bridge.settings.log import LogSettings
set_up_logs(LogSettings(format="json"))
learn("hunter2-canary")
raise RuntimeError("a bug, with hunter2-canary in its hand")
"""


def test_a_crash_is_one_line_without_secrets() -> None:
    done = subprocess.run((sys.executable, "-c", CRASHING), capture_output=True, timeout=20)
    [line] = done.stderr.decode().splitlines()
    crashed = json.loads(line)
    assert (done.returncode, crashed["event"], crashed["level"]) == (1, "crashed", "error")
    assert "RuntimeError: a bug, with [secret] in its hand" in crashed["exception"]
    assert "hunter2" not in line
