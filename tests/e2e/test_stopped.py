"""A process that is stopped with a decision in its batch (a frozen VM, say) forgets it."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.parts.fake_prometheus import FakePrometheus, samples
from tests.parts.state_repo import StateRepo
from tests.repo.processes import until
from tests.service.conftest import count
from tests.service.program import configured, policy, running

SLOW = {"quiet_period": "3s", "max_wait": "3s"}


@pytest.mark.timeout(120)
def test_what_was_decided_before_a_stop_is_not_committed_after_it(
    state_repo: StateRepo, tmp_path: Path
) -> None:
    state_repo.write({"policies/checkout.yaml": policy("checkout")}, "Add a policy")
    with FakePrometheus() as fake:
        fake.script("load", samples(300))
        batch = {**SLOW, "scale_up": SLOW}
        config = configured(tmp_path, fake.url, {"url": state_repo.url}, batch=batch)
        with running(config) as program:
            program.until("steady", policy="checkout")
            fake.script("load", samples(100))
            until(lambda: program.status()["waiting"])
            os.kill(program.process.pid, signal.SIGSTOP)
            fake.script("load", samples(900))
            time.sleep(3 + 6)
            os.kill(program.process.pid, signal.SIGCONT)
            program.until("decision_dropped", why="the process was stopped meanwhile")
            until(lambda: count(state_repo, "checkout") == 9)
        subjects = [commit.subject for commit in state_repo.log()[:2]]
    assert subjects == ["scale: checkout 3→9", "Add a policy"]
