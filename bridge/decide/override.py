"""A person's commit wins: a revert or hand edit of a managed count is an order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.policy.model import ScalingPolicy


@dataclass(frozen=True, slots=True)
class Override:
    """A change of the count that scalebridge did not make."""

    at: datetime
    author: str
    sha: str
    count: int

    def until(self, policy: ScalingPolicy) -> datetime:
        """When the policy's hold of it ends."""
        return self.at + timedelta(seconds=policy.spec.override_hold)

    def holds(self, policy: ScalingPolicy, now: datetime) -> bool:
        """Whether it is still to be respected; a clock that is ahead has just made it."""
        age = max(0.0, (now - self.at).total_seconds())
        return age < policy.spec.override_hold

    def reason(self, policy: ScalingPolicy) -> str:
        """For people, wherever the decision is shown."""
        return (
            f"held at {self.count} until {self.until(policy):%H:%M} UTC: "
            f"{self.author} set it in {self.sha[:12]}"
        )
