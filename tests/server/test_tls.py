"""HTTPS, and clients that have to show a certificate."""

from __future__ import annotations

import ssl
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from bridge.errors import ConfigInvalid
from bridge.observe import metrics
from bridge.observe.status import Status
from bridge.server.http import Server
from bridge.settings.server import ServerSettings, TlsSettings
from tests.parts.gate import needs
from tests.server.given import FIRING, HOOK, STARTED, Intake


def issued(folder: Path, name: str, by: str | None = None) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 and its key; without an issuer, an authority's own."""
    cert, key = folder / f"{name}.pem", folder / f"{name}.key"
    command: list[str | Path] = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
    ]
    command += ["-nodes", "-days", "2", "-subj", f"/CN={name}", "-out", cert, "-keyout", key]
    if by is not None:
        command += ["-CA", folder / f"{by}.pem", "-CAkey", folder / f"{by}.key"]
        command += ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(command, check=True, capture_output=True)
    return cert, key


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority, a server, a client of it, and a client of another authority."""
    needs("openssl")
    folder = tmp_path_factory.mktemp("tls")
    issued(folder, "ca")
    issued(folder, "server", by="ca")
    issued(folder, "client", by="ca")
    issued(folder, "stranger")
    return folder


def server(tls: TlsSettings) -> Server:
    """Listens on a free port."""
    settings = ServerSettings(listen="127.0.0.1:0", tls=tls, idle_timeout=2)
    return Server(settings, Status(STARTED), Intake().listeners, lambda: STARTED)


async def posted(folder: Path, port: int, client: str | None = None) -> int:
    """The reply to a webhook from this client."""
    context = ssl.create_default_context(cafile=folder / "ca.pem")
    if client:
        context.load_cert_chain(folder / f"{client}.pem", folder / f"{client}.key")
    async with httpx.AsyncClient(verify=context) as http:
        return (await http.post(f"https://127.0.0.1:{port}{HOOK}", content=FIRING)).status_code


async def test_webhooks_come_over_https(folder: Path) -> None:
    tls = TlsSettings(cert_file=folder / "server.pem", key_file=folder / "server.key")
    async with server(tls) as (_, port):
        assert await posted(folder, port) == 202
        ends = metrics.registry.get_sample_value(
            "scalebridge_credential_expiry_timestamp_seconds", {"credential": "tls", "repo": ""}
        )
        assert ends is not None
        assert ends > time.time()
        with pytest.raises(httpx.TransportError):
            async with httpx.AsyncClient() as http:
                await http.get(f"http://127.0.0.1:{port}/healthz")


async def test_only_clients_of_our_authority_come_in(folder: Path) -> None:
    tls = TlsSettings(
        cert_file=folder / "server.pem",
        key_file=folder / "server.key",
        client_ca_file=folder / "ca.pem",
    )
    async with server(tls) as (_, port):
        assert await posted(folder, port, "client") == 202
        for stranger in (None, "stranger"):
            with pytest.raises(httpx.TransportError):
                await posted(folder, port, stranger)
        assert await posted(folder, port, "client") == 202


async def test_a_certificate_that_can_t_be_used_is_told(folder: Path) -> None:
    tls = TlsSettings(cert_file=folder / "server.pem", key_file=folder / "client.key")
    with pytest.raises(ConfigInvalid, match=r"server\.tls: the certificates can't be used"):
        await server(tls).__aenter__()


def test_mutual_tls_is_authentication_enough_off_loopback(folder: Path) -> None:
    files = {"cert_file": folder / "server.pem", "key_file": folder / "server.key"}
    given = ServerSettings(
        listen="0.0.0.0:80", tls=TlsSettings(**files, client_ca_file=folder / "ca.pem")
    )
    assert given.tls is not None
    with pytest.raises(ValueError, match="needs webhook_token_file"):
        ServerSettings(listen="0.0.0.0:80", tls=TlsSettings(**files))
