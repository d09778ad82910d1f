"""`explain`: one decision, now or at a past moment, and where its policy says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from bridge.decide.decision import Decision
from bridge.decide.explanation import explanation
from bridge.errors import ManifestUnsupported, PolicyInvalid
from bridge.evaluate.prometheus import Prometheus
from bridge.observe.explain import Explained
from bridge.policy.model import ScalingPolicy
from bridge.service.opening import Opening
from bridge.service.policy_file import policy_file
from bridge.service.told_of_commits import told_of_newest
from bridge.service.view import View
from bridge.settings.batch import BatchSettings
from bridge.settings.configuration import Settings

_MOST_NAMES = 20


@dataclass(frozen=True, slots=True)
class Question:
    """Which policy, for which of a fleet's targets, and at which moment; None: now."""

    policy: str
    target: str | None = None
    at: datetime | None = None


async def explained(
    settings: Settings, question: Question, clock: Callable[[], datetime]
) -> Explained:
    """The decision, and all that it rests on. Nothing is changed.

    Raises:
        PolicyInvalid: there is no such policy; the text lists those that there are.
        ManifestUnsupported: its count can't be found.
        RemoteRefused, RemoteUnavailable: nothing could be read, or the branch is not as old.
    """
    opening = Opening(settings, clock)
    async with opening.state_repo() as repo, Prometheus(settings.prometheus) as source:
        rounds = opening.rounds(repo, source, question.at)
        view = await rounds.look()
        if question.at is not None:
            view = await rounds.view_of(await repo.as_of(view.snapshot, question.at))
        policy = _chosen(view, question)
        if problem := view.places.problems.get(policy.title):
            raise ManifestUnsupported(f"{policy.title}: {problem}")
        seen, place = await rounds.seen(view, policy), view.places.found[policy.title]
        found = explanation(policy, seen.observation, seen.known, seen.windows)
        told = await told_of_newest(
            repo, view.snapshot, policy.target, [] if question.at else opening.sources(), clock()
        )
        return Explained(
            explanation=found,
            document=await policy_file(repo, view, policy.name),
            place=str(place),
            tip=view.snapshot.tip,
            notes=(*_notes(settings, view, policy, question), *told),
            broken=view.policies.errors.get(view.policies.paths[policy.name], ""),
            batch=_batch(settings.batch, found.decision),
        )


def _chosen(view: View, question: Question) -> ScalingPolicy:
    governing = view.places.governing.values()
    found = [policy for policy in governing if policy.name == question.policy]
    if not found:
        broken = "".join(f"\n{error}" for error in view.policies.errors.values())
        names = ", ".join(sorted(view.policies.by_name)) or "none"
        raise PolicyInvalid(f"no policy is named {question.policy}; there are: {names}{broken}")
    if question.target is None and len(found) == 1:
        return found[0]
    for policy in found:
        if not policy.is_fleet and question.target in {policy.target.name, str(policy.target)}:
            return policy
    targets = [str(policy.target) for policy in found if not policy.is_fleet]
    more = f" and {len(targets) - _MOST_NAMES} more" if len(targets) > _MOST_NAMES else ""
    shown = ", ".join(targets[:_MOST_NAMES]) + more
    raise PolicyInvalid(f"{question.policy}: name one of its targets with --target: {shown}")


def _notes(
    settings: Settings, view: View, policy: ScalingPolicy, question: Question
) -> Iterator[str]:
    if policy.spec.suspend:
        yield "suspended: it is not evaluated, and nothing of this is committed"
    if view.policies.paths[policy.name] in view.policies.errors:
        yield "the file is broken: this is its last good version, and so are the lines"
    if question.at is not None and settings.state_repo.policies_folder:
        yield "the local folder's policies are those of today"
    if question.at is not None and settings.alertmanager:
        yield "alerts of the past are read from Prometheus: Alertmanager knows only those of now"


def _batch(batch: BatchSettings, decision: Decision) -> str:
    window = batch.scale_up if decision.raises else batch
    field = "batch.scale_up" if decision.raises else "batch"
    quiet, longest = window.quiet_period, window.max_wait
    return f"committed after {quiet:g} s without news, at the latest after {longest:g} s ({field})"
