"""Fields of a foreign document: read one by one, so that what nobody read can be named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from bridge.documents import Document, Place
from bridge.policy.importing.finding import Finding, Level
from bridge.units import parse_quantity

_Value = TypeVar("_Value")
_TRUE = ("1", "t", "T", "TRUE", "true", "True")
_FALSE = ("0", "f", "F", "FALSE", "false", "False")
_KINDS = {"dict": "a mapping", "list": "a list"}


@dataclass(slots=True)
class Fields:
    """The fields below a place; a value of the wrong kind is refused and reads as absent."""

    document: Document
    place: Place
    data: dict[str, Any]
    findings: list[Finding]
    _read: set[str] = field(default_factory=set)

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self.data.get(name) is not None

    def was_read(self, name: str) -> bool:
        """Whether anybody asked for it."""
        return name in self._read

    def raw(self, name: str) -> Any:
        """The value as it stands; None where there is none."""
        self._read.add(name)
        return self.data.get(name)

    def text(self, name: str) -> str | None:
        """A plain text or number, as text."""
        return self._as(name, _text)

    def number(self, name: str) -> int | None:
        """A whole number, quoted or not."""
        return self._as(name, _whole)

    def quantity(self, name: str) -> int | str | None:
        """A Kubernetes quantity as it is written; a whole number without its quotes."""
        return self._as(name, _quantity)

    def flag(self, name: str) -> bool | None:
        """True or false as Go's ParseBool reads them, quoted or not."""
        return self._as(name, _flag)

    def below(self, name: str) -> Fields:
        """The fields of a mapping; an absent one has none."""
        value = self.raw(name)
        if value is not None and not isinstance(value, dict):
            self.refuse(name, f"expected a mapping, not {_shown(value)}")
            value = None
        return Fields(self.document, (*self.place, name), value or {}, self.findings)

    def each(self, name: str) -> Iterator[Fields]:
        """The mappings of a list, in order."""
        value = self.raw(name)
        if value is not None and not isinstance(value, list):
            self.refuse(name, f"expected a list, not {_shown(value)}")
            value = None
        for position, item in enumerate(value or []):
            place = (*self.place, name, position)
            if isinstance(item, dict):
                yield Fields(self.document, place, item, self.findings)
            else:
                self.refuse(f"{name}.{position}", f"expected a mapping, not {_shown(item)}")

    def required(self, name: str, value: _Value | None) -> _Value | None:
        """Refuses the absence of a value that was read; a wrong kind was refused before."""
        if value is None and not self.has(name):
            self.refuse(name, "required, but missing")
        return value

    def refuse(self, name: str, why: str, skeleton: str = "") -> None:
        """No policy can be made because of this field."""
        self._tell("refused", name, why, skeleton)

    def ignore(self) -> None:
        """Nothing here is to be named."""
        self._read.update(self.data)

    def warn(self, name: str, why: str) -> None:
        """The field is left behind, and the policy is right without it."""
        self._tell("warning", name, why)

    def assume(self, name: str, why: str) -> None:
        """The field is carried over in a way that its owner should know of."""
        self._tell("assumed", name, why)

    def name_unread(self, why: str) -> None:
        """Warns of each field that nobody read."""
        for name in self.data:
            if not self.was_read(name) and self.has(name):
                self.warn(str(name), why)

    def _tell(self, level: Level, name: str, why: str, skeleton: str = "") -> None:
        self._read.add(name.partition(".")[0])
        parts = [int(part) if part.isdecimal() else part for part in name.split(".") if part]
        place = (*self.place, *((name,) if name in self.data else parts))
        dotted = ".".join(str(part) for part in place) or "document"
        line = self.document.line(place)
        self.findings.append(Finding(level, self.document.name, line, dotted, why, skeleton))

    def _as(self, name: str, read: Callable[[Any], _Value]) -> _Value | None:
        value = self.raw(name)
        if value is None:
            return None
        try:
            return read(value)
        except (TypeError, ValueError) as error:
            self.refuse(name, str(error))
            return None


def _text(value: Any) -> str:
    if isinstance(value, dict | list):
        raise TypeError(f"expected text, not {_shown(value)}")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _whole(value: Any) -> int:
    text = str(value).strip()
    if isinstance(value, bool) or not text.removeprefix("-").isdecimal() or not text.isascii():
        raise ValueError(f"expected a whole number, not {_shown(value)}")
    return int(text)


def _quantity(value: Any) -> int | str:
    quantity, text = parse_quantity(value), str(value).strip()
    whole = quantity == quantity.to_integral_value()
    return int(quantity) if whole and not text[-1].isalpha() else text


def _flag(value: Any) -> bool:
    text = _text(value)
    if text not in _TRUE and text not in _FALSE:
        raise ValueError(f"expected true or false, not {text!r}")
    return text in _TRUE


def _shown(value: Any) -> str:
    return _KINDS.get(type(value).__name__) or repr(value)[:100]
