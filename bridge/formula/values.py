"""Arithmetic as Go has it: integers of 64 bits that wrap, IEEE doubles, nothing else mixed in."""

from __future__ import annotations

import math
import operator as op
from collections.abc import Callable
from typing import Any, TypeGuard

from bridge.formula.errors import FormulaFailed
from bridge.formula.power import power

Value = Any
"""int, float, bool, None or a list of such; bool is no number here."""


def is_number(value: Value) -> TypeGuard[int | float]:
    """An integer or a double."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_integer(value: Value) -> TypeGuard[int]:
    """An integer, which true and false are not."""
    return isinstance(value, int) and not isinstance(value, bool)


def wrapped(value: int) -> int:
    """Within 64 bits, as an overflow leaves it."""
    return (value + 2**63) % 2**64 - 2**63


def negated(operator: str, value: Value) -> Value:
    """`-value` or `+value`."""
    if not is_number(value):
        raise FormulaFailed(f"{operator} needs a number, got {value}")
    if operator == "+":
        return value
    return wrapped(-value) if is_integer(value) else -value


def calculated(operator: str, left: Value, right: Value) -> Value:
    """Two numbers by one of + - * / % **."""
    if not (is_number(left) and is_number(right)):
        raise FormulaFailed(f"{operator} needs two numbers, got {left} and {right}")
    if operator in ("/", "**", "^"):
        return _divided(left, right) if operator == "/" else power(float(left), float(right))
    if operator == "%":
        return _remainder(left, right)
    if is_integer(left) and is_integer(right):
        return wrapped(_SIMPLE[operator](left, right))
    return _SIMPLE[operator](float(left), float(right))


_SIMPLE: dict[str, Callable[[Any, Any], Any]] = {"+": op.add, "-": op.sub, "*": op.mul}


def _divided(left: float, right: float) -> float:
    dividend, divisor = float(left), float(right)
    if divisor:
        return dividend / divisor
    if dividend == 0 or math.isnan(dividend):
        return math.nan
    return math.copysign(math.inf, dividend) * math.copysign(1, divisor)


def _remainder(left: float, right: float) -> int:
    if not (is_integer(left) and is_integer(right)) or right == 0:
        raise FormulaFailed(f"% needs two integers, and no 0 on its right: {left} % {right}")
    size = abs(left) % abs(right)
    return size if left >= 0 else -size


def compared(operator: str, left: Value, right: Value) -> bool:
    """Two numbers by one of < > <= >=."""
    if not (is_number(left) and is_number(right)):
        raise FormulaFailed(f"{operator} needs two numbers, got {left} and {right}")
    if isinstance(left, float) or isinstance(right, float):
        left, right = float(left), float(right)
    return bool(_COMPARE[operator](left, right))


_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": op.lt,
    ">": op.gt,
    "<=": op.le,
    ">=": op.ge,
}


def equal(left: Value, right: Value) -> bool:
    """Whether two values are the same; numbers by value, across integers and doubles."""
    if is_number(left) and is_number(right):
        if isinstance(left, float) or isinstance(right, float):
            return float(left) == float(right)
        return left == right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    return type(left) is type(right) and bool(left == right)


def truth(value: Value) -> bool:
    """A condition's value."""
    if not isinstance(value, bool):
        raise FormulaFailed(f"expected true or false, got {value}")
    return value
