"""The benchmarks of the running service run, and their last line has what they promise."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.parts.fork_server import CHECKOUT


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", ["webhooks", "alert_storm", "alert_to_commit", "policies"])
def test_the_last_line_holds_the_promised_figures(name: str) -> None:
    script = CHECKOUT / "benchmarks" / f"{name}.py"
    command = (sys.executable, str(script), "--tiny")
    done = subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    told = script.read_text("utf-8").split('"""')[1]
    promised = [part for part in told.split("`")[1::2] if part.isidentifier()]
    assert set(promised) - {"sent"} <= figures.keys()
    assert len(promised) >= 3
