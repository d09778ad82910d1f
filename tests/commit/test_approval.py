"""Which changes a person approves, by the policy's rule or for want of one."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from bridge.commit.approval import Needed, approval_needed
from bridge.commit.proposal import is_void, proposal_text, proposed, void
from tests.publish.conftest import decision, policy


def rule(exceeds: object = "100%", **more: object) -> dict[str, object]:
    return {"approval": {"whenChangeExceeds": exceeds, **more}}


@pytest.mark.parametrize(
    ("current", "desired", "exceeds", "why"),
    [
        (4, 8, "100%", None),
        (4, 9, "100%", "a change by 125% exceeds 100%"),
        (4, 0, "100%", None),
        (4, 1, "50%", "a change by 75% exceeds 50%"),
        (1000, 1001, "0%", "a change by 0% exceeds 0%"),
        (3, 4, "33.3%", "a change by 33% exceeds 33.3%"),
        (3, 4, "33.4%", None),
        (0, 1, "900%", "a change by more than any share exceeds 900%"),
        (4, 4, "0%", None),
    ],
)
def test_only_what_exceeds_the_share(
    current: int, desired: int, exceeds: str, why: str | None
) -> None:
    given = policy("checkout", **rule(exceeds))
    needed = approval_needed(decision("checkout", current, desired), given)
    assert needed == (Needed("scaling", why) if why else None)


def test_without_a_share_every_change() -> None:
    given = policy("checkout", approval={"group": "shop"})
    assert approval_needed(decision("checkout", 100, 101), given) == Needed(
        "shop", "a change by 1% exceeds 0%"
    )


def test_a_rule_is_stronger_than_the_mode() -> None:
    small, big = decision("checkout", 4, 5), decision("checkout", 4, 40)
    by_mode = Needed("scaling", "the mode")
    assert approval_needed(small, policy("checkout"), otherwise="the mode") == by_mode
    assert approval_needed(small, policy("checkout", **rule()), otherwise="the mode") is None
    assert approval_needed(big, policy("checkout", **rule()), otherwise="the mode")
    assert approval_needed(small, policy("checkout")) is None


def test_a_branch_that_takes_no_pushes_is_stronger_than_a_rule() -> None:
    given = policy("checkout", **rule(group="shop"))
    small, none = decision("checkout", 4, 5), decision("checkout", 4, 4)
    assert approval_needed(small, given, always="protected") == Needed("shop", "protected")
    assert approval_needed(none, given, always="protected") is None


@pytest.mark.parametrize("exceeds", ["100", 7, "-1%", "x%", "", None])
def test_what_is_no_share_is_refused(exceeds: object) -> None:
    with pytest.raises(ValidationError, match="is not a percentage such as"):
        policy("checkout", **rule(exceeds))


@pytest.mark.parametrize("group", ["", "Shop", "a/b", "-a", "a-", "..", "a" * 64])
def test_a_group_is_a_name_that_a_branch_may_have(group: str) -> None:
    with pytest.raises(ValidationError, match="pattern"):
        policy("checkout", **rule(group=group))


HOSTILE = "a|b <b>@team</b> <!-- x -->\nSigned-off-by: me"


def test_the_text_shows_reasons_as_they_are_and_calls_nobody() -> None:
    body = proposal_text([decision("checkout", 3, 7, HOSTILE)], "shop").body
    table, *_ = body.split("\n\n")
    [_, _, row] = table.splitlines()
    assert row.count("|") == 6
    assert "a\\|b &lt;b>@\u200bteam" in row
    assert "@team" not in body
    assert "<b>" not in body
    assert "<!--" not in body


def test_what_is_proposed_is_found_again_even_by_the_web_s_line_ends() -> None:
    decisions = [decision("checkout", 3, 7, HOSTILE), decision("search", 3, 1)]
    body = proposal_text(decisions, "shop").body
    found = proposed(body.replace("\n", "\r\n"))
    assert found[0].reason == decisions[0].reason
    assert [(d.target, d.from_, d.to, d.policy) for d in found] == [
        ("Deployment/shop/checkout", 3, 7, "checkout"),
        ("Deployment/shop/search", 3, 1, "search"),
    ]


def test_ours_are_told_from_people_s_by_the_first_line() -> None:
    body = proposal_text([decision()], "shop").body
    assert not is_void(body)
    assert is_void(void(body, "gone"))
    assert proposed(void(body, "gone")) == proposed(body)


def test_a_text_stays_within_what_forges_take() -> None:
    many = [decision(f"web-{number:0200}", 3, 7, "x" * 500) for number in range(1000)]
    text = proposal_text(many, "shop")
    assert 30_000 < len(text.body.encode()) < 65_515
    assert "and 969 more: see the commit" in text.body
    assert len(proposed(text.body)) == 62
    assert text.title.endswith(" and 999 more")


def test_a_reason_beyond_what_forges_take_is_left_to_the_commit() -> None:
    body = proposal_text([decision("checkout", 3, 7, "x" * 70_000)], "shop").body
    assert "and 1 more: see the commit" in body
    [made] = proposed(body)
    assert (made.target, made.from_, made.to) == ("Deployment/shop/checkout", 3, 7)
