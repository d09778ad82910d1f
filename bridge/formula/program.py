"""A formula that was checked as a whole, ready to be calculated with values.

The language is that of github.com/expr-lang/expr, as far as formulas over metrics need it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from bridge.formula import functions, kinds, nodes
from bridge.formula.errors import FormulaFailed, FormulaInvalid
from bridge.formula.kinds import Kind
from bridge.formula.parsing import parsed
from bridge.formula.values import Value, calculated, compared, equal, is_integer, negated, truth


@dataclass(frozen=True, slots=True)
class _Scope:
    names: Mapping[str, Value]
    item: Value = None


class _Step(NamedTuple):
    kind: Kind
    run: Callable[[_Scope], Value]


@dataclass(frozen=True, slots=True)
class Program:
    """What to do with the values of the names."""

    kind: Kind
    _run: Callable[[_Scope], Value]

    def value(self, names: Mapping[str, float | None]) -> Value:
        """The formula's value.

        Raises:
            FormulaFailed: it has none with these.
        """
        return self._run(_Scope(names))


def compiled(text: str, names: Iterable[str]) -> Program:
    """The formula over these names, each a double.

    Raises:
        FormulaInvalid: it can't be one.
    """
    step = _Compiler(dict.fromkeys(names, kinds.FLOAT)).step(parsed(text))
    return Program(step.kind, step.run)


@dataclass(frozen=True, slots=True)
class _Compiler:
    names: Mapping[str, Kind]
    item: Kind | None = None

    def step(self, node: nodes.Node) -> _Step:
        match node:
            case nodes.Constant(value):
                return _constant(value)
            case nodes.Name(name):
                return self._name(name)
            case nodes.Item():
                return _Step(self.item or kinds.ANY, lambda scope: scope.item)
            case nodes.Unary(operator, operand):
                return self._unary(operator, operand)
            case nodes.Binary(operator, left, right):
                return self._binary(operator, left, right)
            case _:
                return self._compound(node)

    def _compound(self, node: nodes.Conditional | nodes.Items | nodes.Call | nodes.Let) -> _Step:
        match node:
            case nodes.Conditional(condition, yes, no):
                return self._conditional(condition, yes, no)
            case nodes.Items(elements):
                steps = [self.step(item) for item in elements]
                kind = kinds.of_items([step.kind for step in steps])
                return _Step(kind, lambda scope: [step.run(scope) for step in steps])
            case nodes.Let(name, value, body):
                return self._let(name, value, body)
            case nodes.Call("count" | "sum", (collection,), predicate):
                return self._over(node.function, collection, predicate)
            case nodes.Call(function, arguments):
                return self._call(function, arguments)

    def _name(self, name: str) -> _Step:
        if name not in self.names:
            raise FormulaInvalid(f"unknown name {name}")
        return _Step(self.names[name], lambda scope: scope.names.get(name))

    def _unary(self, operator: str, operand: nodes.Node) -> _Step:
        of = self.step(operand)
        kind = kinds.of_unary(operator, of.kind)
        if kind == kinds.BOOL:
            return _Step(kind, lambda scope: not truth(of.run(scope)))
        return _Step(kind, lambda scope: negated(operator, of.run(scope)))

    def _binary(self, operator: str, first: nodes.Node, second: nodes.Node) -> _Step:
        left, right = self.step(first), self.step(second)
        kind = kinds.of_binary(operator, left.kind, right.kind)
        if operator == "??":
            return _Step(kind, lambda scope: _first_known(left.run(scope), right, scope))
        if operator in ("and", "&&"):
            return _Step(kind, lambda s: truth(left.run(s)) and truth(right.run(s)))
        if operator in ("or", "||"):
            return _Step(kind, lambda s: truth(left.run(s)) or truth(right.run(s)))
        if operator in ("==", "!="):
            return _equality(operator, left, right)
        calculate = compared if kind == kinds.BOOL else calculated
        return _Step(kind, lambda s: calculate(operator, left.run(s), right.run(s)))

    def _conditional(self, first: nodes.Node, second: nodes.Node, third: nodes.Node) -> _Step:
        condition, yes, no = self.step(first), self.step(second), self.step(third)
        kind = kinds.of_conditional(condition.kind, yes.kind, no.kind)
        return _Step(kind, lambda s: (yes if truth(condition.run(s)) else no).run(s))

    def _let(self, name: str, given: nodes.Node, rest: nodes.Node) -> _Step:
        if name in self.names:
            raise FormulaInvalid(f"{name} is given twice")
        value = self.step(given)
        body = replace(self, names={**self.names, name: value.kind}).step(rest)

        def run(scope: _Scope) -> Value:
            return body.run(replace(scope, names={**scope.names, name: value.run(scope)}))

        return _Step(body.kind, run)

    def _call(self, function: str, arguments: Iterable[nodes.Node]) -> _Step:
        steps = [self.step(argument) for argument in arguments]
        kind = kinds.of_call(function, [step.kind for step in steps])
        return _Step(kind, lambda s: functions.call(function, [step.run(s) for step in steps]))

    def _over(self, function: str, over: nodes.Node, predicate: nodes.Node | None) -> _Step:
        """`count` and `sum`, of the elements or of what a predicate says of each."""
        collection = self.step(over)
        element = kinds.of_element(function, collection.kind)
        each = _Step(element, lambda scope: scope.item)
        if predicate is not None:
            each = replace(self, item=element).step(predicate)
            kinds.expect_predicate(function, each.kind)
        add = _counted if function == "count" else _added

        def run(scope: _Scope) -> Value:
            total: Value = 0
            for item in functions.items(collection.run(scope)):
                total = add(total, each.run(replace(scope, item=item)))
            return total

        return _Step(kinds.INT if function == "count" else each.kind, run)


def _constant(value: Value) -> _Step:
    if value is None:
        return _Step(kinds.NIL, lambda _: None)
    if isinstance(value, bool):
        return _Step(kinds.BOOL, lambda _: value)
    return _Step(kinds.INT if is_integer(value) else kinds.FLOAT, lambda _: value)


def _first_known(value: Value, otherwise: _Step, scope: _Scope) -> Value:
    return otherwise.run(scope) if value is None else value


def _equality(operator: str, left: _Step, right: _Step) -> _Step:
    wanted = operator == "=="
    strict = left.kind == right.kind == kinds.INT

    def run(scope: _Scope) -> Value:
        first, second = left.run(scope), right.run(scope)
        if strict and not (is_integer(first) and is_integer(second)):
            raise FormulaFailed(f"{operator} was to compare integers, got {first} and {second}")
        return equal(first, second) is wanted

    return _Step(kinds.BOOL, run)


def _counted(total: Value, value: Value) -> Value:
    return total + truth(value)


def _added(total: Value, value: Value) -> Value:
    return calculated("+", total, value)
