"""A command of one's own gets the facts, a small environment and so much time."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from bridge.notify.reconcilers import Reconcilers
from bridge.notify.told import Told
from bridge.publish.push import Push
from bridge.settings.reconcilers import CommandSettings
from tests.notify.given import FACTS, REPO, told


def command(*arguments: str, **more: Any) -> CommandSettings:
    """A command called c."""
    return CommandSettings(**{"name": "c", "type": "command", "command": arguments, **more})


def python(code: str, *arguments: str, **more: Any) -> CommandSettings:
    """A program, to which no site package belongs."""
    return command(sys.executable, "-IS", "-c", code, *arguments, **more)


async def test_it_gets_the_facts_and_its_output_is_told() -> None:
    [answer] = await told(command("cat"))
    assert (answer.error, json.loads(answer.output)) == ("", FACTS)


async def test_no_shell_reads_its_arguments() -> None:
    assert await told(command("echo", "$HOME", "; exit 1", "*")) == [
        Told("c", output="$HOME ; exit 1 *")
    ]


async def test_its_environment_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCALEBRIDGE_STATE_REPO__PASSWORD", "hunter2")
    monkeypatch.setenv("NOMAD_TOKEN", "n")
    monkeypatch.setenv("LANG", "C.UTF-8")
    [answer] = await told(command("env", pass_environment=["NOMAD_TOKEN", "NOT_THERE"]))
    names = {line.partition("=")[0] for line in answer.output.splitlines()}
    assert names == {"PATH", "HOME", "LANG", "NOMAD_TOKEN"}


async def test_a_failure_is_told_with_both_outputs() -> None:
    code = "import sys; print('planned', flush=True); sys.exit('locked')"
    assert await told(python(code)) == [Told("c", "exit code 1", "planned\nlocked")]


@pytest.mark.parametrize("program", ["no-such-program", "/", "a\0b"])
async def test_a_program_that_is_not_there_is_told(program: str) -> None:
    [answer] = await told(command(program))
    assert answer.error.startswith(f"{program} can't be run: ")


async def test_a_flood_of_output_is_cut_to_its_end() -> None:
    [answer] = await told(python("print('x' * 10_000_000); print('end')"))
    assert (answer.error, len(answer.output), answer.output[-5:]) == ("", 4095, "x\nend")


async def test_it_need_not_read_what_it_is_given() -> None:
    many = Push("a", "b", "", tuple(f"apps/{n:0100}.yaml" for n in range(10_000)), ())
    assert await Reconcilers([command("true")], REPO).tell(many) == [Told("c")]


async def test_its_time_ends_its_children_too() -> None:
    script = "sleep 600 & echo $!; wait"
    [answer] = await told(command("sh", "-c", script, timeout=0.5))
    assert answer.error == "not done after 0.5 s: terminated"
    async with asyncio.timeout(10):  # the kernel ends it a moment after the signal
        while is_alive(int(answer.output)):  # noqa: ASYNC110 - no event tells of it
            await asyncio.sleep(0.01)


async def test_it_may_clean_up_when_its_time_ends() -> None:
    script = "trap 'echo unlocked; exit 0' TERM; echo locked; sleep 600 & wait"
    [answer] = await told(command("sh", "-c", script, timeout=0.5))
    assert answer.output == "locked\nunlocked"


def is_alive(pid: int) -> bool:
    """Whether it runs; a zombie that nobody reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
