"""Our own metrics, by the Prometheus conventions: each is made here, and told in docs/metrics.md.

No label has values without bound: counts by target stop at `server.target_series` of them.
"""

from __future__ import annotations

import platform
from collections.abc import Sequence
from typing import Any, Final, Generic, NamedTuple, TypeVar

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from structlog.contextvars import get_contextvars

from bridge import __version__

disable_created_metrics()  # type: ignore[no-untyped-call]  # they are a second series of each
registry = CollectorRegistry()
ProcessCollector(registry=registry)
_OF_A_COUNT = ("policy", "kind", "namespace", "name")
_UP_TO_MINUTES = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
"""Seconds; the clients' own buckets end at ten, where a slow push only begins."""

_Metric = TypeVar("_Metric", Counter, Gauge, Histogram)


class Family(NamedTuple):
    """A metric as docs/metrics.md has it."""

    name: str
    kind: str
    labels: Sequence[str]
    text: str


FAMILIES: Final[list[Family]] = []


def _made(
    kind: type[_Metric], name: str, text: str, labels: Sequence[str] = (), **more: Any
) -> _Metric:
    FAMILIES.append(Family(name, kind.__name__.lower(), labels, text))
    return kind(name, text, labels, registry=registry, **more)


class OfRepo(Generic[_Metric]):
    """A metric with one more label, `repo`: the state repo of the pipeline that runs, as in the
    log's context; empty, which to Prometheus is no label, where there is only one."""

    def __init__(
        self, kind: type[_Metric], name: str, text: str, labels: Sequence[str] = (), **more: Any
    ) -> None:
        self._metric: _Metric = _made(kind, name, text, [*labels, "repo"], **more)

    def labels(self, *values: object, repo: str | None = None) -> _Metric:
        """The series with these values of the other labels."""
        series: _Metric = self._metric.labels(*values, _repo() if repo is None else repo)
        return series

    def remove(self, *values: object) -> None:
        """Ends it."""
        self._metric.remove(*values, _repo())


def _repo() -> str:
    return str(get_contextvars().get("repo", ""))


webhooks = _made(
    Counter, "scalebridge_webhooks_total", "Webhook requests, by reply.", ["receiver", "code"]
)
webhooks_limited = _made(
    Counter,
    "scalebridge_webhooks_limited_total",
    "Webhook requests answered 503 because their source sends too many (server.rate_limit).",
    ["receiver"],
)
evaluations = OfRepo(
    Counter,
    "scalebridge_evaluations_total",
    "Policies evaluated, by outcome: change, steady, held (something unknown) or failed.",
    ["outcome"],
)
pass_seconds = OfRepo(
    Histogram,
    "scalebridge_pass_duration_seconds",
    "One pass: ask the metrics, decide.",
    buckets=_UP_TO_MINUTES,
)
decisions = OfRepo(
    Counter,
    "scalebridge_decisions_total",
    "Decisions, by what had the last word (reason) and where it led (direction: up, down, none).",
    ["reason", "direction"],
)
targets = OfRepo(Gauge, "scalebridge_targets", "Targets that have a decision.")
unlisted_targets = OfRepo(
    Gauge,
    "scalebridge_unlisted_targets",
    "Targets without series of their own, since there are more than server.target_series.",
)
holds = OfRepo(
    Gauge,
    "scalebridge_holds",
    "Targets held by a person's order (override), until a person's time (pause), or between two "
    "bots (quarrel).",
    ["kind"],
)
stuck_rollouts = OfRepo(
    Gauge, "scalebridge_stuck_rollouts", "Targets whose committed count has not come to be in time."
)
longest_dead_time = OfRepo(
    Gauge,
    "scalebridge_longest_dead_time_seconds",
    "From commit to ready, the longest of all targets; 0 while none was measured.",
)
last_success = OfRepo(
    Gauge,
    "scalebridge_last_success_timestamp_seconds",
    "When each loop last ended a piece of its work well.",
    ["loop"],
)
queued_alerts = OfRepo(
    Gauge, "scalebridge_queued_alerts", "Alerts that wait for a round; server.queue is the limit."
)
query_seconds = _made(
    Histogram,
    "scalebridge_query_duration_seconds",
    "One query to Prometheus, from its turn on.",
    buckets=_UP_TO_MINUTES,
)
query_failures = _made(
    Counter,
    "scalebridge_query_failures_total",
    "Queries without an answer: timeout, unreachable, refused, failed, malformed or no_value.",
    ["kind"],
)
git_seconds = OfRepo(
    Histogram,
    "scalebridge_git_duration_seconds",
    "One look, commit or push (operation), with the wait for the one thread that does them.",
    ["operation"],
    buckets=_UP_TO_MINUTES,
)
credential_expiry = _made(
    Gauge,
    "scalebridge_credential_expiry_timestamp_seconds",
    "When a credential ends: github_app (renewed by itself) or tls (server.tls.cert_file).",
    ["credential", "repo"],
)
build_info = _made(
    Gauge, "scalebridge_build_info", "1; what runs, in the labels.", ["version", "python"]
)
build_info.labels(__version__, platform.python_version()).set(1)
batch_size = OfRepo(
    Histogram,
    "scalebridge_batch_size_decisions",
    "Decisions in a batch that was taken to be committed.",
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 5_000),
)
batch_age = OfRepo(
    Histogram,
    "scalebridge_batch_age_seconds",
    "From a batch's first decision to when it is taken.",
    buckets=(1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_800, 3_600),
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
    Histogram,
    "scalebridge_publish_duration_seconds",
    "From a batch to its push.",
    buckets=_UP_TO_MINUTES,
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
    Histogram,
    "scalebridge_commit_to_live_seconds",
    "From a commit of ours until it was live, by who says so: a reconciler, flux, commit_status "
    "or ready (replicas).",
    ["source"],
    buckets=(5, 10, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1_200, 1_800, 3_600),
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
