"""What a tree may hold besides plain files with plain names."""

from __future__ import annotations

import os
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.manifest.target import Target
from bridge.repo.mirror import Mirror
from bridge.repo.state_repo import StateRepo as Tip
from tests.conftest import DEPLOYMENT
from tests.parts.state_repo import StateRepo
from tests.repo.conftest import Open
from tests.repo.ways import CHECKOUT, NOON, by_file, plant, pushed

NAMES = {
    "spaces": b"apps/my app .yaml",
    "a space alone": b" ",
    "quotes": b"apps/\"a\" 'b'.yaml",
    "newline": b"apps/a\nb.yaml",
    "newline alone": b"\n",
    "carriage return": b"apps/a\rb.yaml",
    "tab": b"apps/a\tb.yaml",
    "backslash": b"apps/a\\nb.yaml",
    "dash": b"-n",
    "colon": b":(top)apps",
    "glob": b"apps/*.yaml",
    "brackets": b"apps/[a-z]*.yaml",
    "umlauts": "apps/größe.yaml".encode(),
    "decomposed umlauts": "apps/gro\u0308ße.yaml".encode(),
    "no UTF-8": b"apps/gr\xf6\xdfe.yaml",
    "a DEL": b"apps/\x7f\x01.yaml",
    "lock": b"apps/web.lock",
}


@pytest.mark.parametrize("name", [pytest.param(name, id=why) for why, name in NAMES.items()])
def test_a_file_of_any_name_is_read_and_changed(
    state_repo: StateRepo, mirror: Mirror, name: bytes
) -> None:
    plant(state_repo, {name: ("100644", b"before\n")})
    state_repo.write({CHECKOUT: "noise\n"}, "Noise")
    snapshot = mirror.look()
    path = os.fsdecode(name)
    assert set(snapshot.files) - {CHECKOUT, "apps/search.yaml"} == {path}
    assert list(mirror.read([snapshot.blobs()[path]]).values()) == [b"before\n"]
    commit = pushed(mirror, {path: b"after\n"})
    changed = state_repo.git("diff-tree", "-r", "-z", "--name-status", f"{commit}~", commit)
    assert changed == b"M\0" + name + b"\0"
    assert state_repo.git("show", f"{commit}:{path}") == b"after\n"
    newest, *_ = mirror.history(commit, NOON - timedelta(days=1))
    assert [change.path for change in newest.changes] == [path]
    blobs = mirror.earlier(commit, path)
    assert [mirror.read([blob])[blob] for blob in blobs] == [b"before\n"]


def test_a_file_stays_executable(state_repo: StateRepo, mirror: Mirror) -> None:
    plant(state_repo, {CHECKOUT.encode(): ("100755", b"3\n")})
    pushed(mirror, {CHECKOUT: b"7\n"})
    listing = state_repo.git("ls-tree", "main", CHECKOUT).decode()
    assert listing.startswith("100755 blob ")
    assert state_repo.read(CHECKOUT) == b"7\n"


@pytest.mark.parametrize(
    ("mode", "content"),
    [
        pytest.param("120000", b"../outside.yaml", id="a link that leads out"),
        pytest.param("120000", b"apps/checkout.yaml", id="a link inside"),
        pytest.param("160000", b"1" * 40, id="a submodule"),
    ],
)
def test_links_and_submodules_are_no_files(
    state_repo: StateRepo, mirror: Mirror, mode: str, content: bytes
) -> None:
    plant(state_repo, {b"apps/link.yaml": (mode, content)})
    before = state_repo.git("ls-tree", "main", "apps/link.yaml")
    assert "apps/link.yaml" not in mirror.look().files
    pushed(mirror, {CHECKOUT: b"7\n"})
    assert state_repo.git("ls-tree", "main", "apps/link.yaml") == before


async def test_a_link_to_a_manifest_is_not_a_second_place(
    state_repo: StateRepo, tmp_path: Path
) -> None:
    plant(state_repo, {b"apps/zlink.yaml": ("120000", b"checkout.yaml")})
    async with Tip(by_file(state_repo, tmp_path)) as repo:
        snapshot = await repo.look()
    target = Target("Deployment", "checkout", "shop", "apps/v1")
    assert snapshot.index.find(target).path == CHECKOUT


def test_there_is_never_a_working_tree(mirror: Mirror, tmp_path: Path) -> None:
    text = DEPLOYMENT.format(name="checkout").replace("3", "7").encode()
    pushed(mirror, {CHECKOUT: text})
    found = {path.name for path in (tmp_path / "mirror.git").rglob("*") if path.is_file()}
    assert "HEAD" in found
    assert not found & {"index", "checkout.yaml", "search.yaml", "FETCH_HEAD"}


def test_the_claim_on_a_mirror_is_its_owners_alone(
    state_repo: StateRepo, tmp_path: Path, opened: Open
) -> None:
    opened(by_file(state_repo, tmp_path)).look()
    (claim,) = tmp_path.glob("*.claim")
    assert stat.S_IMODE(claim.stat().st_mode) == 0o600
