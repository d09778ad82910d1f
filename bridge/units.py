"""Durations, quantities and percentages as Prometheus and Kubernetes write them."""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Decimal
from fractions import Fraction
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

_LONGEST_S = 10 * 365 * 86400  # ten years
_LARGEST = 2**63 - 1  # what a Kubernetes quantity can hold

_UNIT_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_PART = r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)"
_DURATION = re.compile(f"(?:{_PART})+")

_SUFFIX = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "": Decimal(1),
    **{s: Decimal(10) ** (3 * i) for i, s in enumerate(("k", "M", "G", "T", "P", "E"), start=1)},
    **{f"{s}i": Decimal(1024) ** i for i, s in enumerate("KMGTPE", start=1)},
}
_PERCENT = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)%")
_QUANTITY = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?)([KMGTPE]i|[numkMGTPE]?)")


def parse_duration(value: object) -> float:
    """Seconds, from `15s`, `1h30m`, `500ms` or a bare number of seconds."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _bounded(value)
    text = str(value).strip()
    if not _DURATION.fullmatch(text):
        raise ValueError(f"{value!r} is not a duration such as 500ms, 15s, 5m or 1h30m")
    return _bounded(sum(float(n) * _UNIT_S[unit] for n, unit in re.findall(_PART, text)))


def _bounded(seconds: float) -> float:
    if not 0 <= seconds <= _LONGEST_S:
        raise ValueError(f"a duration can't be {seconds} s: at least 0, at most ten years")
    return float(seconds)


def parse_quantity(value: object) -> Decimal:
    """The number that a Kubernetes quantity (`100`, `250m`, `1.5k`, `2Gi`) stands for."""
    match = _QUANTITY.fullmatch(str(value).strip())
    if isinstance(value, bool) or not match:
        raise ValueError(f"{value!r} is not a quantity such as 100, 250m, 1.5k or 2Gi")
    quantity = Decimal(match[1]) * _SUFFIX[match[2]]
    if abs(quantity) > _LARGEST:
        raise ValueError(f"{value!r} is more than a quantity can hold, {_LARGEST}")
    return quantity


def milli(quantity: Decimal) -> int:
    """Thousandths, rounded up as Kubernetes' Quantity.MilliValue does."""
    return int((quantity * 1000).to_integral_value(ROUND_CEILING))


def parse_percent(value: object) -> Fraction:
    """The share that a percentage stands for: `150%` is 3/2."""
    match = _PERCENT.fullmatch(str(value).strip())
    if not match:
        raise ValueError(f"{value!r} is not a percentage such as 50% or 100%")
    return Fraction(match[1]) / 100


def plain(thousandths: float) -> str:
    """A number of thousandths as people write it: 1500 -> `1.5`, 7000 -> `7`."""
    return f"{thousandths / 1000:.3f}".rstrip("0").rstrip(".")


def short_duration(seconds: float) -> str:
    """A time span as people say it, in its two largest units: `45s`, `12m`, `1h30m`, `2d4h`."""
    left, parts = round(seconds), []
    for unit in ("d", "h", "m", "s"):
        count, left = divmod(left, int(_UNIT_S[unit]))
        if count:
            parts.append(f"{count}{unit}")
        elif parts:
            break
    return "".join(parts[:2]) or "0s"


Duration = Annotated[
    float,
    BeforeValidator(parse_duration),
    WithJsonSchema(
        {
            "anyOf": [{"type": "string", "pattern": f"^(?:{_PART})+$"}, {"type": "number"}],
            "description": "a duration such as 500ms, 15s, 5m or 1h30m; a bare number is seconds",
        }
    ),
]

Percent = Annotated[
    Fraction,
    BeforeValidator(parse_percent),
    PlainSerializer(lambda share: f"{float(share * 100):g}%", return_type=str),
    WithJsonSchema({"type": "string", "pattern": f"^{_PERCENT.pattern}$"}),
]

Quantity = Annotated[
    Decimal,
    BeforeValidator(parse_quantity),
    PlainSerializer(str),
    WithJsonSchema(
        {
            "anyOf": [{"type": "string"}, {"type": "number"}],
            "description": "a Kubernetes quantity such as 100, 250m, 1.5k or 2Gi",
        }
    ),
]
