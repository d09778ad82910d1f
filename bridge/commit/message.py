"""The commit message: people read the top, `history` and the rate policies the trailers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC

from bridge import __version__
from bridge.decide.decision import Decision
from bridge.repo.trailers import SCALED_BY, ScaleDecision, ScalePause, ScaleRelease

_SUBJECT_WIDTH = 72


def commit_message(decisions: Sequence[Decision]) -> str:
    """Subject, a paragraph for each decision with its reasons, and the trailers."""
    paragraphs = [_subject(decisions), *map(_paragraph, decisions), _trailers(decisions)]
    return "\n\n".join(paragraphs) + "\n"


def release_message(release: ScaleRelease, ended: str) -> str:
    """Of the commit that ends a hold; `ended` says which."""
    said = [f"release: {release.target}", ended, *_why(release.reason), release.render()]
    return "\n\n".join(said) + "\n"


def pause_message(pause: ScalePause, count: int | None) -> str:
    """Of the commit that pauses a target, at the count that stands there."""
    at = "" if count is None else f" at {count}"
    paused = f"Paused{at} until {pause.until.astimezone(UTC):%Y-%m-%d %H:%M} UTC."
    said = [f"pause: {pause.target}", paused, *_why(pause.reason), pause.render()]
    return "\n\n".join(said) + "\n"


def _why(reason: str) -> list[str]:
    """Set in, as the reasons of decisions are: what it says of a revert is no revert's own line."""
    return [f"  {reason}"] if reason else []


def _subject(decisions: Sequence[Decision]) -> str:
    changes = [f"{_name(d)} {d.change('→')}" for d in decisions]
    for shown in range(min(len(changes), _SUBJECT_WIDTH // 2), 1, -1):
        more = len(changes) - shown
        subject = f"scale: {', '.join(changes[:shown])}{f' and {more} more' if more else ''}"
        if len(subject) <= _SUBJECT_WIDTH:
            return subject
    more = len(changes) - 1
    return f"scale: {changes[0]}{f' and {more} more' if more else ''}"


def _paragraph(decision: Decision) -> str:
    target = decision.target
    place = "/".join(part for part in (target.namespace, target.name) if part)
    whose = " ".join(part for part in (target.kind, place) if part)
    head = f"{decision.policy} ({whose}): {decision.change()}"
    return "\n".join([head, *(f"  {' '.join(reason.split())}" for reason in decision.reasons)])


def _name(decision: Decision) -> str:
    """The workload's, or the policy's where the target is a mere place."""
    return decision.target.name if decision.target.kind else decision.policy


def _trailers(decisions: Sequence[Decision]) -> str:
    rendered = [
        ScaleDecision(
            target=str(decision.target),
            from_=decision.committed,
            to=decision.desired,
            policy=decision.policy,
            reason=decision.reason,
        ).render()
        for decision in decisions
    ]
    return "\n".join([f"{SCALED_BY}: scalebridge/{__version__}", *rendered])
