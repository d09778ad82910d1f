"""The harness can fail: each bug turns an episode red, by the invariant that it breaks."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.episodes import Kind, episodes
from tests.faults.footprint import Footprint, growing
from tests.faults.oracle import Broken, Invariant
from tests.faults.sabotage import BUGS
from tests.faults.worlds import life

MODULE = "tests.faults.sabotage"
BOUND_S = 30.0
"""Far longer than a service in order needs; those that never recover wait for so long."""
LEAKS: dict[str, Invariant] = {
    "a_descriptor_leaks_with_each_look": "descriptors",
    "a_child_is_left_with_each_look": "children",
    "a_temporary_file_stays_with_each_look": "temporary",
    "a_thread_stays_with_each_query": "threads",
}
GROWTH = "memory_grows_by_a_hundredth_with_each_round"
PASSES = 8


@dataclass(frozen=True, slots=True)
class Sabotage:
    """A bug, what it breaks, and the faults in which it shows."""

    bug: str
    breaks: Invariant
    kinds: tuple[Kind, ...]
    seed: int = 0


_SLOW: Kind = ("git", "latency")
_LOST: tuple[Kind, ...] = (("git", "reset"), ("git", "down"), ("git", "truncation"))
SABOTAGES = (
    Sabotage("push_without_the_lease", "linear", (_SLOW,), seed=6),
    Sabotage("redo_on_a_new_tip_with_old_files", "digits", (_SLOW,), seed=5),
    Sabotage("commits_again_after_a_start", "once", (("service", "SIGKILL"),)),
    Sabotage("a_count_over_the_maximum", "bounds", (_SLOW,), seed=4),
    Sabotage("an_edit_of_one_byte_more", "digits", (_SLOW,)),
    Sabotage("a_merge_commit", "linear", (_SLOW,)),
    Sabotage("a_rebased_history", "linear", (_SLOW,)),
    Sabotage("a_failed_query_is_read_as_nothing", "once", (("prometheus", "reset"),)),
    Sabotage("a_look_that_fails_is_the_last_one", "recovery", (("git", "reset"),)),
    Sabotage("git_waits_for_ever", "recovery", (("git", "hanging"),)),
    Sabotage("a_failed_batch_is_done_with", "recovery", _LOST),
    Sabotage(
        "a_reconciler_that_failed_is_told_no_more",
        "recovery",
        (("reconciler", "reset"), ("prometheus", "latency")),
    ),
)
FEW = tuple({one.breaks: one for one in reversed(SABOTAGES)}.values())
"""One for each invariant; `make soak` takes all."""
EPISODES = 12


def test_no_bug_is_left_out() -> None:
    assert {one.bug for one in SABOTAGES} | LEAKS.keys() | {GROWTH} == BUGS.keys()


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "sabotage", SABOTAGES if "SOAK_RUNS" in os.environ else FEW, ids=lambda one: one.bug
)
def test_a_bug_turns_an_episode_red(
    tmp_path: Path, sabotage: Sabotage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with pytest.raises(Broken) as broken:
        _live(tmp_path, sabotage)
    assert broken.value.invariant == sabotage.breaks, broken.value


def _live(folder: Path, sabotage: Sabotage) -> None:
    with life(folder, sabotage.seed, (MODULE, sabotage.bug), BOUND_S) as one:
        for episode in episodes(sabotage.seed, EPISODES, sabotage.kinds):
            one.go_through(episode)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("bugs", "grows"),
    [(",".join(LEAKS), set(LEAKS.values())), (GROWTH, {"memory"})],
    ids=["all but memory", "memory"],
)
def test_what_leaks_is_seen(
    tmp_path: Path, bugs: str, grows: set[Invariant], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    seen = []
    with life(tmp_path, 0, (MODULE, bugs)) as one:
        for episode in episodes(0, PASSES, (("git", "latency"),)):
            one.go_through(episode)
            seen.append(Footprint.of(one.program.process.pid, tmp_path / "tmp"))
        assert one.program.stop() == 0
    assert grows <= {what for what, _ in growing(seen)}, seen
