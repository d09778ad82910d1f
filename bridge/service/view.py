"""What the tip holds: its files, the policies, and the places of their counts."""

from __future__ import annotations

from dataclasses import dataclass

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


def managed_at(view: View) -> list[Managed]:
    """Every target that policies govern and whose count was found, also of suspended ones."""
    return [_managed(view.places.governing[title], view) for title in view.places.found]


def _managed(policy: ScalingPolicy, view: View) -> Managed:
    path = view.policies.paths[policy.name]
    policy_path = path if path in view.snapshot.files else None
    return Managed(policy, policy_path, view.places.found[policy.title].path)
