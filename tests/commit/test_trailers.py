"""Trailers are the memory: what is malformed, or anybody's, is passed over."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from bridge.commit.message import pause_message, release_message
from bridge.repo.trailers import (
    ScaleDecision,
    ScalePause,
    ScaleRelease,
    scale_decisions,
    scale_pauses,
    scale_releases,
)

GOOD = ScaleDecision(target="Deployment/web", from_=3, to=5, policy="web", reason="load")


def trailer(**fields: object) -> str:
    """A message whose trailer has these fields instead."""
    plain = {"target": "Deployment/web", "from": 3, "to": 5, "policy": "web", "reason": "load"}
    return f"scale: web\n\nScale-Decision: {json.dumps({**plain, **fields})}\n"


def test_a_decision_is_one_line_of_json() -> None:
    assert GOOD.render() == (
        'Scale-Decision: {"target":"Deployment/web","from":3,"to":5,"policy":"web","reason":"load"}'
    )
    assert list(scale_decisions(trailer())) == [GOOD]


@pytest.mark.parametrize(
    "message",
    [
        pytest.param("", id="empty"),
        pytest.param("Scale the shop\n\nBy hand.\n", id="a person's"),
        pytest.param(f"{trailer()}\nSigned-off-by: Robin\n\nPS\n", id="not in the last paragraph"),
        pytest.param(f'Revert "{trailer()}', id="a revert's quotation"),
        pytest.param(f"Reapply\n\n{trailer()}", id="a revert of a revert's"),
        pytest.param(f"fix: x\n\nThis reverts commit 1.\n\n{trailer()}", id="a reworded revert's"),
        pytest.param(trailer().replace("Scale-Decision: ", "Scale-Decision:"), id="no space"),
        pytest.param(trailer().replace("Scale-Decision", "scale-decision"), id="another key"),
        pytest.param("x\n\nScale-Decision: {", id="not JSON"),
        pytest.param("x\n\nScale-Decision: [1]", id="a list"),
        pytest.param("x\n\nScale-Decision: null", id="null"),
        pytest.param("x\n\nScale-Decision: {}", id="no field"),
        pytest.param("x\n\nScale-Decision: " + "[" * 100_000, id="deep"),
        pytest.param(trailer(to="many"), id="no number"),
        pytest.param(trailer(to=None), id="a null for a number"),
        pytest.param(trailer(to=-1), id="a negative count"),
        pytest.param(trailer(to=2**31), id="a count beyond any"),
        pytest.param(trailer(to=float("inf")), id="infinity"),
        pytest.param(trailer(**{"from": float("nan")}), id="NaN"),
    ],
)
def test_what_is_no_decision_is_passed_over(message: str) -> None:
    assert list(scale_decisions(message)) == []


def test_a_reason_may_speak_of_reverts() -> None:
    reason = "this reverts commit rates"
    message = f"scale: web\n\nweb: 3 → 5\n  {reason}\n\n" + trailer().partition("\n\n")[2]
    assert list(scale_decisions(message)) == [GOOD]


def test_a_person_s_reason_may_speak_of_reverts() -> None:
    why = "This reverts commit 1234567, so scaling may go on"
    release = ScaleRelease(target="Job/x", by="robin", reason=why)
    pause = ScalePause(
        target="Job/x", until=datetime(2026, 3, 4, 12, tzinfo=UTC), by="robin", reason=why
    )
    assert list(scale_releases(release_message(release, "Ends the hold."))) == [release]
    assert list(scale_pauses(pause_message(pause, 3))) == [pause]


@pytest.mark.parametrize(
    ("until", "found"),
    [
        ("2026-03-04T12:00:00+02:00", [datetime(2026, 3, 4, 10, tzinfo=UTC)]),
        ("2026-03-04T12:00:00", []),
        ("9999-12-31T23:00:00-02:00", []),
    ],
)
def test_a_pause_ends_by_utc(until: str, found: list[datetime]) -> None:
    message = f'Wait\n\nScale-Pause: {{"target":"Job/x","until":"{until}"}}\n'
    assert [(one.until, one.until.tzinfo) for one in scale_pauses(message)] == [
        (time, UTC) for time in found
    ]


def test_half_a_character_is_none() -> None:
    half = "\ud800 \udcff"
    [made] = scale_decisions(trailer(target=half, policy=half, reason=half))
    assert (made.target, made.policy, made.reason) == ("? ?", "? ?", "? ?")


def test_a_malformed_decision_leaves_the_others() -> None:
    message = trailer(to="many") + trailer().partition("\n\n")[2] + "Signed-off-by: Robin\n"
    assert list(scale_decisions(message)) == [GOOD]


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ('{"target":"Job/x"}', [ScaleRelease(target="Job/x")]),
        (
            '{"target":"Job/x","by":"robin","reason":"over"}',
            [ScaleRelease(target="Job/x", by="robin", reason="over")],
        ),
        ("{}", []),
        ('{"target":1}', []),
        ('{"target":"Job/x","by":null}', []),
        ("[]", []),
        ("{", []),
    ],
)
def test_releases(value: str, found: list[ScaleRelease]) -> None:
    message = f"Go on\n\nScale-Release: {value}\n"
    assert list(scale_releases(message)) == found
    assert list(scale_decisions(message)) == []
    assert [one.render() for one in found] == [f"Scale-Release: {value}"] * len(found)


@pytest.mark.parametrize(
    "appended",
    [
        pytest.param(
            "---------\n\nCo-authored-by: us <u@x>\nCo-authored-by: Robin <r@x>", id="many"
        ),
        pytest.param("Co-authored-by: scalebridge <u@x>", id="an author"),
        pytest.param("Signed-off-by: Robin <r@x>", id="a sign-off"),
    ],
)
def test_what_a_forge_appends_to_a_squash_hides_nothing(appended: str) -> None:
    message = trailer().replace("scale: web", "scale: web (#12)").rstrip("\n")
    assert list(scale_decisions(f"{message}\n\n{appended}\n")) == [GOOD]


def test_what_a_forge_appends_is_no_trailer_by_itself() -> None:
    assert list(scale_decisions("Co-authored-by: Robin <r@x>\n")) == []
