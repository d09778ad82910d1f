"""Two that both believe a share is theirs: one was stopped amid a push, or they split otherwise."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

import pytest

from tests.e2e.test_shards import Instances, four
from tests.parts.git_http import GitHttp
from tests.service.program import Program

__all__ = ["four"]

pytestmark = pytest.mark.timeout(300)


@contextmanager
def stopped_amid_its_push(server: GitHttp, program: Program, *, held: bool) -> Iterator[Event]:
    """It stops as its next push is received; `held`: the push waits there for the event."""
    stopped, release = Event(), Event()

    def stop() -> None:
        if not stopped.is_set():
            os.kill(program.process.pid, signal.SIGSTOP)
            stopped.set()
            if held:
                release.wait(120)

    server.before_receive = stop
    try:
        yield stopped
        release.set()
        time.sleep(0.5)
        os.kill(program.process.pid, signal.SIGCONT)
    finally:
        release.set()
        server.before_receive = None


@pytest.mark.parametrize("held", [False, True], ids=["its push lands", "its push comes too late"])
def test_a_leader_stopped_amid_its_push_undoes_nothing_when_it_goes_on(
    four: Instances, held: bool
) -> None:
    leader = four.start("1/1", "leader")
    leader.until("steady", within=90)
    with stopped_amid_its_push(four.git_http, leader, held=held) as stopped:
        four.load()
        assert stopped.wait(90)
        four.start("1/1", "standby")
        four.until_right(120)
        four.load()
        four.until_right(120)
    four.load()
    four.until_right(120)
    four.prove(overtaken=True)
    assert leader.process.poll() is None
    assert leader.noise == []


def test_two_whole_splits_at_once_commit_each_wish_once(four: Instances) -> None:
    old, new = [[f"{index}/{split}" for index in range(1, split + 1)] for split in (4, 3)]
    for name in old:
        four.start(name)
    four.load()
    four.until_right(120)
    for name in new:
        four.start(name)
    four.load()
    four.until_right(120)
    four.load()
    for name in old:
        four.kill(name)
    four.until_right(120)
    four.prove()
