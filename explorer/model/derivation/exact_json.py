"""Exact values as JSON, the way docs/command-line.md has them.

A number is "a" or "a/b" in lowest terms; a polynomial the list of its coefficients, ascending, without zeros at the
end; a matrix the list of its rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from kernels.algebra.matrix import Matrix
from kernels.algebra.polynomial import Polynomial

__all__ = ["matrix", "number", "numbers", "polynomial", "value"]


def number(value: Fraction | int) -> str:
    """ "a" or "a/b"."""
    return str(value)


def numbers(values: Iterable[Fraction | int]) -> list[str]:
    """Numbers one after the other."""
    return [str(each) for each in values]


def polynomial(value: Polynomial) -> list[str]:
    """a_0, a_1, …; [] for the zero polynomial."""
    return numbers(value.coefficients)


def value(of: Fraction | int | Polynomial) -> str | list[str]:
    """A number or a polynomial."""
    return polynomial(of) if isinstance(of, Polynomial) else number(of)


def matrix(value: Matrix) -> list[list[str]]:
    """Its rows."""
    return [numbers(row) for row in value]
