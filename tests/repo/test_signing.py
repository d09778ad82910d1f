"""Commits are signed with our key, as git itself verifies, and a key that can't be used is told."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Literal

import pytest

from bridge.errors import ConfigInvalid
from bridge.repo.signing import GpgSigner, Signer, SshSigner, self_test, signer, with_signature
from bridge.repo.state_repo import StateRepo as Tip
from bridge.settings.commit import SigningSettings
from tests.parts.gate import needs
from tests.parts.git import GitFailed, git
from tests.parts.keys import SigningKey, gpg_key, ssh_key
from tests.parts.state_repo import StateRepo
from tests.repo.processes import command_lines, running, until
from tests.repo.ways import CHECKOUT, by_file, draft

PASSPHRASE = f"open ses4me {secrets.token_hex(8)}"  # not what another process makes keys with


@pytest.fixture(scope="module")
def gpg_keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, SigningKey]]:
    """Made once, since gpg takes its time: an open key, and one with a passphrase."""
    needs("ssh-keygen", "gpg")
    folder = tmp_path_factory.mktemp("keys")
    with gpg_key(folder / "0") as unlocked, gpg_key(folder / "1", PASSPHRASE) as locked:
        yield {"": unlocked, PASSPHRASE: locked}


@pytest.fixture(
    params=[("ssh", ""), ("ssh", PASSPHRASE), ("openpgp", ""), ("openpgp", PASSPHRASE)],
    ids=["ssh", "ssh with passphrase", "openpgp", "openpgp with passphrase"],
)
def key(
    request: pytest.FixtureRequest, gpg_keys: dict[str, SigningKey], tmp_path: Path
) -> SigningKey:
    """A key of each kind, open and locked."""
    kind, passphrase = request.param
    return ssh_key(tmp_path / "keys", passphrase) if kind == "ssh" else gpg_keys[passphrase]


async def test_git_verifies_what_we_commit(
    key: SigningKey, state_repo: StateRepo, tmp_path: Path
) -> None:
    async with Tip(by_file(state_repo, tmp_path), key.settings) as repo:
        snapshot = await repo.look()
        message = "Scale\n\nlang: größer\n\nScaled-By: us\n"
        commit = await repo.commit(draft(snapshot, {CHECKOUT: b"7\n"}, message), snapshot)
        await repo.push(commit, snapshot.tip)
    assert state_repo.tip() == commit
    git(state_repo.path, "verify-commit", commit, env=key.trusting)
    state_repo.git("fsck", "--strict")
    newest = state_repo.log()[0]
    assert (newest.parents, newest.paths) == ((snapshot.tip,), (CHECKOUT,))
    raw = state_repo.git("cat-file", "commit", commit)
    assert raw.partition(b"\n\n")[2].decode() == message


async def test_git_rejects_what_was_changed_afterwards(
    key: SigningKey, state_repo: StateRepo, tmp_path: Path
) -> None:
    async with Tip(by_file(state_repo, tmp_path), key.settings) as repo:
        snapshot = await repo.look()
        commit = await repo.commit(draft(snapshot, {CHECKOUT: b"7\n"}), snapshot)
        await repo.push(commit, snapshot.tip)
    forged = state_repo.git("cat-file", "commit", commit).replace(b"Scale\n", b"Steal\n")
    fake = state_repo.git("hash-object", "-t", "commit", "-w", "--stdin", given=forged)
    with pytest.raises(GitFailed):
        git(state_repo.path, "verify-commit", fake.decode().strip(), env=key.trusting)


def made(settings: SigningSettings) -> Signer:
    """The signer of a key."""
    given = signer(settings)
    assert given
    return given


def signed_commit(repo: StateRepo, given: Signer) -> str:
    """Main's commit, with a signature."""
    raw = repo.git("cat-file", "commit", "main")
    whole = with_signature(raw, given.sign(raw), repo.tip())
    return repo.git("hash-object", "-t", "commit", "-w", "--stdin", given=whole).decode().strip()


@pytest.fixture(params=["ssh", "openpgp"])
def locked(
    request: pytest.FixtureRequest, gpg_keys: dict[str, SigningKey], tmp_path: Path
) -> SigningKey:
    """A key of each kind with a passphrase."""
    ssh = request.param == "ssh"
    return ssh_key(tmp_path / "keys", PASSPHRASE) if ssh else gpg_keys[PASSPHRASE]


def test_a_key_that_rotates_signs_from_then_on(
    locked: SigningKey, gpg_keys: dict[str, SigningKey], state_repo: StateRepo, tmp_path: Path
) -> None:
    ssh = locked.settings.format == "ssh"
    new = ssh_key(tmp_path / "new") if ssh else gpg_keys[""]
    file = tmp_path / "rotating"
    shutil.copy(str(locked.settings.key_file), file)
    settings = locked.settings.model_copy(update={"key_file": file})
    with closing(made(settings)) as given:
        before = signed_commit(state_repo, given)
        shutil.copy(str(new.settings.key_file), file)
        after = signed_commit(state_repo, given)
    git(state_repo.path, "verify-commit", before, env=locked.trusting)
    git(state_repo.path, "verify-commit", after, env=new.trusting)
    with pytest.raises(GitFailed):
        git(state_repo.path, "verify-commit", after, env=locked.trusting)


