"""HTTPS by a private authority, and through a proxy."""

from __future__ import annotations

import ssl
from asyncio import StreamReader, StreamWriter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import ValidationError

from bridge.errors import RemoteRefused, RemoteUnavailable
from bridge.settings.state_repo import StateRepoSettings
from tests.parts.git_http import GitHttp
from tests.parts.state_repo import StateRepo
from tests.repo.conftest import Open
from tests.repo.relay import Relay
from tests.repo.ways import CHECKOUT, by_file, by_http, pushed


def certificate(folder: Path) -> Path:
    """For localhost, signed by itself: certificate and key in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = folder / "localhost.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return path


class Proxy(Relay):
    """Is asked to CONNECT, and connects to the one server that it knows."""

    def __init__(self, to: str) -> None:
        super().__init__(to)
        self.asked: list[str] = []

    async def _join(self, reader: StreamReader, writer: StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.asked.append(head.partition(b"\r\n")[0].decode())
        writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
        await super()._join(reader, writer)


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    """The authority that is its own server."""
    return certificate(tmp_path)


@pytest.fixture
def https(git_http: GitHttp, pem: Path) -> Iterator[str]:
    """Where `git_http` is behind TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with Relay(git_http.address, context) as relay:
        yield relay.address.replace("127.0.0.1", "localhost")


@pytest.fixture
def settings(
    https: str, git_http: GitHttp, state_repo: StateRepo, tmp_path: Path, pem: Path
) -> StateRepoSettings:
    """The state repo over HTTPS, with its authority."""
    url = f"https://{https}/state.git"
    return by_http(git_http, state_repo, tmp_path, url=url, ca_file=pem, timeout=15)


def test_a_private_authority_is_trusted_where_it_is_named(
    settings: StateRepoSettings, state_repo: StateRepo, opened: Open
) -> None:
    pushed(opened(settings), {CHECKOUT: b"7\n"})
    assert state_repo.read(CHECKOUT) == b"7\n"


def test_without_it_the_remote_is_refused_and_the_setting_named(
    settings: StateRepoSettings, opened: Open
) -> None:
    mirror = opened(settings.model_copy(update={"ca_file": None}))
    with pytest.raises(RemoteRefused, match=r"certificate.*\(see state_repo\.ca_file\)"):
        mirror.look()


@pytest.fixture
def proxy(https: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """One that knows the way to `https`."""
    monkeypatch.delenv("NO_PROXY")
    with Proxy(https) as proxy:
        yield proxy


@pytest.mark.parametrize("by", ["setting", "environment"])
def test_a_proxy_is_used(
    proxy: Proxy,
    settings: StateRepoSettings,
    opened: Open,
    monkeypatch: pytest.MonkeyPatch,
    by: str,
) -> None:
    url = f"http://{proxy.address}"
    if by == "setting":
        settings = settings.model_copy(update={"proxy": url})
    else:
        monkeypatch.setenv("HTTPS_PROXY", url)
    pushed(opened(settings), {CHECKOUT: b"7\n"})
    place = settings.url.split("/")[2]
    assert set(proxy.asked) == {f"CONNECT {place} HTTP/1.1"}


def test_a_proxy_that_is_down_is_told(
    settings: StateRepoSettings, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_PROXY")
    mirror = opened(settings.model_copy(update={"proxy": "http://127.0.0.1:1"}))
    with pytest.raises(RemoteUnavailable, match=r"127\.0\.0\.1 port 1"):
        mirror.look()


def test_both_are_for_http_remotes(state_repo: StateRepo, tmp_path: Path, pem: Path) -> None:
    with pytest.raises(ValidationError, match=r"ca_file, proxy: the remote is not"):
        by_file(state_repo, tmp_path, ca_file=pem, proxy="http://127.0.0.1:1")
