"""What README and docs show is loaded or run."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bridge.commit.message import commit_message
from bridge.decide.decision import Decision, Step
from bridge.evaluate.ready import ready_query
from bridge.manifest.target import Target
from bridge.manifest.workload import workloads
from bridge.policy.importing.files import import_files
from bridge.policy.importing.surroundings import Surroundings
from bridge.policy.loading import parse_policy
from bridge.settings.configuration import Settings
from bridge.settings.loading import load_settings
from tests.conftest import DEPLOYMENT
from tests.docs.markdown import PAGES, ROOT, Block, blocks, commands, local_links, titled
from tests.parts.fake_prometheus import FakePrometheus, samples
from tests.parts.state_repo import StateRepo

AUTOSCALERS = {"HorizontalPodAutoscaler": "hpa.yaml", "ScaledObject": "scaled-object.yaml"}
NEEDED = {
    "prometheus": {"url": "http://127.0.0.1:9090"},
    "state_repo": {"url": "https://git.example.com/platform/state.git"},
}


def loaded_settings(text: str, folder: Path) -> Settings:
    """The configuration, with the sections a fragment leaves out and the secrets it names."""
    data = {**NEEDED, **yaml.safe_load(text)}
    if "state_repos" in data:
        del data["state_repo"]
    for name in re.findall(r"_file: (\S+)", text):
        (folder / Path(name).name).write_text("s3cret")
    moved = re.sub(r"(_file: )\S*/", r"\1", yaml.safe_dump(data))
    (folder / "scalebridge.yaml").write_text(moved)
    return load_settings(folder / "scalebridge.yaml")


@pytest.mark.parametrize("block", blocks("yaml"), ids=str)
def test_shown_yaml_is_valid(block: Block, tmp_path: Path) -> None:
    data: Any = yaml.safe_load(block.text)
    if data.get("kind") == "ScalingPolicy":
        assert parse_policy(block.text.encode(), str(block)).name == data["metadata"]["name"]
    elif data.get("kind") == "Deployment":
        assert [workload.refusal for workload in workloads(block.text.encode())] == [""]
    elif data.get("kind") in AUTOSCALERS:
        assert import_files({str(block): block.text.encode()}, Surroundings()).refused == 0
    else:
        assert data.keys() <= loaded_settings(block.text, tmp_path).model_dump().keys()


def test_readme_shows_policies_and_configuration() -> None:
    texts = [block.text for block in blocks("yaml")]
    assert any("kind: ScalingPolicy" in text for text in texts)
    assert any("state_repo:" in text for text in texts)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Path]:
    """A folder in which the guides were followed: scalebridge.yaml, a state repo and its policy."""
    for block in blocks("yaml"):
        if file := AUTOSCALERS.get(yaml.safe_load(block.text).get("kind")):
            (tmp_path / file).write_text(block.text)
    for block in titled():
        (tmp_path / block.title).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / block.title).write_text(block.text)
    readme = [block for block in blocks("yaml") if block.page.name == "README.md"]
    [policy] = [block.text for block in readme if "kind: ScalingPolicy" in block.text]
    files = {"apps/checkout.yaml": DEPLOYMENT.format(name="checkout")}
    repo = StateRepo.create(tmp_path / "remote", {**files, "policies/checkout.yaml": policy})
    with FakePrometheus() as prometheus:
        for metric in yaml.safe_load(policy)["spec"]["metrics"]:
            prometheus.script(metric["query"], samples(0.2 if metric["name"] == "latency" else 640))
        ready = ready_query(parse_policy(policy.encode(), "checkout.yaml"))
        prometheus.script(str(ready), samples(3))
        (tmp_path / "scalebridge.yaml").write_text(
            f"prometheus: {{url: {prometheus.url}}}\n"
            f"state_repo: {{url: {repo.url}, search_paths: [apps], mirror: mirror.git}}\n"
            "server: {listen: '127.0.0.1:0'}\n"
        )
        yield tmp_path


def scalebridge(arguments: list[str], folder: Path) -> subprocess.Popen[str]:
    """The command, started in this folder."""
    return subprocess.Popen(
        [sys.executable, "-m", "bridge", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(
    "line", sorted({line for _, line in commands() if line.startswith("scalebridge ")})
)
def test_shown_scalebridge_commands_run(line: str, workspace: Path) -> None:
    _, *arguments = shlex.split(line)
    process = scalebridge(arguments, workspace)
    if arguments[0] == "run":
        assert process.stderr is not None
        for logged in process.stderr:
            if "committed" in logged:
                break
        process.terminate()
    output, error = process.communicate(timeout=60)
    assert process.returncode == 0, output + error


@pytest.mark.parametrize(
    "line", sorted({line for _, line in commands() if line.startswith("make")})
)
def test_shown_make_targets_exist(line: str) -> None:
    dry_run = [*shlex.split(line), "--dry-run", "--no-print-directory"]
    subprocess.run(dry_run, cwd=ROOT, check=True, capture_output=True)


def test_shown_pytest_command_selects_tests() -> None:
    [line] = [line for _, line in commands() if line.startswith(".venv/bin/pytest")]
    _, *arguments = shlex.split(line)
    collected = [sys.executable, "-m", "pytest", "--collect-only", "-q", *arguments]
    subprocess.run(collected, cwd=ROOT, check=True, capture_output=True)


def test_no_other_commands_are_shown() -> None:
    tested = ("scalebridge ", "make", ".venv/bin/pytest", ". .venv/bin/activate")
    assert [f"{block}: {line}" for block, line in commands() if not line.startswith(tested)] == []


@pytest.mark.parametrize(("page", "link"), sorted(set(local_links())), ids=str)
def test_local_links_lead_somewhere(page: Path, link: str) -> None:
    assert (page.parent / link).exists()


def test_the_shown_commit_is_what_we_write() -> None:
    [shown] = [block.text for block in blocks("") if block.text.startswith("scale: ")]
    decisions = [
        Decision(
            target=Target("Deployment", "checkout", "shop"),
            policy="checkout",
            current=4,
            desired=7,
            steps=(Step("requests 640 at 100 per replica asks for 7"),),
        ),
        Decision(
            target=Target("Deployment", "search", "shop"),
            policy="search",
            current=12,
            desired=9,
            steps=(Step("busy 0.45 against 0.6 with 12 ready asks for 9"),),
        ),
    ]
    written = re.sub(r'"reason":"[^"]*"', '"reason":"…"', commit_message(decisions))
    assert written == shown


def test_the_shown_explanation_is_what_is_printed(workspace: Path) -> None:
    [shown] = [block.text for block in blocks("") if block.text.startswith("checkout: Deployment")]
    process = scalebridge(["explain", "checkout", "--config", "scalebridge.yaml"], workspace)
    printed, error = process.communicate(timeout=60)
    assert (_timeless(printed), error) == (_timeless(shown), "")


def _timeless(text: str) -> str:
    """Without what differs from run to run."""
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "DAY TIME", text)
    return re.sub(r"\d\d:\d\d:\d\d", "TIME", re.sub(r"\b[0-9a-f]{12}\b", "TIP", text))


def test_every_page_is_read() -> None:
    assert ROOT / "README.md" in PAGES
