"""Matrices of F(m, r) as others print them, to compare with. A test proves each of them.

wincnn         A. Lavin, github.com/andravin/wincnn, README: points 0, 1, −1, then 2, −2, then ½, −½; ∞ last
Lavin & Gray   Fast Algorithms for Convolutional Neural Networks, arXiv 1509.09308, section 4
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from kernels.algebra.bilinear import FilterAlgorithm
from kernels.algebra.matrix import Matrix, matrix

__all__ = ["PUBLISHED", "Published", "published"]


@dataclass(frozen=True, slots=True)
class Published:
    """A set of matrices and where it stands."""

    source: str
    algorithm: FilterAlgorithm


def published(m: int, r: int) -> tuple[Published, ...]:
    """The known sets for F(m, r)."""
    return tuple(each for each in PUBLISHED if (each.algorithm.m, each.algorithm.r) == (m, r))


def _read(text: str) -> Matrix:
    """Rows apart by semicolons."""
    return matrix([Fraction(entry) for entry in row.split()] for row in text.split(";"))


def _set(source: str, AT: str, G: str, BT: str) -> Published:
    return Published(source, FilterAlgorithm(_read(AT), _read(G), _read(BT)))


_G_2_3 = "1 0 0; 1/2 1/2 1/2; 1/2 -1/2 1/2; 0 0 1"
_AT_4_3 = "1 1 1 1 1 0; 0 1 -1 2 -2 0; 0 1 1 4 4 0; 0 1 -1 8 -8 1"
_G_4_3 = "1/4 0 0; -1/6 -1/6 -1/6; -1/6 1/6 -1/6; 1/24 1/12 1/6; 1/24 -1/12 1/6; 0 0 1"
_BT_4_3 = "4 0 -5 0 1 0; 0 -4 -4 1 1 0; 0 4 -4 -1 1 0; 0 -2 -1 2 1 0; 0 2 -1 -2 1 0; 0 4 0 -5 0 1"

PUBLISHED = (
    _set("wincnn", "1 1 1 0; 0 1 -1 1", _G_2_3, "1 0 -1 0; 0 1 1 0; 0 -1 1 0; 0 -1 0 1"),
    _set("Lavin & Gray", "1 1 1 0; 0 1 -1 -1", _G_2_3, "1 0 -1 0; 0 1 1 0; 0 -1 1 0; 0 1 0 -1"),
    _set(
        "Lavin & Gray",
        "1 1 1 0; 0 1 -1 0; 0 1 1 1",
        "1 0; 1/2 1/2; 1/2 -1/2; 0 1",
        "1 0 -1 0; 0 1 1 0; 0 -1 1 0; 0 -1 0 1",
    ),
    _set("wincnn", _AT_4_3, _G_4_3, _BT_4_3),
    _set("Lavin & Gray", _AT_4_3, _G_4_3, _BT_4_3),
    _set(
        "wincnn",
        "1 1 1 1 1 1 1 0; 0 1 -1 2 -2 1/2 -1/2 0; 0 1 1 4 4 1/4 1/4 0; 0 1 -1 8 -8 1/8 -1/8 0;"
        "0 1 1 16 16 1/16 1/16 0; 0 1 -1 32 -32 1/32 -1/32 1",
        "1 0 0; -2/9 -2/9 -2/9; -2/9 2/9 -2/9; 1/90 1/45 2/45; 1/90 -1/45 2/45; 32/45 16/45 8/45;"
        "32/45 -16/45 8/45; 0 0 1",
        "1 0 -21/4 0 21/4 0 -1 0; 0 1 1 -17/4 -17/4 1 1 0; 0 -1 1 17/4 -17/4 -1 1 0; 0 1/2 1/4 -5/2 -5/4 2 1 0;"
        "0 -1/2 1/4 5/2 -5/4 -2 1 0; 0 2 4 -5/2 -5 1/2 1 0; 0 -2 4 5/2 -5 -1/2 1 0; 0 -1 0 21/4 0 -21/4 0 1",
    ),
)
