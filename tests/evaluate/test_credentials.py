"""Credentials are sent as given, read anew where they rotate, and never told."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bridge.errors import MetricsUnavailable
from bridge.evaluate.prometheus import Prometheus
from bridge.settings.prometheus import PrometheusSettings
from tests.evaluate.faulty import Recording
from tests.parts.fake_prometheus import ANY, samples, status

SECRET = "s3cr3t"
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[Recording]:
    """A Prometheus that notes each Authorization."""
    with Recording() as recording:
        recording.script(ANY, samples(1))
        yield recording


def client(server: Recording, **credentials: Any) -> Prometheus:
    """A client with these credentials."""
    return Prometheus(PrometheusSettings(url=server.url, timeout=2, **credentials))


def basic(username: str, password: str) -> str:
    """The header's value."""
    return f"Basic {base64.b64encode(f'{username}:{password}'.encode()).decode()}"


@pytest.mark.parametrize(
    ("credentials", "header"),
    [
        pytest.param({}, None, id="none"),
        pytest.param({"bearer_token": SECRET}, f"Bearer {SECRET}", id="bearer"),
        pytest.param({"username": "robin", "password": SECRET}, basic("robin", SECRET), id="basic"),
        pytest.param(
            {"username": "røbin", "password": "пароль"}, basic("røbin", "пароль"), id="non-ASCII"
        ),
        pytest.param({"username": "robin"}, None, id="a name without a password"),
    ],
)
async def test_credentials_are_sent_with_every_query(
    server: Recording, credentials: dict[str, Any], header: str | None
) -> None:
    async with client(server, **credentials) as prometheus:
        await prometheus.instant("a", NOW)
        await prometheus.instant("b", NOW)
    assert server.authorizations == [header, header]


@pytest.mark.parametrize("kind", ["bearer", "basic"])
async def test_a_secret_file_may_rotate(server: Recording, kind: str, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("first\n")
    given: dict[str, Any] = {
        "bearer": {"bearer_token_file": file},
        "basic": {"username": "robin", "password_file": file},
    }
    async with client(server, **given[kind]) as prometheus:
        await prometheus.instant("q", NOW)
        file.write_text(" second \n")
        await prometheus.instant("q", NOW)
    expected = {
        "bearer": ["Bearer first", "Bearer second"],
        "basic": [basic("robin", "first"), basic("robin", "second")],
    }[kind]
    assert server.authorizations == expected


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(None, "can't be read: [Errno 2] No such file or directory: ", id="gone"),
        pytest.param(b" \n", "does not hold one line of text", id="empty"),
        pytest.param(b"s3cr3t\ns3cr3t\n", "does not hold one line of text", id="two lines"),
        pytest.param(b"s3cr3t\xff", "can't be read: 'utf-8' codec can't decode", id="binary"),
    ],
)
async def test_a_secret_file_that_broke_is_told_without_what_it_holds(
    server: Recording, tmp_path: Path, content: bytes | None, reason: str
) -> None:
    file = tmp_path / "secret"
    file.write_text("first")
    async with client(server, bearer_token_file=file) as prometheus:
        file.unlink()
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(MetricsUnavailable) as refused:
            await prometheus.instant("q", NOW)
    assert f"'q': secret file {file} {reason}" in str(refused.value)
    assert SECRET not in str(refused.value)
    assert server.authorizations == []


async def test_a_netrc_is_left_alone(
    server: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text(f"machine 127.0.0.1 login robin password {SECRET}\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(netrc))
    async with client(server) as prometheus:
        await prometheus.instant("q", NOW)
    assert server.authorizations == [None]


@pytest.mark.parametrize(
    "credentials",
    [{"bearer_token": SECRET}, {"username": "robin", "password": SECRET}],
    ids=["bearer", "basic"],
)
async def test_a_secret_is_never_told(server: Recording, credentials: dict[str, Any]) -> None:
    server.script(ANY, status(401, "who are you?"))
    async with client(server, **credentials) as prometheus:
        with pytest.raises(MetricsUnavailable) as refused:
            await prometheus.instant("q", NOW)
    assert str(refused.value) == (
        "'q': HTTP Status Code 401 (b'who are you?') (see prometheus.bearer_token_file, "
        "or prometheus.username and prometheus.password_file)"
    )
    settings = PrometheusSettings(
        url="http://127.0.0.1:1", bearer_token=SecretStr(SECRET), password=SecretStr(SECRET)
    )
    assert SECRET not in f"{settings!r} {settings} {settings.model_dump_json()}"


async def test_a_missing_file_of_authorities_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Of `requests`, by its own variable: an error of the file, and none of the request."""
    missing = tmp_path / "ca.pem"
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(missing))
    async with Prometheus(PrometheusSettings(url="https://127.0.0.1:1")) as prometheus:
        with pytest.raises(MetricsUnavailable, match=f"certificate bundle.*{missing}"):
            await prometheus.instant("q", NOW)
