"""What a policy asks for while an alert fires."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema

from bridge.policy.part import Part

_MOST = 100_000
_RELATIVE = re.compile(r"\+([1-9][0-9]{0,3})%")
_EXPECTED = f"expected a count from 1 to {_MOST}, or a raise such as '+50%'"


def _minimum(value: object) -> int | str:
    if isinstance(value, str) and _RELATIVE.fullmatch(value):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _MOST:
        return value
    raise ValueError(f"{_EXPECTED}, not {value!r}")


Minimum = Annotated[
    int | str,
    BeforeValidator(_minimum),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 1, "maximum": _MOST},
                {"type": "string", "pattern": f"^{_RELATIVE.pattern}$"},
            ]
        }
    ),
]


class AlertRule(Part):
    """An alert with all these labels wakes the policy at once, and may hold a minimum."""

    match: dict[str, str] = Field(min_length=1)
    min_replicas: Minimum | None = Field(
        None,
        description="held while the alert fires: a count, or a raise such as '+50%' of the count "
        "that was committed when it began to fire",
    )

    def matches(self, labels: dict[str, str]) -> bool:
        """Whether an alert with these labels is meant."""
        return self.match.items() <= labels.items()

    @property
    def percent(self) -> int | None:
        """The raise in percent; None where a count is given, or nothing."""
        found = _RELATIVE.fullmatch(str(self.min_replicas))
        return int(found[1]) if found else None
