"""Asking Prometheus (or what speaks its query API), through prometheus-api-client in threads."""

from __future__ import annotations

import asyncio
import json
import re
from ast import literal_eval
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Self, TypeVar

import requests
from prometheus_api_client import PrometheusConnect
from prometheus_api_client.exceptions import PrometheusApiClientException
from requests.auth import AuthBase
from urllib3.util.retry import Retry

from bridge.errors import ConfigInvalid, MetricsUnavailable
from bridge.evaluate.asked import Asked, Heard
from bridge.evaluate.cutting import Line
from bridge.evaluate.naming import Item, Named, Naming, joined
from bridge.evaluate.partial import refuse_warned
from bridge.evaluate.posting import Posting
from bridge.evaluate.reading import one_sample, samples
from bridge.settings.prometheus import PrometheusSettings

_Answer = TypeVar("_Answer")
_QUOTED = re.compile(r"(HTTP Status Code \d+) \((b.+)\)")
_STATUS = re.compile(r"HTTP Status Code (\d+)\b")
_CREDENTIALS = (
    "see prometheus.bearer_token_file, or prometheus.username and prometheus.password_file"
)
_HINTS = {"401": _CREDENTIALS, "403": _CREDENTIALS, "404": "no query API there; see prometheus.url"}
_SLACK = 1.5
"""requests' timeout is for each read: a body that drips is cut after this."""


class Prometheus:
    """Bounded concurrency, a timeout on each query, no retries: the next tick is the retry."""

    def __init__(self, settings: PrometheusSettings, heard: Heard = lambda _: None) -> None:
        self._settings = settings
        self._heard = heard
        self._turn = asyncio.Semaphore(settings.concurrency)
        self._threads = ThreadPoolExecutor(settings.concurrency, thread_name_prefix="prometheus")
        self._lines: set[Line] = set()
        session = requests.Session()
        session.headers.update(settings.headers)
        session.params = dict(settings.parameters)
        session.hooks["response"].append(refuse_warned)
        self._client = PrometheusConnect(
            settings.url, auth=_Credentials(settings), session=session, timeout=settings.timeout
        )
        retry = Retry(total=0, read=False)  # read=False: a timeout is told as one
        session.mount(settings.url, Posting(max_retries=retry))  # in place of the client's own

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for line in self._lines:
            line.cut()
        self._client.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def instant(self, query: str, at: datetime) -> float:
        """The query's one finite sample at a moment, by our clock.

        Raises:
            MetricsUnavailable: see there.
        """
        moment = {"time": f"{at.timestamp():.3f}"}

        def ask() -> float:
            return one_sample(query, self._client.custom_query(query, moment))

        return await self._ask(query, ask)

    async def clock(self) -> float:
        """What time it is there, as Unix time.

        Raises:
            MetricsUnavailable: see there.
        """
        query = "time()"
        return await self._ask(query, lambda: one_sample(query, self._client.custom_query(query)))

    async def series(
        self, query: str, start: datetime, end: datetime, step: float
    ) -> dict[float, float]:
        """The query's finite values by Unix time, every `step` seconds.

        Raises:
            MetricsUnavailable: see there.
        """

        def ask() -> dict[float, float]:
            edges = start, _whole(end)
            answer = self._client.custom_query_range(query, *edges, f"{step:g}")
            return samples(query, answer)

        return await self._ask(query, ask)

    async def vector(self, query: str, naming: Naming, at: datetime) -> Named:
        """The query's samples at a moment, by workload.

        Raises:
            MetricsUnavailable: see there.
        """
        moment = {"time": f"{at.timestamp():.3f}"}

        def ask() -> Named:
            return Named(query, naming, self._client.custom_query(query, moment))

        return await self._ask(query, ask)

    async def matrix(
        self, query: str, naming: Naming, parts: Iterable[tuple[datetime, datetime]], step: float
    ) -> Named:
        """The query's series by workload, asked for in these parts, every `step` seconds.

        Raises:
            MetricsUnavailable: see there.
        """
        found: list[list[Item]] = []
        for start, end in parts:

            def ask(start: datetime = start, end: datetime = end) -> list[Item]:
                edges = start, _whole(end)
                part: list[Item] = self._client.custom_query_range(query, *edges, f"{step:g}")
                return part

            found.append(await self._ask(query, ask))
        return await self._ask(query, lambda: Named(query, naming, joined(found)))

    async def items(
        self, query: str, at: datetime, parse: Callable[[Sequence[Item]], _Answer]
    ) -> _Answer:
        """What the query's samples at a moment say.

        Raises:
            MetricsUnavailable: see there.
        """
        moment = {"time": f"{at.timestamp():.3f}"}
        return await self._ask(query, lambda: parse(self._client.custom_query(query, moment)))

    async def items_over(
        self,
        query: str,
        window: tuple[datetime, datetime],
        step: float,
        parse: Callable[[Sequence[Item]], _Answer],
    ) -> _Answer:
        """What the query's series say, with a sample every `step` seconds from start to end.

        Raises:
            MetricsUnavailable: see there.
        """

        def ask() -> _Answer:
            return parse(self._client.custom_query_range(query, *window, f"{step:g}"))

        return await self._ask(query, ask)

    async def _ask(self, query: str, ask: Callable[[], _Answer]) -> _Answer:
        loop = asyncio.get_running_loop()
        async with self._turn:
            begun = loop.time()
            try:
                answer = await self._answered(query, ask)
            except MetricsUnavailable as error:
                self._heard(Asked(loop.time() - begun, error))
                raise
        self._heard(Asked(loop.time() - begun))
        return answer

    async def _answered(self, query: str, ask: Callable[[], _Answer]) -> _Answer:
        limit = self._settings.timeout
        try:
            async with asyncio.timeout(limit * _SLACK):
                return await self._in_thread(ask)
        except (TimeoutError, requests.Timeout) as error:
            told = f"no answer within {limit:g} s"
            raise MetricsUnavailable(f"{query!r}: {told}", "timeout") from error
        except requests.ConnectionError as error:
            told = f"can't connect to {self._settings.url}"
            raise MetricsUnavailable(f"{query!r}: {told}", "unreachable") from error
        except (PrometheusApiClientException, OSError, ConfigInvalid) as error:
            raise _failed(query, error) from error
        except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
            told = "not an answer of Prometheus' API"
            raise MetricsUnavailable(f"{query!r}: {told}", "malformed") from error

    async def _in_thread(self, ask: Callable[[], _Answer]) -> _Answer:
        """Whoever stops waiting gets the thread back, and its place in the pool."""
        line = Line()
        self._lines.add(line)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, line.ask, ask)
        except asyncio.CancelledError:
            line.cut()
            raise
        finally:
            self._lines.discard(line)


