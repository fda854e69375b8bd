"""Whether a system of remainders has an answer; a Refusal says why it has none."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from explorer import limits
from explorer.ops.exact.fitting import check_moduli, not_coprime
from explorer.ops.exact.sizes import check_numbers, check_polynomials
from explorer.refusal import Refusal
from kernels.algebra.polynomial import Polynomial
from kernels.algebra.remainders import shared_integer_factor


def check_integers(residues: Sequence[int], moduli: Sequence[int]) -> None:
    """Refusal for what `integer_system` cannot solve, and past the limits."""
    _check_count(len(residues), len(moduli))
    check_numbers([*residues, *moduli])
    for i, m in enumerate(moduli, 1):
        if m < 2:
            raise Refusal(
                "Modulus {i} is {value}; the least is 2.",
                i=i,
                value=m,
                hint="Modulo 1 all numbers are the same, and modulo 0 no two are." if m in (0, 1) else "",
            )
    shared = shared_integer_factor(moduli)
    if shared:
        i, j, factor = shared
        raise not_coprime(moduli[i], moduli[j], factor)
    for i, (c, m) in enumerate(zip(residues, moduli, strict=True), 1):
        if not 0 <= c < m:
            raise Refusal(
                "Residue {i} is {value}; modulo {modulus} it lies between 0 and {limit}.",
                i=i,
                value=c,
                modulus=m,
                limit=m - 1,
                hint="",
            )
    check_numbers([prod(moduli)])


def check_polynomial_system(residues: Sequence[Polynomial], moduli: Sequence[Polynomial]) -> None:
    """Refusal for what `polynomial_system` cannot solve, and past the limits."""
    _check_count(len(residues), len(moduli))
    check_polynomials(*residues, *moduli)
    check_moduli(moduli)
    for i, (c, m) in enumerate(zip(residues, moduli, strict=True), 1):
        if c.degree >= m.degree:
            raise Refusal(
                "Residue {i} has degree {value}; modulo a polynomial of degree {degree} it is {limit} at most.",
                i=i,
                value=c.degree,
                degree=m.degree,
                limit=m.degree - 1,
                hint="Give the remainder of its division by the modulus.",
            )


def _check_count(residues: int, moduli: int) -> None:
    if residues != moduli:
        raise Refusal(
            "There are {value} residues and {count} moduli; each modulus has one residue.", value=residues, count=moduli
        )
    if not moduli:
        raise Refusal("No moduli are given; the least is {limit}.", limit=1)
    most = limits.current().moduli
    if moduli > most:
        raise Refusal("There are {value} moduli; the most is {limit}.", value=moduli, limit=most)
