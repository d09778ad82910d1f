"""Which targets are governed by which policy, and where the count of each stands in a snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from bridge.errors import ManifestUnsupported
from bridge.manifest.index import Index, Place
from bridge.manifest.target import Target
from bridge.policy.members import Member, members_of
from bridge.policy.model import ScalingPolicy
from bridge.policy.shard import WHOLE, Shard

_SHOWN = 3


@dataclass(slots=True)
class Places:
    """By title: each policy for one target, the target's place, or why it has none.

    A fleet is in it as its members; as itself only where it has none.
    """

    governing: dict[str, ScalingPolicy] = field(default_factory=dict)
    found: dict[str, Place] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    yielded: dict[str, list[str]] = field(default_factory=dict)
    """By a fleet's name: the members that a policy of their own governs, as `target (policy)`."""
    whole: Places | None = None
    """Of a share, what it is a share of."""

    def of_shard(self, shard: Shard) -> Places:
        """The same for one share of the targets; all policies have settled who governs what."""
        if shard == WHOLE:
            return self
        own = {title for title, policy in self.governing.items() if shard.has(policy)}
        return Places(
            governing={title: self.governing[title] for title in self.governing if title in own},
            found={title: place for title, place in self.found.items() if title in own},
            problems={title: why for title, why in self.problems.items() if title in own},
            yielded=self.yielded,
            whole=self,
        )

    @property
    def notes(self) -> list[str]:
        """What a person may want to know of the fleets, and need not act on."""
        return [
            f"{fleet}: {len(members)} of its members have a policy of their own, which wins: "
            + ", ".join(members[:_SHOWN])
            + (f" and {len(members) - _SHOWN} more" if len(members) > _SHOWN else "")
            for fleet, members in sorted(self.yielded.items())
        ]


def placed(policies: Mapping[str, ScalingPolicy], index: Index) -> Places:
    """Finds each target's count; one that another policy governs already is a problem.

    A policy for a single target wins over a fleet, whatever their names are.
    """
    placing = _Placing(index)
    for _, policy in sorted(policies.items()):
        if not policy.is_fleet:
            placing.take(policy, "")
    for _, policy in sorted(policies.items()):
        if policy.is_fleet:
            placing.take_fleet(policy, members_of(policy, index))
    return placing.places


class _Placing:
    def __init__(self, index: Index) -> None:
        self.places = Places()
        self._index = index
        self._owners: dict[tuple[str, int], ScalingPolicy] = {}
        self._by_target: dict[Target, ScalingPolicy] = {}

    def take(self, policy: ScalingPolicy, problem: str) -> None:
        """A policy for one target."""
        title = policy.title
        self.places.governing[title] = policy
        named = self._by_target.setdefault(_named(policy.target), policy)
        if policy.is_member and not named.is_member:
            self._yield(policy, named)  # wherever its count stands: what is known goes by target
            return
        try:
            place = self._index.find(policy.target)
        except ManifestUnsupported as refusal:
            self.places.problems[title] = problem or str(refusal)
            return
        owner = self._owners.setdefault((place.path, place.count.start), policy)
        if owner is not policy:
            problem = f"{place}: policy {owner.name} governs this count"
            if policy.is_member and not owner.is_member:
                self._yield(policy, owner)
                return
        if problem:
            self.places.problems[title] = problem
        else:
            self.places.found[title] = place

    def _yield(self, member: ScalingPolicy, owner: ScalingPolicy) -> None:
        del self.places.governing[member.title]
        told = f"{member.target} ({owner.name})"
        self.places.yielded.setdefault(member.name, []).append(told)

    def take_fleet(self, fleet: ScalingPolicy, members: Iterable[Member]) -> None:
        """A policy for many."""
        none = True
        for member in members:
            none = False
            self.take(member.policy, member.problem)
        if none:
            self.places.governing[fleet.name] = fleet
            self.places.problems[fleet.name] = _nobody(fleet)


def _named(target: Target) -> Target:
    """A policy may leave its version out."""
    return replace(target, api_version=None)


def _nobody(fleet: ScalingPolicy) -> str:
    selector = fleet.spec.scale_target_selector
    labels = selector.match_labels.items() if selector else ()
    wanted = ", ".join(f"{key}: {value}" for key, value in labels)
    kind = selector.kind if selector else ""
    return f"spec.scaleTargetSelector: no {kind} below search_paths has the labels {wanted}"


def targets_of(policies: Mapping[str, ScalingPolicy]) -> list[Target]:
    """What policies for one target govern; a fleet's members are in the index anyway."""
    return [policy.target for policy in policies.values() if not policy.is_fleet]
