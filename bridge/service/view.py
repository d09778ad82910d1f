"""What the tip holds: its files, the policies, and the places of their counts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from bridge.decide.rollout import RECORD_S
from bridge.evaluate.alerts import minimum_rules
from bridge.manifest.target import Target
from bridge.policy.alert import AlertRule
from bridge.policy.loading import Policies
from bridge.policy.model import ScalingPolicy
from bridge.repo.log import REMEMBERED
from bridge.repo.snapshot import Snapshot
from bridge.service.counts import Managed
from bridge.service.placing import Places


@dataclass(frozen=True)
class View:
    """The branch's tip, and the policies that hold there; what follows from it is kept."""

    snapshot: Snapshot
    policies: Policies
    places: Places

    @property
    def whole(self) -> View:
        """The same of all shares."""
        return self._whole or self

    @cached_property
    def _whole(self) -> View | None:
        """None for itself: a view that keeps itself would outlive the tip, with all its files."""
        return replace(self, places=self.places.whole) if self.places.whole else None

    @cached_property
    def by_policy(self) -> Mapping[str, Sequence[ScalingPolicy]]:
        """Each fleet's members, and each other policy, by its name."""
        return by_name(self.places.governing.values())

    @cached_property
    def governed(self) -> Collection[Target]:
        """The targets whose counts policies govern that are not suspended."""
        policies = self.places.governing.values()
        return {p.target for p in policies if not p.is_fleet and not p.spec.suspend}

    @cached_property
    def suspended(self) -> Sequence[str]:
        """The policies that are not evaluated, of this share of the targets."""
        own = {policy.name for policy in self.places.governing.values()}
        policies = self.policies.by_name.items()
        return [name for name, policy in policies if policy.spec.suspend and name in own]

    @cached_property
    def elsewhere(self) -> int:
        """How many targets other shares have."""
        return len(self.whole.places.governing) - len(self.places.governing)

    @cached_property
    def managed(self) -> Sequence[Managed]:
        """Every target that policies govern and whose count was found, also of suspended ones."""
        return [self._managed(self.places.governing[title]) for title in self.places.found]

    def _managed(self, policy: ScalingPolicy) -> Managed:
        path = self.policies.paths[policy.name]
        policy_path = path if path in self.snapshot.files else None
        return Managed(policy, policy_path, self.places.found[policy.title].path)

    @cached_property
    def minimum_rules(self) -> Collection[AlertRule]:
        """The alert rules that hold a minimum."""
        return minimum_rules(item.policy for item in self.managed)

    @cached_property
    def memory_s(self) -> float:
        """How far back any policy's rules look, in seconds."""
        return max((_memory_s(item.policy) for item in self.managed), default=0.0)


def by_name(policies: Iterable[ScalingPolicy]) -> dict[str, list[ScalingPolicy]]:
    """Those of one fleet stand together, in their order."""
    found: dict[str, list[ScalingPolicy]] = defaultdict(list)
    for policy in policies:
        found[policy.name].append(policy)
    return found


def _memory_s(policy: ScalingPolicy) -> float:
    spec = policy.spec
    rules = (*spec.behavior.scale_up.policies, *spec.behavior.scale_down.policies)
    periods = (rule.period_seconds for rule in rules)
    windows = (RECORD_S, REMEMBERED.total_seconds(), spec.in_flight_timeout, spec.override_hold)
    return max(*windows, *periods)
