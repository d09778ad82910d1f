"""What people do to managed counts is an order, and what they did is remembered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from bridge.evaluate.prometheus import Prometheus
from bridge.repo.state_repo import StateRepo as Tip
from bridge.service.outcome import Outcome
from bridge.service.rounds import Rounds
from bridge.settings.prometheus import PrometheusSettings
from tests.conftest import DEPLOYMENT
from tests.parts.fake_prometheus import ANY, FakePrometheus, samples
from tests.parts.state_repo import StateRepo
from tests.repo.ways import by_file
from tests.service.program import policy


async def decided(repo: StateRepo, folder: Path, now: datetime | None = None) -> Outcome:
    """The decision of a fresh process for `checkout`, at a load of 640."""
    with FakePrometheus() as prometheus:
        prometheus.script(ANY, samples(640))
        settings = PrometheusSettings(url=prometheus.url)
        async with Tip(by_file(repo, folder)) as tip, Prometheus(settings) as source:
            rounds = Rounds(tip, source, lambda: now or datetime.now(UTC))
            outcomes = await rounds.decide(await rounds.look(), ["checkout"])
    return outcomes[0]


def at_count(replicas: int) -> str:
    return DEPLOYMENT.format(name="checkout").replace("replicas: 3", f"replicas: {replicas}")


async def test_a_hand_edit_is_held_by_a_fresh_process(shop: StateRepo, tmp_path: Path) -> None:
    sha = shop.write({"apps/checkout.yaml": at_count(5)}, "Calm down", author="Robin <r@x.org>")
    made = (await decided(shop, tmp_path)).decision
    assert made
    assert (made.current, made.desired) == (5, 5)
    assert made.reason.endswith(f"UTC: Robin set it in {sha[:12]}")


async def test_the_hold_ends_by_time(shop: StateRepo, tmp_path: Path) -> None:
    shop.write({"apps/checkout.yaml": at_count(5)}, "Calm down")
    later = datetime.now(UTC) + timedelta(minutes=31)
    made = (await decided(shop, tmp_path, later)).decision
    assert made
    assert made.desired == 7


async def test_the_hold_ends_by_a_change_of_the_policy(shop: StateRepo, tmp_path: Path) -> None:
    shop.write({"apps/checkout.yaml": at_count(5)}, "Calm down")
    shop.write({"policies/checkout.yaml": policy("checkout", query="checkout") + "# go\n"}, "Go")
    made = (await decided(shop, tmp_path)).decision
    assert made
    assert "set it in" not in made.reason


async def test_an_edit_beside_the_count_is_no_order(shop: StateRepo, tmp_path: Path) -> None:
    shop.write({"apps/checkout.yaml": at_count(3) + "# a note\n"}, "Note")
    made = (await decided(shop, tmp_path)).decision
    assert made
    assert made.desired == 7


async def test_a_slow_clock_hides_nothing(shop: StateRepo, tmp_path: Path) -> None:
    shop.write({"apps/checkout.yaml": at_count(5)}, "Calm down")
    shop.write({"note.txt": "x"}, "By a slow clock", when=datetime(2020, 1, 1, tzinfo=UTC))
    made = (await decided(shop, tmp_path)).decision
    assert made
    assert made.desired == 5


async def test_two_policies_may_not_govern_one_count(shop: StateRepo, tmp_path: Path) -> None:
    anywhere = {"kind": "Deployment", "name": "checkout"}
    shop.write({"policies/twin.yaml": policy("a-twin", scaleTargetRef=anywhere)}, "Twin")
    outcome = await decided(shop, tmp_path)
    assert outcome.decision is None
    assert outcome.problem == "apps/checkout.yaml:7: policy a-twin governs this count"
