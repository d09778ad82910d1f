"""A pass asks each question once, and every answer is a reading or its error."""

from __future__ import annotations

import asyncio
import json
import weakref
from collections import Counter
from datetime import datetime, timedelta

import pytest

from bridge.errors import MetricsUnavailable
from bridge.evaluate.asking import Asking
from bridge.evaluate.prometheus import Prometheus
from bridge.evaluate.reading import Moment, Past, Reading
from bridge.settings.prometheus import PrometheusSettings
from tests.evaluate.conftest import NOON
from tests.parts.fake_prometheus import Answer, FakePrometheus, samples, slow, status
from tests.policy.given import metric, policy

NOTED = {"readyReplicasQuery": "ready"}
TWO = {"metrics": [metric("load"), metric("busy")], **NOTED}


def matrix(*pairs: tuple[float, float]) -> Answer:
    """A range's one series, as (seconds before noon, value)."""
    values = [[NOON.timestamp() - age, str(value)] for age, value in pairs]
    return status(200, json.dumps({"data": {"result": [{"metric": {}, "values": values}]}}))


def asked(server: FakePrometheus) -> Counter[tuple[str, str]]:
    """How often each question was asked."""
    return Counter((query.kind, query.promql) for query in server.queries)


async def test_a_moment_holds_every_metric_and_the_ready_replicas(
    server: FakePrometheus, asking: Asking
) -> None:
    for query, answer in {"load": samples(640), "busy": samples(), "ready": samples(3.0)}.items():
        server.script(query, answer)
    none = "'busy': expected one sample, got no data"
    assert await asking.moment(policy(**TWO)) == Moment(
        NOON, (Reading("load", 640.0), Reading("busy", None, none)), 3
    )


async def test_all_is_asked_of_the_moment_of_the_pass(
    server: FakePrometheus, asking: Asking
) -> None:
    """However long the pass takes, and wherever Prometheus' own clock stands."""
    await asking.moment(policy(**TWO))
    times = {query.promql: query.parameters.get("time") for query in server.queries}
    assert times == dict.fromkeys(("load", "busy", "ready"), f"{NOON.timestamp():.3f}")


async def test_unknown_ready_replicas_say_why(server: FakePrometheus, asking: Asking) -> None:
    server.script("load", samples(640))
    unknown = await asking.moment(policy(**NOTED))
    assert (unknown.ready, unknown.ready_error) == (
        None,
        "'ready': expected one sample, got no data",
    )
    odd = await asking.moment(policy(scaleTargetRef={"kind": "SpinApp", "name": "web"}))
    assert (odd.ready, odd.ready_error) == (None, "no default query for ready SpinApp replicas")


async def test_equal_questions_of_many_policies_are_asked_once(
    server: FakePrometheus, asking: Asking
) -> None:
    server.script("load", slow(0.05, samples(640)))
    server.script("ready", samples(3))
    policies = [policy(f"p{n}", **(TWO if n % 2 else NOTED)) for n in range(10)]
    moments = await asyncio.gather(*(asking.moment(each) for each in policies))
    moments.append(await asking.moment(policies[0]))
    assert {moment.readings[0] for moment in moments} == {Reading("load", 640.0)}
    assert asked(server) == {("query", "load"): 1, ("query", "busy"): 1, ("query", "ready"): 1}


async def test_an_equal_question_that_fails_fails_for_all(
    server: FakePrometheus, asking: Asking
) -> None:
    server.script("load", status(500, "x"), samples(1))
    moments = await asyncio.gather(*(asking.moment(policy(f"p{n}")) for n in range(3)))
    error = "'load': HTTP Status Code 500 (b'x')"
    assert [moment.readings for moment in moments] == [(Reading("load", None, error),)] * 3


async def test_who_stops_waiting_leaves_the_answer_to_the_others(
    server: FakePrometheus, asking: Asking
) -> None:
    server.script("load", slow(0.1, samples(640)))
    hasty = asyncio.create_task(asking.moment(policy("hasty")))
    patient = asyncio.create_task(asking.moment(policy("patient")))
    await asyncio.sleep(0.02)
    hasty.cancel()
    assert (await patient).readings == (Reading("load", 640.0),)
    assert asked(server)["query", "load"] == 1


async def test_the_past_is_a_moment_for_each_step_known_or_not(
    server: FakePrometheus, asking: Asking
) -> None:
    server.script("load", matrix((60, 100), (30, 200), (0, 300)))
    server.script("busy", matrix((60, 0.5), (0, 0.7)))
    server.script("ready", matrix((60, 3), (30, 4.0)))
    none = (Reading("load", None, "no data"), Reading("busy", None, "no data"))
    assert await asking.past(policy(**TWO), 60) == Past(
        (
            Moment(ago(60), (Reading("load", 100.0), Reading("busy", 0.5)), 3),
            Moment(ago(45), none, None),
            Moment(ago(30), (Reading("load", 200.0), Reading("busy", None, "no data")), 4),
            Moment(ago(15), none, None),
            Moment(NOON, (Reading("load", 300.0), Reading("busy", 0.7)), None),
        ),
        since=ago(60),
    )


