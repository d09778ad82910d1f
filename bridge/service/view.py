"""What the tip holds: its files, the policies, and the places of their counts."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.manifest.target import Target
from bridge.policy.loading import Policies
from bridge.policy.model import ScalingPolicy
from bridge.repo.snapshot import Snapshot
from bridge.service.counts import Managed
from bridge.service.placing import Places


@dataclass(frozen=True, slots=True)
class View:
    """The branch's tip, and the policies that hold there."""

    snapshot: Snapshot
    policies: Policies
    places: Places


def governed_at(view: View) -> set[Target]:
    """The targets whose counts policies govern that are not suspended."""
    policies = view.places.governing.values()
    return {p.target for p in policies if not p.is_fleet and not p.spec.suspend}


def suspended_at(view: View) -> list[str]:
    """The policies that are not evaluated, of this share of the targets."""
    own = {policy.name for policy in view.places.governing.values()}
    policies = view.policies.by_name.items()
    return [name for name, policy in policies if policy.spec.suspend and name in own]


def elsewhere_at(view: View) -> int:
    """How many targets other shares have."""
    return len(view.places.everywhere.governing) - len(view.places.governing)


def managed_at(view: View) -> list[Managed]:
    """Every target that policies govern and whose count was found, also of suspended ones."""
    return [_managed(view.places.governing[title], view) for title in view.places.found]


def _managed(policy: ScalingPolicy, view: View) -> Managed:
    path = view.policies.paths[policy.name]
    policy_path = path if path in view.snapshot.files else None
    return Managed(policy, policy_path, view.places.found[policy.title].path)
