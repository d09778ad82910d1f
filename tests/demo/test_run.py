"""The whole demo: the real service and Git, with real Prometheus and Alertmanager or stand-ins."""

from __future__ import annotations

import asyncio
import os
import pty
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bridge.demo import launch, monitoring, run, servers
from bridge.demo.monitoring import Pair
from bridge.demo.plumbing import git
from bridge.demo.seed import seed, shop_files
from bridge.demo.servers import ALERTMANAGER, PROMETHEUS
from tests.parts.gate import needs

pytestmark = pytest.mark.timeout(120)

PLAY = """
import sys
from pathlib import Path
from bridge.demo.run import SHORTEST, main
sys.exit(main(folder=Path(sys.argv[1]), prometheus=sys.argv[2], seconds=SHORTEST))
"""
IN_ORDER = ("load", "alert", "decision", "commit", "applied", "calm")


@dataclass(frozen=True, slots=True)
class Ended:
    """A demo that ended by itself."""

    folder: Path
    code: int | None
    lines: list[str]

    def first(self, kind: str) -> int:
        """The line of the first event of a kind."""
        return next(place for place, line in enumerate(self.lines) if f" s  {kind} " in line)


@asynccontextmanager
async def playing(folder: Path, choice: str, screen: int = PIPE) -> AsyncIterator[Process]:
    """A demo as a process of its own; headless unless `screen` is a terminal."""
    # A shell's background job ignores SIGINT, and so would its children: CI may be one.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PLAY, str(folder), choice),
        stdin=PIPE,
        stdout=screen,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "TERM": "xterm-256color"},
    )
    signal.signal(signal.SIGINT, before)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


def left_behind(folder: Path) -> list[bytes]:
    """The command lines of processes that have to do with the folder."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = file.read_bytes()
        except OSError:  # ended meanwhile
            continue
        if str(folder).encode() in command:
            found.append(command)
    return found


@pytest.fixture(scope="module")
def demos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ended]:
    """One run with the real programs and one with stand-ins, side by side."""
    needs(PROMETHEUS, ALERTMANAGER)

    async def to_its_end(choice: str) -> Ended:
        folder = tmp_path_factory.mktemp(choice)
        async with playing(folder, choice) as process:
            output, _ = await process.communicate()
        return Ended(folder, process.returncode, output.decode().splitlines())

    async def both() -> tuple[Ended, Ended]:
        return await asyncio.gather(to_its_end("real"), to_its_end("stand-in"))

    return dict(zip(("real", "stand-in"), asyncio.run(both()), strict=True))


@pytest.fixture(params=["real", "stand-in"])
def demo(demos: dict[str, Ended], request: pytest.FixtureRequest) -> Ended:
    """Each of the two."""
    return demos[request.param]


async def test_the_story_happens_in_its_order(demo: Ended) -> None:
    assert demo.code == 0, "\n".join(demo.lines)
    places = [demo.first(kind) for kind in IN_ORDER]
    assert places == sorted(places)
    assert demo.lines[-1].startswith("verdict ")
    assert left_behind(demo.folder) == []


async def test_one_commit_answers_the_alert_and_changes_digits_alone(demo: Ended) -> None:
    repo = demo.folder / "shop.git"
    log = (await git(repo, "log", "--reverse", "--format=%H %an %s", "main")).decode()
    seeded, answer, *_ = log.splitlines()
    sha, author, subject = answer.split(maxsplit=2)
    assert (author, subject.startswith("scale: ")) == ("scalebridge", True)
    assert sha[:7] in demo.lines[demo.first("commit")]
    for name, content in shop_files().items():
        before, after = content.split(), (await git(repo, "show", f"{sha}:{name}")).split()
        changed = [pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]]
        assert all(old == b"2" and new.isdigit() for old, new in changed)
        assert len(changed) <= 1
    assert seeded.split()[1:3] == ["Shop", "team"]


async def test_a_stand_in_says_that_it_is_one(demos: dict[str, Ended]) -> None:
    real, stand_in = ("\n".join(demos[name].lines) for name in ("real", "stand-in"))
    assert "monitoring         real Prometheus and Alertmanager\n" in real
    assert "STAND-IN" not in real
    assert "with STAND-IN for Prometheus and Alertmanager\n" in stand_in
    assert "monitoring         STAND-IN for Prometheus and Alertmanager: not the real" in stand_in


async def test_the_token_is_the_owners_alone(demo: Ended) -> None:
    token = demo.folder / "webhook-token"
    assert token.stat().st_mode & 0o777 == 0o600
    assert token.read_text() not in (demo.folder / "scalebridge.yaml").read_text()
    assert token.read_text() not in (demo.folder / "scalebridge.log").read_text()


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """A pseudo-terminal: our side, and the demo's."""
    ours, theirs = pty.openpty()
    yield ours, theirs
    os.close(ours)
    os.close(theirs)


