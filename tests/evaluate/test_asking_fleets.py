"""A fleet's members are asked about together, and each gets what is its own."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

from bridge.evaluate.asking import Asking
from bridge.evaluate.prometheus import Prometheus
from bridge.evaluate.reading import Past, Reading
from bridge.policy.members import members_of
from bridge.policy.model import ScalingPolicy
from bridge.settings.prometheus import PrometheusSettings
from tests.evaluate.conftest import NOON
from tests.parts.fake_prometheus import ANY, Answer, FakePrometheus, samples, status
from tests.policy.given import metric
from tests.policy.given import policy as given_policy
from tests.policy.test_members import fleet, index, manifest

NAMES = [f"web-{number}" for number in range(50)]
TWO = {"metrics": [metric("load"), metric("busy")], "readyReplicasQuery": "ready"}


def members(**spec: Any) -> list[ScalingPolicy]:
    """Fifty of them."""
    return [member.policy for member in members_of(fleet(**spec), index(*map(manifest, NAMES)))]


def labels(name: str) -> dict[str, str]:
    """Whose a sample is."""
    return {"deployment": name, "namespace": "shop"}


def answer(*items: dict[str, Any]) -> Answer:
    """The API's body."""
    return status(200, json.dumps({"data": {"result": list(items)}}))


def vector(**values: float) -> Answer:
    """A sample for each name; _ for -."""
    named = {name.replace("_", "-"): value for name, value in values.items()}
    return answer(
        *({"metric": labels(n), "value": [NOON.timestamp(), str(v)]} for n, v in named.items())
    )


def matrix(name: str, *pairs: tuple[float, float], **more: str) -> dict[str, Any]:
    """One series as (seconds before noon, value)."""
    values = [[NOON.timestamp() - age, str(value)] for age, value in pairs]
    return {"metric": {**labels(name), **more}, "values": values}


def asked(server: FakePrometheus) -> list[tuple[str, str]]:
    """Each question."""
    return sorted((query.kind, query.promql) for query in server.queries)


async def test_one_question_for_all_members(server: FakePrometheus, asking: Asking) -> None:
    server.script("load", vector(web_0=640, web_7=300))
    server.script("ready", vector(web_0=3))
    everyone = members(**TWO)
    moments = {policy.target.name: await asking.moment(policy) for policy in everyone}
    assert asked(server) == [("query", "busy"), ("query", "load"), ("query", "ready")]
    assert {query.parameters["time"] for query in server.queries} == {f"{NOON.timestamp():.3f}"}
    none = '\'{}\': expected one sample, got no data for deployment="web-7", namespace="shop"'
    assert moments["web-7"].readings == (
        Reading("load", 300.0),
        Reading("busy", None, none.format("busy")),
    )
    assert (moments["web-0"].ready, moments["web-7"].ready) == (3, None)
    assert moments["web-7"].ready_error == none.format("ready")
    assert asking.unclaimed(everyone) == 0
    assert asking.unclaimed(everyone[:1]) == 1


async def test_a_question_that_fails_is_unknown_for_all(
    server: FakePrometheus, asking: Asking
) -> None:
    server.script("load", status(500, "x"))
    everyone = members()
    moments = [await asking.moment(policy) for policy in everyone]
    assert {moment.readings for moment in moments} == {
        (Reading("load", None, "'load': HTTP Status Code 500 (b'x')"),)
    }
    assert asking.unclaimed(everyone) == 0


