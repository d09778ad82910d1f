from __future__ import annotations

from pathlib import Path

import pytest

from bridge.demo import seed as seeding
from bridge.demo.plumbing import GitFailed, git
from bridge.demo.reconciler import counts_in
from bridge.demo.seed import policies_folder, seed, shop_files
from bridge.demo.simulator import WORKLOADS
from bridge.policy.loading import load_policies


async def test_the_shop_is_a_sound_bare_repository(tmp_path: Path) -> None:
    repo = tmp_path / "shop.git"
    tip = await seed(repo)
    assert (await git(repo, "rev-parse", "--is-bare-repository", "main")).decode().split() == [
        "true",
        tip,
    ]
    assert (await git(repo, "fsck", "--strict")) == b""
    listed = (await git(repo, "ls-tree", "-r", "--name-only", "main")).decode().split()
    assert listed == sorted(shop_files())
    assert (
        await git(repo, "show", "main:apps/worker/worker.yaml")
        == (shop_files()["apps/worker/worker.yaml"])
    )


async def test_manifests_and_simulator_begin_with_the_same_counts(tmp_path: Path) -> None:
    await seed(tmp_path / "shop.git")
    archive = await git(tmp_path / "shop.git", "archive", "--format=tar", "main", "apps")
    assert counts_in(archive) == {workload.key: workload.replicas for workload in WORKLOADS}


def test_every_workload_has_a_valid_policy() -> None:
    files = {path: content for path, content in shop_files().items() if "policies/" in path}
    policies = load_policies(files)
    assert policies.errors == {}
    assert sorted(policies.by_name) == sorted(workload.name for workload in WORKLOADS)


def test_a_wheel_has_the_policies_beside_the_shop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert policies_folder().name == "policies"
    (tmp_path / "policies").mkdir()
    monkeypatch.setattr(seeding, "_PACKAGED", tmp_path)
    assert policies_folder() == tmp_path / "policies"


async def test_gits_complaint_is_told(tmp_path: Path) -> None:
    with pytest.raises(GitFailed, match=r"git rev-parse: .*not a git repository"):
        await git(tmp_path, "rev-parse", "HEAD")
