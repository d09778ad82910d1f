"""What is looked up in a stretch of the log, however many files a commit touched."""

from __future__ import annotations

from datetime import UTC, datetime

from bridge.manifest.target import Target
from bridge.repo.snapshot import Change, Commit
from bridge.repo.trailers import ScaleDecision
from bridge.service.stretch import Stretch

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
WEB = Target("Deployment", "web", "shop")


def commit(*changes: Change, decisions: tuple[ScaleDecision, ...] = ()) -> Commit:
    """One commit at noon."""
    return Commit("a" * 40, NOON, NOON, "Robin", decisions, changes)


def made(name: str, from_: int, to: int) -> ScaleDecision:
    """A trailer."""
    target = f"Deployment/shop/{name}"
    return ScaleDecision(target=target, from_=from_, to=to, policy="all", reason="load")


def moved(number: int, blob: str | None = None) -> tuple[Change, Change]:
    """A file that went, and the one that came."""
    content = f"{number:040}"
    gone = Change(f"old/{number}.yaml", content, None)
    return gone, Change(f"new/{number}.yaml", None, blob or content)


def test_a_file_that_came_may_have_been_any_of_a_few_that_went() -> None:
    gone, came = moved(1)
    other, _ = moved(2)
    stretch = Stretch([commit(gone, came, other)])
    assert stretch.sources(0, came) == [gone, other]


def test_a_file_that_was_there_has_no_source() -> None:
    gone, _ = moved(1)
    changed = Change("apps/web.yaml", "b" * 40, "c" * 40)
    assert Stretch([commit(gone, changed)]).sources(0, changed) == []


def test_of_many_that_went_only_its_contents_or_name_count() -> None:
    pairs = [moved(number) for number in range(5_000)]
    edited = moved(7_000, blob="e" * 40)
    stretch = Stretch([commit(*(one for pair in [*pairs, edited] for one in pair))])
    assert all(stretch.sources(0, came) == [gone] for gone, came in [*pairs, edited])
    renamed = Change("new/web.yaml", None, "f" * 40)
    assert stretch.sources(0, renamed) == []


def test_a_decision_is_ours_where_its_trailer_says_just_this() -> None:
    decisions = (made("api", 1, 2), made("web", 3, 7), made("web", 4, 7))
    stretch = Stretch([commit(), commit(decisions=decisions)])
    assert stretch.made(1, WEB, 4, 7) == decisions[2]
    assert stretch.made(1, WEB, 3, 8) is None
    assert stretch.made(0, WEB, 3, 7) is None
    assert stretch.made(1, Target("Deployment", "gone"), 3, 7) is None
