from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.demo.load import Demand
from bridge.demo.seed import policies_folder
from bridge.demo.simulator import STARTUP_SECONDS, WORKLOADS, Running, Shop, Workload
from bridge.policy.loading import parse_policy

WEB = Workload(
    kind="Deployment",
    name="web",
    replicas=2,
    capacity=100,
    goal=80,
    demand=Demand(quiet=100, peak=500),
)
QUEUE = Workload(
    kind="StatefulSet",
    name="queue",
    replicas=2,
    capacity=100,
    goal=80,
    demand=Demand(quiet=100, peak=500),
    queued=True,
)


@pytest.fixture
def web() -> Running:
    """Two ready pods."""
    return next(iter(Shop([WEB])))


@pytest.fixture
def queue() -> Running:
    """Two ready pods that work off a queue."""
    return next(iter(Shop([QUEUE])))


def test_new_pods_take_time_to_become_ready(web: Running) -> None:
    web.scale(4)
    assert (len(web.pods), web.ready) == (4, 2)
    web.advance(100, STARTUP_SECONDS)
    assert web.ready == 3
    web.advance(100, 0.5)
    assert web.ready == 4


def test_the_newest_pods_go_first(web: Running) -> None:
    web.scale(4)
    web.scale(3)
    assert [pod.name for pod in web.pods] == ["web-0", "web-1", "web-2"]


def test_too_much_load_is_refused_and_slow(web: Running) -> None:
    web.advance(100, 1)
    quick = web.latency
    web.advance(500, 2)
    assert (web.served, web.refused) == (100 + 400, 600)
    assert web.busy == 1.0
    assert web.latency > 0.8 > 0.2 > quick
    assert web.short_seconds == web.unscaled_seconds == 2


def test_a_queue_piles_up_and_drains(queue: Running) -> None:
    queue.advance(300, 2)
    assert (queue.backlog, queue.refused) == (200, 0)
    queue.advance(0, 1)
    assert queue.backlog == 0
    assert queue.served == 600


def test_more_pods_end_the_shortage_but_not_the_comparison(web: Running) -> None:
    web.scale(6)
    web.advance(500, 10)
    web.advance(500, 10)
    assert web.ready == 6
    assert (web.short_seconds, web.unscaled_seconds) == (0, 20)


def test_without_pods_everything_is_short(web: Running) -> None:
    web.scale(0)
    web.advance(100, 1)
    assert (web.ready, web.busy, web.served) == (0, 1.0, 0)
    assert web.short_seconds == 1


@given(st.lists(st.tuples(st.floats(0, 1000), st.floats(0.01, 5), st.integers(0, 12))))
def test_no_request_is_lost_or_made_up(steps: list[tuple[float, float, int]]) -> None:
    for workload in (WEB, QUEUE):
        running = next(iter(Shop([workload])))
        offered = 0.0
        for load, seconds, pods in steps:
            running.scale(pods)
            running.advance(load, seconds)
            offered += load * seconds
        assert running.served + running.refused + running.backlog == pytest.approx(offered)


def test_counts_are_applied_by_kind_namespace_and_name() -> None:
    shop = Shop([WEB])
    assert shop.apply(("Deployment", "shop", "web"), 5)
    assert not shop.apply(("Deployment", "shop", "web"), 5)
    assert not shop.apply(("Deployment", "elsewhere", "web"), 1)
    assert len(next(iter(shop)).pods) == 5


@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda workload: workload.name)
def test_the_workloads_want_what_their_policies_say(workload: Workload) -> None:
    file = policies_folder() / f"{workload.name}.yaml"
    policy = parse_policy(file.read_bytes(), file.name)
    assert (policy.target.kind, policy.target.name) == (workload.kind, workload.name)
    spec = policy.spec
    first = spec.metrics[0].target
    ratio = workload.goal / (workload.capacity if first.type == "Value" else 1)
    assert float(first.value) == pytest.approx(ratio)
    assert spec.min_replicas <= workload.replicas
    assert workload.demand.peak / workload.goal < spec.max_replicas
    assert workload.demand.quiet < workload.replicas * workload.goal < workload.demand.peak