async def test_one_question_for_the_past_of_all_members(
    server: FakePrometheus, asking: Asking
) -> None:
    server.script(
        "load",
        vector(web_0=1, web_1=1),
        answer(matrix("web-0", (15, 100), (0, 200)), matrix("web-1", (0, 300))),
    )
    server.script("ready", vector(web_0=3), answer(matrix("web-0", (0, 3))))
    everyone = members(readyReplicasQuery="ready")
    for policy in everyone:
        await asking.moment(policy)
    pasts = [await asking.past(policy, 15) for policy in everyone]
    assert asked(server) == sorted(
        (kind, query) for kind in ("query", "query_range") for query in ("load", "ready")
    )
    seen = [[(m.readings[0].value, m.ready) for m in past.moments] for past in pasts[:3]]
    assert seen == [
        [(100.0, None), (200.0, 3)],
        [(None, None), (300.0, None)],
        [(None, None), (None, None)],
    ]


async def test_two_series_are_an_unknown_past_for_their_member_alone(
    server: FakePrometheus, asking: Asking
) -> None:
    twice = [matrix("web-0", (0, 1), pod=pod) for pod in "ab"]
    server.script("load", vector(web_0=1), answer(*twice, matrix("web-1", (0, 2))))
    first, second, *_ = members()
    why = '\'load\': expected one series, got 2 for deployment="web-0", namespace="shop"'
    assert await asking.past(first, 15) == Past(error=why)
    assert (await asking.past(second, 15)).error == ""


async def test_a_past_is_asked_for_also_where_the_present_is_unknown(
    server: FakePrometheus, asking: Asking
) -> None:
    server.script("load", status(500, "x"), answer(matrix("web-0", (15, 100))))
    first, *_ = members()
    past = await asking.past(first, 15)
    assert [moment.readings[0].value for moment in past.moments] == [100.0, None]


async def test_too_long_a_past_of_all_is_refused_and_nothing_asked(
    server: FakePrometheus, asking: Asking
) -> None:
    server.script("load", vector(**{f"web_{number}": 1 for number in range(50)}))
    first, *_ = members(pollingInterval="1s")
    past = await asking.past(first, 5 * 86_400)
    assert past.error.startswith("50 series of 432,001 steps each are too many: a longer polling")
    assert ("query_range", "load") not in asked(server)


async def test_a_scalar_is_unknown_for_all(server: FakePrometheus, asking: Asking) -> None:
    scalar = json.dumps({"data": {"resultType": "scalar", "result": [NOON.timestamp(), "1"]}})
    server.script("load", status(200, scalar))
    moment = await asking.moment(members()[0])
    assert moment.readings[0].error == "'load': expected a sample for each workload"


async def test_a_fleet_of_two_windows_asks_for_each_once(
    server: FakePrometheus, asking: Asking
) -> None:
    server.script("load", samples())
    for policy in members(readyReplicasQuery="ready"):
        await asking.past(policy, 60)
        await asking.past(policy, 300)
    assert asked(server).count(("query_range", "load")) == 2


async def test_many_that_watch_one_window_share_an_answer(
    server: FakePrometheus, asking: Asking
) -> None:
    """Fifty series of 121 steps cost as much as three more questions."""
    every = "max by (namespace, deployment) (kube_deployment_status_replicas_ready)"
    server.script(ANY, answer(matrix("web-x", (600, 3))))
    server.script(
        every,
        vector(**{f"web_{number}": 3 for number in range(50)}),
        answer(*(matrix(name, (600, 3)) for name in NAMES)),
    )
    everyone = members()
    for policy in everyone:
        await asking.moment(policy)
    start = NOON - timedelta(minutes=10)
    known = [await asking.ready_replicas(policy, start, NOON, 5) for policy in everyone]
    assert known == [{0: 3.0}] * 50
    watched = [query.promql for query in server.queries if query.kind == "query_range"]
    assert (len(watched), watched.count(every)) == (4, 1)
    assert watched[0].endswith('{deployment="web-0",namespace="shop"})')


async def test_a_query_for_all_is_not_asked_for_the_watch_of_one(
    server: FakePrometheus, asking: Asking
) -> None:
    one, *_ = members(readyReplicasQuery="ready")
    assert await asking.ready_replicas(one, NOON, NOON, 5) == {}
    assert asked(server) == []


