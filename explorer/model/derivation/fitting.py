"""What does not fit is refused with its reason: sizes, points and moduli of fast convolutions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from explorer import limits
from explorer.model.derivation.problem import Point
from explorer.model.derivation.sizes import digits
from explorer.refusal import Refusal
from kernels.algebra.polynomial import Polynomial
from kernels.algebra.winograd import common_factor

__all__ = ["check_inputs", "check_moduli", "check_points", "check_size", "plain_polynomial"]


def check_size(name: str, value: int) -> None:
    """Refuse a size below 1."""
    if value < 1:
        raise Refusal("{name} is {value}; it must be at least 1.", name=name, value=value)


def check_inputs(name: str, first: int, second: int) -> None:
    """Refuse sizes whose sum less one is past the limit."""
    limit = limits.current().filter_inputs
    if first + second - 1 > limit:
        raise Refusal(
            "{name} = {first} + {second} − 1 = {value} is past the limit of {limit}.",
            name=name,
            first=first,
            second=second,
            value=first + second - 1,
            limit=limit,
            hint="The numbers in the matrices grow so fast that such an algorithm is of no use.",
        )


def check_points(points: Sequence[Point], wanted: int, reason: str) -> None:
    """Refuse a point that is there twice, and any number of points but `wanted`; `reason` says why so many."""
    seen: set[Point] = set()
    for point in points:
        if point in seen:
            raise Refusal("The point {value} is there twice; each may be there once.", value=point)
        seen.add(point)
    _check_growth((point for point in points if not isinstance(point, str)), wanted - 1)
    missing = wanted - len(points)
    if missing > 0:
        raise Refusal(
            "There are {count} points; {missing} more are needed: {reason} = {wanted}.",
            count=len(points),
            missing=missing,
            reason=reason,
            wanted=wanted,
        )
    if missing < 0:
        raise Refusal(
            "There are {count} points, {excess} too many: {reason} = {wanted}.",
            count=len(points),
            excess=-missing,
            reason=reason,
            wanted=wanted,
        )


def check_moduli(moduli: Sequence[Polynomial], least: int, most: int | None, reason: str) -> None:
    """Refuse constant moduli, common factors, and a degree of their product outside `least` … `most`."""
    for modulus in moduli:
        if not modulus:
            raise Refusal("A modulus is {value}; nothing can be divided by zero.", value=0)
        if modulus.degree < 1:
            raise Refusal(
                "The modulus {value} is constant; a modulus has a degree of at least 1.",
                value=plain_polynomial(modulus),
            )
    degree = sum(modulus.degree for modulus in moduli)
    # The degree first: it is quick to see, and bounds the work of looking for factors.
    if degree < least:
        raise Refusal(
            "The moduli have degree {degree} together, {missing} too few: {reason}.",
            degree=degree,
            missing=least - degree,
            reason=reason,
        )
    if most is not None and degree > most:
        raise Refusal(
            "The moduli have degree {degree} together, {excess} too many: {reason}.",
            degree=degree,
            excess=degree - most,
            reason=reason,
        )
    _check_growth((each for modulus in moduli for each in modulus.coefficients), degree)
    shared = common_factor(moduli)
    if shared:
        i, j, factor = shared
        raise Refusal(
            "The moduli {first} and {second} share the factor {factor}; they must be coprime.",
            first=plain_polynomial(moduli[i]),
            second=plain_polynomial(moduli[j]),
            factor=plain_polynomial(factor),
        )


def _check_growth(values: Iterable[Fraction], power: int) -> None:
    """Refuse a number whose powers have too many digits: the matrices are made of them."""
    limit = limits.current().power_digits
    for value in values:
        count = digits(max(abs(value.numerator), value.denominator)) * power
        if count > limit:
            raise Refusal(
                "Powers of {value} up to {power} have some {digits} digits; the most is {limit}.",
                value=value,
                power=power,
                digits=count,
                limit=limit,
                hint="Take smaller numbers.",
            )


def plain_polynomial(value: Polynomial, variable: str = "x") -> str:
    """A polynomial as a person types it: x^2 - 1/2 x + 1."""
    text = ""
    for exponent in range(value.degree, -1, -1):
        coefficient = value[exponent]
        if not coefficient:
            continue
        power = "" if exponent == 0 else variable if exponent == 1 else f"{variable}^{exponent}"
        size = abs(coefficient)
        digits = "" if size == 1 and power else f"{size}"
        sign = (" - " if coefficient < 0 else " + ") if text else ("-" if coefficient < 0 else "")
        text += f"{sign}{digits}{' ' if digits and power else ''}{power}"
    return text or "0"
