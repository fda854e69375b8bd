"""Long division of polynomials, one term of the quotient after the other.

    a = q·b + r,   deg r < deg b

Step i takes the term t_i = lead(r_{i−1})/lead(b)·x^(deg r_{i−1} − deg b), r_0 = a, and leaves r_i = r_{i−1} − t_i·b.
"""

from __future__ import annotations

from dataclasses import dataclass

from kernels.algebra.growth import held
from kernels.algebra.polynomial import Polynomial

__all__ = ["Division", "DivisionStep", "divide"]


@dataclass(frozen=True, slots=True)
class DivisionStep:
    """One term of the quotient: `before` − `term`·b = `after`, and `product` is term·b."""

    before: Polynomial
    term: Polynomial
    product: Polynomial
    after: Polynomial


@dataclass(frozen=True, slots=True)
class Division:
    """The division of `a` by `b` with all its steps."""

    a: Polynomial
    b: Polynomial
    steps: tuple[DivisionStep, ...]

    @property
    def quotient(self) -> Polynomial:
        """q, the sum of the terms."""
        # Their degrees all differ: no sum of polynomials is needed.
        terms = {step.term.degree: step.term.leading for step in self.steps}
        return Polynomial(terms.get(i, 0) for i in range(max(terms, default=-1) + 1))

    @property
    def remainder(self) -> Polynomial:
        """r, what the last step leaves."""
        return self.steps[-1].after if self.steps else self.a

    def verified(self) -> bool:
        """Whether q·b + r = a and deg r < deg b, by multiplying out."""
        return self.quotient * self.b + self.remainder == self.a and self.remainder.degree < self.b.degree


def divide(a: Polynomial, b: Polynomial, bits: int | None = None) -> Division:
    """Divide `a` by `b`; ZeroDivisionError for b = 0, Growth where a number gets longer than `bits`."""
    if not b:
        raise ZeroDivisionError("division by the zero polynomial")
    steps = []
    rest = a
    while rest.degree >= b.degree:
        term = Polynomial([rest.leading / b.leading]).shifted(rest.degree - b.degree)
        product = held(b.scaled(term.leading).shifted(term.degree), bits)
        after = held(rest - product, bits)
        steps.append(DivisionStep(rest, term, product, after))
        rest = after
    return Division(a, b, tuple(steps))
