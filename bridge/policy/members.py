"""A fleet's members: the workloads that it selects, each with a policy of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import ValidationError

from bridge.errors import PolicyInvalid
from bridge.manifest.index import Index
from bridge.manifest.workload import Workload
from bridge.policy.annotations import annotated
from bridge.policy.fleet import ScaleTargetSelector
from bridge.policy.model import ScaleTargetRef, ScalingPolicy, Spec


@dataclass(frozen=True, slots=True)
class Member:
    """A workload's own policy; with a `problem` it is not to be decided by it."""

    policy: ScalingPolicy
    problem: str = ""


def members_of(fleet: ScalingPolicy, index: Index) -> list[Member]:
    """The workloads that the fleet's selector finds, each once, sorted by target."""
    selector = fleet.spec.scale_target_selector
    if selector is None:
        return []
    chosen = [
        (path, workload)
        for path, workload in index.of_kind(selector.kind)
        if selector.matches(workload.labels)
    ]
    names = Counter(target.name for target in {workload.target for _, workload in chosen})
    specs = _Specs(fleet.spec)
    members = (
        _member(fleet, specs, f"{path}:{workload.line}", workload) for path, workload in chosen
    )
    named = (member for member in members if member)
    found = {m.policy.target: m for m in _told_apart(named, selector, names)}
    return [found[target] for target in sorted(found, key=str)]


class _Specs:
    """The fleet's spec with a member's annotations; equal annotations are checked once."""

    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        self._known: dict[frozenset[tuple[str, str]], tuple[Spec, str]] = {}

    def of(self, workload: Workload) -> tuple[Spec, str]:
        """The spec for this workload, and what is wrong with its annotations."""
        key = frozenset(workload.annotations.items())
        if key not in self._known:
            self._known[key] = self._checked(workload)
        return self._known[key]

    def _checked(self, workload: Workload) -> tuple[Spec, str]:
        try:
            return annotated(self._spec, workload.annotations), ""
        except PolicyInvalid as invalid:
            return self._spec, str(invalid)


def _member(fleet: ScalingPolicy, specs: _Specs, where: str, workload: Workload) -> Member | None:
    """None for a name that no policy could give: nothing of it may reach a query or a commit."""
    target = workload.target
    try:
        ref = ScaleTargetRef(
            api_version=target.api_version,
            kind=target.kind,
            name=target.name,
            namespace=target.namespace,
        )
    except ValidationError:
        return None
    spec, problem = specs.of(workload)
    own = spec.model_copy(update={"scale_target_ref": ref})
    policy = fleet.model_copy(update={"spec": own})
    return Member(policy, f"{where}: {problem}" if problem else "")


def _told_apart(
    members: Iterator[Member], selector: ScaleTargetSelector, names: Counter[str]
) -> Iterator[Member]:
    """Without a namespace label, one sample would be read for all workloads of one name."""
    for member in members:
        name = member.policy.target.name
        if selector.namespace_label is not None or names[name] == 1:
            yield member
        else:
            why = f"spec.scaleTargetSelector.namespaceLabel: {names[name]} workloads are named"
            yield Member(member.policy, f"{why} {name}, and only the label tells them apart")
