"""The facts that the status page, health and readiness show."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bridge.batch.budget import Budget
from bridge.decide.decision import Decision
from bridge.decide.override import Hold
from bridge.observe.confirmation import Confirmations
from bridge.observe.progress import Progress
from bridge.observe.pulse import Pulse
from bridge.observe.rows import Row, Seen
from bridge.observe.samples import Sample, Samples
from bridge.observe.sources import Sources
from bridge.policy.shard import WHOLE, Shard
from bridge.publish.case import Proposal
from bridge.publish.push import Push
from bridge.repo.snapshot import Commit

_PUSHES_KEPT = 20


@dataclass(slots=True)
class Status:
    """The service's view of the world, written by `service` and read by `server`."""

    started: datetime
    tip: str = ""
    remote_error: str = ""
    push_error: str = ""
    proposal_error: str = ""
    proposals: Sequence[Proposal] = ()
    policies: int = 0
    """How many can be used, also where their files are broken now."""
    policy_errors: Mapping[str, str] = field(default_factory=dict)
    suspended: Sequence[str] = ()
    decisions: dict[str, Decision] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    conflicts: Sequence[str] = ()
    """What else in the repo has a say over counts that policies govern."""
    waiting: Sequence[Decision] = ()
    pushes: deque[tuple[datetime, Push]] = field(default_factory=lambda: deque(maxlen=_PUSHES_KEPT))
    last_pass: datetime | None = None
    budget: Budget | None = None
    repo: str = ""
    shard: Shard = WHOLE
    elsewhere: int = 0
    """How many targets the other shares have."""
    url: str = ""
    """Of the state repo, without credentials."""
    progress: Progress = field(default_factory=Progress)
    seen: dict[str, Seen] = field(default_factory=dict)
    """What rounds saw beside their decisions, by title; also of suspended targets."""
    samples: dict[str, Samples] = field(default_factory=dict)
    due: datetime | None = None
    """When what waits is committed, as far as is known."""
    commits: Sequence[Commit] = ()
    """The newest orders and decisions of the branch's log."""
    sources: Sources = field(default_factory=Sources)
    pulse: Pulse = field(default_factory=Pulse)
    confirmations: Confirmations = field(default_factory=Confirmations)

    @property
    def unready(self) -> str:
        """Why nothing can be decided; empty where the repo was read, and any policy."""
        if not self.tip:
            return self.remote_error or "the state repo was not read yet"
        if self.policy_errors and not self.policies:
            return "\n".join(self.policy_errors.values())
        return ""

    def hung(self, limit: float) -> list[str]:
        """What it is at for longer than that many seconds."""
        return self.progress.hung(limit)

    @property
    def budget_facts(self) -> dict[str, Any] | None:
        """What is left of the commit budget; None where the configuration sets no limit."""
        return budget_facts(self.budget, self.last_pass or self.started)

    def note(self, title: str, seen: Seen) -> None:
        """What a round saw, for the chart as well."""
        self.seen[title] = seen
        made = self.decisions.get(title)
        values = [one.value for one in seen.readings if one.value is not None]
        desired = made.desired if made else None
        sample = Sample(seen.at, seen.live, seen.committed, desired, next(iter(values), None))
        self.samples.setdefault(title, Samples()).add(sample)

    def rows(self) -> list[Row]:
        """Every target that is governed, suspended or not."""
        waiting = {decision.title for decision in self.waiting}
        resting = set(self.suspended)
        known = {seen.policy for seen in self.seen.values()}
        titles = {**self.decisions, **self.problems, **self.seen}
        titles |= dict.fromkeys(name for name in self.suspended if name not in known)
        return [
            Row(
                repo=self.repo,
                title=title,
                decision=self.decisions.get(title),
                problem=self.problems.get(title, ""),
                suspended=bool({title, _policy(self.seen.get(title))} & resting),
                waiting=title in waiting,
                seen=self.seen.get(title),
            )
            for title in titles
        ]

    def keep(self, policies: Collection[str]) -> None:
        """Forgets what is not governed any more."""
        every: tuple[dict[str, Any], ...]
        every = (self.decisions, self.problems, self.seen, self.samples)
        for facts in every:
            for gone in facts.keys() - set(policies):
                del facts[gone]

    def facts(self) -> dict[str, Any]:
        """The same for programs."""
        return {
            "started": self.started.isoformat(),
            "shard": str(self.shard),
            "elsewhere": self.elsewhere,
            "lastPass": self.last_pass.isoformat() if self.last_pass else None,
            "tip": self.tip or None,
            "remoteError": self.remote_error or None,
            "pushError": self.push_error or None,
            "proposalError": self.proposal_error or None,
            "proposals": [proposal_facts(one) for one in self.proposals],
            "brokenPolicies": dict(self.policy_errors),
            "suspended": list(self.suspended),
            "problems": dict(self.problems),
            "conflicts": list(self.conflicts),
            "decisions": [decision_facts(d) for _, d in sorted(self.decisions.items())],
            "waiting": [decision_facts(d) for d in self.waiting],
            "budget": self.budget_facts,
            "confirmations": self.confirmations.facts(),
            "pushes": [push_facts(at, push) for at, push in reversed(self.pushes)],
        }


