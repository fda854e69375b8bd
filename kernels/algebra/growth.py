"""The growth of exact numbers, held within bounds: Euclid's remainders over Q can double in length at every step."""

from __future__ import annotations

from kernels.algebra.polynomial import Polynomial

__all__ = ["SPREAD", "Growth", "held"]

SPREAD = 16
"""All numbers of a polynomial together may be so many times as long as one of them."""


class Growth(ArithmeticError):
    """A numerator or denominator, or all of a polynomial together, became longer than was allowed."""


def held(value: Polynomial, bits: int | None) -> Polynomial:
    """`value` itself; Growth where a number in it has more than `bits`, or all have more than SPREAD times that.

    None for any length.
    """
    if bits is not None:
        lengths = [each.numerator.bit_length() + each.denominator.bit_length() for each in value.coefficients]
        # The sum of both first: it is seldom past the limit for one.
        widest = any(
            length > bits and max(each.numerator.bit_length(), each.denominator.bit_length()) > bits
            for length, each in zip(lengths, value.coefficients, strict=True)
        )
        if widest or sum(lengths) > SPREAD * bits:
            raise Growth(f"numbers of more than {bits} bits")
    return value
