"""Exact values as one line of plain text, the way a person types them: `reading` reads it back."""

from __future__ import annotations

from fractions import Fraction

from kernels.algebra.polynomial import Polynomial


def plain(value: Polynomial | Fraction | int, variable: str = "x") -> str:
    """x^2 - 1/2 x + 1; 1/2."""
    if not isinstance(value, Polynomial):
        return str(value)
    text = ""
    for exponent in range(value.degree, -1, -1):
        coefficient = value[exponent]
        if coefficient:
            sign = "-" if coefficient < 0 else "+"
            text += f" {sign} {_term(abs(coefficient), exponent, variable)}"
    # The first sign stands close to its term, and a plus is left away.
    return "-" + text[3:] if text.startswith(" -") else text[3:] or "0"


def _term(size: Fraction, exponent: int, variable: str) -> str:
    power = {0: "", 1: variable}.get(exponent, f"{variable}^{exponent}")
    if not power or size != 1:
        return f"{size}{' ' if power and size.denominator != 1 else ''}{power}"
    return power
