"""The budget keeps its promise for any hour, lets scale-ups pass within bounds, starves nobody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.batch.budget import HOUR, Budget
from tests.decide.given import NOW, ago

MINUTE = timedelta(minutes=1)
DEMANDS = st.lists(st.tuples(st.integers(0, 40), st.booleans()), max_size=60)
LIMITS = st.integers(1, 5)


@given(LIMITS, DEMANDS)
def test_no_hour_holds_more_than_the_limit_and_the_overdraft(
    limit: int, demands: list[tuple[int, bool]]
) -> None:
    now = NOW
    made: list[tuple[int, bool]] = []
    spent: list[int] = []
    for minutes, raises in demands:
        now += minutes * MINUTE
        minute = (now - NOW) // MINUTE
        budget = Budget(limit, tuple(NOW + at * MINUTE for at in spent))
        used = sum(at > minute - 60 for at in spent)
        allowed = budget.opens_at(now, raises=raises) is None
        assert budget.used(now) == used
        assert allowed == (used < limit + (budget.overdraft if raises else 0))
        if allowed:
            spent.insert(0, minute)
            made.append((minute, raises))
    for place, (end, raises) in enumerate(made):
        within = [at for at, _ in made[: place + 1] if end - 60 < at]
        assert len(within) <= limit + (limit + 1) // 2
        assert raises or len(within) <= limit


@given(LIMITS, st.lists(st.integers(0, 90), max_size=20), st.booleans())
def test_it_opens_at_the_earliest_moment_within_an_hour(
    limit: int, ages: list[int], raises: bool
) -> None:
    budget = Budget(limit, tuple(NOW - age * MINUTE for age in ages))
    opens = budget.opens_at(NOW, raises=raises)
    if opens is None:
        return
    assert NOW < opens <= NOW + HOUR
    assert budget.opens_at(opens, raises=raises) is None
    assert budget.opens_at(opens - timedelta(microseconds=1), raises=raises) == opens


@pytest.mark.parametrize(("limit", "overdraft"), [(1, 1), (2, 1), (3, 2), (10, 5)])
def test_the_overdraft_is_half_the_limit(limit: int, overdraft: int) -> None:
    assert Budget(limit).overdraft == overdraft
    spent = tuple(ago(60 * number) for number in range(limit + overdraft))
    assert Budget(limit, spent[1:]).opens_at(NOW, raises=True) is None
    assert Budget(limit, spent).opens_at(NOW, raises=True) == spent[-1] + HOUR
    assert Budget(limit, spent).opens_at(NOW, raises=False) == spent[limit - 1] + HOUR
