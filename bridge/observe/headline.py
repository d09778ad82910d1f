"""The status page's first line: what most concerns a person, and the browser tab's title."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bridge.observe.facts import Overview, RepoFacts, SourceFacts
from bridge.observe.rows import TROUBLE


def headline(overview: Overview, sources: Sequence[SourceFacts]) -> str:
    """In a few words, the worst first: what stops all targets, then how many are in doubt."""
    told = "; ".join([*_of_all(overview, sources), *_of_targets(overview)])
    return f"{told[0].upper()}{told[1:]}" if told else _all_well(overview, sources)


def failing(sources: Sequence[SourceFacts]) -> list[SourceFacts]:
    """Those who did not answer, but for the state repos, of which the overview tells."""
    return [one for one in sources if one.health == "failing" and one.kind != "state repo"]


def _of_all(overview: Overview, sources: Sequence[SourceFacts]) -> Iterator[str]:
    if overview.hung:
        yield "the service hangs"
    lost = [one for one in overview.repos if one.lost]
    unpushed = [one for one in overview.repos if one.unpushed and not one.lost]
    yield from _of_repos(overview, lost, ("is out of reach", "are out of reach"))
    yield from _of_repos(overview, unpushed, ("takes no commit", "take no commit"))
    for one in failing(sources):
        if one.kind != "reconciler":
            yield f"{one.name} does not answer"


def _of_repos(
    overview: Overview, those: Sequence[RepoFacts], what: tuple[str, str]
) -> Iterator[str]:
    """Where nothing gets committed any more."""
    one, several = what
    if those and len(overview.repos) == 1:
        yield f"the state repo {one}"
    elif those:
        verb = one if len(those) == 1 else several
        yield f"{len(those)} of {len(overview.repos)} state repos {verb}"


def _of_targets(overview: Overview) -> Iterator[str]:
    states, total = overview.states, overview.total
    doubtful = sum(count for state, count in states.items() if state in TROUBLE)
    moving = states.get("changing", 0) + states.get("in flight", 0)
    if doubtful:
        yield f"{doubtful:,} of {_targets(total)} need{'s' if doubtful == 1 else ''} a look"
    elif moving:
        yield f"{moving:,} of {_targets(total)} on the move"
    if (broken := len(overview.broken_policies)) and (doubtful or moving):
        yield _plural(broken, "broken polic", "y", "ies")


def _all_well(overview: Overview, sources: Sequence[SourceFacts]) -> str:
    if not overview.total:
        if overview.ready and overview.elsewhere:
            return "Other instances decide all targets"
        if overview.ready:
            return "No policy was evaluated yet"
        read = any(one.tip for one in overview.repos)
        return (
            f"Not ready: {'no policy can be used' if read else 'the state repo was not read yet'}"
        )
    troubles = len(overview.broken_policies) + len(failing(sources))
    troubles += sum(len(one.troubles) for one in overview.repos)
    if troubles:
        return f"No target needs a look, {_plural(troubles, 'other thing')} do{_s(troubles)}"
    if overview.total == 1:
        return "The target is where it should be"
    return f"All {_targets(overview.total)} are where they should be"


def _targets(number: int) -> str:
    return _plural(number, "target")


def _plural(number: int, what: str, one: str = "", several: str = "s") -> str:
    return f"{number:,} {what}{one if number == 1 else several}"


def _s(number: int) -> str:
    return "es" if number == 1 else ""
