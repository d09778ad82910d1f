"""Our own metrics, by the Prometheus conventions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Generic, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from structlog.contextvars import get_contextvars

from bridge.decide.decision import Decision

registry = CollectorRegistry()
_OF_A_COUNT = ("policy", "kind", "namespace", "name")

_Metric = TypeVar("_Metric", Counter, Gauge, Histogram)


class OfRepo(Generic[_Metric]):
    """A metric with one more label, `repo`: the state repo of the pipeline that runs, as in the
    log's context; empty, which to Prometheus is no label, where there is only one."""

    def __init__(
        self, kind: Callable[..., _Metric], name: str, text: str, labels: Sequence[str] = ()
    ) -> None:
        self._metric: _Metric = kind(name, text, [*labels, "repo"], registry=registry)

    def labels(self, *values: object) -> _Metric:
        """The series with these values of the other labels."""
        series: _Metric = self._metric.labels(*values, _repo())
        return series

    def remove(self, *values: object) -> None:
        """Ends it."""
        self._metric.remove(*values, _repo())

    def clear(self) -> None:
        """Ends all of this repo's."""
        for sample in [one for family in self._metric.collect() for one in family.samples]:
            if sample.labels["repo"] == _repo():
                self._metric.remove(*sample.labels.values())


def _repo() -> str:
    return str(get_contextvars().get("repo", ""))


webhooks = Counter(
    "scalebridge_webhooks_total", "Webhook requests by reply.", ["code"], registry=registry
)
evaluations = OfRepo(
    Counter,
    "scalebridge_evaluations_total",
    "Policies evaluated, by outcome: change, steady, held (something unknown) or failed.",
    ["outcome"],
)
pass_seconds = OfRepo(
    Histogram, "scalebridge_pass_duration_seconds", "One pass: ask the metrics, decide."
)
waiting = OfRepo(Gauge, "scalebridge_batch_decisions", "Decisions waiting for the next commit.")
commits = OfRepo(Counter, "scalebridge_commits_total", "Commits pushed.")
races_lost = OfRepo(Counter, "scalebridge_push_races_lost_total", "Pushes redone on a new tip.")
publish_failures = OfRepo(
    Counter,
    "scalebridge_publish_failures_total",
    "Batches given up, to be decided again.",
    ["error"],
)
publish_seconds = OfRepo(
    Histogram, "scalebridge_publish_duration_seconds", "From a batch to its push."
)
notices = OfRepo(
    Counter,
    "scalebridge_reconciler_notices_total",
    "Notices to reconcilers.",
    ["reconciler", "outcome"],
)
policy_errors = OfRepo(Gauge, "scalebridge_broken_policies", "Policy files that can't be used.")
desired_replicas = OfRepo(
    Gauge,
    "scalebridge_desired_replicas",
    "The last decision.",
    _OF_A_COUNT,
)
committed_replicas = OfRepo(
    Gauge,
    "scalebridge_committed_replicas",
    "The count in Git when the last decision was made.",
    _OF_A_COUNT,
)
stuck_rollout = OfRepo(
    Gauge,
    "scalebridge_stuck_rollout",
    "1 while the committed count has not come to be within inFlightTimeout.",
    _OF_A_COUNT,
)
dead_time = OfRepo(
    Gauge,
    "scalebridge_dead_time_seconds",
    "From commit to ready, the longest of the last five; no series while none was measured.",
    _OF_A_COUNT,
)
commit_to_live = OfRepo(
    partial(Histogram, buckets=(5, 10, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1200, 1800, 3600)),
    "scalebridge_commit_to_live_seconds",
    "From a commit of ours until it was live, by who says so: a reconciler, flux, commit_status "
    "or ready (replicas).",
    ["source"],
)
commit_stuck = OfRepo(
    Gauge,
    "scalebridge_commit_stuck",
    "1 while a commit of ours failed to get live, or did not within confirm.timeout.",
    ["source"],
)
unclaimed_samples = OfRepo(
    Gauge,
    "scalebridge_fleet_unclaimed_samples",
    "Samples of a fleet's metrics in its last round that named none of its members.",
    ["policy"],
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


def _end(gauge: OfRepo[Gauge], labels: tuple[str, str, str, str]) -> None:
    with suppress(KeyError):  # the newer clients pass over a series that is not there
        gauge.remove(*labels)


def _labels(decision: Decision) -> tuple[str, str, str, str]:
    target = decision.target
    return decision.policy, target.kind, target.namespace or "", target.name
