"""Signing keys of both kinds, and what git needs to know whose they are."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bridge.settings.commit import SigningSettings
from tests.parts.git import environment

OWNER = "bridge@example.org"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The settings that use the key, and the environment in which git trusts it."""

    settings: SigningSettings
    trusting: dict[str, str]


def ssh_key(folder: Path, passphrase: str = "") -> SigningKey:
    """An ed25519 key, as ssh-keygen makes it."""
    folder.mkdir(parents=True, exist_ok=True)
    key, allowed = folder / "signing_key", folder / "allowed_signers"
    _run("ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", "", "-f", str(key))
    allowed.write_text(f"{OWNER} {key.with_suffix('.pub').read_text()}")
    settings = SigningSettings(
        format="ssh", key_file=key, passphrase_file=_written(folder, passphrase)
    )
    return SigningKey(settings, environment({"gpg.ssh.allowedSignersFile": str(allowed)}))


@contextmanager
def gpg_key(folder: Path, passphrase: str = "") -> Iterator[SigningKey]:
    """An exported OpenPGP key; the home it was made in trusts it, and is gone afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    home = tempfile.mkdtemp(prefix="gpg-")  # short: it holds a socket
    alone = ("gpg", "--homedir", home, "--batch", "--quiet", "--pinentry-mode", "loopback")
    secret = (*alone, "--passphrase", passphrase)
    try:
        _run(*secret, "--quick-generate-key", f"Bridge <{OWNER}>", "ed25519", "sign", "never")
        key = folder / "signing_key.asc"
        key.write_bytes(_run(*secret, "--armor", "--export-secret-keys", OWNER))
        settings = SigningSettings(
            format="openpgp", key_file=key, passphrase_file=_written(folder, passphrase)
        )
        yield SigningKey(settings, environment(GNUPGHOME=home))
    finally:
        _run("gpgconf", "--homedir", home, "--kill", "gpg-agent")
        shutil.rmtree(home, ignore_errors=True)


def _written(folder: Path, passphrase: str) -> Path | None:
    if not passphrase:
        return None
    file = folder / "passphrase"
    file.write_text(f"{passphrase}\n")
    return file


def _run(*command: str) -> bytes:
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
    return subprocess.run(command, env=env, capture_output=True, check=True, timeout=30).stdout