async def test_an_empty_answer_is_a_past_of_unknown_steps(asking: Asking) -> None:
    past = await asking.past(policy(**NOTED), 60)
    assert [moment.at for moment in past.moments] == [ago(age) for age in (60, 45, 30, 15, 0)]
    assert {moment.readings for moment in past.moments} == {(Reading("load", None, "no data"),)}


@pytest.mark.parametrize("late", [0.001, 0.5, 0.501, 0.999])
async def test_steps_are_found_again_whenever_the_past_is_asked_for(
    server: FakePrometheus, late: float
) -> None:
    server.script("load", samples(640))
    async with Prometheus(PrometheusSettings(url=server.url, timeout=2)) as prometheus:
        asking = Asking(prometheus, NOON + timedelta(seconds=late))
        past = await asking.past(policy(pollingInterval="7.3s", **NOTED), 60)
    assert past.since == ago(60)
    assert [round((m.at - NOON).total_seconds() + 60, 3) for m in past.moments] == [
        round(n * 7.3, 3) for n in range(9)
    ]
    assert {moment.readings for moment in past.moments} == {(Reading("load", 640.0),)}


async def test_the_last_of_many_odd_steps_is_known_too(server: FakePrometheus) -> None:
    """273 steps of 1.1 s end 300 ms after the last whole second."""
    server.script("load", samples(640))
    async with Prometheus(PrometheusSettings(url=server.url, timeout=2)) as prometheus:
        asking = Asking(prometheus, NOON + timedelta(seconds=0.45))
        past = await asking.past(policy(pollingInterval="1100ms", **NOTED), 300)
    assert [moment.readings for moment in past.moments] == [(Reading("load", 640.0),)] * 274


def ago(seconds: float) -> datetime:
    """Before noon."""
    return NOON - timedelta(seconds=seconds)


async def test_the_past_is_asked_for_by_window_and_interval(
    server: FakePrometheus, asking: Asking
) -> None:
    policies = [policy(f"p{n}", **NOTED) for n in range(4)]
    await asyncio.gather(*(asking.past(each, 300) for each in policies))
    await asking.past(policy("finer", pollingInterval="5s", **NOTED), 300)
    await asking.past(policies[0], 60)
    wanted = [
        (float(q.parameters["start"]), float(q.parameters["end"]), float(q.parameters["step"]))
        for q in server.queries
        if q.promql == "load"
    ]
    noon = NOON.timestamp()
    assert wanted == [(noon - 300, noon, 15), (noon - 300, noon, 5), (noon - 60, noon, 15)]
    assert asked(server) == {("query_range", "load"): 3, ("query_range", "ready"): 3}


async def test_a_kind_without_ready_replicas_has_a_past_too(
    server: FakePrometheus, asking: Asking
) -> None:
    server.script("load", matrix((15, 100)))
    spin = policy(scaleTargetRef={"kind": "SpinApp", "name": "web"})
    past = await asking.past(spin, 15)
    assert past.moments[0] == Moment(ago(15), (Reading("load", 100.0),), None)


@pytest.mark.parametrize("broken", ["load", "ready"])
async def test_a_past_that_failed_says_why(
    server: FakePrometheus, asking: Asking, broken: str
) -> None:
    server.script(broken, samples(1, 2))
    error = f"'{broken}': expected one series, got 2"
    assert await asking.past(policy(**NOTED), 60) == Past(error=error)


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("answer", [samples(640), samples(), status(500, "x"), None])
async def test_of_a_pass_nothing_is_left_for_the_collector(
    server: FakePrometheus, answer: Answer | None
) -> None:
    """It would come only when a quarter of all that was imported is waiting for it."""
    for query in ("load", "busy", "ready") if answer else ():
        server.script(query, answer or samples())
    url = server.url if answer else "http://127.0.0.1:9"
    async with Prometheus(PrometheusSettings(url=url, timeout=2)) as prometheus:
        asking = Asking(prometheus, NOON)
        await asking.moment(policy(**TWO))
        await asking.past(policy(**TWO), 60.0)
        gone = weakref.ref(asking)
        del asking
        assert gone() is None


@pytest.mark.usefixtures("no_collector")
async def test_of_an_error_nothing_is_left_for_the_collector() -> None:
    settings = PrometheusSettings(url="http://127.0.0.1:9", timeout=2, concurrency=1)
    async with Prometheus(settings) as prometheus:
        causes = await _causes(prometheus)
        assert causes
        await _causes(prometheus)  # the one thread has let go of the first
        assert [cause() for cause in causes] == [None] * len(causes)


async def _causes(prometheus: Prometheus) -> list[weakref.ref[BaseException]]:
    """Those of a query's error, as far as Python can follow them."""
    found: list[weakref.ref[BaseException]] = []
    try:
        await prometheus.instant("load", NOON)
    except MetricsUnavailable as error:
        cause = error.__cause__
        while cause is not None:
            if type(cause).__weakrefoffset__:
                found.append(weakref.ref(cause))
            cause = cause.__cause__ or cause.__context__
    return found
