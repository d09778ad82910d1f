"""What can be wrong with a formula."""

from __future__ import annotations


class FormulaInvalid(ValueError):
    """It can't be read, names what isn't there, or mixes what doesn't go together."""


class FormulaFailed(ValueError):
    """It can't be calculated with these values."""