@dataclass(frozen=True, slots=True)
class Statuses:
    """The same of several state repos; ready as soon as one is, so that a dead one stops none."""

    each: Sequence[Status]

    @property
    def unready(self) -> str:
        """Why none of them is; empty where one is."""
        why = [f"{one.repo}: {one.unready}" for one in self.each if one.unready]
        return "; ".join(why) if len(why) == len(self.each) else ""

    def hung(self, limit: float) -> list[str]:
        """What any of them is at for longer than that."""
        return [f"{one.repo}: {work}" for one in self.each for work in one.hung(limit)]

    def facts(self) -> dict[str, Any]:
        """By the state repo's name."""
        return {"stateRepos": {one.repo: one.facts() for one in self.each}}


def _policy(seen: Seen | None) -> str | None:
    return seen.policy if seen else None


def decision_facts(decision: Decision) -> dict[str, Any]:
    """A decision as JSON has it."""
    return {
        "policy": decision.policy,
        "target": str(decision.target),
        "current": decision.current,
        "desired": decision.desired,
        "reasons": list(decision.reasons),
        "errors": list(decision.errors),
        "hold": _hold_facts(decision.hold) if decision.hold else None,
    }


def _hold_facts(hold: Hold) -> dict[str, Any]:
    order = hold.override
    return {
        "count": order.count,
        "since": order.at.isoformat(),
        "until": hold.until.isoformat(),
        "by": order.author,
        "commit": order.sha,
        "rivals": list(order.rivals),
        "pause": order.paused_until is not None,
    }


def budget_facts(budget: Budget | None, now: datetime) -> dict[str, Any] | None:
    """A commit budget as JSON has it; None where the configuration sets no limit."""
    if budget is None:
        return None
    ups, downs = (budget.opens_at(now, raises=raises) for raises in (True, False))
    return {
        "commitsPerHour": budget.limit,
        "usedLastHour": budget.used(now),
        "scaleUpsWaitUntil": ups.isoformat() if ups else None,
        "scaleDownsWaitUntil": downs.isoformat() if downs else None,
    }


def proposal_facts(proposal: Proposal) -> dict[str, Any]:
    """A pull request of ours as JSON has it."""
    request = proposal.request
    return {
        "group": proposal.group,
        "state": proposal.event,
        "url": request.url if request else None,
        "decisions": [decision_facts(decision) for decision in proposal.decisions],
        "note": proposal.note,
    }


def told_proposal(proposal: Proposal) -> str:
    """The same in a line for people."""
    said = {
        "opened": "waiting for approval (opened)",
        "updated": "waiting for approval (updated)",
        "waiting": "waiting for approval",
        "refused": "held, since a person said no",
        "taken_over": "taken over by a person",
        "closed": "closed",
        "failed": "not reached",
    }[proposal.event]
    what = ", ".join(f"{d.target} {d.change()}" for d in proposal.decisions)
    where = (proposal.request.url or proposal.request.name) if proposal.request else ""
    return ": ".join(part for part in (said, where, what, proposal.note) if part)


def push_facts(at: datetime, push: Push) -> dict[str, Any]:
    """A push as JSON has it."""
    return {
        "at": at.isoformat(),
        "commit": push.after,
        "subject": push.subject,
        "files": list(push.files),
    }
