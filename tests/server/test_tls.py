"""HTTPS, and clients that have to show a certificate."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import time
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

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


Signed = Callable[[x509.CertificateBuilder], x509.CertificateBuilder]


def valid(begin: int, end: int, *uses: x509.ObjectIdentifier) -> Signed:
    """For those days from now on, and what it may be used for where that is told."""

    def added(made: x509.CertificateBuilder) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        made = made.not_valid_before(now + timedelta(days=begin))
        made = made.not_valid_after(now + timedelta(days=end))
        return made.add_extension(x509.ExtendedKeyUsage(uses), critical=False) if uses else made

    return added


UNFIT = {
    "expired": valid(-2, -1),
    "not yet valid": valid(1, 2),
    "a server's": valid(-1, 1, ExtendedKeyUsageOID.SERVER_AUTH),
}


def signed(folder: Path, name: str, added: Signed) -> None:
    """By the authority."""
    issuer = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
    by = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), None)
    assert isinstance(by, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = x509.CertificateBuilder(issuer.subject, subject, key.public_key())
    made = added(made.serial_number(x509.random_serial_number()))
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (folder / f"{name}.pem").write_bytes(made.sign(by, hashes.SHA256()).public_bytes(pem))
    plain = serialization.NoEncryption()
    (folder / f"{name}.key").write_bytes(key.private_bytes(pem, form, plain))


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


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2])
async def test_tls_before_1_2_is_hung_up_on(folder: Path, newest: ssl.TLSVersion) -> None:
    tls = TlsSettings(cert_file=folder / "server.pem", key_file=folder / "server.key")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = newest
    async with server(tls) as (_, port):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
            writer.close()
            spoken = True
        except (ssl.SSLError, ConnectionResetError):
            spoken = False
        assert spoken is (newest is ssl.TLSVersion.TLSv1_2)
        assert await posted(folder, port) == 202  # which sends no server name


@pytest.mark.parametrize("unfit", UNFIT)
async def test_a_certificate_that_does_not_hold_opens_nothing(folder: Path, unfit: str) -> None:
    signed(folder, "fit", valid(-1, 1, ExtendedKeyUsageOID.CLIENT_AUTH))
    signed(folder, "unfit", UNFIT[unfit])
    tls = TlsSettings(
        cert_file=folder / "server.pem",
        key_file=folder / "server.key",
        client_ca_file=folder / "ca.pem",
    )
    async with server(tls) as (_, port):
        with pytest.raises(httpx.TransportError):
            await posted(folder, port, "unfit")
        assert await posted(folder, port, "fit") == 202


async def test_handshakes_that_never_end_are_connections_like_others(folder: Path) -> None:
    tls = TlsSettings(cert_file=folder / "server.pem", key_file=folder / "server.key")
    settings = ServerSettings(listen="127.0.0.1:0", tls=tls, idle_timeout=1, max_connections=4)
    one = Server(settings, Status(STARTED), Intake().listeners, lambda: STARTED)
    async with one as (_, port):
        silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        assert await silent[2][0].read() == b""  # of one source, half of them
        await asyncio.gather(*(reader.read() for reader, _ in silent))
        assert await posted(folder, port) == 202
        for _, writer in silent:
            writer.close()
