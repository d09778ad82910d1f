"""The guides are followed, step by step: their files are written and their commands run, with real
Git, a Prometheus that has the load, and `kubectl` as the one thing that is only recorded."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from bridge.documents import Document, load_documents
from bridge.policy.loading import parse_policy
from tests.docs.markdown import ROOT, Block, page_blocks
from tests.docs.schemas import complaints
from tests.docs.test_pages import loaded_settings
from tests.parts.fake_prometheus import FakePrometheus, samples
from tests.parts.state_repo import StateRepo
from tests.service.conftest import count

GUIDES = ["getting-started-argocd.md", "getting-started-flux.md"]
REMOTE = "https://git.example.com/platform/state.git"
QUERY = 'sum(rate(http_requests_total{service="checkout"}[2m]))'


def steps(guide: str) -> list[Block]:
    return page_blocks(ROOT / "docs" / guide)


class Desk:
    """Where somebody follows a guide; the programs beside it stand in for the cluster."""

    def __init__(self, folder: Path, repo: StateRepo, prometheus: str) -> None:
        self.folder = folder
        self._swaps = {REMOTE: repo.url, "http://127.0.0.1:9090": prometheus}
        programs = folder / "bin"
        programs.mkdir()
        (folder / "scalebridge").symlink_to(ROOT)
        self._program(programs / "scalebridge", f'exec {sys.executable} -m bridge "$@"')
        self._program(programs / "kubectl", f'echo "$*" >>{folder}/asked-of-kubectl')
        self._env = {
            **os.environ,
            "PATH": f"{programs}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "GIT_TOKEN": "t0ken",
            **{f"GIT_{who}_NAME": "Robin" for who in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{who}_EMAIL": "robin@example.org" for who in ("AUTHOR", "COMMITTER")},
        }

    def _program(self, path: Path, body: str) -> None:
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)

    def write(self, block: Block) -> None:
        text = block.text
        for given, real in self._swaps.items():
            text = text.replace(given, real)
        path = self.folder / block.title
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def run(self, script: str) -> str:
        for given, real in self._swaps.items():
            script = script.replace(given, real)
        done = subprocess.run(
            ["sh", "-euc", script], cwd=self.folder, env=self._env, capture_output=True, text=True
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"
        return done.stdout


def followed(guide: str, desk: Desk, repo: StateRepo) -> list[str]:
    """What its commands printed, block by block."""
    told = []
    for block in steps(guide):
        if block.title:
            desk.write(block)
        elif block.language == "console":
            if "log -1" in block.text:  # meanwhile the pod has done its work
                desk.run("scalebridge once --config scalebridge.yaml")
                assert count(repo, "checkout") == 7
            told.append(desk.run(block.text))
    return told


@pytest.mark.timeout(180)
@pytest.mark.parametrize("guide", GUIDES)
def test_a_guide_leads_from_nothing_to_a_revert(guide: str, tmp_path: Path) -> None:
    repo = StateRepo.create(tmp_path / "remote", {"README.md": "The state of the shop.\n"})
    (folder := tmp_path / "desk").mkdir()
    with FakePrometheus() as prometheus:
        prometheus.script(QUERY, samples(640))
        told = followed(guide, Desk(folder, repo, prometheus.url), repo)
    *_, tried, _, _, seen, undone = told
    assert "policies: 1 valid; problems: 0" in tried
    assert "3 → 7" in tried
    assert "scale: checkout 3→7" in seen
    assert "requests 640 at 100 per replica asks for 7" in seen
    assert count(repo, "checkout") == 3
    assert "held" in undone
    asked = (folder / "asked-of-kubectl").read_text().split()
    named = [one.rpartition("=")[2] for one in asked if one.startswith("--from-file=")]
    named += [one for one in asked if one.startswith("state/")]
    assert [name for name in named if not (folder / name).exists()] == []
    assert any(name.startswith("state/") for name in named)


@pytest.mark.parametrize("guide", GUIDES)
def test_what_a_guide_shows_is_valid(guide: str, tmp_path: Path) -> None:
    shown = [block for block in steps(guide) if block.title]
    for block in shown:
        for document in load_documents(block.text.encode(), str(block)):
            assert isinstance(document, Document)
            if document.data.get("kind") == "ScalingPolicy":
                parse_policy(block.text.encode(), str(block))
            elif "kind" in document.data:
                assert (str(block), complaints(document.data)) == (str(block), [])
            else:
                loaded_settings(block.text, tmp_path)
    kinds = {yaml.safe_load(block.text.partition("\n---")[0]).get("kind") for block in shown}
    assert {"Deployment", "ScalingPolicy", None} <= kinds


@pytest.mark.parametrize("guide", GUIDES)
def test_the_secret_has_what_the_pod_reads(guide: str) -> None:
    [config] = [b for b in steps(guide) if b.title.endswith("own/scalebridge.yaml")]
    wanted = {Path(name).name for name in re.findall(r"_file: (\S+)", config.text)}
    text = "".join(block.text for block in steps(guide) if block.language == "console")
    [made] = re.findall(r"kubectl -n scalebridge create secret generic scalebridge(.*)", text)
    assert set(re.findall(r"--from-file=(\S+)", made)) == wanted
