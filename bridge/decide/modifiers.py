"""KEDA's scalingModifiers: one value made of all metrics by a formula.

Source: kedacore/keda pkg/scaling/modifiers/formula.go and scaledobject_webhook.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bridge.decide.activation import is_active
from bridge.decide.fallback import Fallback
from bridge.errors import MetricsUnavailable
from bridge.formula.composite import composed
from bridge.formula.errors import FormulaFailed, FormulaInvalid


@dataclass(frozen=True, slots=True)
class Composite:
    """What the formula came to."""

    milli: int
    active: bool


@dataclass(frozen=True, slots=True)
class ScalingModifiers:
    """A formula over metrics, and what its value shall be per replica or altogether."""

    formula: str
    names: tuple[str, ...]
    target: float
    activation_target: float = 0

    def composite(
        self,
        values: Mapping[str, float],
        fallback: Fallback | None = None,
        failures: Mapping[str, int] | None = None,
    ) -> Composite:
        """The formula's value; metrics that failed for too long may be nil to it.

        Raises:
            FormulaInvalid: it can't be calculated with any values.
            MetricsUnavailable: it can't be with these.
        """
        if not self.target > 0:
            raise FormulaInvalid(f"the target has to be above 0, not {self.target:g}")
        nils = _nil_names(fallback, failures or {})
        seen = {name: None if name in nils else value for name, value in values.items()}
        try:
            value = composed(self.formula, self.names).value(seen)
        except FormulaFailed as error:
            raise MetricsUnavailable(f"formula: {error}") from error
        if value is None and fallback is not None:
            value = fallback.replicas * self.target
        if not isinstance(value, float):
            raise MetricsUnavailable(f"formula: expected a number, got {value}")
        return Composite(_truncated_milli(value), is_active(value, self.activation_target))


def _truncated_milli(value: float) -> int:
    """Thousandths, cut off; of what 64 bits can't hold, KEDA makes the least count of all."""
    thousandths = value * 1000
    if not abs(thousandths) < 2.0**63:
        raise MetricsUnavailable(f"formula: expected a finite number, got {value:g}")
    return int(thousandths)


def _nil_names(fallback: Fallback | None, failures: Mapping[str, int]) -> frozenset[str]:
    if fallback is None or fallback.behavior != "scalingModifiers":
        return frozenset()
    return frozenset(n for n, count in failures.items() if count > fallback.failure_threshold)
