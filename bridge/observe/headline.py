"""The status page's first line: what most concerns a person, and the browser tab's title."""

from __future__ import annotations

from bridge.observe.facts import Overview
from bridge.observe.rows import TROUBLE


def headline(overview: Overview) -> str:
    """In a few words, the worst first."""
    lost = _lost(overview)
    targets = _of_targets(overview)
    return f"{lost}; {targets}" if lost and targets else lost or targets or _all_well(overview)


def _lost(overview: Overview) -> str:
    """Where nothing gets committed any more."""
    gone = [one for one in overview.repos if one.lost]
    if not gone:
        return ""
    if len(overview.repos) == 1:
        return "The state repo is out of reach"
    return f"{len(gone)} of {len(overview.repos)} state repos are out of reach"


def _of_targets(overview: Overview) -> str:
    states, total = overview.states, overview.total
    doubtful = sum(count for state, count in states.items() if state in TROUBLE)
    if not total:
        return ""
    if doubtful:
        return f"{doubtful:,} of {_targets(total)} need{'s' if doubtful == 1 else ''} a look"
    if moving := states.get("changing", 0) + states.get("in flight", 0):
        return f"{moving:,} of {_targets(total)} on the move"
    return ""


def _all_well(overview: Overview) -> str:
    if not overview.total:
        if overview.ready:
            return "No policy was evaluated yet"
        read = any(one.tip for one in overview.repos)
        return (
            f"Not ready: {'no policy can be used' if read else 'the state repo was not read yet'}"
        )
    troubles = len(overview.broken_policies) + sum(len(one.troubles) for one in overview.repos)
    if troubles:
        return f"No target needs a look, {_plural(troubles, 'other thing')} do{_s(troubles)}"
    if overview.total == 1:
        return "The target is where it should be"
    return f"All {_targets(overview.total)} are where they should be"


def _targets(number: int) -> str:
    return _plural(number, "target")


def _plural(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _s(number: int) -> str:
    return "es" if number == 1 else ""
