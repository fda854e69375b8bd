"""The proof that a bilinear algorithm is right: a finite identity, compared coefficient by coefficient.

    linear convolution   Σ_i C[j,i]·H[i,k]·D[i,l] = [j = k + l]                 for all j, k, l
    cyclic convolution   the same with j ≡ k + l (mod n)
    filter F(m, r)       Σ_i A[j,i]·f_i·G[i,k]·B[i,l] = [l = j + k]             f_i = 1 unless it is apart

Both sides are linear in each input: equal on all unit vectors, they are equal on all inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from kernels.algebra.bilinear import Convolver, FilterAlgorithm
from kernels.algebra.matrix import Matrix, transpose

__all__ = ["Proof", "integers", "prove_cyclic", "prove_filter", "prove_linear"]


@dataclass(frozen=True, slots=True)
class Proof:
    """What came out of comparing `compared` coefficients; `failure` is (j, k, l) of the first that differs."""

    compared: int
    failure: tuple[int, int, int] | None = None

    @property
    def holds(self) -> bool:
        """Whether there were coefficients to compare and all were equal."""
        return self.compared > 0 and self.failure is None


def prove_linear(algorithm: Convolver, n: int, l: int) -> Proof:  # noqa: E741 - the letter of the literature
    """Whether it is the linear convolution of `n` taps and `l` samples; ValueError for matrices of other sizes."""
    return _prove_convolver(algorithm, (n + l - 1, n, l), lambda j, k, i: j == k + i)


def prove_cyclic(algorithm: Convolver, n: int) -> Proof:
    """Whether it is the cyclic convolution of n and n values; ValueError for matrices of other sizes."""
    return _prove_convolver(algorithm, (n, n, n), lambda j, k, i: j == (k + i) % n)


def prove_filter(algorithm: FilterAlgorithm) -> Proof:
    """Whether it is F(m, r); ValueError for matrices whose sizes do not fit each other."""
    weights = algorithm.f or (Fraction(1),) * len(algorithm.G)
    sizes = (algorithm.m, algorithm.r, algorithm.m + algorithm.r - 1)
    factors = (transpose(algorithm.AT), algorithm.G, algorithm.BT)
    return _compare(factors, weights, sizes, lambda j, k, i: i == j + k)


def integers(row: Sequence[Fraction]) -> tuple[Fraction, list[int]]:
    """s and integers z with row = s·z, where s = 1/lcm of the denominators."""
    common = lcm(*(each.denominator for each in row))
    return Fraction(1, common), [each.numerator * (common // each.denominator) for each in row]


def _prove_convolver(
    algorithm: Convolver, sizes: tuple[int, int, int], expected: Callable[[int, int, int], bool]
) -> Proof:
    weights = (Fraction(1),) * algorithm.multiplications
    return _compare((transpose(algorithm.C), algorithm.H, algorithm.D), weights, sizes, expected)


def _compare(
    factors: tuple[Matrix, Matrix, Matrix],
    weights: Sequence[Fraction],
    sizes: tuple[int, int, int],
    expected: Callable[[int, int, int], bool],
) -> Proof:
    """Compare Σ_i w_i·a[i][j]·b[i][k]·c[i][l] with 1 where `expected`, else 0; in integers over one denominator."""
    for matrix, size in zip(factors, sizes, strict=True):
        if len(matrix) != len(weights) or any(len(row) != size for row in matrix):
            raise ValueError("the matrices do not fit each other")
    scales: list[Fraction] = []
    rows: list[list[list[int]]] = []
    for weight, *three in zip(weights, *factors, strict=True):
        (a, whole_a), (b, whole_b), (c, whole_c) = (integers(row) for row in three)
        scales.append(weight * a * b * c)
        rows.append([whole_a, whole_b, whole_c])
    unit, factor = integers(scales)
    one = unit.denominator
    for j in range(sizes[0]):
        for k in range(sizes[1]):
            found = [0] * sizes[2]
            for share, (left, middle, right) in zip(factor, rows, strict=True):
                common = share * left[j] * middle[k]
                if common:
                    found = [x + common * y for x, y in zip(found, right, strict=True)]
            for i, value in enumerate(found):
                if value != (one if expected(j, k, i) else 0):
                    return Proof((j * sizes[1] + k) * sizes[2] + i + 1, (j, k, i))
    return Proof(sizes[0] * sizes[1] * sizes[2])
