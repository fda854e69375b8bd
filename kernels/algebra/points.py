"""Points for evaluation: small numbers first, since the entries of the matrices are their powers."""

from __future__ import annotations

from fractions import Fraction

__all__ = ["LARGEST", "usual_points"]

_SIZES = (
    "1",
    "2",
    "1/2",
    "4",
    "1/4",
    "3",
    "1/3",
    "3/2",
    "2/3",
    "4/3",
    "3/4",
    "8",
    "1/8",
    "5",
    "1/5",
    "6",
    "1/6",
    "5/2",
)
_POINTS = (Fraction(), *(sign * Fraction(size) for size in _SIZES for sign in (1, -1)))
LARGEST = len(_POINTS)
"""How many usual points there are."""


def usual_points(count: int) -> tuple[Fraction, ...]:
    """0, 1, −1, 2, −2, ½, −½, …: each with its negative, which shares half of its sums.

    The first seven are those of wincnn for F(2, 3), F(4, 3) and F(6, 3). ValueError where there are not so many.
    """
    if not 0 <= count <= LARGEST:
        raise ValueError(f"there are {LARGEST} usual points, not {count}")
    return _POINTS[:count]
