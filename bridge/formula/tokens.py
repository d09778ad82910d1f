"""A formula's text in words, as github.com/expr-lang/expr reads it (parser/lexer)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from bridge.formula.errors import FormulaInvalid

TokenKind = Literal["number", "name", "operator", "bracket", "end"]
_WORDS = frozenset({"not", "or", "and", "let"})
_TOKEN = re.compile(
    r"""(?P<blank>\s+|//[^\n]*|/\*.*?\*/)
    |(?P<number>(?:0[xX][0-9a-fA-F_]*|0[oO][0-7_]*|0[bB][01_]*|[0-9][0-9_]*|(?=\.[0-9]))
        (?:\.(?!\.)[0-9_]*)?(?:[eE][+-]?[0-9_]*)?(?!\w))
    |(?P<name>[^\W\d]\w*)
    |(?P<operator>\*\*|&&|\|\||\?\?|==|!=|<=|>=|[-+*/%^<>!?:,;=|\#])
    |(?P<bracket>[()\[\]{}])""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A word, and what kind of word."""

    kind: TokenKind
    text: str


def tokens(text: str) -> list[Token]:
    """The words in order, with an `end`.

    Raises:
        FormulaInvalid: something is no word of the language.
    """
    found, place = [], 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise FormulaInvalid(f"{text[place : place + 20]!r} is not understood")
        place = match.end()
        if match.lastgroup != "blank":
            found.append(Token(_kind(match), match[0]))
    return [*found, Token("end", "the end")]


def _kind(match: re.Match[str]) -> TokenKind:
    if match["number"]:
        return "number"
    if match["name"] and match[0] not in _WORDS:
        return "name"
    return "bracket" if match["bracket"] else "operator"


def number(text: str) -> int | float:
    """A literal's value: an integer of 64 bits, or a double where it has a point or exponent.

    Raises:
        FormulaInvalid: neither.
    """
    digits = text.replace("_", "").lower()
    try:
        value = _number(digits)
    except ValueError as error:
        raise FormulaInvalid(f"{text!r} is not a number") from error
    if abs(value) > (2**63 - 1 if isinstance(value, int) else 1.7976931348623157e308):
        raise FormulaInvalid(f"{text!r} is too large")
    return value


def _number(digits: str) -> int | float:
    base = {"0x": 16, "0b": 2, "0o": 8}.get(digits[:2], 10)
    if base == 10 and ("." in digits or "e" in digits):
        return float(digits)
    return int(digits, base)
