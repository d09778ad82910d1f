"""What is shown of targets beside their decisions: what a round saw, or what Git says."""

from __future__ import annotations

from datetime import datetime

from bridge.observe.rows import Seen
from bridge.service.outcome import Outcome
from bridge.service.view import View


def sighting(outcome: Outcome, now: datetime) -> Seen:
    """Of a round's outcome."""
    policy, made, moment = outcome.policy, outcome.decision, outcome.moment
    return Seen(
        target=str(policy.target),
        policy=policy.name,
        at=moment.at if moment else now,
        live=moment.ready if moment else None,
        live_error=moment.ready_error if moment else "",
        committed=made.committed if made else None,
        readings=moment.readings if moment else (),
        in_flight_since=outcome.in_flight_since,
    )


def at_rest(view: View, now: datetime) -> dict[str, Seen]:
    """Of suspended targets, by title: they are not evaluated."""
    found = {}
    for title, policy in view.places.governing.items():
        if policy.spec.suspend and not policy.is_fleet:
            place = view.places.found.get(title)
            count = place.count.value if place else None
            target = str(policy.target)
            found[title] = Seen(target=target, policy=policy.name, at=now, committed=count)
    return found
