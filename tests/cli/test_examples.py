"""The examples at the end of each command's `--help` can be typed as they stand."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from bridge.cli.examples import EXAMPLES
from bridge.cli.program import application
from tests.commands.conftest import Run, fake, invoking, shop
from tests.conftest import DEPLOYMENT
from tests.docs.markdown import ROOT
from tests.parts.fake_prometheus import ANY, FakePrometheus, samples
from tests.parts.state_repo import StateRepo
from tests.policy.importing.given import HPA
from tests.service.program import configured

__all__ = ["fake", "run", "shop"]

run = pytest.fixture(invoking, name="run")
ALL = [line for lines in EXAMPLES.values() for line in lines]
ELSEWHERE = ("--repo", "--url", "--at", "--prometheus", "kubectl", "--trace", " run ", " demo")
"""Of more than a new shop has: several repos, other hosts, a past; or without an end."""
TOLD = {
    "once": "scale: checkout 3→7, search 3→7",
    "plan": "+  replicas: 7",
    "explain": "asks for 7",
    "doctor": "ok     queries: 2 have one finite sample",
    "targets": "Deployment/shop/checkout",
    "pause": "paused",
    "set": "5",
}


def arguments(line: str) -> list[str]:
    """What follows the program's name, behind a pipe or not."""
    [_, *given] = shlex.split(line.rpartition("| ")[2])
    return given


@pytest.fixture
def place(
    shop: StateRepo, fake: FakePrometheus, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Path:
    """Where they are typed: a configuration, a policy, a manifest, values and an autoscaler."""
    configured(tmp_path, fake.url, {"url": shop.url})
    fake.script(ANY, samples(700))
    for name, text in {
        "policies/checkout.yaml": (ROOT / "policies/checkout.yaml").read_text(),
        "apps/checkout.yaml": DEPLOYMENT.format(name="checkout"),
        "values.yaml": "web:\n  replicas: 3\n",
        "hpa.yaml": HPA,
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("line", [one for one in ALL if not any(w in one for w in ELSEWHERE)])
def test_it_does_what_it_is_for(run: Run, line: str) -> None:
    done = run(*arguments(line))
    assert done.exit_code == 0, done.output
    assert TOLD.get(arguments(line)[0], "") in done.output


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("line", ALL)
def test_it_is_understood_and_fits_a_terminal(line: str) -> None:
    command: Any = typer.main.get_command(application)
    with command.make_context("scalebridge", arguments(line)) as context:
        given = [*context._protected_args, *context.args]
        name, found, rest = command.resolve_command(context, given)
        found.make_context(name, rest, parent=context).close()
    assert len(line) <= 78


def test_each_command_has_some_and_shows_them(run: Run) -> None:
    program: Any = typer.main.get_command(application)
    assert EXAMPLES.keys() == program.commands.keys()
    for name, lines in EXAMPLES.items():
        shown = run(name, "--help").output
        assert all(line in shown for line in lines)
        assert all(f"scalebridge {name} " in f"{line} " or "--repo" in line for line in lines)