async def test_ctrl_c_on_the_live_view_stops_everything(
    tmp_path: Path, terminal: tuple[int, int]
) -> None:
    needs(PROMETHEUS, ALERTMANAGER)
    ours, theirs = terminal
    async with playing(tmp_path, "real", theirs) as process:
        await seen(ours, b"the shop is open")
        assert len(left_behind(tmp_path)) >= 4
        process.send_signal(signal.SIGINT)
        await seen(ours, b"stopped; the repo lies in")
        assert await process.wait() == 130
    assert left_behind(tmp_path) == []


async def test_sigterm_stops_everything(tmp_path: Path) -> None:
    async with playing(tmp_path, "stand-in") as process:
        assert process.stdout is not None
        while b"the shop is open" not in await process.stdout.readline():
            assert process.returncode is None
        process.terminate()
        output = await process.stdout.read()
        assert await process.wait() == 143
    assert b"stopped; the repo lies in" in output
    assert left_behind(tmp_path) == []


async def seen(terminal: int, words: bytes) -> None:
    """Reads the terminal until these words were drawn."""
    text = b""
    try:
        async with asyncio.timeout(30):
            while words not in text:
                text += await asyncio.to_thread(os.read, terminal, 65536)
    except TimeoutError:
        pytest.fail(f"never drawn: {words!r}; last: {text[-1000:]!r}")


def test_a_folder_in_use_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "precious").touch()
    assert run.main(folder=tmp_path) == 2
    assert "is not empty" in capsys.readouterr().out
    assert [file.name for file in tmp_path.iterdir()] == ["precious"]


def test_without_the_real_programs_real_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(servers, "binary", lambda *_: None)
    assert run.main(headless=True, folder=tmp_path, prometheus="real") == 1
    assert "not found: please install it" in capsys.readouterr().out


def test_auto_takes_what_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def only_prometheus(*names: str) -> Path | None:
        return Path("/usr/bin/prometheus") if names == PROMETHEUS else None

    monkeypatch.setattr(monitoring, "binary", only_prometheus)
    assert Pair.chosen("auto") == Pair(prometheus=True, alertmanager=False)
    assert Pair.chosen("auto").caption == "STAND-IN for Alertmanager"
    assert Pair.chosen("real").caption == "real Prometheus and Alertmanager"


def test_a_service_that_ends_early_fails_the_demo_with_its_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(_: Path, __: str, listen: str) -> dict[str, object]:
        return {"server": {"listen": listen}, "no_such_section": 1}

    monkeypatch.setattr(run, "service_config", wrong)
    assert run.main(headless=True, folder=tmp_path, prometheus="stand-in") == 1
    told = capsys.readouterr().out
    assert "the demo failed: the service ended with code 1" in told
    assert "no_such_section" in told


async def test_a_service_that_is_never_ready_fails_the_demo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "_READY_WITHIN", 0.2)
    await seed(tmp_path / "shop.git")
    launch.write_token(tmp_path / "webhook-token")
    config = launch.service_config(tmp_path, "http://127.0.0.1:9", "127.0.0.1:9")
    with pytest.raises(ExceptionGroup) as failure:
        async with asyncio.TaskGroup() as tasks, launch.service(tasks, tmp_path, config):
            pytest.fail("it can't be ready")
    assert failure.group_contains(launch.ServiceFailed, match="not ready in 0 s; its log ends:")
    assert left_behind(tmp_path) == []
