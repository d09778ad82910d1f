"""Our own metrics, by the Prometheus conventions."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from bridge.decide.decision import Decision

registry = CollectorRegistry()

webhooks = Counter(
    "scalebridge_webhooks_total", "Webhook requests by reply.", ["code"], registry=registry
)
evaluations = Counter(
    "scalebridge_evaluations_total",
    "Policies evaluated, by outcome: change, steady, held (something unknown) or failed.",
    ["outcome"],
    registry=registry,
)
pass_seconds = Histogram(
    "scalebridge_pass_duration_seconds", "One pass: ask the metrics, decide.", registry=registry
)
waiting = Gauge(
    "scalebridge_batch_decisions", "Decisions waiting for the next commit.", registry=registry
)
commits = Counter("scalebridge_commits_total", "Commits pushed.", registry=registry)
races_lost = Counter(
    "scalebridge_push_races_lost_total", "Pushes redone on a new tip.", registry=registry
)
publish_failures = Counter(
    "scalebridge_publish_failures_total",
    "Batches given up, to be decided again.",
    ["error"],
    registry=registry,
)
publish_seconds = Histogram(
    "scalebridge_publish_duration_seconds", "From a batch to its push.", registry=registry
)
notices = Counter(
    "scalebridge_reconciler_notices_total",
    "Notices to reconcilers.",
    ["reconciler", "outcome"],
    registry=registry,
)
policy_errors = Gauge(
    "scalebridge_broken_policies", "Policy files that can't be used.", registry=registry
)
desired_replicas = Gauge(
    "scalebridge_desired_replicas",
    "The last decision.",
    ["policy", "kind", "namespace", "name"],
    registry=registry,
)
committed_replicas = Gauge(
    "scalebridge_committed_replicas",
    "The count in Git when the last decision was made.",
    ["policy", "kind", "namespace", "name"],
    registry=registry,
)
stuck_rollout = Gauge(
    "scalebridge_stuck_rollout",
    "1 while the committed count has not come to be within inFlightTimeout.",
    ["policy", "kind", "namespace", "name"],
    registry=registry,
)
dead_time = Gauge(
    "scalebridge_dead_time_seconds",
    "From commit to ready, the longest of the last five; no series while none was measured.",
    ["policy", "kind", "namespace", "name"],
    registry=registry,
)
unclaimed_samples = Gauge(
    "scalebridge_fleet_unclaimed_samples",
    "Samples of a fleet's metrics in its last round that named none of its members.",
    ["policy"],
    registry=registry,
)


def note_unclaimed(by_fleet: Mapping[str, int]) -> None:
    """Exports these, and ends those of fleets that are gone."""
    unclaimed_samples.clear()
    for policy, samples in by_fleet.items():
        unclaimed_samples.labels(policy).set(samples)


def note_decision(decision: Decision) -> None:
    """Exports the decision's counts and its rollouts' facts under its target's labels."""
    labels = _labels(decision)
    desired_replicas.labels(*labels).set(decision.desired)
    committed_replicas.labels(*labels).set(decision.current)
    stuck_rollout.labels(*labels).set(bool(decision.stuck_rollout))
    if decision.dead_time is None:
        _end(dead_time, labels)
    else:
        dead_time.labels(*labels).set(decision.dead_time)


def forget_decision(decision: Decision) -> None:
    """Ends the series of a policy that is gone."""
    for gauge in (desired_replicas, committed_replicas, stuck_rollout, dead_time):
        _end(gauge, _labels(decision))


def _end(gauge: Gauge, labels: tuple[str, str, str, str]) -> None:
    with suppress(KeyError):  # the newer clients pass over a series that is not there
        gauge.remove(*labels)


def _labels(decision: Decision) -> tuple[str, str, str, str]:
    target = decision.target
    return decision.policy, target.kind, target.namespace or "", target.name
