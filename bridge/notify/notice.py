"""What reconcilers are told of a push, as values."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from bridge.decide.decision import Decision
from bridge.notify.push_event import browser_url, lighthouse_push, push_event
from bridge.publish.push import Push


@dataclass(frozen=True, slots=True)
class Notice:
    """A push, and where it went."""

    push: Push
    repo_url: str
    branch: str

    def as_push_event(self) -> bytes:
        """As GitHub tells it."""
        return push_event(self.push, self.repo_url, self.branch)

    def as_lighthouse_push(self) -> bytes:
        """As Jenkins X wants GitHub to tell it."""
        return lighthouse_push(self.push, self.repo_url, self.branch)

    def as_json(self) -> bytes:
        """The facts, for those who have no format of their own."""
        return json.dumps(self.facts()).encode()

    def facts(self) -> dict[str, Any]:
        """What templates and commands get; `from` is null where Git held no count before."""
        push = self.push
        return {
            "repo": browser_url(self.repo_url),
            "branch": self.branch,
            "before": push.before,
            "after": push.after,
            "subject": push.subject,
            "files": list(push.files),
            "changes": [_change(decision) for decision in push.decisions],
        }


def _change(decision: Decision) -> dict[str, Any]:
    target = decision.target
    return {
        "target": str(target),
        "kind": target.kind,
        "namespace": target.namespace,
        "name": target.name,
        "policy": decision.policy,
        "from": decision.committed,
        "to": decision.desired,
        "reason": decision.reason,
    }
