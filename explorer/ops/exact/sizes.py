"""Sizes of exact problems against the limits, before anything is computed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction

from explorer import limits
from explorer.refusal import Refusal
from kernels.algebra.growth import SPREAD, Growth, held
from kernels.algebra.polynomial import Polynomial

GROWN = 4_000
"""Digits of a number on the way to an answer. Python writes no more than 4,300, and nobody reads so many."""


def check_polynomials(*given: Polynomial) -> None:
    """Refusal where a degree or a coefficient is past its limit."""
    for each in given:
        check_degree(each.degree)
        check_numbers(each.coefficients)


def check_degree(degree: int) -> None:
    """Refusal for a degree past the limit."""
    most = limits.current().polynomial_degree
    if degree > most:
        raise Refusal("The degree of a polynomial is {value}; the most is {limit}.", value=degree, limit=most)


def check_numbers(values: Iterable[Fraction | int]) -> None:
    """Refusal for a numerator or denominator with more digits than the limit."""
    most = most_digits()
    past = 10**most
    for value in values:
        if max(abs(value.numerator), value.denominator) >= past:
            raise Refusal(
                "A number has {value} digits; the most is {limit}.",
                value=digits(max(abs(value.numerator), value.denominator)),
                limit=most,
            )


def most_digits() -> int:
    """The limit on the digits of a number that is given; never more than one may have on the way."""
    return min(limits.current().number_digits, GROWN)


def digits(value: int) -> int:
    """How many decimal digits a whole number has, without writing it."""
    # The bits times log₁₀ 2 give the count or one less.
    count = int((abs(value).bit_length() - 1) * math.log10(2)) + 1 if value else 1
    past: int = 10**count
    return count + 1 if abs(value) >= past else count


def bits_of(digits: int) -> int:
    """The bits of the largest number with so many decimal digits."""
    return math.ceil(digits * math.log2(10))


def most_bits() -> int:
    """How long a number of a derivation may become on the way."""
    return bits_of(GROWN)


def check_growth(*found: Polynomial) -> None:
    """Refusal where something that was computed is too long to be shown."""
    with growth_refused():
        for each in found:
            held(each, most_bits())


@contextmanager
def growth_refused() -> Iterator[None]:
    """Refusal in place of Growth."""
    try:
        yield
    except Growth as growth:
        raise Refusal(
            "The numbers of the derivation grow past {limit} digits, or past {total} in one polynomial.",
            limit=GROWN,
            total=SPREAD * GROWN,
            hint="Choose lower degrees or smaller coefficients.",
        ) from growth
