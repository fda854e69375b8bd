"""The filter F(m, r) as the transpose of a linear convolution.

    s = C·((H g) ⊙ (D z))     r taps g, m samples z, α = m + r − 1 coefficients s_{k+l}
    y = Dᵀ·((H g) ⊙ (Cᵀ d))   y_l = Σ_k g_k d_{k+l}:   Aᵀ = Dᵀ, G = H, Bᵀ = Cᵀ

Both hold for the same reason, Σ_i C[j,i]·H[i,k]·D[i,l] = [j = k + l], read towards another of its three indices.
The same products are formed: the transpose of a minimal algorithm is minimal (Matrix Exchange, Tellegen).
[Winograd 1980; Blahut, Fast Algorithms, section 5.6; Lavin & Gray, arXiv 1509.09308]
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import gcd
from typing import Literal

from kernels.algebra.bilinear import Convolver, FilterAlgorithm
from kernels.algebra.matrix import transpose
from kernels.algebra.proof import integers

__all__ = ["Place", "placed", "primitive", "transposed"]

Place = Literal["G", "A", "B", "F"]


def transposed(convolver: Convolver) -> FilterAlgorithm:
    """The filter with as many outputs as the convolution has samples; its fractions are where they were."""
    return FilterAlgorithm(transpose(convolver.D), convolver.H, transpose(convolver.C))


def placed(algorithm: FilterAlgorithm, fractions: Place) -> FilterAlgorithm:
    """The same algorithm with whole numbers in all matrices but one, or in all three and fractions in the vector f.

    Row i of G, row i of Bᵀ and column i of Aᵀ may be scaled as long as the product of the scales is 1. Each is made
    whole numbers without a common divisor; a column of Aᵀ begins and a row of Bᵀ ends with a positive one, as M_i does.
    Only where a sign would make a lone entry of G negative, Bᵀ takes it if its row has both signs and nothing to lose.
    """
    weights = algorithm.f or (Fraction(1),) * len(algorithm.G)
    A, B, G, f = [], [], [], []
    for a, b, g, weight in zip(transpose(algorithm.AT), algorithm.BT, algorithm.G, weights, strict=True):
        whole_a, scale_a = primitive(a)
        turned, scale_b = primitive(b[::-1])
        whole_g, scale_g = primitive(g)
        apart = weight * scale_a * scale_b * scale_g
        if apart < 0 and sum(map(bool, whole_g)) == 1 and min(turned) < 0:
            apart, turned = -apart, _scaled(turned, -1)
        A.append(_scaled(whole_a, apart if fractions == "A" else 1))
        B.append(_scaled(turned[::-1], apart if fractions == "B" else 1))
        G.append(_scaled(whole_g, apart if fractions == "G" else 1))
        f.append(apart)
    return FilterAlgorithm(transpose(tuple(A)), tuple(G), tuple(B), tuple(f) if fractions == "F" else ())


def primitive(row: Sequence[Fraction]) -> tuple[tuple[Fraction, ...], Fraction]:
    """z and s with row = s·z: z whole numbers with the greatest common divisor 1, the first that is not 0 positive.

    A row of zeros stays, with s = 1.
    """
    scale, whole = integers(row)
    divisor = gcd(*whole)
    if not divisor:
        return tuple(row), Fraction(1)
    if next(each for each in whole if each) < 0:
        divisor = -divisor
    return tuple(Fraction(each // divisor) for each in whole), scale * divisor


def _scaled(row: Sequence[Fraction], factor: Fraction | int) -> tuple[Fraction, ...]:
    return tuple(each * factor for each in row)
