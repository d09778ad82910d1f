"""What an attacker sends by hand: said twice, smuggled, mislabelled, from another name."""

from __future__ import annotations

import gzip
import logging
import resource
import zlib
from asyncio import StreamReader
from contextlib import suppress

import pytest
from pydantic import SecretStr

from bridge.settings.server import ServerSettings
from tests.server.given import FIRING, HOOK, STARTED, Intake, serving
from tests.server.shown import shown
from tests.server.test_abuse import ending, raw
from tests.server.test_api import Recorder

TOKEN = "0123456789abcdef-webhooks"
HEAD = b"POST /webhooks/alertmanager HTTP/1.1\r\nHost: localhost\r\n"
KEY = f"Authorization: Bearer {TOKEN}\r\n".encode()
WHOLE = b"Content-Length: %d\r\n\r\n" % len(FIRING) + FIRING


async def answered(reader: StreamReader) -> int:
    """The status of the next answer."""
    return int((await reader.readline()).split()[1])


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (KEY + WHOLE, 202),
        (KEY.replace(b"Bearer", b"bEARER") + WHOLE, 202),
        (KEY + b"Authorization: Bearer wrong\r\n" + WHOLE, 400),
        (b"Authorization: Bearer wrong\r\n" + KEY + WHOLE, 400),
        (b"Host: evil.example.org\r\n" + KEY + WHOLE, 400),
        (KEY.replace(b"Bearer ", b"Bearer\t") + WHOLE, 401),
        (KEY.replace(b"Bearer ", b"") + WHOLE, 401),
        (KEY.replace(b"Bearer", b"Token") + WHOLE, 401),
        (b"Authorization: Bearer \r\n" + WHOLE, 401),
        (b"Authorization: Bearer \xff\xfe\r\n" + WHOLE, 401),
        (KEY + b"Content-Length: 5\r\n" + WHOLE, 400),
        (KEY + b"Transfer-Encoding: chunked\r\n" + WHOLE, 400),
        (KEY + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400),
        (KEY + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400),
        (KEY + b"Content-Length: +5\r\n\r\n12345", 400),
        (KEY + b"Content-Length: -1\r\n\r\n", 400),
        (KEY + b"Content-Length: " + b"9" * 40 + b"\r\n\r\n", 400),
        (KEY + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 5_000 + b"\r\n", 400),
        (KEY + b"X-A: b\r\n Authorization: c\r\n" + WHOLE, 400),
        (KEY + b"X-A: a\0b\r\n" + WHOLE, 400),
        (KEY + b"".join(b"X-%d: y\r\n" % n for n in range(20_000)) + WHOLE, 400),
        (KEY + b"Content-Encoding: gzip\r\n" + WHOLE, 400),
        (KEY + b"Content-Encoding: br\r\n" + WHOLE, 400),
    ],
    ids=range(23),
)
async def test_one_reading_of_a_request_or_none(
    sent: bytes, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    intake = Intake()
    async with (
        serving(intake, webhook_token=SecretStr(TOKEN)) as http,
        raw(http) as (reader, writer),
    ):
        with suppress(ConnectionError):  # it may be refused before it is whole
            writer.write(HEAD + sent)
            await writer.drain()
        assert await answered(reader) == status
        fine = await http.post(HOOK, content=FIRING, headers={"Authorization": f"Bearer {TOKEN}"})
        assert fine.status_code == 202
    assert len(intake.taken) == 1 + (status == 202)
    written = [one for one in caplog.records if one.name != "httpx"]
    assert written == [], "strangers write our log"


@pytest.mark.parametrize("packed", [gzip.compress, zlib.compress], ids=["gzip", "deflate"])
async def test_a_packed_bomb_is_not_unpacked(packed: object) -> None:
    assert callable(packed)
    bomb = packed(b" " * 200_000_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    async with serving() as http:
        named = {"Content-Encoding": "gzip" if packed is gzip.compress else "deflate"}
        answer = await http.post(HOOK, content=bomb, headers=named)
    assert answer.status_code == 413
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # KiB


@pytest.mark.parametrize(("more", "status"), [(0, 202), (1, 413)])
@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_may_be_as_long_as_max_body_and_no_byte_longer(
    more: int, status: int, chunked: bool
) -> None:
    body = FIRING + b" " * (5_000 - len(FIRING) + more)

    async def chunks() -> object:
        yield body

    async with serving(max_body=5_000) as http:
        answer = await http.post(HOOK, content=chunks() if chunked else body)  # type: ignore[arg-type] # an async iterator
    assert answer.status_code == status


async def test_a_chunked_body_without_end_is_given_up() -> None:
    async with serving(read_timeout=0.3) as http, raw(http) as (reader, writer):
        writer.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1000\r\n" + b" " * 0x1000 + b"\r\n")
        assert (await ending(reader)).startswith(b"HTTP/1.1 408")


async def test_pipelined_requests_are_each_asked_for_their_token() -> None:
    intake = Intake()
    token = SecretStr(TOKEN)
    async with (
        serving(intake, webhook_token=token, idle_timeout=0.5) as http,
        raw(http) as (reader, writer),
    ):
        writer.write((HEAD + KEY + WHOLE) + (HEAD + WHOLE) + (HEAD + KEY + WHOLE))
        said = await ending(reader)
    assert said.count(b"HTTP/1.1 202") >= 1
    assert said.count(b"HTTP/1.1 401") == 1
    assert len(intake.taken) == said.count(b"HTTP/1.1 202")


@pytest.mark.parametrize(
    ("name", "path"),
    [("GET", "/"), ("GET", "/nowhere"), ("PUT", "/"), ("GET", "/targets/none"), ("GET", "/%00"),
     ("GET", "/healthz"), ("GET", "/metrics"), ("GET", "/api/v1/status"), ("GET", "/static/none"),
     ("GET", "/api/v1/targets?page=x"), ("POST", HOOK), ("GET", HOOK), ("TRACE", "/"),
     ("POST", "/targets/none/release")],
)  # fmt: skip
async def test_no_answer_goes_without_its_headers(name: str, path: str) -> None:
    async with serving(status=shown(4, STARTED), actions=Recorder()) as http:
        headers = (await http.request(name, path)).headers
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Server"] == "scalebridge"
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:8080", 200),
        ("127.0.0.1:9", 200),
        ("127.1.2.3", 200),
        ("[::1]:8080", 200),
        ("status.example.org", 200),
        ("Status.Example.ORG:443", 200),
        ("evil.example.org", 421),
        ("127.0.0.1.evil.example.org", 421),
        ("127.evil.example.org", 421),
        ("localhost.evil.example.org", 421),
        ("localhost@evil.example.org", 421),
        ("", 421),
        ("[", 421),
    ],
)
async def test_on_loopback_only_names_of_ours_are_answered(host: str, status: int) -> None:
    """A page of any site may point its own name at 127.0.0.1, and would read what is shown."""
    async with serving(host_names=("status.example.org",)) as http:
        for path in ("/", "/metrics", "/api/v1/status", "/api/v1/events?seen=none"):
            async with http.stream("GET", path, headers={"Host": host}) as answer:
                assert (path, answer.status_code) == (path, status)


