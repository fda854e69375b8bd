"""Polynomials in one variable over Q.

    a(x) = Σ_i a_i x^i,   i = 0 … deg a,   a_i ∈ Q

The degree of the zero polynomial is −1 here, so that deg r < deg b holds for every remainder.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import zip_longest
from math import lcm
from numbers import Rational

__all__ = ["ONE", "ZERO", "Polynomial", "X", "exact"]


def exact(value: Rational | int) -> Fraction:
    """`value` as a fraction; TypeError for a float, which is no exact number."""
    if type(value) is Fraction:
        return value
    if not isinstance(value, Rational):
        raise TypeError(f"exact arithmetic takes integers and fractions, not {type(value).__name__}")
    return Fraction(value)


class Polynomial:
    """Coefficients in ascending order, without zeros at the end; immutable, and equal by value.

    `Polynomial([-4, 0, -2, 1])` is x³ − 2x² − 4, and `Polynomial()` is zero.
    """

    __slots__ = ("_coefficients", "_hash")

    def __init__(self, coefficients: Iterable[Rational | int] = ()) -> None:
        made = [exact(each) for each in coefficients]
        while made and not made[-1]:
            made.pop()
        self._coefficients = tuple(made)
        self._hash: int | None = None

    @property
    def coefficients(self) -> tuple[Fraction, ...]:
        """a_0, a_1, … with a last one that is not zero; empty for the zero polynomial."""
        return self._coefficients

    @property
    def degree(self) -> int:
        """The highest exponent; −1 for the zero polynomial."""
        return len(self._coefficients) - 1

    @property
    def leading(self) -> Fraction:
        """The coefficient of the highest power; 0 for the zero polynomial."""
        return self._coefficients[-1] if self._coefficients else Fraction()

    def __getitem__(self, exponent: int) -> Fraction:
        """The coefficient of x^exponent, zero above the degree."""
        if exponent < 0:
            raise IndexError("a polynomial has no negative powers")
        return self._coefficients[exponent] if exponent <= self.degree else Fraction()

    def __call__(self, at: Rational | int) -> Fraction:
        """a(at), by Horner's scheme."""
        value = Fraction()
        for each in reversed(self._coefficients):
            value = value * at + each
        return value

    def __bool__(self) -> bool:
        return bool(self._coefficients)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Polynomial) and self._coefficients == other._coefficients

    def __hash__(self) -> int:
        # Only when it is asked for: the hash of a fraction takes longer than a sum.
        if self._hash is None:
            self._hash = hash(self._coefficients)
        return self._hash

    def __repr__(self) -> str:
        return f"Polynomial([{', '.join(map(str, self._coefficients))}])"

    def __neg__(self) -> Polynomial:
        return Polynomial(-each for each in self._coefficients)

    def __add__(self, other: Polynomial) -> Polynomial:
        pairs = zip_longest(self._coefficients, other._coefficients, fillvalue=_NONE)
        return Polynomial(a + b if a and b else a or b for a, b in pairs)

    def __sub__(self, other: Polynomial) -> Polynomial:
        pairs = zip_longest(self._coefficients, other._coefficients, fillvalue=_NONE)
        return Polynomial(a - b if b else a for a, b in pairs)

    def __mul__(self, other: Polynomial) -> Polynomial:
        if not self or not other:
            return ZERO
        # In integers over common denominators: a product of fractions looks for a common divisor at each of its sums.
        a, below_a = self._over_common()
        b, below_b = other._over_common()
        product = [0] * (len(a) + len(b) - 1)
        for i, x in enumerate(a):
            if x:
                for j, y in enumerate(b, i):
                    product[j] += x * y
        below = below_a * below_b
        return Polynomial(product) if below == 1 else Polynomial(Fraction(each, below) for each in product)

    def _over_common(self) -> tuple[list[int], int]:
        """Numerators over the least common denominator, and that."""
        below = lcm(*(each.denominator for each in self._coefficients))
        return [each.numerator * (below // each.denominator) for each in self._coefficients], below

    def __pow__(self, exponent: int) -> Polynomial:
        if exponent < 0:
            raise ValueError("a polynomial has no negative powers")
        power = ONE
        for _ in range(exponent):
            power *= self
        return power

    def scaled(self, factor: Rational | int) -> Polynomial:
        """factor·a(x)."""
        return Polynomial(each * exact(factor) for each in self._coefficients)

    def shifted(self, by: int) -> Polynomial:
        """x^by·a(x), by ≥ 0."""
        return Polynomial([Fraction()] * by + list(self._coefficients)) if self else ZERO

    def monic(self) -> Polynomial:
        """a(x) over its leading coefficient; the zero polynomial stays."""
        return self.scaled(1 / self.leading) if self else ZERO

    def derivative(self) -> Polynomial:
        """a′(x) = Σ_i i·a_i x^(i−1)."""
        return Polynomial(i * each for i, each in enumerate(self._coefficients) if i)

    def __divmod__(self, divisor: Polynomial) -> tuple[Polynomial, Polynomial]:
        """q and r with a = q·b + r and deg r < deg b; `division.divide` shows how. ZeroDivisionError for b = 0."""
        if not divisor:
            raise ZeroDivisionError("division by the zero polynomial")
        rest = list(self._coefficients)
        quotient = [Fraction()] * max(len(rest) - divisor.degree, 0)
        for shift in range(len(quotient) - 1, -1, -1):
            factor = rest[shift + divisor.degree] / divisor.leading
            if factor:
                quotient[shift] = factor
                for i, each in enumerate(divisor._coefficients):
                    rest[shift + i] -= factor * each
        return Polynomial(quotient), Polynomial(rest[: divisor.degree])

    def __floordiv__(self, divisor: Polynomial) -> Polynomial:
        return divmod(self, divisor)[0]

    def __mod__(self, divisor: Polynomial) -> Polynomial:
        return divmod(self, divisor)[1]


_NONE = Fraction()
ZERO, ONE, X = Polynomial(), Polynomial([1]), Polynomial([0, 1])
