"""Each target has one share, whoever asks; a new split moves as few as can be."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.policy.shard import WHOLE, Shard
from tests.policy.given import policy
from tests.policy.test_members import fleet

MANY = [policy(f"p{n}", scaleTargetRef={"name": f"web-{n}", "namespace": "shop"})
        for n in range(2_000)]  # fmt: skip


def owner(number: int, count: int) -> int:
    """Whose target it is; a test of its own that it is one instance's."""
    [index] = [i for i in range(1, count + 1) if Shard(i, count).has(MANY[number])]
    return index


@given(number=st.integers(0, len(MANY) - 1), count=st.integers(1, 40))
def test_each_target_has_one_owner_and_a_new_instance_takes_only_for_itself(
    number: int, count: int
) -> None:
    assert owner(number, count + 1) in (owner(number, count), count + 1)


@pytest.mark.parametrize("count", [2, 3, 4, 5, 16])
def test_work_is_spread(count: int) -> None:
    shares = Counter(owner(number, count) for number in range(len(MANY)))
    fair = len(MANY) / count
    assert all(0.75 * fair < shares[index] < 1.25 * fair for index in range(1, count + 1))


def test_a_share_is_the_same_in_every_version() -> None:
    """Instances of two versions run side by side while they are updated."""
    assert [owner(number, 5) for number in range(12)] == [3, 5, 4, 4, 1, 1, 4, 1, 5, 5, 2, 3]


def test_the_policy_s_name_and_spec_have_no_say() -> None:
    ref = {"name": "web-7", "namespace": "shop"}
    other = policy("another", scaleTargetRef=ref, maxReplicas=99)
    assert [Shard(i, 9).has(other) for i in range(1, 10)] == [
        Shard(i, 9).has(MANY[7]) for i in range(1, 10)
    ]


def test_a_fleet_without_members_is_one_instance_s_to_tell_of() -> None:
    assert [Shard(i, 4).has(fleet()) for i in range(1, 5)].count(True) == 1


@pytest.mark.parametrize("text", ["2/5", "1/1", "1000/1000"])
def test_shares_are_written_as_fractions(text: str) -> None:
    assert str(Shard.parse(text)) == text
    assert (Shard.parse(text) == WHOLE) is (text == "1/1")


@pytest.mark.parametrize(("text", "share"), [("4/3", "1/3"), ("6/3", "3/3"), ("7/1", "1/1")])
def test_who_comes_after_the_last_stands_by_from_the_first_on(text: str, share: str) -> None:
    assert str(Shard.parse(text)) == share


@pytest.mark.parametrize(
    "text", ["", "2", "0/3", "-1/3", "1/0", "1/1001", "1/3 ", "a/b", "1/3/5", "٢/٥"]
)
def test_others_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="as in 2/5"):
        Shard.parse(text)
