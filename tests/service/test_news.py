"""A round's news are told once, and once for all members of a fleet of which they are true."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from bridge.policy.members import members_of
from bridge.service.news import News
from bridge.service.outcome import Outcome
from tests.decide.given import decision
from tests.policy.given import policy
from tests.policy.test_members import fleet, index, manifest

NAMES = [f"web-{number}" for number in range(4)]
MEMBERS = [member.policy for member in members_of(fleet(), index(*map(manifest, NAMES)))]


def outcome(number: int, desired: int, *errors: str) -> Outcome:
    """What came of a member at three replicas."""
    made = decision(3, desired, MEMBERS[number].target, f"load asks for {desired}", *errors)
    made = replace(made, policy="fleet", fleet=True, errors=errors)
    return Outcome(MEMBERS[number], made)


def told(news: News, *outcomes: Outcome) -> list[dict[str, Any]]:
    """What the log says of a round, without what only debugging wants."""
    with capture_logs() as logs:
        for one in outcomes:
            news.hear(one)
        news.tell()
    return [dict(line) for line in logs if line["log_level"] != "debug"]


def test_what_holds_for_many_members_is_one_line() -> None:
    [line] = told(News(), *(outcome(number, 7 + number) for number in range(4)))
    assert line == {
        "event": "decided",
        "log_level": "info",
        "policy": "fleet",
        "target": "Deployment/shop/web-0",
        "current": 3,
        "desired": 7,
        "reason": "load asks for 7",
        "others": 3,
    }


def test_names_of_members_are_no_news() -> None:
    unknown = [f'no data for deployment="{name}", namespace="shop"' for name in NAMES]
    [line] = told(News(), *(outcome(number, 3, unknown[number]) for number in range(4)))
    assert (line["event"], line["others"]) == ("metrics_unknown", 3)


def test_each_kind_of_news_has_its_line() -> None:
    lines = told(
        News(),
        outcome(0, 7),
        outcome(1, 3),
        outcome(2, 3, "busy unknown"),
        Outcome(MEMBERS[3], problem="0.yaml:2: scalebridge/min-replicas: not a number"),
    )
    assert [(line["event"], line["log_level"], line["target"][-5:]) for line in lines] == [
        ("decided", "info", "web-0"),
        ("metrics_unknown", "warning", "web-2"),
        ("not_decided", "error", "web-3"),
    ]
    assert not any("others" in line for line in lines)


def test_what_stays_the_same_but_for_digits_is_told_once() -> None:
    news = News()
    assert len(told(news, outcome(0, 7), outcome(1, 7))) == 1
    assert told(news, outcome(0, 8), outcome(1, 9)) == []
    assert len(told(news, outcome(0, 7), outcome(1, 7, "busy unknown"))) == 1


@pytest.mark.parametrize("name", ["web", "api"])
def test_a_policy_of_one_target_needs_no_target_in_its_line(name: str) -> None:
    single = policy(name)
    [line] = told(News(), Outcome(single, decision(3, 4, single.target)))
    assert line["policy"] == name
    assert "target" not in line
