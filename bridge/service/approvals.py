"""What was decided of late, parted by whether it needs an approval."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from bridge.commit.approval import Needed, approval_needed
from bridge.decide.decision import Decision
from bridge.manifest.target import Target
from bridge.policy.model import ScalingPolicy
from bridge.publish.case import Wanted
from bridge.service.outcome import Outcome
from bridge.settings.publish import PublishSettings

BY_MODE = "publish.mode is pull_request"


class Approvals:
    """Remembers the last outcome of each policy; a policy it has none of is unknown."""

    def __init__(self, settings: PublishSettings) -> None:
        self._otherwise = BY_MODE if settings.mode == "pull_request" else ""
        self._latest: dict[str, Outcome] = {}

    def take_in(self, governed: Collection[Target], outcomes: Iterable[Outcome]) -> None:
        """The outcomes of a round, and the targets that policies govern now."""
        decided = [outcome for outcome in outcomes if not outcome.policy.is_fleet]
        self._latest |= {outcome.policy.title: outcome for outcome in decided}
        self._latest = {n: one for n, one in self._latest.items() if one.policy.target in governed}

    def asked_for(self, decision: Decision, policy: ScalingPolicy, always: str = "") -> bool:
        """Whether a person has to approve it; `always` is why, where all changes need it."""
        return self._needed(decision, policy, always) is not None

    def _needed(self, decision: Decision, policy: ScalingPolicy, always: str) -> Needed | None:
        return approval_needed(decision, policy, otherwise=self._otherwise, always=always)

    def wanted(self, always: str = "", *, untried: bool = False) -> Wanted:
        """What to propose now; nothing is known of a policy whose metrics are not, nor of one
        whose change goes straight to a branch that was not tried yet."""
        groups: dict[str, list[Decision]] = defaultdict(list)
        policies: dict[str, ScalingPolicy] = {}
        for title, outcome in self._latest.items():
            decision = outcome.decision
            if decision is None or outcome.kind == "held":
                continue
            needed = self._needed(decision, outcome.policy, always)
            if untried and decision.changes and not needed:
                continue
            policies[title] = outcome.policy
            if needed:
                why = f"{needed.why}: it needs an approval"
                groups[needed.group].append(decision.because(why, "spec.approval"))
        return Wanted(groups, policies)
