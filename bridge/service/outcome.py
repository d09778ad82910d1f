"""What comes of one policy in a round; and the two things that hang on where its count stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bridge.decide.decision import Decision
from bridge.evaluate.asking import Asking
from bridge.evaluate.reading import Moment
from bridge.manifest.index import Place
from bridge.policy.model import ScalingPolicy


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one policy: a decision, or the problem that prevents one."""

    policy: ScalingPolicy
    decision: Decision | None = None
    problem: str = ""
    moment: Moment | None = None
    """What was known of the metrics then; None where they were not asked."""
    in_flight_since: datetime | None = None
    """When the commit was made whose count is not live yet."""

    @property
    def kind(self) -> str:
        """In one word: change, steady, held (something is unknown) or failed."""
        if self.decision is None:
            return "failed"
        if self.decision.changes:
            return "change"
        return "held" if self.decision.errors else "steady"


async def adopted(policy: ScalingPolicy, place: Place, asking: Asking) -> Outcome:
    """What runs becomes the count that Git lacks, so that adoption changes nothing that runs."""
    live = await asking.live(policy)
    if live.value is None:
        why = f"has no count, and how many run is unknown: {live.error}"
        return Outcome(policy, problem=f"{place}: {why}")
    count = round(live.value)
    decision = Decision(
        target=policy.target, policy=policy.name, current=count, desired=count, adopts=True
    )
    return Outcome(policy, decision.because(f"Git holds no count yet: {count} run"))


def with_moves(decision: Decision, place: Place) -> Decision:
    """A change that names what else it moves, through aliases."""
    if not decision.changes or not place.count.moves:
        return decision
    return decision.because(f"the count is an anchor: moves {', '.join(place.count.moves)}")
