"""Two who undo each other's changes are told from one that follows its load."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bridge.decide.override import Override, Turn, rivals
from tests.decide.given import NOW, ago, decided, moment
from tests.policy.given import policy


def turns(*made: str, apart: float = 60) -> list[Turn]:
    """`a+` is a raise by a; the oldest comes first, so that it reads as it went."""
    return [
        Turn(ago(place * apart), turn[0], 3 if turn[1] == "+" else -3)
        for place, turn in enumerate(reversed(made))
    ]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        pytest.param(turns(*["a+", "b-"] * 3), ("a", "b"), id="three times up and down"),
        pytest.param(turns("c-", *["b+", "a-"] * 3), ("a", "b"), id="whatever was before"),
        pytest.param(turns(*["a+", "b-"] * 3, apart=4300), ("a", "b"), id="slowly"),
        pytest.param(turns(*["a+", "b-"] * 3, apart=4400), (), id="over more than six hours"),
        pytest.param(turns("b-", *["a+", "b-"] * 2), (), id="not often enough"),
        pytest.param(turns(*["a+", "a-"] * 3), (), id="one that follows its load"),
        pytest.param(turns(*["a+", "b-"] * 2, "a+", "a-"), (), id="the last one did both"),
        pytest.param(turns(*["a+", "b-"] * 2, "a+", "c-"), (), id="three"),
        pytest.param(turns(*["a+", "b+"] * 3), (), id="in one direction"),
        pytest.param([], (), id="nobody"),
    ],
)
def test_who_quarrels(given: list[Turn], found: tuple[str, ...]) -> None:
    assert rivals(given) == found


def test_a_quarrel_is_held_for_an_hour_whatever_the_policy_says() -> None:
    quarrel = Override(ago(3599), "b", "0123456789abcdef", 4, ("a", "b"))
    asked = policy(overrideHold=0)
    made = decided(asked, moment(load=900), 4, override=quarrel)
    until = NOW + timedelta(seconds=1)
    assert (made.desired, made.hold and made.hold.until) == (4, until)
    assert made.reasons == (
        f"held at 4 until {until:%H:%M} UTC: a and b keep undoing each other's changes",
    )
    over = Override(ago(3600), "b", "0123456789abcdef", 4, ("a", "b"))
    assert decided(asked, moment(load=900), 4, override=over).hold is None


def test_a_long_hold_names_its_day() -> None:
    order = Override(ago(60), "Robin", "0123456789abcdef", 4)
    made = decided(policy(overrideHold="2d"), moment(load=900), 4, override=order)
    assert made.reason == "held at 4 until 2026-03-06 11:59 UTC: Robin set it in 0123456789ab"
