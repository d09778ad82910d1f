"""Where each policy's count stands in a snapshot, and which policies have none of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bridge.errors import ManifestUnsupported
from bridge.manifest.index import Index, Place
from bridge.policy.model import ScalingPolicy


@dataclass(frozen=True, slots=True)
class Places:
    """A place by policy name, or the reason why there is none."""

    found: Mapping[str, Place] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)


def placed(policies: Mapping[str, ScalingPolicy], index: Index) -> Places:
    """Finds each policy's count; one that another policy governs already is a problem."""
    found: dict[str, Place] = {}
    problems: dict[str, str] = {}
    owners: dict[tuple[str, int], str] = {}
    for name, policy in sorted(policies.items()):
        try:
            place = index.find(policy.target)
        except ManifestUnsupported as refusal:
            problems[name] = str(refusal)
            continue
        owner = owners.setdefault((place.path, place.count.start), name)
        if owner == name:
            found[name] = place
        else:
            problems[name] = f"{place}: policy {owner} governs this count"
    return Places(found, problems)
