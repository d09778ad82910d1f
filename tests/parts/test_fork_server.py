"""A forked process is one of its own: what it is given, how it ends, and what is left of it."""

from __future__ import annotations

import os
import signal
import subprocess

import pytest

from tests.parts.fork_server import CHECKOUT, Forked, forked


def saying(expression: str) -> Forked:
    """Says on stderr what this Python expression is to it."""
    once = ("-n", "1", "-r", "1")
    return forked("timeit", *once, f"import os, sys; sys.stderr.write(str({expression}))")


def test_it_has_the_arguments_the_environment_and_the_folder_of_a_fresh_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TIDE", "high")
    process = saying("(os.environ['TIDE'], os.getcwd(), os.getpid(), os.listdir('/proc/self/fd'))")
    assert process.wait(10) == 0
    told = process.stderr.read()
    assert told.startswith(f"('high', {str(CHECKOUT)!r}, {process.pid}, ")
    assert told.count("'") == 4 + 2 * 4, "no descriptors but the three, and that of the list"
    process.stderr.close()


def test_the_service_is_imported_before_it_starts() -> None:
    process = saying("[f'bridge.{one}' in sys.modules for one in ('service.serve', '__main__')]")
    assert process.wait(10) == 0
    assert process.stderr.read() == "[True, False]"
    process.stderr.close()


def test_its_exit_code_and_its_complaint_are_its_own() -> None:
    process = forked("bridge", "sail")
    assert process.wait(10) == 2
    assert "No such command 'sail'" in process.stderr.read()
    process.stderr.close()


def test_signals_end_it_once_and_several_run_at_once() -> None:
    several = [forked("http.server", "--bind", "127.0.0.1", "0") for _ in range(2)]
    first, other = several
    with pytest.raises(subprocess.TimeoutExpired):
        first.wait(0.05)
    first.kill()
    assert first.wait(10) == -signal.SIGKILL
    first.kill()
    assert other.poll() is None
    other.send_signal(signal.SIGTERM)
    assert other.wait(10) == -signal.SIGTERM
    for one in several:
        one.stderr.close()
        with pytest.raises(ProcessLookupError):
            os.kill(one.pid, 0)
