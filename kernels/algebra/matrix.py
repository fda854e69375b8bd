"""Matrices over Q as tuples of rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from numbers import Rational

from kernels.algebra.polynomial import exact

__all__ = ["Matrix", "apply", "diagonal", "identity", "inverse", "kronecker", "matrix", "product", "transpose"]

Matrix = tuple[tuple[Fraction, ...], ...]


def matrix(rows: Iterable[Iterable[Rational | int]]) -> Matrix:
    """A matrix of exact numbers; ValueError where rows are not equally long."""
    made = tuple(tuple(exact(each) for each in row) for row in rows)
    if len({len(row) for row in made}) > 1:
        raise ValueError("the rows of a matrix have one length")
    return made


def identity(n: int) -> Matrix:
    """The n×n unit matrix."""
    return diagonal([1] * n)


def diagonal(values: Sequence[Rational | int]) -> Matrix:
    """The square matrix with `values` on its diagonal."""
    return matrix([value if i == j else 0 for j in range(len(values))] for i, value in enumerate(values))


def transpose(a: Matrix) -> Matrix:
    """aᵀ."""
    return tuple(zip(*a, strict=True))


def product(a: Matrix, b: Matrix) -> Matrix:
    """(a b)_ij = Σ_k a_ik b_kj; ValueError where the sizes do not fit."""
    if a and len(a[0]) != len(b):
        raise ValueError(f"a matrix with {len(a[0])} columns times one with {len(b)} rows")
    columns = transpose(b)
    return tuple(tuple(_dot(row, column) for column in columns) for row in a)


def apply(a: Matrix, v: Sequence[Fraction]) -> tuple[Fraction, ...]:
    """(a v)_i = Σ_k a_ik v_k."""
    return tuple(_dot(row, v) for row in a)


def kronecker(a: Matrix, b: Matrix) -> Matrix:
    """a ⊗ b: row (i, k) and column (j, l) hold a_ij b_kl."""
    return tuple(tuple(x * y for x in row for y in other) for row in a for other in b)


def inverse(a: Matrix) -> Matrix:
    """a⁻¹ by Gauss–Jordan elimination; ValueError for a singular matrix."""
    n = len(a)
    rows = [list(row) + list(unit) for row, unit in zip(a, identity(n), strict=True)]
    for column in range(n):
        pivot = next((i for i in range(column, n) if rows[i][column]), None)
        if pivot is None:
            raise ValueError("the matrix is singular")
        rows[column], rows[pivot] = rows[pivot], rows[column]
        lead = rows[column][column]
        rows[column] = [each / lead for each in rows[column]]
        for i in range(n):
            factor = rows[i][column]
            if i != column and factor:
                rows[i] = [x - factor * y for x, y in zip(rows[i], rows[column], strict=True)]
    return tuple(tuple(row[n:]) for row in rows)


def _dot(row: Sequence[Fraction], column: Sequence[Fraction]) -> Fraction:
    return sum((x * y for x, y in zip(row, column, strict=True) if x and y), Fraction())
