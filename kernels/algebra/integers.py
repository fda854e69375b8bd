"""Division and Euclid's algorithm in the integers, with the steps of their sisters for polynomials.

a = q·b + r,  0 ≤ r < b;   s_i·a + t_i·b = r_i in every row
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["IntegerDivision", "IntegerEuclid", "IntegerRow", "integer_euclid"]


@dataclass(frozen=True, slots=True)
class IntegerDivision:
    """The division of `a` by `b` > 0."""

    a: int
    b: int

    @property
    def quotient(self) -> int:
        """⌊a/b⌋."""
        return self.a // self.b

    @property
    def remainder(self) -> int:
        """a − b·⌊a/b⌋, from 0 to b − 1."""
        return self.a % self.b

    def verified(self) -> bool:
        """Whether q·b + r = a and 0 ≤ r < b."""
        return self.quotient * self.b + self.remainder == self.a and 0 <= self.remainder < self.b


@dataclass(frozen=True, slots=True)
class IntegerRow:
    """Row i: `s`·a + `t`·b = `remainder`."""

    remainder: int
    s: int
    t: int
    division: IntegerDivision | None = None

    @property
    def quotient(self) -> int | None:
        """q_i, or None in the first two rows."""
        return self.division.quotient if self.division else None


@dataclass(frozen=True, slots=True)
class IntegerEuclid:
    """All rows for `a` ≥ 0 and `b` ≥ 0, not both 0; the last one with the remainder 0."""

    a: int
    b: int
    rows: tuple[IntegerRow, ...]

    @property
    def last(self) -> IntegerRow:
        """The row of the last remainder that is not 0: it is the gcd."""
        return next(row for row in reversed(self.rows) if row.remainder)

    @property
    def gcd(self) -> int:
        """The greatest common divisor."""
        return self.last.remainder

    @property
    def s(self) -> int:
        """The factor of a in s·a + t·b = gcd."""
        return self.last.s

    @property
    def t(self) -> int:
        """The factor of b in s·a + t·b = gcd."""
        return self.last.t

    def reconciles(self) -> bool:
        """Whether s·a + t·b is the remainder in every row."""
        return all(row.s * self.a + row.t * self.b == row.remainder for row in self.rows)


def integer_euclid(a: int, b: int) -> IntegerEuclid:
    """Euclid's algorithm with its rows; ValueError for a negative number and for two zeros."""
    if min(a, b) < 0 or not (a or b):
        raise ValueError("Euclid's algorithm takes numbers from 0 up, not both 0")
    rows = [IntegerRow(a, 1, 0), IntegerRow(b, 0, 1)]
    while rows[-1].remainder:
        before, last = rows[-2:]
        division = IntegerDivision(before.remainder, last.remainder)
        q = division.quotient
        rows.append(IntegerRow(division.remainder, before.s - q * last.s, before.t - q * last.t, division))
    return IntegerEuclid(a, b, tuple(rows))