def _whole(end: datetime) -> datetime:
    """The client rounds to whole seconds: rounded down, the last of many odd steps is left out."""
    return end + timedelta(microseconds=-end.microsecond % 1_000_000)


def _failed(query: str, error: Exception) -> MetricsUnavailable:
    told = _brief(error)
    status = _STATUS.match(told)
    hint = _HINTS.get(status[1]) if status else None
    if hint:
        told = f"{told} ({hint})"
    refused = hint is _CREDENTIALS
    return MetricsUnavailable(f"{query!r}: {told}", "refused" if refused else "failed")


def _brief(error: Exception) -> str:
    text = _unpacked(" ".join(str(error).split()))
    return text if len(text) <= 300 else f"{text[:300]}…"


def _unpacked(text: str) -> str:
    """Prometheus' own words, where the client quotes an answer with some."""
    quoted = _QUOTED.fullmatch(text)
    if not quoted:
        return text
    try:
        return f"{quoted[1]}: {json.loads(literal_eval(quoted[2]))['error']}"
    except (ValueError, SyntaxError, KeyError, TypeError):
        return text


class _Credentials(AuthBase):
    """Even without credentials: requests would else look for some in ~/.netrc."""

    def __init__(self, settings: PrometheusSettings) -> None:
        self._settings = settings

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if header := self._settings.authorization():
            request.headers["Authorization"] = header
        return request