@pytest.mark.parametrize("wholly", [True, False], ids=["the folder", "the files in it"])
def test_who_tidies_temporary_folders_stops_no_signature(key: SigningKey, wholly: bool) -> None:
    given = signer(key.settings)
    assert isinstance(given, SshSigner | GpgSigner)
    with closing(given):
        self_test(given)
        assert given._scratch
        for path in [*given._scratch.path.iterdir()]:
            if path.is_dir():
                shutil.rmtree(path)
            elif not path.is_socket():
                path.unlink()
        if wholly:
            shutil.rmtree(given._scratch.path)
        self_test(given)


@pytest.mark.parametrize("given", ["", "wrong"], ids=["no passphrase", "a wrong passphrase"])
async def test_a_key_that_can_t_be_opened_is_told_at_the_start(
    locked: SigningKey, given: str, state_repo: StateRepo, tmp_path: Path
) -> None:
    (tmp_path / "given").write_text(given)
    file = tmp_path / "given" if given else None
    settings = locked.settings.model_copy(update={"passphrase_file": file})
    with pytest.raises(ConfigInvalid, match=r"commit\.signing: .*passphrase") as told:
        async with Tip(by_file(state_repo, tmp_path), settings):
            pytest.fail("it was opened")
    assert PASSPHRASE not in str(told.value)
    assert not (tmp_path / "mirror.git").exists()


@pytest.mark.parametrize(
    ("kind", "why"),
    [("ssh", "Couldn't load public key"), ("openpgp", "no valid OpenPGP data")],
)
def test_a_file_that_is_no_key_is_told(
    kind: Literal["ssh", "openpgp"], why: str, tmp_path: Path
) -> None:
    file = tmp_path / "key"
    file.write_text("no key\n")
    file.chmod(0o600)
    settings = SigningSettings(format=kind, key_file=file)
    with closing(made(settings)) as given, pytest.raises(ConfigInvalid, match=why):
        self_test(given)


def test_a_public_key_is_no_secret_key(gpg_keys: dict[str, SigningKey], tmp_path: Path) -> None:
    export = ("gpg", "--homedir", gpg_keys[""].trusting["GNUPGHOME"], "--export")
    file = tmp_path / "key"
    file.write_bytes(subprocess.run(export, capture_output=True, check=True).stdout)
    settings = SigningSettings(format="openpgp", key_file=file)
    with closing(made(settings)) as given, pytest.raises(ConfigInvalid, match="no secret key"):
        self_test(given)


def test_a_program_that_is_not_there_is_told(
    key: SigningKey, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with closing(made(key.settings)) as given, pytest.raises(ConfigInvalid, match="installed"):
        self_test(given)


def test_nothing_is_left_behind_and_no_argument_shows_the_passphrase(
    key: SigningKey, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = tmp_path_factory.mktemp("t")  # short: it holds sockets
    seen = spied_on("ssh-keygen" if key.settings.format == "ssh" else "gpg", place / "bin")
    monkeypatch.setenv("PATH", f"{place / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    with closing(made(key.settings)) as given:
        self_test(given)
        [folder] = place.glob("scalebridge-*")
        lines = "\n".join([*command_lines().values(), seen.read_text(errors="replace")])
    assert str(key.settings.key_file) in lines or "--local-user" in lines
    assert PASSPHRASE not in lines
    assert not folder.exists()
    until(lambda: not running(str(folder)))


def spied_on(program: str, folder: Path) -> Path:
    """Before this program runs, every process's arguments go to the file that is returned."""
    folder.mkdir()
    seen, stub = folder / "seen", folder / program
    spy = f"tr '\\0' ' ' </proc/$$/cmdline >>'{seen}'; cat /proc/*/cmdline >>'{seen}' 2>&-"
    stub.write_text(f'#!/bin/sh\n{spy}\nexec {shutil.which(program)} "$@"\n')
    stub.chmod(0o700)
    return seen


KILLED = """
import os, signal, sys
from pathlib import Path
from bridge.repo.signing import GpgSigner
GpgSigner(Path(sys.argv[1])).sign(b"a commit")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_left_is_cleared_away(
    gpg_keys: dict[str, SigningKey],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    place = tmp_path_factory.mktemp("t")
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    key = str(gpg_keys[""].settings.key_file)
    env = {**os.environ, "TMPDIR": str(place), "PYTHONPATH": str(Path(__file__).parents[2])}
    subprocess.run([sys.executable, "-c", KILLED, key], env=env, check=False)
    [left] = place.glob("scalebridge-gpg-*")
    assert running(str(left))
    with (
        closing(made(gpg_keys[""].settings)) as given,
        closing(made(gpg_keys[""].settings)) as other,
    ):
        until(lambda: not running(str(left)))
        assert not left.exists()
        self_test(given)
        self_test(other)
        assert len(list(place.glob("scalebridge-gpg-*"))) == 2, "those who live are left alone"
