"""The page's first line names the worst first, and never that all is well while it isn't."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from bridge.observe.board import Board
from bridge.observe.facts import BrokenPolicy, Overview
from bridge.observe.headline import headline
from bridge.observe.progress import Progress
from bridge.observe.sources import Sources
from bridge.observe.status import Status, Statuses

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def overview(states: Mapping[str, int] | None = None, **status: object) -> Overview:
    """Of one state repo, with so many targets in each state."""
    one = Status(NOW, **{"tip": "4f1c", **status})  # type: ignore[arg-type] # as each test names them
    seen = Board(one, lambda: NOW, 120).overview()
    given = dict(states or {})
    return Overview.model_validate({**dict(seen), "states": given, "total": sum(given.values())})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param(overview({"steady": 5000}), "All 5,000 targets are where they should be"),
        pytest.param(overview({"held": 1}), "The target is where it should be"),
        pytest.param(overview({"steady": 4, "changing": 1}), "1 of 5 targets on the move"),
        pytest.param(overview({"failed": 1, "changing": 1}), "1 of 2 targets needs a look"),
        pytest.param(overview({"stuck": 1, "unknown": 1}), "2 of 2 targets need a look"),
        pytest.param(
            overview({"steady": 2}, remote_error="gone"), "The state repo is out of reach"
        ),
        pytest.param(
            overview({"unknown": 2}, remote_error="gone"),
            "The state repo is out of reach; 2 of 2 targets need a look",
        ),
        pytest.param(
            overview({"steady": 2}, push_error="no right to"), "The state repo takes no commit"
        ),
        pytest.param(
            overview({"steady": 2}, push_error="no answer", remote_error="gone"),
            "The state repo is out of reach",
        ),
        pytest.param(
            overview({"steady": 2}, proposal_error="no answer"),
            "No target needs a look, 1 other thing does",
        ),
        pytest.param(
            overview({"steady": 3, "changing": 1}, policy_errors={"a.yaml": "a.yaml:1: no"}),
            "1 of 4 targets on the move; 1 broken policy",
        ),
        pytest.param(
            overview({"failed": 2}, policy_errors={f"{name}.yaml": "no" for name in "ab"}),
            "2 of 2 targets need a look; 2 broken policies",
        ),
        pytest.param(overview(), "No policy was evaluated yet"),
        pytest.param(overview(elsewhere=4), "Other instances decide all targets"),
        pytest.param(overview(tip=""), "Not ready: the state repo was not read yet"),
        pytest.param(
            overview(policy_errors={"a.yaml": "a.yaml:1: no"}), "Not ready: no policy can be used"
        ),
    ],
)
def test_the_worst_comes_first(given: Overview, said: str) -> None:
    assert headline(given, ()) == said


def test_who_does_not_answer_is_named_before_the_targets_that_wait_for_it() -> None:
    sources = Sources()
    for kind, name in (("prometheus", "Prometheus"), ("alertmanager", "Alertmanager")):
        sources.named(kind, name).heard("no answer within 10 s", NOW)  # type: ignore[arg-type] # literals
    sources.named("state repo", "state repo").heard("gone", NOW)
    told = Board(Status(NOW, sources=sources), lambda: NOW, 120).sources().sources
    given = overview({"unknown": 9, "held": 1}, remote_error="gone")
    assert headline(given, told) == (
        "The state repo is out of reach; Prometheus does not answer; Alertmanager does not answer; "
        "9 of 10 targets need a look"
    )


def test_a_reconciler_that_does_not_answer_stops_no_target() -> None:
    sources = Sources()
    sources.named("reconciler", "argocd").heard("HTTP 401", NOW)
    told = Board(Status(NOW, sources=sources), lambda: NOW, 120).sources().sources
    given = overview({"steady": 3})
    assert headline(given, told) == "No target needs a look, 1 other thing does"


def test_a_loop_that_hangs_is_the_worst() -> None:
    now = 0.0
    status = Status(NOW, tip="4f1c", remote_error="gone", progress=Progress(lambda: now))
    with status.progress.at("look"):
        now = 121.0
        hung = Board(status, lambda: NOW, 120).overview()
    assert hung.hung == ("look: for 121 s",)
    assert headline(hung, ()) == "The service hangs; the state repo is out of reach"


def test_broken_policies_are_other_things() -> None:
    broken = tuple(BrokenPolicy(repo="", path=path, error="no") for path in ("a", "b"))
    given = overview({"steady": 3}).model_copy(update={"broken_policies": broken})
    assert headline(given, ()) == "No target needs a look, 2 other things do"


def test_of_several_state_repos_those_that_are_gone_are_counted() -> None:
    repos = [Status(NOW, tip="4f1c", repo=name) for name in ("eu", "us")]
    repos[0].remote_error = "gone"
    told = headline(Board(Statuses(repos), lambda: NOW, 120).overview(), ())
    assert told == "1 of 2 state repos is out of reach"
