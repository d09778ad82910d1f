"""The scripts of docs/scripts.md, run as the service runs them: real Git, recorded deployers."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from bridge.notify.reconcilers import Reconcilers
from bridge.notify.told import Told
from bridge.publish.push import Push
from bridge.settings.reconcilers import CommandSettings, WebhookSettings
from bridge.settings.state_repo import StateRepoSettings
from tests.docs.markdown import ROOT, blocks, titled
from tests.docs.test_pages import loaded_settings
from tests.notify.given import told
from tests.parts.deployers import Hook
from tests.parts.git import git
from tests.parts.state_repo import StateRepo

PAGE = ROOT / "docs" / "scripts.md"
FILES = {block.title: block.text for block in titled() if block.page == PAGE}
EXPECTED = {
    "apply-terraform": "terraform -chdir={}/terraform apply -auto-approve -input=false "
    "-lock-timeout=60s",
    "apply-compose": "docker compose --file {}/compose.yaml up --detach",
    "apply-nomad": "nomad job run -detach {}/nomad/web.hcl",
    "apply-ansible": "ansible-playbook --inventory {}/inventory {}/site.yaml",
}


def test_all_scripts_are_run() -> None:
    assert {name for name in FILES if name.startswith("apply-")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
async def test_a_script_applies_the_tip(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = StateRepo.create(tmp_path / "remote", {"compose.yaml": FILES["compose.yaml"]})
    clone = tmp_path / "state"
    git(tmp_path, "clone", "--quiet", repo.url, str(clone))
    tip = repo.write({"compose.yaml": FILES["compose.yaml"].replace("3", "5")}, "scale: web 3→5")
    program = EXPECTED[name].split()[0]
    for file, text in (
        (name, FILES[name].replace("/srv/state", str(clone))),
        (program, '#!/bin/sh\necho "${0##*/} $*"\n'),
    ):
        (tmp_path / file).write_text(text)
        (tmp_path / file).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    shown = CommandSettings(name=name, type="command", command=(str(tmp_path / name), "web"))
    settings = StateRepoSettings(url=repo.url)
    [answer] = await Reconcilers([shown], settings).tell(Push("a", tip, "", (), ()))
    assert answer == Told(name, output=EXPECTED[name].replace("{}", str(clone)))
    assert git(clone, "rev-parse", "HEAD").decode().strip() == tip


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".yaml")])
def test_the_shown_files_hold_a_count(name: str) -> None:
    data = yaml.safe_load(FILES[name])
    count = (
        data["services"]["web"]["deploy"]["replicas"]
        if "services" in data
        else data["web_replicas"]
    )
    assert count == 3


async def test_the_shown_webhook_is_sent(tmp_path: Path) -> None:
    [shown] = [b.text for b in blocks("yaml") if b.page == PAGE and "type: webhook" in b.text]
    [reconciler] = loaded_settings(shown, tmp_path).reconcilers
    assert isinstance(reconciler, WebhookSettings)
    with Hook([(200, "")]) as hook:
        assert await told(reconciler.model_copy(update={"url": hook.url})) == [Told("ci")]
    assert yaml.safe_load(hook.bodies[0]) == {
        "ref": "live",
        "commit": "b" * 40,
        "why": "scale: web 1→2",
    }
