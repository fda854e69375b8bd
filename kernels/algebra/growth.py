"""The growth of exact numbers, held within bounds: Euclid's remainders over Q can double in length at every step."""

from __future__ import annotations

from kernels.algebra.polynomial import Polynomial

__all__ = ["Growth", "held"]


class Growth(ArithmeticError):
    """A numerator or denominator became longer than was allowed."""


def held(value: Polynomial, bits: int | None) -> Polynomial:
    """`value` itself; Growth where a number in it has more than `bits`, None for any length."""
    if bits is not None and any(
        max(each.numerator.bit_length(), each.denominator.bit_length()) > bits for each in value.coefficients
    ):
        raise Growth(f"a coefficient of more than {bits} bits")
    return value