async def test_many_policies_with_one_kind_of_target_share_its_ready_replicas(
    server: FakePrometheus,
) -> None:
    ready = "max by (namespace, deployment) (kube_deployment_status_replicas_ready{})"
    alone = [given_policy(name, scaleTargetRef=ref(name)) for name in NAMES]
    own = '{{deployment="{}",namespace="shop"}}'
    server.script(ready.replace("{}", ""), vector(web_0=3, web_7=4))
    async with Prometheus(PrometheusSettings(url=server.url)) as source:
        for few in (alone[1:], alone):
            asking = Asking(source, NOON, few)
            counts = {each.name: (await asking.moment(each)).ready for each in few}
            queries = {asked.promql for asked in server.queries} - {"load"}
            server.queries.clear()
            if few is alone:
                assert queries == {ready.replace("{}", "")}
                assert {name: n for name, n in counts.items() if n} == {"web-0": 3, "web-7": 4}
            else:
                assert queries == {ready.replace("{}", own.format(each.name)) for each in few}


async def test_many_policies_that_watch_one_window_share_its_answer(
    server: FakePrometheus,
) -> None:
    """As after a commit for all of them, unless the cluster has too many others."""
    every = "max by (namespace, deployment) (kube_deployment_status_replicas_ready)"
    alone = [given_policy(name, scaleTargetRef=ref(name)) for name in NAMES]
    known = answer(*(matrix(name, (600, 3)) for name in NAMES))
    server.script(ANY, answer(matrix("web-x", (600, 3))))
    start = NOON - timedelta(minutes=10)
    async with Prometheus(PrometheusSettings(url=server.url)) as source:
        for workloads, questions in ((826, 1), (827, 50)):
            there = vector(**{f"web_{number}": 3 for number in range(workloads)})
            server.script(every, there, known)
            asking = Asking(source, NOON, alone)
            watched = [asking.ready_replicas(policy, start, NOON, 5) for policy in alone]
            assert await asyncio.gather(*watched) == [{0: 3.0}] * 50
            asked = [query.promql for query in server.queries if query.kind == "query_range"]
            assert (len(asked), asked.count(every)) == (questions, int(questions == 1))
            server.queries.clear()


async def test_a_past_of_many_policies_shares_their_ready_replicas(
    server: FakePrometheus,
) -> None:
    every = "max by (namespace, deployment) (kube_deployment_status_replicas_ready)"
    alone = [given_policy(name, scaleTargetRef=ref(name)) for name in NAMES]
    server.script("load", samples(640))
    server.script(every, vector(web_0=3, web_7=4), answer(matrix("web-7", (60, 4), (0, 5))))
    async with Prometheus(PrometheusSettings(url=server.url)) as source:
        asking = Asking(source, NOON, alone)
        pasts = {each.name: await asking.past(each, 60) for each in alone}
    assert [moment.ready for moment in pasts["web-7"].moments] == [4, None, None, None, 5]
    assert {moment.ready for moment in pasts["web-0"].moments} == {None}
    assert [query.promql for query in server.queries].count(every) == 2
    assert len(server.queries) == 3


async def test_a_query_of_one_s_own_for_ready_replicas_is_shared_with_nobody(
    server: FakePrometheus,
) -> None:
    server.script("ready", samples(2))
    many = [given_policy(name, scaleTargetRef=ref(name)) for name in NAMES]
    one = given_policy("odd", readyReplicasQuery="ready")
    async with Prometheus(PrometheusSettings(url=server.url)) as source:
        asking = Asking(source, NOON, [*many, one])
        assert (await asking.moment(one)).ready == 2
        assert (await asking.moment(many[0])).ready_error.endswith(
            'expected one sample, got no data for deployment="web-0", namespace="shop"'
        )


def ref(name: str) -> dict[str, str]:
    """A Deployment of the shop."""
    return {"kind": "Deployment", "name": name, "namespace": "shop"}
