"""Against a model that keeps the whole history and works everything out from it."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.batch.batcher import Batcher, Debounce
from bridge.decide.decision import Decision
from bridge.manifest.target import Target
from tests.decide.given import decision

TARGETS = [Target("Deployment", name) for name in "abc"]


@dataclass(frozen=True)
class Put:
    """A decision after some seconds."""

    after: int
    target: Target
    current: int
    desired: int


Take = frozenset[Target] | None
"""None takes the batch; a set of targets is what is still governed."""

PUTS = st.builds(
    Put, st.integers(0, 12), st.sampled_from(TARGETS), st.integers(0, 3), st.integers(0, 3)
)
STEPS = st.lists(
    st.one_of(PUTS, PUTS, PUTS, st.none(), st.frozensets(st.sampled_from(TARGETS))), max_size=25
)
DEBOUNCES = st.builds(lambda quiet, more: Debounce(quiet, quiet + more), *[st.integers(0, 20)] * 2)


@dataclass
class Model:
    """What waits, since when something waits, and since when a scale-up does."""

    waiting: dict[Target, Decision] = field(default_factory=dict)
    news: list[int] = field(default_factory=list)
    raises: list[int] = field(default_factory=list)

    def put(self, made: Decision, now: int) -> None:
        before = self.waiting.pop(made.target, None)
        if made.current != made.desired:
            self.waiting[made.target] = made
            same = before is not None and before.desired == made.desired
            if not (same and before is not None and before.raises == made.raises):
                self.news.append(now)
                if made.desired > made.current:
                    self.raises.append(now)
        self.settle()

    def settle(self) -> None:
        if not any(made.desired > made.current for made in self.waiting.values()):
            self.raises.clear()
        if not self.waiting:
            self.news.clear()

    def due_at(self, usual: Debounce, hurried: Debounce) -> float | None:
        timers = ((self.news, usual), (self.raises, hurried))
        due = [min(t[-1] + d.quiet, t[0] + d.longest) for t, d in timers if t]
        return min(due, default=None)


@settings(max_examples=150, deadline=None)
@given(STEPS, DEBOUNCES, DEBOUNCES)
def test_a_batcher_does_what_its_model_does(
    steps: list[Put | Take], usual: Debounce, hurried: Debounce
) -> None:
    batcher, model, now = Batcher(usual, hurried), Model(), 0
    for step in steps:
        match step:
            case Put():
                now += step.after
                made = decision(step.current, step.desired, step.target)
                batcher.put(made, now)
                model.put(made, now)
            case None:
                assert batcher.take() == tuple(model.waiting[t] for t in sorted(model.waiting))
                model = Model()
            case governed:
                batcher.keep(governed)
                model.waiting = {t: d for t, d in model.waiting.items() if t in governed}
                model.settle()
        assert {made.target: made for made in batcher.waiting} == model.waiting
        assert batcher.due_at == model.due_at(usual, hurried)


@settings(max_examples=150, deadline=None)
@given(st.lists(PUTS, min_size=1, max_size=25), DEBOUNCES, DEBOUNCES)
def test_nothing_waits_longer_than_its_debounce(
    puts: list[Put], usual: Debounce, hurried: Debounce
) -> None:
    batcher, now = Batcher(usual, hurried), 0
    since: int | None = None
    rising: int | None = None
    for put in puts:
        now += put.after
        batcher.put(decision(put.current, put.desired, put.target), now)
        waits, raises = bool(batcher.waiting), any(made.raises for made in batcher.waiting)
        since = (now if since is None else since) if waits else None
        rising = (now if rising is None else rising) if raises else None
        assert (batcher.due_at is None) == (since is None)
        if batcher.due_at is not None and since is not None:
            assert batcher.due_at <= since + usual.longest
        if batcher.due_at is not None and rising is not None:
            assert batcher.due_at <= rising + hurried.longest


@given(st.lists(PUTS, max_size=10), st.lists(PUTS, max_size=10), DEBOUNCES, DEBOUNCES)
def test_what_could_not_be_committed_waits_again_unless_there_is_news(
    before: list[Put], after: list[Put], usual: Debounce, hurried: Debounce
) -> None:
    batcher = Batcher(usual, hurried)
    for put in before:
        batcher.put(decision(put.current, put.desired, put.target), 0)
    taken = {made.target: made for made in batcher.take()}
    for put in after:
        batcher.put(decision(put.current, put.desired, put.target), 1)
    news = {made.target: made for made in batcher.waiting}
    batcher.put_back(taken.values(), 2)
    assert {made.target: made for made in batcher.waiting} == {**taken, **news}
    assert (batcher.due_at is None) == (not {**taken, **news})
