"""Grafana's bodies are read, and its signatures believed, and nothing else."""

from __future__ import annotations

import hashlib
import hmac
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.errors import PayloadInvalid
from bridge.trigger.grafana import Signed, parse_grafana
from bridge.trigger.notification import Alert
from tests.trigger.test_alertmanager import FIELDS, JSON

BODY = (Path(__file__).parent / "grafana_firing.json").read_bytes()
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
SECRET = "s3cret-äß"


def signature(body: bytes, secret: str = SECRET) -> str:
    """As Grafana makes it."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def test_its_body_is_read() -> None:
    read = parse_grafana(BODY)
    labels = {"alertname": "QueueDeep", "grafana_folder": "shop", "team": "shop"}
    assert read.status == "firing"
    assert read.signals == (Alert(status="firing", labels=labels),)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"version": "4"}, "version: Input should be '1'"),
        ({"version": 1}, "version: Input should be '1'"),
        ({"alerts": None}, "alerts: Input should be a valid array"),
        ({"status": "alerting"}, "status: Input should be 'firing' or 'resolved'"),
        ({"truncatedAlerts": -1}, "truncatedAlerts: Input should be greater than or equal to 0"),
    ],
)
def test_what_is_none_of_its_is_refused_with_the_reason(change: dict[str, Any], why: str) -> None:
    sent = json.dumps({**json.loads(BODY), **change}).encode()
    with pytest.raises(PayloadInvalid) as refused:
        parse_grafana(sent)
    assert str(refused.value) == f"not a Grafana webhook payload of version 1: {why}"


@pytest.mark.parametrize("given_as", [str, str.upper, " {} ".format])
def test_its_signature_is_that_of_the_body(given_as: Any) -> None:
    assert Signed(BODY, given_as(signature(BODY))).fault(SECRET, NOW, 300) == ""


@pytest.mark.parametrize(
    "given_as",
    [
        "",
        signature(BODY, "wrong"),
        signature(BODY + b" "),
        f"sha256={signature(BODY)}",
        signature(BODY)[:-1],
        "é" * 64,
        "\udcff",
    ],
)
def test_another_signature_is_none(given_as: str) -> None:
    assert Signed(BODY, given_as).fault(SECRET, NOW, 300) == "signature missing or wrong"


@pytest.mark.parametrize(
    ("age", "fault"),
    [
        (0, ""),
        (300, ""),
        (-300, ""),
        (301, "signed at another time: more than 300 s from now"),
        (-301, "signed at another time: more than 300 s from now"),
    ],
)
def test_where_the_time_is_signed_it_has_to_be_near(age: int, fault: str) -> None:
    time = str(int((NOW - timedelta(seconds=age)).timestamp()))
    signed = signature(time.encode() + b":" + BODY)
    assert Signed(BODY, signed, time).fault(SECRET, NOW, 300) == fault


@pytest.mark.parametrize("time", ["", "now", "-1", "1e9", "9" * 30, "\u0661\u0662"])
def test_what_is_no_time_is_not_near(time: str) -> None:
    signed = signature(time.encode() + b":" + BODY)
    assert "another time" in Signed(BODY, signed, time).fault(SECRET, NOW, 300)


def test_neither_the_time_nor_its_absence_can_be_forged() -> None:
    time = str(int(NOW.timestamp()))
    assert Signed(BODY, signature(BODY), time).fault(SECRET, NOW, 300)
    assert Signed(BODY, signature(time.encode() + b":" + BODY)).fault(SECRET, NOW, 300)


@settings(max_examples=100, deadline=None)
@given(st.binary() | st.dictionaries(st.sampled_from([*FIELDS, "groupLabels"]), JSON))
def test_whatever_comes_is_a_notification_or_refused(sent: bytes | dict[str, Any]) -> None:
    body = sent if isinstance(sent, bytes) else json.dumps({**json.loads(BODY), **sent}).encode()
    with suppress(PayloadInvalid):
        assert parse_grafana(body).status in ("firing", "resolved")
