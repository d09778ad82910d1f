"""Who comes in: where it listens, how many fit, and who counts as one source."""

from __future__ import annotations

import resource
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from aiohttp import web

from bridge.server.door import Door, within_descriptors
from bridge.server.limits import RateLimit, source_of
from tests.server.given import FIRING, HOOK, serving
from tests.server.test_abuse import ending, raw


async def test_a_name_that_has_an_address_twice_is_listened_on_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        where = free.getsockname()
    twice = 2 * [(socket.AF_INET, socket.SOCK_STREAM, 6, "", where)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: twice)
    door = Door(web.Server(refused), 10, None)
    bound = await door.open(("status.example", 0), 1)
    await door.close()
    assert bound == where


NOWHERE_HERE = (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("2001:db8::1", 0, 0, 0))
UNKNOWN_HERE = (socket.AF_APPLETALK, socket.SOCK_STREAM, 6, "", ("1", 0))
HERE = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0))


@pytest.mark.parametrize("absent", [NOWHERE_HERE, UNKNOWN_HERE], ids=["address", "family"])
async def test_an_address_of_a_name_that_this_machine_has_not_is_passed_over(
    absent: tuple[object, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `localhost` is ::1 also where IPv6 is off."""
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [absent, HERE])
    door = Door(web.Server(refused), 10, None)
    host, _ = await door.open(("localhost", 0), 1)
    await door.close()
    assert host == "127.0.0.1"
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [absent, absent])
    with pytest.raises(OSError, match=r"assign requested|not supported"):
        await Door(web.Server(refused), 10, None).open(("elsewhere", 0), 1)


async def test_an_address_that_is_taken_is_not_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        where = (socket.AF_INET, socket.SOCK_STREAM, 6, "", taken.getsockname())
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [HERE, where])
        door = Door(web.Server(refused), 10, None)
        with pytest.raises(OSError, match="in use"):
            await door.open(("localhost", 0), 1)
        await door.close()


async def test_a_connection_that_is_gone_before_its_handshake_takes_no_room() -> None:
    door, gone = Door(web.Server(refused), 10, None), socket.socket()
    gone.close()
    door._arriving["192.0.2.7"] += 1
    await door._let_in(gone, "192.0.2.7", 1)
    assert not door._arriving


async def refused(_: web.BaseRequest) -> web.StreamResponse:
    """To nobody in particular."""
    return web.Response(status=404)


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::9", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_a_source_is_an_address_or_a_whole_network_of_ipv6(address: str, source: str) -> None:
    assert source_of(address) == source


def test_who_has_a_network_has_one_bucket() -> None:
    limit = RateLimit(1)
    allowed = [limit.allows(f"2001:db8::{n:x}", 0) for n in range(100)]
    assert allowed.count(True) == 2
    assert limit.allows("2001:db8:0:1::1", 0)


async def test_nobody_is_believed_to_be_somebody_else() -> None:
    """X-Forwarded-For and its kin are the sender's own words."""
    async with serving(rate_limit=1) as http:
        answers = [
            await http.post(
                HOOK,
                content=FIRING,
                headers={"X-Forwarded-For": f"192.0.2.{n}", "Forwarded": f"for=192.0.2.{n}"},
            )
            for n in range(8)
        ]
    assert [one.status_code for one in answers].count(202) < 5


async def test_one_source_leaves_half_of_the_connections_to_others() -> None:
    async with (
        serving(max_connections=4, idle_timeout=5) as http,
        raw(http) as (first, _),
        raw(http),
        raw(http) as (third, _),
    ):
        assert await ending(third) == b""
        neighbour = httpx.AsyncHTTPTransport(local_address="127.0.0.2")
        async with httpx.AsyncClient(base_url=http.base_url, transport=neighbour) as other:
            assert (await other.get("/healthz")).status_code == 200
        assert not first.at_eof()


@contextmanager
def descriptors(soft: int) -> Iterator[None]:
    """So many, as many systems give a process; it may ask for more."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_connections_never_take_the_last_descriptors() -> None:
    with descriptors(1_024):
        assert within_descriptors(1_000) == 1_000
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= 1_256
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with descriptors(512):
        assert within_descriptors(hard) == hard - 256
