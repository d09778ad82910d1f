"""Processes of the service without its imports: forked from one that has made them.

`python -m bridge` imports a thousand modules before its first line, which took most of what the
tests' hundreds of processes cost. A forked one is as real: its own memory, signals, exit code.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final, TextIO

CHECKOUT: Final = Path(__file__).parents[2]
_IMPORTED: Final = ("bridge.cli.program", "bridge.commands.run")
_MOST: Final = 1 << 17
"""Bytes of an order: arguments and environment."""


class Forked:
    """One of them, by the names of `subprocess.Popen`; its stderr is read as text."""

    def __init__(self, told: socket.socket, stderr: TextIO) -> None:
        self._told = told
        self.stderr = stderr
        self.pid = int(told.recv(_MOST))
        self.returncode: int | None = None

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, or the negative number of the signal that ended it.

        Raises:
            subprocess.TimeoutExpired: it is not over within so many seconds.
        """
        if self.returncode is None:
            self._told.settimeout(timeout)
            try:
                self.returncode = int(self._told.recv(_MOST))
            except (TimeoutError, BlockingIOError):
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0) from None
            self._told.close()
        return self.returncode

    def poll(self) -> int | None:
        """Its exit code, if it is over."""
        with suppress(subprocess.TimeoutExpired):
            return self.wait(0)
        return None

    def send_signal(self, number: int) -> None:
        """Unless it is over."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)


def forked(*arguments: str) -> Forked:
    """Runs as `python -m` with these would: a module, and what it is given."""
    own, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    read, write = os.pipe()
    order = json.dumps([arguments, dict(os.environ)]).encode()
    with theirs:
        socket.send_fds(_server(), [order], [theirs.fileno(), write])
    os.close(write)
    return Forked(own, os.fdopen(read, encoding="utf-8"))


@cache
def _server() -> socket.socket:
    """Where orders go; the process behind it lives as long as this one."""
    own, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        number = theirs.fileno()
        command = (sys.executable, "-m", "tests.parts.fork_server", str(number))
        process = subprocess.Popen(
            command, pass_fds=[number], stdout=subprocess.DEVNULL, cwd=CHECKOUT
        )
    atexit.register(process.wait)
    atexit.register(own.close)
    return own


def _serve(orders: socket.socket) -> list[str]:
    """Forks as ordered, and tells how each ended; in a fork, returns what it is to run.

    Where nobody orders any more, that is nothing.
    """
    living: dict[int, tuple[int, socket.socket]] = {}
    while True:
        ready, _, _ = select.select([orders.fileno(), *living], [], [])
        for pidfd in living.keys() & set(ready):
            _bury(pidfd, *living.pop(pidfd))
        if orders.fileno() not in ready:
            continue
        order, passed, _, _ = socket.recv_fds(orders, _MOST, 2)
        if not order:
            return []
        told = socket.socket(fileno=passed[0])
        if pid := os.fork():
            os.close(passed[1])
            told.send(b"%d" % pid)
            living[os.pidfd_open(pid)] = pid, told
        else:
            os.dup2(passed[1], sys.stderr.fileno())
            _forget(passed[1], *living, *(one.detach() for _, one in living.values()))
            _forget(told.detach(), orders.detach())
            arguments, variables = json.loads(order)
            os.environ.clear()
            os.environ.update(variables)
            return list(arguments)


def _bury(pidfd: int, pid: int, told: socket.socket) -> None:
    os.close(pidfd)
    _, status = os.waitpid(pid, 0)
    with told, suppress(ConnectionError):  # nobody asks any more
        told.send(b"%d" % os.waitstatus_to_exitcode(status))


def _forget(*descriptors: int) -> None:
    for one in descriptors:
        os.close(one)


if __name__ == "__main__":
    for name in _IMPORTED:
        importlib.import_module(name)
    gc.freeze()  # else a fork copies all that is imported, to look through it as it ends
    if ordered := _serve(socket.socket(fileno=int(sys.argv[1]))):
        sys.argv[1:] = ordered[1:]
        runpy.run_module(ordered[0], run_name="__main__", alter_sys=True)
