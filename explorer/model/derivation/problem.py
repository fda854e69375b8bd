"""What can be derived: a question is a frozen value, and `subjects.derive` answers it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from explorer.ops.exact import fitting
from kernels.algebra.filter_form import Place
from kernels.algebra.polynomial import Polynomial

LinearMethod = Literal[
    "cook-toom", "modified-cook-toom", "winograd", "modified-winograd", "iterated", "cyclic", "inspection"
]
"""How a convolution is made fast; see docs/conventions.md."""

Point = fitting.Point
Fractions = Place
"""Where the fractions of an algorithm live: in one of its matrices, or apart as a vector f."""


@dataclass(frozen=True, slots=True)
class Divide:
    """a = q·b + r."""

    a: Polynomial
    b: Polynomial
    variable: str = "x"


@dataclass(frozen=True, slots=True)
class Gcd:
    """s·a + t·b = gcd(a, b)."""

    a: Polynomial
    b: Polynomial
    variable: str = "x"


@dataclass(frozen=True, slots=True)
class IntegerRemainders:
    """x ≡ residue_i (mod modulus_i), in integers."""

    residues: tuple[int, ...]
    moduli: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PolynomialRemainders:
    """a(x) ≡ residue_i (mod modulus_i), in polynomials over Q."""

    residues: tuple[Polynomial, ...]
    moduli: tuple[Polynomial, ...]
    variable: str = "x"


@dataclass(frozen=True, slots=True)
class Convolution:
    """s = h·x, the linear convolution of `n` taps and `l` samples (cyclic: both of length n).

    points    for the Cook-Toom methods; empty for the usual ones
    moduli    for the Winograd methods; empty for the usual ones. Infinity belongs to the method, not to the list
    """

    n: int
    l: int  # noqa: E741 - the letter of the literature
    method: LinearMethod
    points: tuple[Fraction, ...] = ()
    moduli: tuple[Polynomial, ...] = ()


@dataclass(frozen=True, slots=True)
class Filter:
    """F(m, r): m outputs of a filter with r taps, y_j = Σ_k g_k d_{j+k}.

    points    m + r − 1 of them, ∞ last where it is one; empty for the usual ones
    moduli    in place of points, each polynomial once; ∞ is added where their degrees leave room for one
    """

    m: int
    r: int
    points: tuple[Point, ...] = ()
    moduli: tuple[Polynomial, ...] = ()
    fractions: Fractions = "G"
    across: tuple[int, int] | None = None
    """m' and r' of the second direction for a nested algorithm, with the usual points; None for one direction."""


Problem = Divide | Gcd | IntegerRemainders | PolynomialRemainders | Convolution | Filter
