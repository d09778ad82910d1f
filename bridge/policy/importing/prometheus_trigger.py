"""KEDA's prometheus trigger as a metric: its query, asked of our Prometheus.

Source: kedacore/keda pkg/scalers/prometheus_scaler.go.
"""

from __future__ import annotations

from decimal import Decimal

from bridge.policy.importing.draft import Draft
from bridge.policy.importing.fields import Fields
from bridge.policy.importing.resource_metrics import KINDS
from bridge.policy.importing.surroundings import Surroundings
from bridge.units import parse_quantity

_LEAST_TARGET = Decimal("0.001")
_CONFIGURED = "belongs to the `prometheus` section of scalebridge's configuration"
_CHANGES_THE_ANSWER = {
    "namespace": "scalebridge sends no `namespace` with a query; name it in the query's selectors",
    "queryParameters": "scalebridge sends none; point prometheus.url to what needs none",
    "customHeaders": "scalebridge sends none; point prometheus.url to a proxy that adds them",
    "cortexOrgID": "a tenant is the configuration's: prometheus.headers: {X-Scope-OrgID: …}",
}
_REACHES_THE_SERVER = {
    "authModes": f"how to log in {_CONFIGURED}",
    "timeout": f"the timeout {_CONFIGURED}",
    "identityOwner": f"how to log in {_CONFIGURED}",
    "awsRegion": "requests are not signed for AWS; point prometheus.url to a proxy that does",
}


def add_prometheus(trigger: Fields, draft: Draft, surroundings: Surroundings) -> None:
    """Adds the metric; what would make it another number is refused."""
    metadata = trigger.below("metadata")
    query = metadata.required("query", metadata.text("query"))
    threshold = metadata.required("threshold", metadata.quantity("threshold"))
    if threshold is not None and parse_quantity(threshold) < _LEAST_TARGET:
        metadata.refuse("threshold", f"{threshold}: expected 1m (a thousandth) or more")
    name = metadata.text("metricName")
    kind = _metric_type(trigger, draft)
    _compare_server(metadata, surroundings)
    _tell_of_access(trigger, metadata)
    if query is not None:
        query = _empty_as_zero(metadata, query.strip())
        name = trigger.text("name") or name or "prometheus"
        draft.add_metric(name, query, kind, threshold)
        _carry_activation(metadata, draft)
    metadata.name_unread("unknown to KEDA's prometheus scaler, and left behind")


def _metric_type(trigger: Fields, draft: Draft) -> str:
    kind = trigger.text("metricType") or "AverageValue"
    if kind not in ("AverageValue", "Value"):
        trigger.refuse("metricType", f"expected AverageValue or Value, not {kind!r}")
    if kind == "Value" and draft.kind not in KINDS:
        trigger.refuse(
            "metricType",
            f"Value goes by ready replicas, and those of a {draft.kind} have no known series; "
            "write the policy by hand, with a readyReplicasQuery",
        )
    return kind


def _compare_server(metadata: Fields, surroundings: Surroundings) -> None:
    address = metadata.required("serverAddress", metadata.text("serverAddress"))
    ours = surroundings.prometheus_url
    if address is None or (ours and address.rstrip("/") == ours.rstrip("/")):
        return
    metadata.warn(
        "serverAddress",
        f"{address}: scalebridge asks {ours or 'its prometheus.url'}; it must be the same server",
    )


def _tell_of_access(trigger: Fields, metadata: Fields) -> None:
    for name, why in _CHANGES_THE_ANSWER.items():
        if metadata.text(name):
            metadata.refuse(name, why)
    for name, why in _REACHES_THE_SERVER.items():
        if metadata.text(name):
            metadata.warn(name, why)
    if metadata.flag("unsafeSsl"):
        metadata.warn("unsafeSsl", "certificates are always checked; give scalebridge the CA")
    if trigger.has("authenticationRef"):
        trigger.warn("authenticationRef", f"how to log in {_CONFIGURED}")


def _empty_as_zero(metadata: Fields, query: str) -> str:
    """KEDA takes no data for 0, unless told otherwise; here the query says so itself."""
    ignored = metadata.flag("ignoreNullValues")
    if ignored is False:
        return query
    metadata.assume(
        "ignoreNullValues",
        f"{'not given: true by default' if ignored is None else 'true'}, no data counts as 0; "
        "without `or on () vector(0)` no data would hold the count",
    )
    inner = f"\n{query}\n" if "\n" in query or "#" in query else query
    return f"({inner}) or on () vector(0)"


def _carry_activation(metadata: Fields, draft: Draft) -> None:
    threshold = metadata.quantity("activationThreshold")
    if threshold is None or parse_quantity(threshold) == Decimal(0):
        return
    if draft.rests:
        draft.metrics[-1]["activationValue"] = threshold
    else:
        metadata.warn("activationThreshold", "KEDA goes by it at 0 or idle, and here is neither")
