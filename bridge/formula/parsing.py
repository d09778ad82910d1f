"""From text to nodes, by the precedences of github.com/expr-lang/expr (parser/parser.go)."""

from __future__ import annotations

from bridge.formula.errors import FormulaInvalid
from bridge.formula.nodes import (
    Binary,
    Call,
    Conditional,
    Constant,
    Item,
    Items,
    Let,
    Name,
    Node,
    Unary,
)
from bridge.formula.tokens import Token, number, tokens

_PREFIXES = {"not": 50, "!": 50, "-": 90, "+": 90}
_PRECEDENCE = {
    **dict.fromkeys(("or", "||"), 10),
    **dict.fromkeys(("and", "&&"), 15),
    **dict.fromkeys(("==", "!=", "<", ">", ">=", "<="), 20),
    **dict.fromkeys(("+", "-"), 30),
    **dict.fromkeys(("*", "/", "%"), 60),
    **dict.fromkeys(("**", "^"), 100),
    "??": 500,
}
_RIGHT = frozenset({"**", "^"})
_COMPARISONS = frozenset({"<", ">", ">=", "<="})
_CONSTANTS = {"true": True, "false": False, "nil": None}
_PREDICATES = frozenset({"count", "sum"})
_DEEPEST = 60
_LONGEST = 4000


def parsed(text: str) -> Node:
    """The formula's tree.

    Raises:
        FormulaInvalid: it doesn't read as one.
    """
    if len(text) > _LONGEST:
        raise FormulaInvalid(f"over {_LONGEST} characters")
    parser = _Parser(tokens(text))
    node = parser.sequence()
    parser.expect("the end")
    return node


class _Parser:
    def __init__(self, words: list[Token]) -> None:
        self._words = words
        self._place = 0
        self._depth = 0
        self._predicates = 0

    @property
    def _now(self) -> Token:
        return self._words[self._place]

    def _next(self) -> Token:
        token = self._now
        self._place = min(self._place + 1, len(self._words) - 1)
        return token

    def _is(self, text: str) -> bool:
        return self._now.kind != "number" and self._now.text == text

    def _took(self, text: str) -> bool:
        if self._is(text):
            self._next()
            return True
        return False

    def expect(self, text: str) -> None:
        if not self._took(text):
            raise FormulaInvalid(f"expected {text!r}, got {self._now.text!r}")

    def sequence(self) -> Node:
        """One expression; of several (`a; b`) the last counts."""
        node = self._expression(0)
        while self._took(";"):
            if self._now.kind == "end":
                break
            node = self._expression(0)
        return node

    def _expression(self, least: int) -> Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise FormulaInvalid(f"nested more than {_DEEPEST} deep")
        if least == 0 and self._took("let"):
            node = self._declaration()
        else:
            node = self._binaries(self._primary(), least)
            if least == 0:
                node = self._conditional(node)
        self._depth -= 1
        return node

    def _declaration(self) -> Node:
        name = self._next()
        if name.kind != "name":
            raise FormulaInvalid(f"expected a name after let, got {name.text!r}")
        self.expect("=")
        value = self._expression(0)
        self.expect(";")
        return Let(name.text, value, self.sequence())

    def _binaries(self, left: Node, least: int) -> Node:
        before = ""
        while self._now.kind == "operator":
            operator = self._now.text
            if operator == "not":
                raise FormulaInvalid("unexpected 'not'")
            precedence = _PRECEDENCE.get(operator, -1)
            if precedence < least:
                break
            self._next()
            if before == "??" and operator != "??":
                raise FormulaInvalid(f"?? and {operator} need brackets around either")
            left = self._binary(left, operator, precedence)
            before = operator
        return left

    def _binary(self, left: Node, operator: str, precedence: int) -> Node:
        if operator in _COMPARISONS:
            return self._comparison(left, operator, precedence)
        above = precedence if operator in _RIGHT else precedence + 1
        return Binary(operator, left, self._expression(above))

    def _comparison(self, left: Node, operator: str, precedence: int) -> Node:
        """`a < b < c` means `a < b && b < c`."""
        right = self._expression(precedence + 1)
        node: Node = Binary(operator, left, right)
        while self._now.kind == "operator" and self._now.text in _COMPARISONS:
            operator, left = self._next().text, right
            right = self._expression(precedence + 1)
            node = Binary("&&", node, Binary(operator, left, right))
        return node

    def _conditional(self, node: Node) -> Node:
        while self._took("?"):
            if self._took(":"):
                node = Conditional(node, node, self._expression(0))
                continue
            yes = self._expression(0)
            self.expect(":")
            node = Conditional(node, yes, self._expression(0))
        return node

    def _primary(self) -> Node:
        token = self._next()
        if token.kind == "operator" and token.text in _PREFIXES:
            return Unary(token.text, self._expression(_PREFIXES[token.text]))
        if token.kind == "number":
            return Constant(number(token.text))
        if token.kind == "name":
            return self._named(token.text)
        if token.text == "#" and self._predicates:
            return Item()
        if token.text == "(":
            node = self.sequence()
            self.expect(")")
            return node
        if token.text == "[":
            return Items(self._listed("]"))
        raise FormulaInvalid(f"unexpected {token.text!r}")

    def _named(self, name: str) -> Node:
        if name in _CONSTANTS:
            return Constant(_CONSTANTS[name])
        if not self._took("("):
            return Name(name)
        if name in _PREDICATES:
            return self._counting(name)
        return Call(name, self._listed(")"))

    def _counting(self, name: str) -> Node:
        collection = self._expression(0)
        predicate = None
        if not self._is(")"):
            self.expect(",")
            predicate = None if self._is(")") else self._predicate()
        self._took(",")
        self.expect(")")
        return Call(name, (collection,), predicate)

    def _predicate(self) -> Node:
        self._predicates += 1
        braced = self._took("{")
        node = self.sequence() if braced else self._expression(0)
        if braced:
            self.expect("}")
        self._predicates -= 1
        return node

    def _listed(self, end: str) -> tuple[Node, ...]:
        nodes: list[Node] = []
        while not self._took(end):
            if nodes:
                self.expect(",")
                if self._took(end):
                    break
            nodes.append(self._expression(0))
        return tuple(nodes)
