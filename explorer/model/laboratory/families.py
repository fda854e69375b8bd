"""Named families of points: for each F(m, r) the m + r − 1 of one family, or None where it has not so many.

accurate, usual, wincnn, whole   the presets of `derivation.presets`
chebyshev   cos((2k + 1)π/2n), the zeros of the Chebyshev polynomial of degree n = m + r − 2, to the nearest sixteenth,
            or a smaller part that tells them apart; ∞ goes with them. On an interval they are the best for
            interpolation; a fast filter also has powers of them. Finer fractions would make its constants so large and
            so small that float32 cannot hold the products
typed       the first m + r − 2 finite points of a list, and ∞
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import cos, pi
from typing import Literal, get_args

from explorer.model.derivation.presets import presets
from explorer.model.derivation.problem import Point

__all__ = ["FAMILIES", "Family", "chebyshev", "points_of"]

Family = Literal["accurate", "usual", "wincnn", "whole", "chebyshev", "typed", "found"]
FAMILIES: tuple[Family, ...] = get_args(Family)
"""`found` are the sets that a search kept; they belong to one size each."""

_PARTS = 16
_MOST = 24
"""Zeros that are told apart."""


def chebyshev(count: int) -> tuple[Fraction, ...]:
    """The zeros of T_n as fractions, from the smallest on; ValueError where there are none or too many."""
    if not 1 <= count <= _MOST:
        raise ValueError(f"{count} zeros, not 1 to {_MOST}")
    zeros = [cos((2 * k + 1) * pi / (2 * count)) for k in range(count)]
    parts = _PARTS
    while len(found := {Fraction(round(each * parts), parts) for each in zeros}) < count:
        parts *= 2
    return tuple(sorted(found, key=lambda point: (abs(point), point < 0)))


def points_of(family: Family, m: int, r: int, typed: Sequence[Point] = ()) -> tuple[Point, ...] | None:
    """The points for F(m, r), ∞ last; None where the family has none for it."""
    count = m + r - 2
    if count < 1:
        return None
    if family == "chebyshev":
        return (*chebyshev(count), "inf") if count <= _MOST else None
    if family == "typed":
        finite = [point for point in typed if not isinstance(point, str)]
        return (*finite[:count], "inf") if len(finite) >= count else None
    try:
        known = presets(m, r)
    except ValueError:
        return None
    return next((each.points for each in known if each.key == family), None)
