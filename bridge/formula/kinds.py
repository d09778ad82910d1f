"""Which kinds of value go together, known before any value is (expr's checker)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bridge.formula.errors import FormulaInvalid


@dataclass(frozen=True, slots=True)
class Kind:
    """Of a value; `any` and `mixed` where it is only known when calculated.

    The two differ as in expr: a list may hold, and a function may return, `mixed`.
    """

    name: Literal["int", "float", "bool", "nil", "any", "mixed", "list"]
    element: Kind | None = None

    @property
    def number(self) -> bool:
        """An integer or a double."""
        return self.name in ("int", "float")

    @property
    def open(self) -> bool:
        """Not known before it is calculated."""
        return self.name in ("any", "mixed")

    def fits(self, other: Kind) -> bool:
        """Whether it can stand where the other is expected."""
        return self.name not in ("any", "nil") and other.name in (self.name, "mixed")


INT, FLOAT, BOOL, NIL = Kind("int"), Kind("float"), Kind("bool"), Kind("nil")
ANY, MIXED = Kind("any"), Kind("mixed")
LIST = Kind("list", MIXED)
_ROUNDING = frozenset({"ceil", "floor", "round", "float", "int"})


def of_unary(operator: str, kind: Kind) -> Kind:
    """Of `!a`, `-a`, `+a`."""
    if operator in ("!", "not"):
        if kind == BOOL or kind.open:
            return BOOL
    elif kind.number or kind.open:
        return kind if kind.number else ANY
    raise FormulaInvalid(f"{operator} does not go with {kind.name}")


def of_binary(operator: str, left: Kind, right: Kind) -> Kind:
    """Of two values and what is between them."""
    if operator == "??":
        return _of_coalesced(left, right)
    if operator in ("==", "!="):
        loose = {left.name, right.name} & {"any", "mixed", "nil"}
        if loose or (left.number and right.number) or left.fits(right):
            return BOOL
    elif operator in ("and", "or", "&&", "||"):
        if all(kind == BOOL or kind.open for kind in (left, right)):
            return BOOL
    elif _countable(operator, left) and _countable(operator, right):
        return _of_numbers(operator, left, right)
    raise FormulaInvalid(f"{operator} does not go with {left.name} and {right.name}")


def _countable(operator: str, kind: Kind) -> bool:
    return kind.open or kind == INT or (operator != "%" and kind.number)


def _of_numbers(operator: str, left: Kind, right: Kind) -> Kind:
    if operator in ("<", ">", "<=", ">="):
        return BOOL
    if operator in ("/", "**", "^"):
        return FLOAT
    if operator == "%":
        return INT
    if left.open or right.open:
        return ANY
    return FLOAT if FLOAT in (left, right) else INT


def _of_coalesced(left: Kind, right: Kind) -> Kind:
    if left == NIL or right == NIL:
        return right if left == NIL else left
    return left if right.fits(left) else ANY


def of_conditional(condition: Kind, yes: Kind, no: Kind) -> Kind:
    """Of `condition ? yes : no`."""
    if condition != BOOL and not condition.open:
        raise FormulaInvalid(f"a condition is true or false, not {condition.name}")
    if yes == NIL or no == NIL:
        return no if yes == NIL else yes
    if not yes.fits(no):
        return ANY
    return yes if yes == no or no == MIXED else LIST


def of_items(kinds: list[Kind]) -> Kind:
    """Of `[a, b]`."""
    same = len({kind.name for kind in kinds}) == 1
    return Kind("list", kinds[-1]) if same else LIST


def of_call(function: str, kinds: list[Kind]) -> Kind:
    """Of a function without predicate."""
    if function in ("max", "min", "mean", "median"):
        return _of_aggregate(function, kinds)
    if function not in (*_ROUNDING, "abs", "len"):
        raise FormulaInvalid(f"unknown function {function}")
    if len(kinds) != 1:
        raise FormulaInvalid(f"{function} takes one value, got {len(kinds)}")
    kind = kinds[0]
    listed = function == "len" and kind.name == "list"
    if not (listed or kind.open or (function != "len" and kind.number)):
        raise FormulaInvalid(f"{function} does not go with {kind.name}")
    if function == "abs":
        return kind if kind.number else MIXED
    return INT if function in ("len", "int") else FLOAT


def _of_aggregate(function: str, kinds: list[Kind]) -> Kind:
    if not kinds:
        raise FormulaInvalid(f"{function} of nothing")
    for kind in kinds:
        if kind.open or kind.name == "list":
            return MIXED
        if not kind.number:
            raise FormulaInvalid(f"{function} does not go with {kind.name}")
    return kinds[0]


def of_element(function: str, kind: Kind) -> Kind:
    """Of the elements of what `count` or `sum` is asked about."""
    if kind.open:
        return ANY
    if kind.name != "list" or kind.element is None:
        raise FormulaInvalid(f"{function} takes a list, not {kind.name}")
    return kind.element


def expect_predicate(function: str, kind: Kind) -> None:
    """Refuses what a predicate of `count` or `sum` can't say."""
    if kind == NIL or (function == "count" and kind != BOOL and not kind.open):
        raise FormulaInvalid(f"the predicate of {function} can't be {kind.name}")
