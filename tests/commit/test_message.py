"""The message tells people what and why, and programs the same in its trailers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge import __version__
from bridge.commit.message import commit_message
from bridge.decide.decision import Decision, Step
from bridge.manifest.target import Target
from bridge.repo.trailers import ScaleDecision, scale_decisions
from tests.decide.given import decision
from tests.parts.gate import needs
from tests.parts.git import git

CHECKOUT = Target("Deployment", "checkout", "shop", "apps/v1")
UP = decision(4, 7, CHECKOUT, "load 640 at 100 per replica asks for 7", "limited to 7")

NAMES = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp"), exclude_characters="/"),
    min_size=1,
    max_size=30,
)
COUNTS = st.integers(0, 100_000)
DECISIONS = st.builds(
    Decision,
    target=st.builds(Target, NAMES, NAMES, st.none() | NAMES),
    policy=NAMES,
    current=COUNTS,
    desired=COUNTS,
    steps=st.lists(st.builds(Step, st.text(max_size=40)), max_size=3).map(tuple),
)


def remembered(made: Decision) -> ScaleDecision:
    """What is to be read of the decision from the log."""
    return ScaleDecision(
        target=str(made.target),
        from_=made.current,
        to=made.desired,
        policy=made.policy,
        reason=made.reason,
    )


def test_an_adopted_count_comes_from_nothing() -> None:
    message = commit_message([replace(decision(4, 4, CHECKOUT, "4 run"), adopts=True)])
    assert message.startswith(
        "scale: checkout adopted at 4\n\n"
        "checkout (Deployment shop/checkout): adopted at 4\n  4 run\n\n"
    )
    assert [(made.from_, made.to) for made in scale_decisions(message)] == [(None, 4)]


def test_a_mere_place_goes_by_its_policys_name() -> None:
    message = commit_message([replace(decision(3, 5, Target("", "web.tf#web")), policy="front")])
    assert message.startswith("scale: front 3→5\n\nfront (web.tf#web): 3 → 5\n")
    assert [made.target for made in scale_decisions(message)] == ["web.tf#web"]


def test_a_message_has_subject_reasons_and_trailers() -> None:
    search = decision(12, 9, Target("StatefulSet", "search"), "busy\n\n0.2")
    assert commit_message([UP, search]) == (
        "scale: checkout 4→7, search 12→9\n"
        "\n"
        "checkout (Deployment shop/checkout): 4 → 7\n"
        "  load 640 at 100 per replica asks for 7\n"
        "  limited to 7\n"
        "\n"
        "search (StatefulSet search): 12 → 9\n"
        "  busy 0.2\n"
        "\n"
        f"Scaled-By: scalebridge/{__version__}\n"
        'Scale-Decision: {"target":"Deployment/shop/checkout","from":4,"to":7,"policy":"checkout",'
        '"reason":"load 640 at 100 per replica asks for 7; limited to 7"}\n'
        'Scale-Decision: {"target":"StatefulSet/search","from":12,"to":9,"policy":"search",'
        '"reason":"busy\\n\\n0.2"}\n'
    )


@pytest.mark.parametrize(
    ("names", "subject"),
    [
        pytest.param(["web"], "scale: web 1→2", id="one"),
        pytest.param(["a", "b", "c"], "scale: a 1→2, b 1→2, c 1→2", id="as many as fit"),
        pytest.param(
            [f"service-{n}" for n in range(8)],
            "scale: service-0 1→2, service-1 1→2, service-2 1→2 and 5 more",
            id="the rest is counted",
        ),
        pytest.param(
            ["w" * 51, "vvvv"], f"scale: {'w' * 51} 1→2, vvvv 1→2", id="72 characters are a line"
        ),
        pytest.param(
            ["w" * 52, "vvvv"], f"scale: {'w' * 52} 1→2 and 1 more", id="73 are more than one"
        ),
        pytest.param(["w" * 80], f"scale: {'w' * 80} 1→2", id="one name is never cut"),
        pytest.param(["w" * 80, "v"], f"scale: {'w' * 80} 1→2 and 1 more", id="not even of two"),
    ],
)
def test_a_subject_names_what_fits_on_a_line(names: list[str], subject: str) -> None:
    decisions = [decision(1, 2, Target("Deployment", name)) for name in names]
    assert commit_message(decisions).partition("\n")[0] == subject


@settings(max_examples=60, deadline=None)
@given(st.lists(DECISIONS, min_size=1, max_size=5))
def test_what_is_written_is_what_is_read(decisions: list[Decision]) -> None:
    message = commit_message(decisions)
    assert list(scale_decisions(message)) == [remembered(made) for made in decisions]
    assert list(scale_decisions(message.rstrip() + "\n\n\n")) == list(scale_decisions(message))


def test_git_itself_finds_the_trailers(tmp_path: Path) -> None:
    needs("git")
    message = commit_message([UP, decision(1, 2)])
    parsed = git(tmp_path, "interpret-trailers", "--parse", given=message.encode())
    assert parsed.decode() == message.rpartition("\n\n")[2]
