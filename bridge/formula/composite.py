"""A formula over metrics, as KEDA takes it.

Source: kedacore/keda apis/keda/v1alpha1/scaledobject_webhook.go.
"""

from __future__ import annotations

from functools import lru_cache

from bridge.formula.errors import FormulaFailed, FormulaInvalid
from bridge.formula.program import Program, compiled

_UNTRIED = -1.0


@lru_cache(maxsize=1024)
def composed(formula: str, names: tuple[str, ...]) -> Program:
    """The formula over the metrics, tried out with all of them at -1.

    Raises:
        FormulaInvalid: it isn't one, or fails so.
    """
    program = compiled(_as_double(formula), names)
    try:
        program.value(dict.fromkeys(names, _UNTRIED))
    except FormulaFailed as error:
        raise FormulaInvalid(f"fails with every metric at -1: {error}") from error
    return program


def _as_double(formula: str) -> str:
    """As KEDA wraps it, so that a whole number counts too and nil stays nil."""
    if "??" in formula:
        return f"let _composite = ({formula}); _composite == nil ? nil : float(_composite)"
    return formula if formula.startswith("float(") else f"float({formula})"
