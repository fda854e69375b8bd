"""What does not fit is refused with its reason: sizes, points and moduli of fast convolutions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Literal

from explorer import limits
from explorer.ops.exact.exact_text import plain
from explorer.ops.exact.sizes import check_degree, digits
from explorer.refusal import Refusal
from kernels.algebra.points import usual_points
from kernels.algebra.polynomial import Polynomial
from kernels.algebra.remainders import shared_factor

__all__ = [
    "Infinity",
    "Point",
    "check_inputs",
    "check_moduli",
    "check_moduli_fit",
    "check_points",
    "check_size",
    "fitted",
    "not_coprime",
]

Infinity = Literal["inf"]
Point = Fraction | Infinity


def fitted(
    m: int, r: int, points: tuple[Point, ...], moduli: tuple[Polynomial, ...]
) -> tuple[tuple[Point, ...], tuple[Polynomial, ...]]:
    """Points and moduli of F(m, r) as it is derived: those asked for, ∞ last, or the usual points; moduli monic.

    Refusal where they do not fit.
    """
    check_size("m", m)
    check_size("r", r)
    check_inputs("m + r − 1", m, r)
    alpha = m + r - 1
    if moduli:
        check_moduli_fit(moduli, max(alpha - 1, 1), alpha, f"m + r − 1 = {alpha}")
        return points, tuple(modulus.monic() for modulus in moduli)
    if not points:
        return (*usual_points(alpha - 1), "inf") if alpha > 1 else usual_points(1), moduli
    check_points(points, alpha, "m + r − 1")
    finite = tuple(point for point in points if not isinstance(point, str))
    if not finite:
        raise Refusal("The point inf stands alone; at least {least} finite point is needed.", least=1)
    return (*finite, "inf") if len(finite) < alpha else finite, moduli


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


def check_moduli_fit(moduli: Sequence[Polynomial], least: int, most: int, reason: str) -> None:
    """Refuse a degree of their product outside `least` … `most`, constant moduli and common factors."""
    if all(modulus.degree >= 1 for modulus in moduli):
        # The degree first: it bounds the work of looking for factors.
        degree = sum(modulus.degree for modulus in moduli)
        if degree < least:
            raise Refusal(
                "The moduli have degree {degree} together, {missing} too few: {reason}.",
                degree=degree,
                missing=least - degree,
                reason=reason,
            )
        if degree > most:
            raise Refusal(
                "The moduli have degree {degree} together, {excess} too many: {reason}.",
                degree=degree,
                excess=degree - most,
                reason=reason,
            )
        _check_growth((each for modulus in moduli for each in modulus.coefficients), degree)
    check_moduli(moduli)


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


def check_moduli(moduli: Sequence[Polynomial]) -> None:
    """Refusal for a zero or constant modulus, for two that share a factor, and for a product past the limits."""
    for i, m in enumerate(moduli, 1):
        if m.degree < 1:
            raise Refusal(
                "Modulus {i} is {value}; a modulus has degree 1 at least.",
                i=i,
                value=m[0],
                hint="Modulo a constant all polynomials are the same." if m else "Nothing is left modulo 0.",
            )
    check_degree(sum(m.degree for m in moduli))
    shared = shared_factor(moduli)
    if shared:
        i, j, factor = shared
        raise not_coprime(moduli[i], moduli[j], factor)


def not_coprime(one: int | Polynomial, other: int | Polynomial, factor: int | Polynomial) -> Refusal:
    """Why two moduli of a system do not go together."""
    return Refusal(
        "The moduli {one} and {other} share the factor {factor}; moduli have to be coprime.",
        one=plain(one),
        other=plain(other),
        factor=plain(factor),
        hint="Leave one out, or divide the factor out of one of them.",
    )
