"""The Chinese remainder theorem, in the integers and for polynomials over Q.

    a ≡ c_i (mod m_i), i = 1 … k, the m_i coprime in pairs
    M = Π m_i;   M_i = M/m_i;   N_i·M_i + n_i·m_i = 1;   a = Σ c_i·N_i·M_i mod M

N_i and n_i are those of Euclid's algorithm: deg N_i < deg m_i, and in the integers |N_i| < m_i. The answer has a
degree less than deg M, or is in 0 … M − 1. Blahut, Fast Algorithms for Signal Processing, chapter 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import gcd as integer_gcd
from math import prod
from typing import Generic, TypeVar

from kernels.algebra.euclid import Euclid, euclid, gcd
from kernels.algebra.integers import IntegerEuclid, integer_euclid
from kernels.algebra.polynomial import ONE, ZERO, Polynomial

__all__ = [
    "IntegerSystem",
    "PolynomialSystem",
    "RemainderRow",
    "integer_system",
    "polynomial_system",
    "shared_factor",
    "shared_integer_factor",
]

Value = TypeVar("Value", int, Polynomial)
Bezout = TypeVar("Bezout", IntegerEuclid, Euclid)


@dataclass(frozen=True, slots=True)
class RemainderRow(Generic[Value, Bezout]):
    """Row i: residue c, modulus m, M = Π/m, and the Euclid of M and m with N·M + n·m = 1."""

    c: Value
    m: Value
    M: Value
    euclid: Bezout

    @property
    def N(self) -> Value:
        """The inverse of M modulo m, of lower degree than m."""
        return self.euclid.s  # type: ignore[return-value]

    @property
    def n(self) -> Value:
        """What completes N·M to 1: (1 − N·M)/m."""
        return self.euclid.t  # type: ignore[return-value]

    @property
    def term(self) -> Value:
        """c·N·M, which is c modulo m and 0 modulo the others."""
        return self.c * self.N * self.M


@dataclass(frozen=True, slots=True)
class PolynomialSystem:
    """All rows, and M, their product."""

    rows: tuple[RemainderRow[Polynomial, Euclid], ...]
    modulus: Polynomial

    @property
    def total(self) -> Polynomial:
        """Σ c_i·N_i·M_i before it is reduced."""
        return sum((row.term for row in self.rows), ZERO)

    @property
    def solution(self) -> Polynomial:
        """The total modulo M."""
        return self.total % self.modulus

    def verified(self) -> bool:
        """Whether N_i·M_i + n_i·m_i = 1 and a mod m_i = c_i for every i, and deg a < deg M."""
        a = self.solution
        return a.degree < self.modulus.degree and all(
            row.N * row.M + row.n * row.m == ONE and a % row.m == row.c for row in self.rows
        )


@dataclass(frozen=True, slots=True)
class IntegerSystem:
    """All rows, and M, their product."""

    rows: tuple[RemainderRow[int, IntegerEuclid], ...]
    modulus: int

    @property
    def total(self) -> int:
        """Σ c_i·N_i·M_i before it is reduced."""
        return sum(row.term for row in self.rows)

    @property
    def solution(self) -> int:
        """The total modulo M."""
        return self.total % self.modulus

    def verified(self) -> bool:
        """Whether N_i·M_i + n_i·m_i = 1 and a mod m_i = c_i for every i, and 0 ≤ a < M."""
        a = self.solution
        return 0 <= a < self.modulus and all(
            row.N * row.M + row.n * row.m == 1 and a % row.m == row.c for row in self.rows
        )


def polynomial_system(
    residues: Sequence[Polynomial], moduli: Sequence[Polynomial], bits: int | None = None
) -> PolynomialSystem:
    """The rows for a ≡ residue_i (mod modulus_i).

    ValueError for a constant modulus, moduli that share a factor, a residue of no lower degree than its modulus and
    none at all; Growth past `bits`.
    """
    if not moduli or any(m.degree < 1 for m in moduli) or shared_factor(moduli):
        raise ValueError("moduli are polynomials of degree 1 at least, coprime in pairs")
    if any(c.degree >= m.degree for c, m in zip(residues, moduli, strict=True)):
        raise ValueError("a residue has a lower degree than its modulus")
    modulus = prod(moduli, start=ONE)
    rows = []
    for c, m in zip(residues, moduli, strict=True):
        others = modulus // m
        rows.append(RemainderRow(c, m, others, euclid(others, m, bits)))
    return PolynomialSystem(tuple(rows), modulus)


def integer_system(residues: Sequence[int], moduli: Sequence[int]) -> IntegerSystem:
    """The rows for a ≡ residue_i (mod modulus_i).

    ValueError for a modulus below 2, moduli that share a factor, a residue outside 0 … m − 1 and none at all.
    """
    if not moduli or min(moduli) < 2 or shared_integer_factor(moduli):
        raise ValueError("moduli are whole numbers from 2 up, coprime in pairs")
    if not all(0 <= c < m for c, m in zip(residues, moduli, strict=True)):
        raise ValueError("a residue is at least 0 and less than its modulus")
    modulus = prod(moduli)
    rows = (
        RemainderRow(c, m, modulus // m, integer_euclid(modulus // m, m)) for c, m in zip(residues, moduli, strict=True)
    )
    return IntegerSystem(tuple(rows), modulus)


def shared_factor(moduli: Sequence[Polynomial]) -> tuple[int, int, Polynomial] | None:
    """The first two moduli with a common divisor that is no constant, and their gcd; None where all are coprime."""
    for (i, a), (j, b) in combinations(enumerate(moduli), 2):
        g = gcd(a, b)
        if g != ONE:
            return i, j, g
    return None


def shared_integer_factor(moduli: Sequence[int]) -> tuple[int, int, int] | None:
    """The first two moduli with a common divisor above 1, and their gcd; None where all are coprime."""
    for (i, a), (j, b) in combinations(enumerate(moduli), 2):
        g = integer_gcd(a, b)
        if g != 1:
            return i, j, g
    return None