async def test_off_loopback_any_name_may_be_ours() -> None:
    async with serving(listen="0.0.0.0:0", webhook_token=SecretStr(TOKEN)) as http:
        answer = await http.get("/healthz", headers={"Host": "scalebridge.example.org"})
    assert answer.status_code == 200


LOCAL = ["127.0.0.1:1", "127.8.9.1:1", "localhost:1", "[::1]:1"]
OPEN = [
    "0.0.0.0:1",
    "[::]:1",
    "[::ffff:7f00:1]:1",
    "192.0.2.1:1",
    "localhost.example.org:1",
    "127.example.org:1",
    "127.1:1",
    "0:1",
    "*:1",
    "scalebridge.example.org:1",
]


@pytest.mark.parametrize("listen", LOCAL)
def test_on_loopback_nobody_has_to_be_known(listen: str) -> None:
    assert ServerSettings(listen=listen).is_loopback


@pytest.mark.parametrize("listen", OPEN)
def test_off_loopback_somebody_has_to_be_known_unless_told(listen: str) -> None:
    with pytest.raises(ValueError, match="needs webhook_token_file"):
        ServerSettings(listen=listen)
    assert not ServerSettings(listen=listen, allow_unauthenticated=True).is_loopback
    assert not ServerSettings(listen=listen, webhook_token=SecretStr(TOKEN)).is_loopback


@pytest.mark.parametrize(
    "listen", ["unix:/run/x.sock", "/run/x.sock", ":1", "[::1", "a b:1", "::1:1"]
)
def test_other_places_are_refused(listen: str) -> None:
    with pytest.raises(ValueError, match="listen"):
        ServerSettings(listen=listen)
