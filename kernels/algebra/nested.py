"""A convolution inside a convolution, and one found by looking at it.

Iterated: h and x are cut into blocks of b, h(p) = Σ_j p^{bj}·h_j(p). The blocks are convolved as if they were numbers,
and every product of two blocks is a convolution of b and b. The results are 2b − 1 long and overlap; they are added.
The products multiply: 4×4 from 2×2 takes 3·3 = 9.

By inspection: h_i x_j + h_j x_i = (h_i + h_j)(x_i + x_j) − h_i x_i − h_j x_j, so n(n + 1)/2 products in place of n².
[Parhi, VLSI Digital Signal Processing Systems, chapter 8; Karatsuba & Ofman 1962]
"""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from math import gcd

from kernels.algebra.bilinear import Convolver
from kernels.algebra.matrix import kronecker
from kernels.algebra.points import usual_points
from kernels.algebra.winograd import linear_moduli, winograd

__all__ = ["by_inspection", "levels", "modified_cook_toom", "nested"]


def modified_cook_toom(n: int, l: int) -> Convolver:  # noqa: E741 - the letter of the literature
    """n taps and l samples at the usual points and infinity: n + l − 1 products, the least there can be."""
    return winograd(n, l, linear_moduli(usual_points(n + l - 2)), infinity=True).convolver


def levels(n: int, l: int) -> tuple[tuple[int, int], ...]:  # noqa: E741
    """The sizes of the convolutions to nest, outermost first; one only where n and l have no common factor to cut by.

    (n/g, l/g) for g = gcd(n, l), unless that is (1, 1), and then (q, q) for every prime q of g.
    """
    shared = gcd(n, l)
    outer = [(n // shared, l // shared)] if (n, l) != (shared, shared) else []
    primes = []
    q = 2
    while shared > 1:
        while shared % q == 0:
            primes.append((q, q))
            shared //= q
        q += 1
    return tuple(outer + primes)


def nested(outer: Convolver, inner: Convolver) -> Convolver:
    """`outer` over blocks of as many values as `inner` takes taps; `inner` takes as many samples as taps.

    H = H₁ ⊗ H₂ and D = D₁ ⊗ D₂; row b·j₁ + j₂ of C adds up the rows (j₁, j₂) of C₁ ⊗ C₂. ValueError else.
    """
    block = len(inner.H[0])
    if len(inner.D[0]) != block:
        raise ValueError("blocks of taps and of samples are equally long")
    apart = kronecker(outer.C, inner.C)
    length = len(inner.C)
    size = block * (len(outer.C) - 1) + length
    rows = [[Fraction()] * len(apart[0]) for _ in range(size)]
    for at, row in enumerate(apart):
        first, second = divmod(at, length)
        target = block * first + second
        rows[target] = [a + b for a, b in zip(rows[target], row, strict=True)]
    return Convolver(tuple(map(tuple, rows)), kronecker(outer.H, inner.H), kronecker(outer.D, inner.D))


def by_inspection(n: int) -> Convolver:
    """n taps and n samples: the products h_i x_i, then (h_i + h_j)(x_i + x_j) for i < j."""
    pairs = list(combinations(range(n), 2))
    sums = [_indicator(n, {i}) for i in range(n)] + [_indicator(n, {i, j}) for i, j in pairs]
    C = [[Fraction()] * len(sums) for _ in range(2 * n - 1)]
    for i in range(n):
        C[2 * i][i] += 1
    for at, (i, j) in enumerate(pairs, n):
        C[i + j][at] += 1
        C[i + j][i] -= 1
        C[i + j][j] -= 1
    return Convolver(tuple(map(tuple, C)), tuple(sums), tuple(sums))


def _indicator(length: int, places: set[int]) -> tuple[Fraction, ...]:
    return tuple(Fraction(i in places) for i in range(length))
