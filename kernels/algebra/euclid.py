"""Euclid's algorithm for polynomials, extended: the greatest common divisor as a combination of the two.

    r_{−1} = a, r_0 = b;   r_{i−2} = q_i·r_{i−1} + r_i;   s_i = s_{i−2} − q_i·s_{i−1};   t_i likewise
    s_i·a + t_i·b = r_i in every row

The gcd is the last remainder that is not zero, divided by its leading coefficient. Its pair is minimal:
deg s < deg b − deg g and deg t < deg a − deg g, unless one of a, b divides the other or is zero.
"""

from __future__ import annotations

from dataclasses import dataclass

from kernels.algebra.division import Division, divide
from kernels.algebra.growth import held
from kernels.algebra.polynomial import ONE, ZERO, Polynomial

__all__ = ["Euclid", "EuclidRow", "euclid", "gcd", "inverse"]


@dataclass(frozen=True, slots=True)
class EuclidRow:
    """Row i: `s`·a + `t`·b = `remainder`. `division` made it; the first two rows, a and b themselves, have none."""

    remainder: Polynomial
    s: Polynomial
    t: Polynomial
    division: Division | None = None

    @property
    def quotient(self) -> Polynomial | None:
        """q_i, or None in the first two rows."""
        return self.division.quotient if self.division else None


@dataclass(frozen=True, slots=True)
class Euclid:
    """All rows for `a` and `b`; the last one with the remainder zero, unless `b` is zero from the start."""

    a: Polynomial
    b: Polynomial
    rows: tuple[EuclidRow, ...]

    @property
    def last(self) -> EuclidRow:
        """The row of the last remainder that is not zero; row b where both are zero."""
        return next((row for row in reversed(self.rows) if row.remainder), self.rows[-1])

    @property
    def gcd(self) -> Polynomial:
        """The monic gcd; gcd(0, 0) = 0."""
        return self.last.remainder.monic()

    @property
    def s(self) -> Polynomial:
        """The factor of a in s·a + t·b = gcd."""
        return self._normed(self.last.s)

    @property
    def t(self) -> Polynomial:
        """The factor of b in s·a + t·b = gcd."""
        return self._normed(self.last.t)

    def _normed(self, factor: Polynomial) -> Polynomial:
        lead = self.last.remainder.leading
        return factor.scaled(1 / lead) if lead else ZERO

    def reconciles(self) -> bool:
        """Whether s·a + t·b is the remainder in every row."""
        return all(row.s * self.a + row.t * self.b == row.remainder for row in self.rows)

    def verified(self) -> bool:
        """Whether s·a + t·b = gcd and the gcd divides both, by multiplying and dividing."""
        g = self.gcd
        divides = not (self.a % g or self.b % g) if g else not (self.a or self.b)
        return divides and self.s * self.a + self.t * self.b == g


def euclid(a: Polynomial, b: Polynomial, bits: int | None = None) -> Euclid:
    """Euclid's algorithm for `a` and `b` with its rows and divisions; Growth where a number gets longer than `bits`."""
    rows = [EuclidRow(a, ONE, ZERO), EuclidRow(b, ZERO, ONE)]
    while rows[-1].remainder:
        before, last = rows[-2], rows[-1]
        division = divide(before.remainder, last.remainder, bits)
        q = division.quotient
        s, t = held(before.s - q * last.s, bits), held(before.t - q * last.t, bits)
        rows.append(EuclidRow(division.remainder, s, t, division))
    return Euclid(a, b, tuple(rows))


def gcd(a: Polynomial, b: Polynomial) -> Polynomial:
    """The monic greatest common divisor; gcd(0, 0) = 0."""
    while b:
        a, b = b, (a % b).monic()
    return a.monic()


def inverse(a: Polynomial, modulus: Polynomial) -> Polynomial:
    """a⁻¹ modulo `modulus`, of lower degree; ValueError where they share a factor."""
    found = euclid(a % modulus, modulus)
    if found.gcd != ONE:
        raise ValueError(f"{a!r} has no inverse modulo {modulus!r}")
    return found.s % modulus
