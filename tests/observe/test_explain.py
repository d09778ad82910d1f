"""An explanation reads well in 100 columns, without colour, whatever is in it."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.decide.explanation import Explanation, explanation
from bridge.decide.override import Override
from bridge.decide.recall import Known
from bridge.documents import load_document
from bridge.evaluate.alerts import Alerts
from bridge.evaluate.reading import Observation, Past
from bridge.observe.explain import WIDTH, Explained, explain_facts, explain_text
from tests.decide.given import NOW, ago, moment
from tests.policy.given import metric, policy

FILE = b"""\
spec:
  maxReplicas: 20
  metrics:
    - name: load
      query: load
  behavior:
    scaleDown:
      policies: [{type: Pods, value: 1, periodSeconds: 60}]
"""


def found(past: Past | None = None, **spec: Any) -> Explanation:
    """At 4 replicas, all ready, with a load of 700; it has been so for the window."""
    now = moment(0, 4, load=700, busy="[red]no data[/red]")
    return explanation(policy(**spec), Observation(now), Known(4), past or Past((now,)))


def told(what: Explanation, name: str = "policies/web.yaml", **more: Any) -> Explained:
    """With that file, and a count somewhere."""
    document = load_document(FILE, name)
    return Explained(
        explanation=what, document=document, place="apps/web.yaml:6", tip="0" * 40, **more
    )


def test_the_file_and_line_of_a_field_or_that_it_is_a_default() -> None:
    shown = told(found())
    where = {field: shown.where(field) for field in ("spec.metrics.0", "spec.minReplicas", "")}
    assert where == {"spec.metrics.0": "policies/web.yaml:4", "spec.minReplicas": "default", "": ""}
    assert shown.where("spec.behavior.scaleDown.policies.0") == "policies/web.yaml:8"


@pytest.mark.parametrize("length", [1, 40, 250])
def test_no_line_is_wider_than_a_terminal(length: int) -> None:
    long: dict[str, Any] = {"metrics": [metric("load"), {**metric("busy"), "query": "q" * length}]}
    schedule = {"timezone": "UTC", "start": "0 8 * * *", "end": "0 9 * * *", "minReplicas": 2}
    spec = {**long, "schedules": [{"name": "n" * length, **schedule}]}
    text = explain_text(told(found(**spec), f"policies/{'d/' * (length // 2)}web.yaml"))
    _head, *tables = text.split("\n\n")
    assert max(len(line) for table in tables for line in table.splitlines()) <= WIDTH
    assert "".join(text.split()).count("q") >= length


def test_what_looks_like_markup_stays_as_it_is() -> None:
    text = explain_text(told(found(metrics=[metric("load"), metric("busy")])))
    assert "[red]no data[/red]" in " ".join(text.split())
    assert "\x1b" not in text


def test_an_unknown_past_is_told_in_its_window() -> None:
    shown = told(found(Past(error="can't connect")))
    assert "down, 300 s   can't connect" in explain_text(shown)
    assert explain_facts(shown)["windows"][1]["unknown"] == "can't connect"


def test_alerts_that_are_unknown_say_why() -> None:
    rules = [{"match": {"alertname": name}, "minReplicas": 9} for name in ("Deep", "Slow")]
    asked = policy(alerts=[*rules, {"match": {"alertname": "OnlyWakes"}}])
    observation = Observation(moment(0, 4, load=700), alerts=Alerts(error="no answer"))
    shown = told(explanation(asked, observation, Known(4), Past()))
    assert "alertname=Slow   9         unknown (no answer)   default" in explain_text(shown)
    assert [one["minimum"] for one in explain_facts(shown)["alerts"]] == [None, None]


def test_the_wish_down_is_the_highest_and_the_wish_up_the_lowest_each_at_its_latest() -> None:
    loads = {120: 300, 105: 900, 90: 900, 60: 700, 30: 200, 15: 200}
    past = Past(tuple(moment(age, 4, load=load) for age, load in loads.items()), since=ago(120))
    up = {
        "stabilizationWindowSeconds": 60,
        "policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}],
    }
    windows = found(past, behavior={"scaleUp": up}).windows
    assert [(one.direction, one.wish, one.at) for one in windows] == [
        ("up", 2, ago(15)),
        ("down", 9, ago(90)),
    ]
    assert windows[0].until == ago(-45)


def test_of_a_window_with_a_quantile_the_wish_that_counts_is_told() -> None:
    loads = {75: 900, 60: 300, 45: 500, 30: 300, 15: 300}
    past = Past(tuple(moment(age, 4, load=load) for age, load in loads.items()), since=ago(300))
    rules = {
        "scaleUp": {"stabilizationWindowSeconds": 300, "stabilizationQuantile": "0.5"},
        "scaleDown": {"stabilizationQuantile": "0.8"},
    }
    windows = found(past, behavior=rules).windows
    assert [(one.wish, one.at) for one in windows] == [(3, ago(15)), (7, ago(0))]


def test_notes_and_what_broke_are_in_the_head() -> None:
    head = explain_text(told(found(), notes=("suspended",), broken="a:1: x\nb:2: y")).split("\n\n")[
        0
    ]
    assert head.splitlines()[-3:] == ["  note: suspended", "  broken: a:1: x", "  broken: b:2: y"]


def test_the_formula_over_all_metrics_is_an_item_of_its_own() -> None:
    modifiers = {"formula": "load * 2", "target": "100"}
    items = found(scalingModifiers=modifiers).metrics
    assert [(one.name, one.query, one.asks) for one in items] == [
        ("load", "load", None),
        ("formula", "load * 2", 14),
    ]


def test_items_are_told_where_a_hold_decides() -> None:
    override = Override(NOW, "Robin", "a" * 40, 4)
    now = moment(0, 4, load=700)
    held = explanation(policy(), Observation(now), Known(4, (), override), Past((now,)))
    assert [step.field for step in held.decision.steps] == ["spec.overrideHold"]
    assert [(one.value, one.asks) for one in held.metrics] == [(700.0, 7)]
