"""Points for evaluation: small numbers first, since the entries of the matrices are their powers."""

from __future__ import annotations

from fractions import Fraction
from math import gcd

__all__ = ["ACCURATE", "LARGEST", "usual_points"]

_HEIGHT = 6


def _sizes() -> list[Fraction]:
    """1, 2, ½, 4, ¼, 3, ⅓, then by height: max(numerator, denominator)."""
    first = [Fraction(size) for size in ("1", "2", "1/2", "4", "1/4", "3", "1/3")]
    made = []
    for height in range(2, _HEIGHT + 1):
        for other in range(1, height):
            if gcd(height, other) == 1:
                made += [Fraction(height, other), Fraction(other, height)]
    return first + [each for each in made if each not in first]


_POINTS = (Fraction(), *(sign * size for size in _sizes() for sign in (1, -1)))
LARGEST = len(_POINTS)
"""How many usual points there are."""

ACCURATE = tuple(map(Fraction, ("0", "-1", "1", "1/2", "-2", "-1/2", "2", "-1/4", "4")))
"""The first m + r − 2 of them, and infinity, make F(m, r) with the least error that is known: found for r = 3 and
m = 2 … 8 [Barabasz et al., arXiv 1803.10986]."""


def usual_points(count: int) -> tuple[Fraction, ...]:
    """0, 1, −1, 2, −2, ½, −½, …: each with its negative, with which it shares half of its sums.

    The first three, five and seven are those of wincnn for F(2, 3), F(4, 3) and F(6, 3). ValueError where there are
    not so many.
    """
    if not 0 <= count <= LARGEST:
        raise ValueError(f"there are {LARGEST} usual points, not {count}")
    return _POINTS[:count]
