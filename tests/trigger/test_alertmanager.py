"""Bodies as Alertmanager sends them are read; all others are refused with the reason."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.errors import PayloadInvalid
from bridge.trigger.alertmanager import AlertmanagerNotification, parse_alertmanager
from bridge.trigger.notification import Alert, LeftOut

HERE = Path(__file__).parent
LABELS = {
    "alertname": "QueueDeep",
    "cluster": "h3",
    "deployment": "web",
    "instance": "127.0.0.1:9420",
    "job": "d",
    "namespace": "prod",
    "severity": "page",
}


def body(**fields: Any) -> bytes:
    """The captured firing body with these fields instead; None leaves one out."""
    plain = json.loads((HERE / "alertmanager_firing.json").read_text("utf-8"))
    changed = {**plain, **fields}
    return json.dumps({key: value for key, value in changed.items() if value is not None}).encode()


@pytest.mark.parametrize("status", ["firing", "resolved"])
def test_a_captured_body_is_read(status: str) -> None:
    captured = (HERE / f"alertmanager_{status}.json").read_bytes()
    assert parse_alertmanager(captured).model_dump() == {
        "version": "4",
        "status": status,
        "alerts": ({"status": status, "labels": LABELS},),
        "truncated_alerts": 0,
        "group_labels": {"alertname": "QueueDeep", "deployment": "web", "namespace": "prod"},
    }


def test_fields_of_other_versions_are_no_matter() -> None:
    alert: dict[str, Any] = {"status": "firing", "labels": {}, "panelURL": "x", "values": None}
    newer = body(alerts=[alert], notification_reason="repeat interval elapsed", routeLabels={})
    assert parse_alertmanager(newer).alerts == (Alert(status="firing", labels={}),)
    older = body(truncatedAlerts=None, groupKey=None, groupLabels=None, externalURL=None, alerts=[])
    assert parse_alertmanager(older) == AlertmanagerNotification(
        version="4", status="firing", alerts=()
    )


@pytest.mark.parametrize("status", ["firing", "resolved"])
def test_alerts_that_were_left_out_are_not_resolved(status: str) -> None:
    shown = {"status": status, "labels": LABELS}
    cut = body(status=status, alerts=[shown], truncatedAlerts=3, groupLabels={"team": "shop"})
    *firing, left_out = parse_alertmanager(cut).signals
    assert left_out == LeftOut(labels={"team": "shop"}, count=3)
    assert len(firing) == (1 if status == "firing" else 0)


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        pytest.param(
            b"", "body: Invalid JSON: EOF while parsing a value at line 1 column 0", id="empty"
        ),
        pytest.param(
            b"alert=1", "body: Invalid JSON: expected value at line 1 column 1", id="a form"
        ),
        pytest.param(
            b"\xff{}", "body: Invalid JSON: expected value at line 1 column 1", id="not UTF-8"
        ),
        pytest.param(b"[]", "body: Input should be an object", id="a list"),
        pytest.param(b"{}", "version: Field required", id="no version"),
        pytest.param(body(version="1"), "version: Input should be '4'", id="Grafana's"),
        pytest.param(body(alerts=None), "alerts: Field required", id="no alerts"),
        pytest.param(body(alerts={}), "alerts: Input should be a valid array", id="alerts"),
        pytest.param(
            body(status="pending"),
            "status: Input should be 'firing' or 'resolved'",
            id="another status",
        ),
        pytest.param(
            body(alerts=[{"status": "firing"}]), "alerts.0.labels: Field required", id="no labels"
        ),
        pytest.param(
            body(alerts=[{"status": "firing", "labels": {"n": 1}}]),
            "alerts.0.labels.n: Input should be a valid string",
            id="a label that is no text",
        ),
    ],
)
def test_what_is_not_such_a_payload_is_refused_with_the_reason(sent: bytes, reason: str) -> None:
    with pytest.raises(PayloadInvalid) as refused:
        parse_alertmanager(sent)
    assert str(refused.value) == f"not an Alertmanager webhook payload of version 4: {reason}"


def test_a_body_that_is_nested_without_end_is_refused() -> None:
    with pytest.raises(PayloadInvalid, match="recursion limit exceeded"):
        parse_alertmanager(b'{"version": ' + b"[" * 100_000)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
FIELDS = ["version", "status", "alerts", "truncatedAlerts", "groupKey"]


@settings(max_examples=100, deadline=None)
@given(st.binary() | st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_whatever_comes_is_a_notification_or_refused(sent: bytes | dict[str, Any]) -> None:
    with suppress(PayloadInvalid):
        read = parse_alertmanager(sent if isinstance(sent, bytes) else body(**sent))
        assert (read.version, read.status) in {("4", "firing"), ("4", "resolved")}
