"""The formula language, against values of expr-lang and against Python's own arithmetic."""

from __future__ import annotations

import math
import operator as op
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.formula.composite import composed
from bridge.formula.errors import FormulaFailed, FormulaInvalid
from bridge.formula.program import compiled

NAMES = ("a", "b", "c")
VALUES = {"a": 2.0, "b": 5.0, "c": None}


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("1 + 2", 3),
        ("7 / 2", 3.5),
        ("6 / 2", 3.0),
        ("-7 % 3", -1),
        ("2 ** 3 ** 2", 512.0),
        ("-2 ** 2", -4.0),
        ("1 / 0", math.inf),
        ("-1 / 0", -math.inf),
        ("9223372036854775807 + 1", -(2**63)),
        ("0x1F + 0b11 + 0o17 + 1_000", 1049),
        ("1e2 + .5 + 2.", 102.5),
        ("a < b && !(b < a) and not false or true", True),
        ("1 < a < 3", True),
        ("3 > a > 2", False),
        ("a == 2 ? b : 0", 5.0),
        ("a > 5 ? 1 : b > 5 ? 2 : 3", 3),
        ("c ?? b", 5.0),
        ("c ?? c ?? 8", 8),
        ("3 + c ?? a", 5.0),
        ("3 + b ?? a + 1", 9.0),
        ("-c ?? a", -2.0),
        ("c == nil", True),
        ("a != nil", True),
        ("[1, 2] == [1.0, 2]", True),
        ("1 == 1.0", True),
        ("max(a, [b, [9]], 1)", 9),
        ("min([a, b, 3])", 2.0),
        ("sum([a, b])", 7.0),
        ("sum([1, 2], # * 2)", 6),
        ("mean([1, 2])", 1.5),
        ("mean([])", 0.0),
        ("median([1, 9, 2])", 2.0),
        ("median(1, 2, 9, 4)", 3.0),
        ("abs(-3)", 3),
        ("abs(-a)", 2.0),
        ("ceil(1.2) + floor(1.8)", 3.0),
        ("round(2.5) + round(-2.5)", 0.0),
        ("int(2.9)", 2),
        ("float(3)", 3.0),
        ("len([a, b])", 2),
        ("count([a, b, 9], {# > 4})", 2),
        ("count([true, false])", 1),
        ("count([a, b], # > 1,)", 2),
        ("let x = a + 1; x * x", 9.0),
        ("a; b", 5.0),
        ("a > 1 ?: false", True),
        ("a // the first\n + /* and */ b", 7.0),
    ],
)
def test_values(formula: str, value: Any) -> None:
    found = compiled(formula, NAMES).value(VALUES)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    "formula",
    [
        "",
        "a +",
        "a b",
        "(a",
        "d",
        "f(a)",
        "a + true",
        "!a",
        "-true",
        "a && b",
        "a ? 1 : 2",
        "a ?? 3 + b",
        "a > true",
        "a == true",
        "a % 2",
        "max()",
        "max(true)",
        "abs(a, b)",
        "abs([a])",
        "len(a)",
        "sum(a)",
        "count([a], {# + 1})",
        "count()",
        "sum([a], nil)",
        "#",
        "let a = 1; a",
        "let 1 = 2; 3",
        "1e400",
        "9223372036854775808",
        "3x",
        "1e",
        "0x",
        "'text'",
        "a & b",
        "not",
        "a not b",
        "nil + 1",
        "(" * 200 + "a" + ")" * 200,
        "a" + " + a" * 2000,
    ],
)
def test_refused(formula: str) -> None:
    with pytest.raises(FormulaInvalid):
        compiled(formula, NAMES)


@pytest.mark.parametrize(
    "formula",
    [
        "c + 1",
        "-c",
        "c < 1",
        "1 % 0",
        "max([c])",
        "abs(c)",
        "sum([true])",
        "count([a > 1 ? 1 : true], #)",
        "(a > 1 ? 1 : [1]) + 1 > 0 ? c + 1 : 0",
        "max(1, b) == 2",
        "len(a > 1 ? 1 : [1])",
        "(a > 1 ? 1 : true) ? 1 : 2",
    ],
)
def test_fails_with_these_values(formula: str) -> None:
    program = compiled(formula, NAMES)
    with pytest.raises(FormulaFailed):
        program.value(VALUES)


@pytest.mark.parametrize(
    ("base", "exponent", "value"),
    [
        (0.0, -1.0, math.inf),
        (-2.0, 3.0, -8.0),
        (-8.0, 0.5, math.nan),
        (4.0, 0.5, 2.0),
        (4.0, -0.5, 0.5),
        (9.0, 1.5, 27.000000000000004),
        (10.0, 400.0, math.inf),
        (-10.0, 401.0, -math.inf),
        (2.0, -1.0, 0.5),
        (0.5, 1e300, 0.0),
        (math.inf, 2.0, math.inf),
        (5.0, 0.0, 1.0),
    ],
)
def test_powers(base: float, exponent: float, value: float) -> None:
    found = compiled("a ** b", ("a", "b")).value({"a": base, "b": exponent})
    assert found == value or (math.isnan(found) and math.isnan(value))


Meaning = tuple[str, Callable[[float, float], float]]
"""A formula's text, and the same in Python."""

LEAVES: st.SearchStrategy[Meaning] = st.sampled_from(
    [
        ("a", lambda a, _: a),
        ("b", lambda _, b: b),
        ("3", lambda _, __: 3.0),
        ("(-0.25)", lambda _, __: -0.25),
    ]
)


def _arithmetic(parts: tuple[Meaning, str, Meaning]) -> Meaning:
    (left, calculate_left), operator, (right, calculate_right) = parts
    calculate = {"+": op.add, "-": op.sub, "*": op.mul}[operator]
    return f"({left} {operator} {right})", lambda a, b: float(
        calculate(calculate_left(a, b), calculate_right(a, b))
    )


def _highest(parts: tuple[Meaning, Meaning]) -> Meaning:
    (first, one), (second, other) = parts
    return f"max({first}, {second})", lambda a, b: max(one(a, b), other(a, b))


def _choice(parts: tuple[Meaning, Meaning, Meaning]) -> Meaning:
    (first, one), (second, two), (third, three) = parts
    return (
        f"({first} < {second} ? {second} : {third})",
        lambda a, b: two(a, b) if one(a, b) < two(a, b) else three(a, b),
    )


FORMULAS = st.recursive(
    LEAVES,
    lambda parts: (
        st.tuples(parts, st.sampled_from("+-*"), parts).map(_arithmetic)
        | st.tuples(parts, parts).map(_highest)
        | st.tuples(parts, parts, parts).map(_choice)
    ),
    max_leaves=15,
)


@given(FORMULAS, st.floats(-100, 100), st.floats(-100, 100))
def test_calculates_as_python_does(formula: Meaning, a: float, b: float) -> None:
    text, calculate = formula
    found = compiled(text, ("a", "b")).value({"a": a, "b": b})
    assert float(found) == calculate(a, b)


def test_a_composite_is_a_double_unless_nil() -> None:
    assert composed("1", ()).value({}) == 1.0
    assert composed("a ?? b", ("a", "b")).value({"a": None, "b": None}) is None
    assert composed("a ?? 3", ("a",)).value({"a": None}) == 3.0


@pytest.mark.parametrize("formula", ["a > 1", "1 % int(a + 1)"])
def test_a_composite_that_can_not_be(formula: str) -> None:
    with pytest.raises(FormulaInvalid):
        composed(formula, ("a",))
