"""The command line: quick to start, with exit codes that programs can rely on."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from bridge import __version__
from tests.commands.conftest import Run, invoking
from tests.parts.state_repo import StateRepo
from tests.service.program import configured, policy

CHECKOUT = Path(__file__).parents[2]
HEAVY = {
    "aiohttp",
    "asyncio",
    "dateparser",
    "git",
    "github",
    "httpx",
    "jinja2",
    "pandas",
    "prometheus_api_client",
    "prometheus_client",
    "pydantic",
    "pydantic_settings",
    "requests",
    "rich.live",
    "structlog",
    "yaml",
}
COMMANDS = ("run", "once", "plan", "validate", "backtest", "schema", "demo", "import")


run = pytest.fixture(invoking, name="run")


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """This interpreter, in the checkout."""
    return subprocess.run(
        (sys.executable, *arguments),
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "typers_own"),
    [
        ([], set()),
        (["--help"], set()),
        (["--version"], set()),
        (["plan", "--help"], {"pydantic"}),
    ],
)
def test_help_loads_nothing_of_the_pipeline(arguments: list[str], typers_own: set[str]) -> None:
    program = (
        "import atexit, json, sys\n"
        "atexit.register(lambda: print(json.dumps(sorted(sys.modules)), file=sys.stderr))\n"
        f"sys.argv[1:] = {arguments!r}\n"
        "import bridge.cli\n"
        "bridge.cli.main() if sys.argv[1:] else None\n"
    )
    done = python("-c", program)
    loaded = set(json.loads(done.stderr))
    assert done.returncode == 0
    assert loaded & HEAVY <= typers_own
    ours = {name for name in loaded if name.startswith("bridge")}
    assert {name for name in ours if not name.startswith("bridge.cli")} == {"bridge"}


def test_the_installed_command_and_the_module_are_the_same() -> None:
    installed = Path(sysconfig.get_path("scripts")) / "scalebridge"
    told = {
        subprocess.run((installed, "--version"), capture_output=True, text=True, check=True).stdout,
        python("-m", "bridge", "--version").stdout,
    }
    assert told == {f"scalebridge {__version__}\n"}


def test_help_names_the_commands_and_the_exit_codes(run: Run) -> None:
    done = run("--help")
    assert done.exit_code == 0
    assert all(f" {command} " in done.stdout for command in COMMANDS)
    assert "Exit codes: 0 done, 1 a person must act, 2 wrong usage." in done.stdout


def test_help_groups_the_commands_by_what_they_are_for(run: Run) -> None:
    lines = run("--help").stdout.splitlines()
    panels = [line.strip("╭─╮ ") for line in lines if line.startswith("╭─")]
    assert panels == ["Options", "Scale", "Set up", "Ask why", "Step in"]
    commands = [line.split()[1] for line in lines if re.match(r"│ [a-z]", line)]
    setting_up = ["validate", "doctor", "targets", "import", "schema", "demo"]
    asking = ["explain", "history", "backtest", "tune"]
    assert commands == ["run", "once", "plan", *setting_up, *asking, "pause", "release", "set"]


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("nonsense",),
        ("plan", "--nonsense"),
        ("plan", "extra"),
        ("schema", "nonsense"),
        ("backtest",),
        ("backtest", "policy.yaml", "--replicas", "-1"),
        ("demo", "--seconds", "1"),
    ],
)
def test_wrong_usage_is_a_two(run: Run, arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


@pytest.mark.parametrize("command", ["run", "once", "plan", "validate"])
def test_a_configuration_that_can_t_be_used_is_a_one(
    run: Run, tmp_path: Path, command: str
) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("prometheus: {url: 7}\nstate_repo: {url: x, colour: red}\n")
    done = run(command, "--config", path)
    assert (done.exit_code, done.stdout) == (1, "")
    assert f"{path}:1: prometheus.url: " in done.stderr
    assert f"{path}:2: state_repo.colour: unknown field\n" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_configuration_is_told_how_to_get_one(run: Run, tmp_path: Path) -> None:
    bare = run("plan")
    assert bare.exit_code == 1
    assert "state_repo: required, but missing" in bare.stderr
    assert bare.stderr.endswith(
        "no configuration file was given: --config FILE or SCALEBRIDGE_CONFIG; "
        "`scalebridge schema config` describes the fields\n"
    )
    lost = run("plan", "--config", tmp_path / "lost.yaml")
    assert lost.exit_code == 1
    assert lost.stderr == f"{tmp_path}/lost.yaml: can't be read: No such file or directory\n"


def test_the_environment_may_configure_it_all(
    run: Run, state_repo: StateRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCALEBRIDGE_PROMETHEUS__URL", "http://127.0.0.1:1")
    monkeypatch.setenv("SCALEBRIDGE_STATE_REPO__URL", state_repo.url)
    monkeypatch.setenv("SCALEBRIDGE_STATE_REPO__MIRROR", str(tmp_path / "mirror.git"))
    state_repo.write({"policies/web.yaml": policy("web", suspend=True)}, "Add a policy")
    done = run("plan")
    told = "nothing to commit; targets looked at: 0; policies suspended: 1\n"
    assert (done.exit_code, done.stdout) == (0, told)


def test_the_environment_wins_and_may_name_the_file(
    run: Run, state_repo: StateRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state_repo.write({"policies/web.yaml": policy("web", suspend=True)}, "Add a policy")
    config = configured(tmp_path, "http://127.0.0.1:1", {"url": state_repo.url})
    monkeypatch.setenv("SCALEBRIDGE_CONFIG", str(config))
    assert run("plan").exit_code == 0
    monkeypatch.setenv("SCALEBRIDGE_STATE_REPO__BRANCH", "nowhere")
    done = run("plan")
    assert done.exit_code == 1
    assert "couldn't find remote ref refs/heads/nowhere" in done.stderr


def test_output_survives_a_terminal_that_lacks_the_characters(tmp_path: Path) -> None:
    program = "import sys; from bridge.cli import main; sys.argv[1:] = ['schema']; main()"
    done = subprocess.run(
        (sys.executable, "-c", program),
        cwd=CHECKOUT,
        env={"PYTHONIOENCODING": "ascii", "HOME": str(tmp_path)},
        capture_output=True,
        timeout=20,
        check=False,
    )
    assert done.returncode == 0
    assert json.loads(done.stdout)["title"] == "ScalingPolicy"
