"""Dead time: measured from commit to ready, and what a decision makes of it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.decide.dead_time import Rollout, Rollouts, least_window
from bridge.decide.decide import decide
from bridge.decide.decision import Step
from bridge.decide.recall import Known, Scaled
from bridge.decide.rollout import Watch, rollout, watches
from bridge.decide.window import window_to_know
from bridge.evaluate.reading import Moment, Observation, Past
from bridge.policy.model import ScalingPolicy
from tests.decide.given import NOW, ago, moment, repeated
from tests.policy.given import policy

AT_ONCE = {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 0}}}


def ours(age: float, before: int, after: int) -> Scaled:
    """A change that a decision of ours made."""
    return Scaled(ago(age), after - before, after, ours=True)


def theirs(age: float, before: int, after: int) -> Scaled:
    """A change that a person made."""
    return Scaled(ago(age), after - before, after)


def measured(to: int, *counts: int | None, step: float = 5) -> Rollout:
    """The rollout of a change to that count, from the ready replicas at each step; None: a gap."""
    change = ours(600, 4, to)
    known = {n: float(count) for n, count in enumerate(counts) if count is not None}
    return rollout(Watch(change, NOW, step), known)


@pytest.mark.parametrize(
    ("counts", "settled", "seconds"),
    [
        pytest.param((4, 4, 5, 7, 7), True, 15, id="up to the first time that all are ready"),
        pytest.param((4, 7, 4, 4, 7), True, 5, id="a pod that fails later is no dead time"),
        pytest.param((9, 8, 7), True, 10, id="a fall settles too"),
        pytest.param((4, 6, 8, 9), False, None, id="passing by is not settling"),
        pytest.param((4, 4, 5), False, None, id="not there yet"),
        pytest.param((7, 7, 7), True, None, id="ready already: nothing had to be done"),
        pytest.param((None, 7, 7), True, None, id="nobody knows what was ready before"),
        pytest.param((4, None, 7), True, None, id="a gap hides when"),
        pytest.param((4, None, 5, 7), True, 15, id="a gap before hides nothing"),
        pytest.param((7,), True, None, id="one sample"),
        pytest.param((), False, None, id="nothing is known"),
    ],
)
def test_dead_time_is_from_commit_to_the_first_moment_at_that_count(
    counts: Sequence[int | None], settled: bool, seconds: float | None
) -> None:
    found = measured(7, *counts)
    assert (found.settled, found.seconds, found.seen) == (settled, seconds, bool(counts))


def test_a_watch_ends_when_the_next_change_overtakes_it() -> None:
    changes = [ours(400, 2, 4), ours(100, 5, 8), theirs(300, 4, 5), ours(2000, 1, 2)]
    assert watches(changes, NOW, 600) == [
        Watch(changes[1], NOW, 5),
        Watch(changes[0], ago(300), 5),  # a person overtook it
        Watch(changes[3], ago(1400), 5),  # it had its ten minutes
    ]


def test_a_commit_by_a_clock_that_is_ahead_is_watched_from_then_on() -> None:
    assert watches([ours(-30, 4, 5)], NOW, 600) == [Watch(ours(-30, 4, 5), ago(-30), 5)]


def test_the_newest_change_is_watched_whoever_made_it() -> None:
    assert watches([theirs(60, 4, 5)], NOW, 600) == [Watch(theirs(60, 4, 5), NOW, 5)]
    assert rollout(Watch(theirs(60, 4, 5), NOW, 5), {0: 4, 1: 5}) == Rollout(
        ours=False, settled=True, seconds=5, seen=True
    )


def test_ten_watches_of_the_last_day_are_enough() -> None:
    hourly = [ours(3600 * hour + 60, 4, 5) for hour in range(30)]
    assert [watch.change for watch in watches(hourly, NOW, 600)] == hourly[:10]
    rare = [ours(10 * 3600 * n, 4, 5) for n in range(1, 6)]
    assert [watch.change for watch in watches(rare, NOW, 600)] == rare[:2]
    assert watches([Scaled(ago(60), 1)], NOW, 600) == []


def test_a_long_patience_looks_in_coarser_steps() -> None:
    assert watches([ours(60, 4, 5)], NOW, 7200)[0].step == 7.2
    late = watches([ours(3600 * 10, 4, 5)], NOW, 600)[0].rest(NOW)
    assert (late.change.at, late.end, late.step) == (ago(35400), NOW, 35.4)


def history(*seconds: float | None, mine: bool = True) -> Rollouts:
    """Rollouts that took so long, newest first; None never settled."""
    return Rollouts(tuple(Rollout(mine, one is not None, one, seen=True) for one in seconds))


@pytest.mark.parametrize(
    ("rollouts", "dead_time"),
    [
        pytest.param(history(), None, id="none"),
        pytest.param(history(None, None), None, id="none settled"),
        pytest.param(history(40, 45, 35), 45, id="the longest"),
        pytest.param(history(None, 40, 40, None, 40, 40, 90, 500), 90, id="of five that settled"),
        pytest.param(history(300, mine=False), None, id="people's commits measure nothing"),
    ],
)
def test_the_longest_of_the_last_five_counts(rollouts: Rollouts, dead_time: float | None) -> None:
    assert rollouts.dead_time == dead_time


@pytest.mark.parametrize(("dead_time", "window"), [(None, 300), (150, 300), (151, 302), (400, 800)])
def test_the_window_down_is_two_dead_times_where_that_is_more(
    dead_time: float | None, window: float
) -> None:
    assert least_window(dead_time) == window
    assert window_to_know(policy(), moment(load=100), 10, dead_time) == window
    own = policy(behavior={"scaleDown": {"stabilizationWindowSeconds": 60}})
    assert window_to_know(own, moment(load=100), 10, dead_time) == 60


def knowing(
    asked: ScalingPolicy,
    now: Moment,
    rollouts: Rollouts,
    changes: tuple[Scaled, ...] = (),
    *past: Moment,
) -> list[Step]:
    """The last steps of a decision at 8 committed: `desired`, then why."""
    window = window_to_know(asked, now, 8, rollouts.dead_time)
    steps = {one.at: one for one in repeated(now, range(15, int(window) + 15, 15))}
    steps |= {one.at: one for one in past}
    known = Past(tuple(steps[at] for at in sorted(steps)), since=ago(window)) if window else Past()
    made = decide(asked, Observation(now, known), Known(8, changes, None, rollouts))
    assert made.dead_time == rollouts.dead_time
    return [Step(str(made.desired)), *made.steps[1:]]


def test_a_wish_of_two_dead_times_ago_still_holds_and_says_so() -> None:
    now, before = moment(load=300), moment(450, load=700)
    assert knowing(policy(), now, history(240), (), before) == [
        Step("7"),
        Step(
            "held by the stabilization window of 480 s, twice the dead time, at 7",
            "spec.behavior.scaleDown.stabilizationWindowSeconds",
        ),
    ]
    assert knowing(policy(), now, history(225), (), before) == [Step("3")]
    own = policy(behavior={"scaleDown": {"stabilizationWindowSeconds": 465}})
    why = Step(
        "held by the stabilization window at 7",
        "spec.behavior.scaleDown.stabilizationWindowSeconds",
    )
    assert knowing(own, now, history(240), (), before) == [Step("7"), why]


def test_a_dead_time_that_cant_be_known_holds_unless_the_policy_says_how_long() -> None:
    unknown = Rollouts(error="timeout")
    why = "the dead time is unknown (timeout): no scale-down, held at 8"
    assert knowing(policy(), moment(ready=8, load=300), unknown) == [Step("8"), Step(why)]
    assert knowing(policy(**AT_ONCE), moment(ready=8, load=300), unknown) == [Step("3")]
    leveled = policy(behavior={"level": {}})
    assert knowing(leveled, moment(ready=8, load=300), unknown) == [Step("3")]
    assert knowing(policy(), moment(ready=8, load=900), unknown) == [Step("9")]


FLYING = "in flight ({} ready of 8 committed): no scale-down, held at 8"


@pytest.mark.parametrize(
    ("ready", "newest", "held"),
    [
        pytest.param(None, Rollout(True, False, seen=True), FLYING.format("unknown"), id="lost"),
        pytest.param(None, Rollout(True, False, seen=False), "", id="never exported"),
        pytest.param(None, None, "", id="nothing measured"),
        pytest.param(None, "timeout", FLYING.format("unknown"), id="the question failed"),
        pytest.param(8, "timeout", "", id="the question failed, but all are ready"),
        pytest.param(5, Rollout(True, False, seen=True), FLYING.format(5), id="not yet"),
        pytest.param(7, Rollout(True, True, 20, True), FLYING.format(7), id="one failed again"),
        pytest.param(8, Rollout(True, True, 20, True), "", id="all are ready"),
    ],
)
def test_in_flight_what_isnt_known_to_live_holds(
    ready: int | None, newest: Rollout | str | None, held: str
) -> None:
    if isinstance(newest, str):
        rollouts = Rollouts(error=newest)
    else:
        rollouts = Rollouts((newest,) if newest else ())
    last = knowing(policy(**AT_ONCE), moment(ready=ready, load=300), rollouts, (ours(30, 4, 8),))
    field = "spec.inFlightTimeout"
    assert last == ([Step("8"), Step(held, field)] if held else [Step("3")])
    assert knowing(
        policy(**AT_ONCE), moment(ready=ready, load=900), rollouts, (ours(30, 4, 8),)
    ) == [Step("9")]
    known = Known(8, (ours(30, 4, 8),), None, rollouts)
    assert known.in_flight_since(NOW, ready, 600) == (ago(30) if held else None)


NEVER = history(None)


@pytest.mark.parametrize(
    ("ready", "rollouts", "age", "stuck"),
    [
        pytest.param(3, NEVER, 720, "stuck rollout: 3 ready of 8 committed for 12m", id="stuck"),
        pytest.param(12, NEVER, 5430, "stuck rollout: 12 ready of 8 committed for 1h30m", id="up"),
        pytest.param(3, NEVER, 600, "", id="it still has time"),
        pytest.param(8, NEVER, 720, "", id="there at last"),
        pytest.param(7, history(40), 720, "", id="a pod failed long after"),
        pytest.param(None, NEVER, 720, "", id="nobody knows"),
        pytest.param(3, Rollouts(error="timeout"), 720, "", id="nobody can tell whether it was"),
        pytest.param(3, Rollouts(), 720, "", id="no change of late"),
    ],
)
def test_a_stuck_rollout_is_told_and_no_longer_waited_for(
    ready: int | None, rollouts: Rollouts, age: float, stuck: str
) -> None:
    changes = (ours(9000, 2, 4), ours(age, 4, 8))
    known = Known(8, changes, None, rollouts)
    for load, desired in ((800, 8), (900, 9), (300, 8 if age <= 600 else 3)):
        now = moment(ready=ready, load=load)
        made = decide(policy(**AT_ONCE), Observation(now), known)
        assert (made.desired, made.stuck_rollout) == (desired, stuck)
        assert (made.steps[-1] == Step(stuck, "spec.inFlightTimeout")) == bool(stuck)
    paused = decide(policy(paused=True), Observation(moment(ready=ready, load=1)), known)
    assert paused.stuck_rollout == stuck


def test_who_doesnt_wait_has_no_stuck_rollouts() -> None:
    known = Known(8, (ours(720, 4, 8),), None, NEVER)
    made = decide(policy(inFlightTimeout=0), Observation(moment(ready=3, load=800)), known)
    assert made.stuck_rollout == ""


@given(
    counts=st.lists(st.one_of(st.none(), st.integers(0, 9)), max_size=40),
    to=st.integers(0, 9),
)
def test_what_comes_later_never_changes_a_measured_time(counts: list[int | None], to: int) -> None:
    whole = measured(to, *counts)
    for end in range(len(counts)):
        early = measured(to, *counts[:end])
        assert not early.settled or early == whole
