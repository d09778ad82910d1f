"""Which minimum, maximum and idle count go together.

Source: kedacore/keda controllers/keda/hpa.go and apis/keda/v1alpha1/scaledobject_types.go.
"""

from __future__ import annotations


def hpa_bounds(least: int | None, most: int | None) -> tuple[int, int]:
    """The bounds of the HPA that KEDA makes: never below 1, 100 where no maximum is set."""
    return (least if least is not None and least > 0 else 1), (100 if most is None else most)


def bounds_valid(least: int | None, most: int | None, idle: int | None) -> bool:
    """Whether the minimum is within the maximum, and the idle count below the minimum."""
    low, high = hpa_bounds(least, most)
    effective = 0 if least is None else low
    return effective <= high and (idle is None or idle < effective)
