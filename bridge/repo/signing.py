"""Signatures of commits, by ssh-keygen or gpg: with our key and nobody's home or agent."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

from bridge.errors import ConfigInvalid
from bridge.repo.scratch import Scratch
from bridge.settings.commit import SigningSettings

_LIMIT_S: Final = 30.0
_PROBE: Final = b"scalebridge signs its commits\n"
_AGENT: Final = "s2k-count 65536\n"  # else each signature takes half a second where a passphrase is
_SHA256_DIGITS: Final = 64
_ASKPASS: Final = '#!/bin/sh\nexec cat "$SCALEBRIDGE_PASSPHRASE_FILE"\n'


class Signer(Protocol):
    """Signs bytes with the key as its file holds it now.

    Raises:
        ConfigInvalid: the key, its passphrase or the program can't be used.
    """

    def sign(self, payload: bytes) -> bytes:
        """The armored signature."""

    def verify(self, payload: bytes, signature: bytes) -> None:
        """Raises where the signature is not by our key over the payload."""

    def close(self) -> None:
        """Leaves no process and no folder behind."""


def signer(settings: SigningSettings | None) -> Signer | None:
    """The signer that the settings ask for; none where commits are not signed, or not by us."""
    if settings is None or settings.key_file is None:
        return None
    kind = SshSigner if settings.format == "ssh" else GpgSigner
    return kind(settings.key_file, settings.passphrase_file)


def self_test(given: Signer) -> None:
    """Signs and verifies a probe, so that a key that can't be used is told before a commit is due.

    Raises:
        ConfigInvalid: see `Signer`.
    """
    given.verify(_PROBE, given.sign(_PROBE))


def with_signature(commit: bytes, signature: bytes, commit_id: str) -> bytes:
    """The raw commit with its signature as its last header, as `git commit -S` writes it."""
    name = b"gpgsig-sha256" if len(commit_id) == _SHA256_DIGITS else b"gpgsig"
    headers, _, message = commit.partition(b"\n\n")
    folded = signature.strip().replace(b"\n", b"\n ")
    return b"%b\n%b %b\n\n%b" % (headers, name, folded, message)


class SshSigner:
    """`ssh-keygen -Y sign`; a key with a passphrase is opened by its passphrase file."""

    def __init__(self, key: Path, passphrase: Path | None = None) -> None:
        self._key = key
        self._passphrase = passphrase
        self._scratch = Scratch("scalebridge-sign-")

    def sign(self, payload: bytes) -> bytes:
        """See `Signer`."""
        arguments = ["-Y", "sign", "-n", "git", "-f", str(self._key)]
        return _told("ssh-keygen", arguments, payload, self._askpass())

    def _askpass(self) -> Mapping[str, str]:
        if self._passphrase is None:
            return {}
        script = self._folder() / "askpass"
        if not script.exists():
            script.write_text(_ASKPASS, "ascii")
            script.chmod(0o700)
        return {
            "SSH_ASKPASS": str(script),
            "SSH_ASKPASS_REQUIRE": "force",
            "SCALEBRIDGE_PASSPHRASE_FILE": str(self._passphrase),
        }

    def verify(self, payload: bytes, signature: bytes) -> None:
        """See `Signer`."""
        file = self._folder() / "signature"
        file.write_bytes(signature)
        _told("ssh-keygen", ["-Y", "check-novalidate", "-n", "git", "-s", str(file)], payload)

    def _folder(self) -> Path:
        self._scratch = self._scratch.renewed()
        return self._scratch.path

    def close(self) -> None:
        """See `Signer`."""
        self._scratch.close()


class GpgSigner:
    """gpg in a GNUPGHOME of its own, which holds our key alone."""

    def __init__(self, key: Path, passphrase: Path | None = None) -> None:
        self._key = key
        self._passphrase = passphrase
        self._scratch: Scratch | None = None
        self._move()

    def _move(self) -> None:
        """To an empty home."""
        self.close()
        self._scratch = Scratch("scalebridge-gpg-", _end_agent)  # short: it holds sockets
        self._home = self._scratch.path
        (self._home / "gpg-agent.conf").write_text(_AGENT, "ascii")
        self._imported = ""
        self._fingerprint = ""

    def sign(self, payload: bytes) -> bytes:
        """See `Signer`."""
        try:
            return self._signed(payload)
        except ConfigInvalid:  # who tidies /tmp may have taken the home, or half of it
            self._move()
            return self._signed(payload)

    def _signed(self, payload: bytes) -> bytes:
        self._import()
        given = self._passphrase
        secret = ["--passphrase-file", str(given)] if given else []
        return self._gpg([*secret, "--local-user", self._fingerprint, "-a", "-b"], payload)

    def _import(self) -> None:
        """The key, once for each content of its file."""
        content = _bytes_of(self._key)
        digest = hashlib.sha256(content).hexdigest()
        if digest == self._imported:
            return
        self._gpg(["--import"], content)
        listing = self._gpg(["--with-colons", "--import-options", "show-only", "--import"], content)
        prints = [
            line.split(":")[9] for line in listing.decode().splitlines() if line[:4] == "fpr:"
        ]
        if "\nsec:" not in f"\n{listing.decode()}" or not prints:
            raise ConfigInvalid(_complaint("gpg", f"{self._key} holds no secret key"))
        self._imported, self._fingerprint = digest, prints[0]

    def verify(self, payload: bytes, signature: bytes) -> None:
        """See `Signer`."""
        file = self._home / "signature"
        file.write_bytes(signature)
        self._gpg(["--verify", str(file), "-"], payload)

    def close(self) -> None:
        """See `Signer`."""
        if self._scratch:
            self._scratch.close()
        self._scratch = None

    def _gpg(self, arguments: Sequence[str], stdin: bytes) -> bytes:
        alone = ["--homedir", str(self._home), "--no-options", "--batch", "--no-tty", "--quiet"]
        return _told("gpg", [*alone, "--pinentry-mode", "loopback", *arguments], stdin)


def _end_agent(home: Path) -> None:
    with suppress(ConfigInvalid):
        _told("gpgconf", ["--homedir", str(home), "--kill", "gpg-agent"], b"")


def _told(
    program: str, arguments: Sequence[str], stdin: bytes, more: Mapping[str, str] | None = None
) -> bytes:
    """What the program prints; it gets no terminal, no agent and none of our variables."""
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", **(more or {})}
    try:
        done = subprocess.run(
            [program, *arguments],
            input=stdin,
            env=environment,
            capture_output=True,
            timeout=_LIMIT_S,
            start_new_session=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise ConfigInvalid(_complaint(program, "is not installed")) from error
    except subprocess.TimeoutExpired as error:
        raise ConfigInvalid(_complaint(program, f"took over {_LIMIT_S:g} s")) from error
    if done.returncode:
        said = " ".join(done.stderr.decode(errors="replace").split())
        raise ConfigInvalid(_complaint(program, said or f"failed ({done.returncode})"))
    return done.stdout


def _bytes_of(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigInvalid(_complaint(str(file), str(error.strerror))) from error


def _complaint(who: str, what: str) -> str:
    return f"commit.signing: {who}: {what} (see commit.signing.key_file and passphrase_file)"
