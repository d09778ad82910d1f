"""Fields of a policy file are set by splicing: all else stays, and it loads as asked."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from bridge.documents import Place
from bridge.errors import PolicyInvalid
from bridge.policy.editing import Value, shown, with_fields

WEB = """\
# who scales the web
apiVersion: scalebridge/v1
kind: ScalingPolicy
metadata: {name: web}
spec:
  scaleTargetRef: {name: web}
  maxReplicas: 40   # two racks
  metrics:
    - name: requests
      query: |
        sum(rate(http_requests_total[2m]))
      target: {type: AverageValue, value: 100}  # measured in May
  behavior:
    scaleDown:
      stabilizationWindowSeconds: 300  # the HPA's

# the end
"""
DOWN = ("spec", "behavior", "scaleDown")


def nested(data: Any, place: Place, value: Value) -> Any:
    """The same data with that field set."""
    data = deepcopy(data)
    inner = data
    for part in place[:-1]:
        inner = inner[part] if isinstance(part, int) else inner.setdefault(part, {})
    inner[place[-1]] = value
    return data


@pytest.mark.parametrize(
    ("place", "value", "old", "new"),
    [
        pytest.param(
            ("spec", "metrics", 0, "target", "value"), 80, "value: 100}", "value: 80}", id="inline"
        ),
        pytest.param(
            (*DOWN, "stabilizationWindowSeconds"), 600, "Seconds: 300", "Seconds: 600", id="block"
        ),
        pytest.param(
            (*DOWN, "tolerance"),
            0.3,
            "300  # the HPA's\n",
            "300  # the HPA's\n      tolerance: 0.3\n",
            id="added to a block, after the comment of its last line",
        ),
        pytest.param(
            ("spec", "behavior", "scaleUp", "surge"),
            1,
            "300  # the HPA's\n",
            "300  # the HPA's\n    scaleUp:\n      surge: 1\n",
            id="added with the mapping around it",
        ),
        pytest.param(
            ("metadata", "labels"), {"a": "b c"}, "{name: web}\nspec",
            '{name: web, labels: {a: "b c"}}\nspec', id="added in braces",
        ),
        pytest.param(
            ("spec", "metrics", 0, "forecast"),
            {"type": "linear", "window": "5m"},
            "# measured in May\n",
            "# measured in May\n      forecast:\n        type: linear\n        window: 5m\n",
            id="added to an item of a list",
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_field_is_set_and_every_other_byte_stays(
    place: Place, value: Value, old: str, new: str, newline: str
) -> None:
    text = WEB.replace("\n", newline)
    edited = with_fields(text, {place: value}, "web.yaml")
    assert edited == WEB.replace(old, new, 1).replace("\n", newline)
    assert yaml.safe_load(edited) == nested(yaml.safe_load(text), place, value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_written_in_full(number: float) -> None:
    assert float(yaml.safe_load(shown(number))) == number
    assert "e" not in shown(number)


@pytest.mark.parametrize(
    ("number", "text"), [(80.0, "80"), (0.15, "0.15"), (1234567.5, "1234567.5"), (1e-05, "0.00001")]
)
def test_a_number_is_written_as_people_do(number: float, text: str) -> None:
    assert shown(number) == text


@pytest.mark.parametrize(
    "text",
    [
        "true",
        "No",
        "y",
        "NULL",
        "1e3",
        "1.5E3",
        "100",
        "1.5",
        "0x1F",
        "0o17",
        "017",
        "",
        "a b",
        "é",
    ],
)
@pytest.mark.parametrize("version", [(1, 1), (1, 2)])
def test_a_text_stays_one(text: str, version: tuple[int, int]) -> None:
    reader = YAML(typ="rt")
    reader.version = version
    assert reader.load(f"a: {shown(text)}")["a"] == text
    assert yaml.safe_load(shown(text)) == text


@pytest.mark.parametrize("text", ["linear", "5m", "250m", "2Gi", "1.5k", "nobody", "apps/v1"])
def test_a_plain_word_needs_no_quotes(text: str) -> None:
    assert shown(text) == text


def test_a_mapping_is_indented_as_the_file_indents() -> None:
    text = "a: 1\nspec:\n    b: 2\n    c:\n        d: 3\n"
    edited = with_fields(text, {("spec", "e", "f", "g"): 4}, "a.yaml")
    assert edited == f"{text}    e:\n        f:\n            g: 4\n"


def test_what_is_added_twice_stands_together() -> None:
    fields: dict[Place, Value] = {("a", "up", "x"): 1, ("a", "up", "y"): 2, ("a", "z"): 3}
    edited = with_fields("a:\n  b: 1\n", fields, "a.yaml")
    assert edited == "a:\n  b: 1\n  up:\n    x: 1\n    y: 2\n  z: 3\n"


def test_after_a_text_of_many_lines_a_field_comes_first() -> None:
    edited = with_fields("a:\n  b: |\n    x\n    y\n", {("a", "c"): 1}, "a.yaml")
    assert edited == "a:\n  c: 1\n  b: |\n    x\n    y\n"
    edited = with_fields("a:\n  b: |\n    x\n", {("a", "c", "d"): 1}, "a.yaml")
    assert edited == "a:\n  c:\n    d: 1\n  b: |\n    x\n"


def test_a_file_without_a_last_newline_keeps_none() -> None:
    assert with_fields("a:\n  b: 1", {("a", "c"): 2}, "a.yaml") == "a:\n  b: 1\n  c: 2"


def test_several_fields_are_set_one_after_the_other() -> None:
    edited = with_fields("a: {}\n", {("a", "b", "c"): 1, ("a", "b", "d"): "2m"}, "a.yaml")
    assert edited == "a: {b: {c: 1, d: 2m}}\n"


@pytest.mark.parametrize(
    "text", ["a: &x 1\nb: *x\n", "a: !!int 1\n", "a: |\n  1\n", "a:\n  - 1\n", "a:\n"]
)
def test_what_is_no_plain_value_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(PolicyInvalid, match=r"p\.yaml:[12]: a: can't be set here"):
        with_fields(text, {("a",): 2}, "p.yaml")
