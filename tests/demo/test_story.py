from __future__ import annotations

from pathlib import Path

import pytest

from bridge.commit.message import commit_message
from bridge.decide.decision import Decision
from bridge.demo.ledger import Commit
from bridge.demo.load import Sale
from bridge.demo.monitoring import ActiveAlert
from bridge.demo.simulator import WORKLOADS, Running, Shop
from bridge.demo.story import Story
from bridge.demo.summary import summary
from bridge.manifest.target import Target

CHECKOUT = ("Deployment", "shop", "checkout")
SLOW = ActiveAlert(name="ShopSlow", service="checkout", state="firing")
PEAK = Sale(opens=-3000, pace=100)


def committed(before: int, after: int, sha: str = "c0ffee" * 6) -> Commit:
    """What the service commits for checkout."""
    target = Target("Deployment", "checkout", "shop", "apps/v1")
    decision = Decision(target=target, policy="checkout", current=before, desired=after)
    return Commit(sha, commit_message([decision]))


def told(story: Story) -> list[tuple[str, str]]:
    """The events without their times."""
    return [(event.kind, event.text) for event in story.events]


@pytest.fixture
def shop() -> Shop:
    """The demo's shop before anything happened."""
    return Shop(WORKLOADS)


@pytest.fixture
def checkout(shop: Shop) -> Running:
    """Its most loaded workload."""
    return next(running for running in shop if running.workload.key == CHECKOUT)


def play(story: Story, shop: Shop) -> None:
    """The story as it shall be."""
    shop.sale = PEAK
    shop.advance(20, 4)
    story.see_load(20, shop)
    story.see_alerts(22, [SLOW])
    story.see_commit(24.5, committed(2, 8))
    before = {running.workload.key: len(running.pods) for running in shop}
    for running, count in zip(shop, (8, 5, 6), strict=True):
        running.scale(count)
    story.see_applied(28, "c0ffee" * 6, before, before | {CHECKOUT: 8})
    shop.advance(35, 10)
    story.see_load(35, shop)
    story.see_alerts(36, [])


def test_the_promised_story_lacks_nothing(shop: Shop) -> None:
    story = Story()
    play(story, shop)
    assert story.missing() == []
    assert told(story)[3:] == [
        ("alert", "ShopSlow fires for checkout"),
        ("commit", "c0ffeec scale: checkout 2→8"),
        ("applied", "c0ffeec by the reconciler: checkout 2→8"),
        ("calm", "the load is back under its target on every workload"),
        ("alert", "ShopSlow for checkout is over, after 14 s"),
    ]
    assert [kind for kind, _ in told(story)[:3]] == ["load"] * 3


def test_the_summary_of_the_promised_story(shop: Shop) -> None:
    story = Story()
    play(story, shop)
    text = summary(story, shop, "real Prometheus and Alertmanager", Path("/demo"))
    assert "commits            1 by scalebridge: 1 up, 0 down\n" in text
    assert "alert to commit    2.5 s, and 13.0 s to be back under target\n" in text
    assert "(checkout 3.8%, search 3.8%, worker 3.8%)" in text
    assert "without scaling    13.3% of the time" in text
    assert "git -C /demo/shop.git log -p\n" in text
    assert text.endswith("load rose, an alert fired, Git scaled, the load is on target")
    assert "not the real thing" not in text


def test_a_story_that_did_not_happen_says_what_is_missing(shop: Shop) -> None:
    story = Story()
    shop.sale = PEAK
    shop.advance(20, 1)
    story.see_load(20, shop)
    assert story.missing() == [
        "no alert fired",
        "scalebridge committed no scale-up after the alert",
        "the reconciler did not apply the commit",
        "the load was not back under target at the end",
    ]
    text = summary(story, shop, "STAND-IN for Prometheus", Path("/demo"))
    assert text.count("FAILED") == 4
    assert "alert to commit    there was none\n" in text
    assert "STAND-IN for Prometheus: not the real thing" in text


def test_a_persons_commit_and_a_scale_down_are_no_answer(shop: Shop) -> None:
    story = Story()
    story.see_commit(1, committed(2, 8))
    story.see_alerts(2, [SLOW])
    story.see_commit(3, Commit("1" * 40, "Scale by hand\n"))
    story.see_commit(4, committed(8, 2))
    assert "scalebridge committed no scale-up after the alert" in story.missing()
    story.see_commit(5, committed(2, 8))
    text = summary(story, shop, "real", Path("/demo"))
    assert "3 by scalebridge: 2 up, 1 down\n" in text
    assert "alert to commit    3.0 s\n" in text


def test_load_that_rises_again_is_not_back_under_target(shop: Shop) -> None:
    story = Story()
    play(story, shop)
    shop.apply(CHECKOUT, 2)
    shop.advance(40, 1)
    story.see_load(40, shop)
    assert story.missing() == ["the load was not back under target at the end"]


def test_each_rise_and_fall_is_told_once(checkout: Running) -> None:
    story = Story()
    for load in (170, 230, 500, 600, 200, 100, 90, 170, 100):
        checkout.advance(load, 1)
        story.see_load(1, [checkout])
    assert [(kind, text.split(":")[0]) for kind, text in told(story)] == [
        ("load", "rises"),
        ("calm", "the load is back under its target on every workload"),
        ("load", "falls"),
        ("load", "falls"),
    ]
    assert told(story)[0][1] == "rises: checkout 230 req/s on 2 pods, 115% of the target"


def test_pending_alerts_are_kept_and_not_told() -> None:
    story = Story()
    pending = ActiveAlert(name="ShopSlow", service="search", state="pending")
    story.see_alerts(1, [pending, SLOW])
    assert story.pending == {("ShopSlow", "search")}
    assert told(story) == [("alert", "ShopSlow fires for checkout")]


def test_a_decision_is_told_when_it_is_made_or_changes() -> None:
    story = Story()
    facts = {"target": "Deployment/shop/web", "current": 2, "reasons": ["a", "b"]}
    for desired in (6, 6, 7):
        story.see_waiting(1, [{**facts, "desired": desired}])
    story.see_waiting(2, [])
    story.see_waiting(3, [{**facts, "desired": 7}])
    assert told(story) == [
        ("decision", "web 2→6: a; b"),
        ("decision", "web 2→7: a; b"),
        ("decision", "web 2→7: a; b"),
    ]
