"""What a formula is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Constant:
    """A number, true, false or nil; integers and doubles are told apart."""

    value: int | float | bool | None


@dataclass(frozen=True, slots=True)
class Name:
    """A trigger or a variable."""

    name: str


@dataclass(frozen=True, slots=True)
class Item:
    """`#`: the element that a predicate looks at."""


@dataclass(frozen=True, slots=True)
class Unary:
    """`-a`, `+a`, `!a`."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Binary:
    """`a + b` and its like."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Conditional:
    """`condition ? yes : no`."""

    condition: Node
    yes: Node
    no: Node


@dataclass(frozen=True, slots=True)
class Items:
    """`[a, b]`."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A function; `predicate` is asked of each element of the first argument."""

    function: str
    arguments: tuple[Node, ...]
    predicate: Node | None = None


@dataclass(frozen=True, slots=True)
class Let:
    """`let name = value; body`."""

    name: str
    value: Node
    body: Node


Node: TypeAlias = Constant | Name | Item | Unary | Binary | Conditional | Items | Call | Let
