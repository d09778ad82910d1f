"""The functions of a formula (github.com/expr-lang/expr, builtin/lib.go)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from bridge.formula.errors import FormulaFailed
from bridge.formula.values import Value, compared, is_integer, is_number, wrapped


def call(function: str, arguments: Sequence[Value]) -> Value:
    """One of the functions without predicate."""
    if function in ("max", "min"):
        return _extreme("<" if function == "max" else ">", arguments)
    if function in ("mean", "median"):
        numbers = [float(number) for number in _numbers(arguments)]
        return _mean(numbers) if function == "mean" else _median(numbers)
    value = arguments[0]
    if function == "len":
        return len(items(value))
    if not is_number(value):
        raise FormulaFailed(f"{function} needs a number, got {value}")
    return _of_number(function, value)


def _of_number(function: str, value: float) -> Value:
    if function == "abs":
        if is_integer(value):
            return wrapped(abs(value))
        return -value if value < 0 else value
    if function == "int":
        return value if is_integer(value) else _truncated(value)
    number = float(value)
    if function == "float" or not math.isfinite(number):
        return number
    return {"ceil": _ceil, "floor": _floor, "round": _round}[function](number)


def _ceil(value: float) -> float:
    return math.copysign(math.ceil(value), value)


def _floor(value: float) -> float:
    return math.copysign(math.floor(value), value)


def _round(value: float) -> float:
    """Halves away from 0, unlike Python's."""
    whole = math.copysign(math.trunc(value), value)
    return whole + math.copysign(1, value) if abs(value - whole) >= 0.5 else whole


def _truncated(value: float) -> int:
    if not -(2.0**63) <= value < 2.0**63:
        return -(2**63)
    return int(value)


def _extreme(replaced_if: str, arguments: Sequence[Value]) -> Value:
    best: Value = None
    for number in _numbers(arguments):
        if best is None or compared(replaced_if, best, number):
            best = number
    return best


def _numbers(values: Sequence[Value]) -> Iterator[int | float]:
    """All numbers, also those in lists."""
    for value in values:
        if isinstance(value, list):
            yield from _numbers(value)
        elif is_number(value):
            yield value
        else:
            raise FormulaFailed(f"expected a number, got {value}")


def _mean(numbers: Sequence[float]) -> float:
    total = 0.0
    for number in numbers:
        total += number
    return total / len(numbers) if numbers else 0.0


def _median(numbers: Sequence[float]) -> float:
    if not numbers:
        return 0.0
    ordered, middle = sorted(numbers), len(numbers) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2


def items(value: Value) -> list[Value]:
    """The elements of a list."""
    if not isinstance(value, list):
        raise FormulaFailed(f"expected a list, got {value}")
    return value
