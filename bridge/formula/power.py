"""x**y as Go computes it (math/pow.go): its last bits differ from the C library's."""

from __future__ import annotations

import math

_MANY = 1 << 12


def power(base: float, exponent: float) -> float:
    """IEEE in the special cases, squarings and an exponential otherwise."""
    if exponent == 0 or base == 1:
        return 1.0
    if base == 0 or not (math.isfinite(base) and math.isfinite(exponent)):
        return _special(base, exponent)
    if abs(exponent) == 0.5 and base > 0:
        return math.sqrt(base) if exponent > 0 else 1 / math.sqrt(base)
    part, whole = math.modf(abs(exponent))
    if part and base < 0:
        return math.nan
    if whole >= 2.0**63:
        return _special(base, math.copysign(math.inf, exponent))
    return _by_squaring(base, exponent, whole, part)


def _by_squaring(base: float, exponent: float, whole: float, part: float) -> float:
    factor = 1.0
    if part:
        part, whole = (part - 1, whole + 1) if part > 0.5 else (part, whole)
        factor = math.exp(part * math.log(base))
    twos, left = 0, int(whole)
    square, square_twos = math.frexp(base)
    while left:
        if abs(square_twos) > _MANY:
            twos += square_twos
            break
        if left & 1:
            factor, twos = factor * square, twos + square_twos
        square, square_twos = square * square, square_twos * 2
        if square < 0.5:
            square, square_twos = square * 2, square_twos - 1
        left >>= 1
    if exponent < 0:
        factor, twos = 1 / factor, -twos
    try:
        return math.ldexp(factor, twos)
    except OverflowError:
        return math.copysign(math.inf, factor)


def _special(base: float, exponent: float) -> float:
    """0, infinities and NaN, where Python raises what Go returns."""
    try:
        return math.pow(base, exponent)
    except ValueError:
        odd = exponent % 2 == 1
        return math.copysign(math.inf, base) if odd else math.inf
