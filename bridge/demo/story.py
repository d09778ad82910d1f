"""What happened, in order, and whether it was the story that the demo promises. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from bridge.demo.ledger import Commit
from bridge.demo.monitoring import ActiveAlert
from bridge.demo.reconciler import Counts
from bridge.demo.simulator import Key, Running

TOLERANCE: Final = 1.1  # as the HPA's: up to a tenth over the target is on target
_IDLE: Final = 0.55

Kind = Literal["load", "alert", "decision", "commit", "applied", "calm", "note"]


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the story, `at` seconds after its start."""

    at: float
    kind: Kind
    text: str


@dataclass(slots=True)
class Story:
    """Takes what the parts report; keeps events and the facts for the summary."""

    events: list[Event] = field(default_factory=list)
    commits: list[tuple[float, Commit]] = field(default_factory=list)
    pending: set[tuple[str, str]] = field(default_factory=set)
    firing: dict[tuple[str, str], float] = field(default_factory=dict)
    committed: dict[str, int] = field(default_factory=dict)
    applied: dict[str, float] = field(default_factory=dict)
    fired_at: float | None = None
    calms: list[float] = field(default_factory=list)
    _strained: set[Key] = field(default_factory=set)
    _waiting: dict[str, str] = field(default_factory=dict)
    _idle: set[Key] = field(default_factory=set)

    def tell(self, at: float, kind: Kind, text: str) -> None:
        """Adds one event."""
        self.events.append(Event(at, kind, text))

    def see_load(self, at: float, shop: Iterable[Running]) -> None:
        """Tells when a workload gets more than its pods should take, or far less."""
        was_strained = bool(self._strained)
        for running in shop:
            self._see_strain(at, running)
        if was_strained and not self._strained:
            self.calms.append(at)
            self.tell(at, "calm", "the load is back under its target on every workload")

    def _see_strain(self, at: float, running: Running) -> None:
        key, strain = running.workload.key, running.strain
        if strain <= TOLERANCE:
            self._strained.discard(key)
        elif key not in self._strained:
            self._strained.add(key)
            self.tell(at, "load", f"rises: {_load(running)}")
        if strain > _IDLE:
            self._idle.discard(key)
        elif key not in self._idle:
            self._idle.add(key)
            self.tell(at, "load", f"falls: {_load(running)}")

    def see_alerts(self, at: float, alerts: Collection[ActiveAlert]) -> None:
        """Tells which alerts began or ceased to fire."""
        self.pending = {(alert.name, alert.service) for alert in alerts}
        firing = {(alert.name, alert.service) for alert in alerts if alert.state == "firing"}
        self.pending -= firing
        for name, service in sorted(firing - set(self.firing)):
            self.firing[name, service] = at
            self.fired_at = at if self.fired_at is None else self.fired_at
            self.tell(at, "alert", f"{name} fires for {service}")
        for name, service in sorted(set(self.firing) - firing):
            since = self.firing.pop((name, service))
            self.tell(at, "alert", f"{name} for {service} is over, after {at - since:.0f} s")

    def see_waiting(self, at: float, decisions: Iterable[Mapping[str, Any]]) -> None:
        """Tells what was decided and not yet committed, and why."""
        waiting = {str(decision["target"]): decision for decision in decisions}
        for target, decision in waiting.items():
            change = f"{decision['current']}→{decision['desired']}"
            if self._waiting.get(target) != change:
                name, why = target.rpartition("/")[2], "; ".join(decision["reasons"])
                self.tell(at, "decision", f"{name} {change}: {why}")
            self._waiting[target] = change
        self._waiting = {target: self._waiting[target] for target in waiting}

    def see_commit(self, at: float, commit: Commit) -> None:
        """Tells what was committed."""
        self.commits.append((at, commit))
        self.committed |= {name: after for name, (_, after) in commit.changes.items()}
        self.tell(at, "commit", f"{commit.sha[:7]} {commit.subject}")

    def see_applied(self, at: float, sha: str, before: Counts, after: Counts) -> None:
        """Tells what the reconciler changed."""
        self.applied[sha] = at
        changed = {key[2]: (before.get(key), count) for key, count in after.items()}
        moved = [f"{name} {old}→{new}" for name, (old, new) in changed.items() if old != new]
        self.tell(at, "applied", f"{sha[:7]} by the reconciler: {', '.join(moved) or 'no change'}")

    @property
    def answer(self) -> tuple[float, Commit] | None:
        """The first commit of the service that scales up once an alert fires."""
        return next(
            (
                (at, commit)
                for at, commit in self.commits
                if commit.by_scalebridge and commit.scales_up and at >= (self.fired_at or 0.0)
            ),
            None,
        )

    @property
    def relieved_at(self) -> float | None:
        """When the load was first back under target after that commit."""
        answered = self.answer[0] if self.answer else float("inf")
        return next((at for at in self.calms if at > answered), None)

    def missing(self) -> list[str]:
        """What the story promised and did not happen; empty if all did."""
        promised: Mapping[str, bool] = {
            "no alert fired": self.fired_at is not None,
            "scalebridge committed no scale-up after the alert": self.answer is not None,
            "the reconciler did not apply the commit": self._answer_applied(),
            "the load was not back under target at the end": self._calm(),
        }
        return [complaint for complaint, kept in promised.items() if not kept]

    def _answer_applied(self) -> bool:
        """A commit is applied as soon as it or a later one is."""
        return self.answer is not None and any(at > self.answer[0] for at in self.applied.values())

    def _calm(self) -> bool:
        return self.relieved_at is not None and not self._strained


def _load(running: Running) -> str:
    workload = running.workload
    return (
        f"{workload.name} {running.load:.0f} {workload.unit} on {running.ready} pods, "
        f"{running.strain:.0%} of the target"
    )
