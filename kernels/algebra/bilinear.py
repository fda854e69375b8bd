"""Bilinear algorithms: products of sums of taps and sums of samples, put together by a matrix.

    linear or cyclic convolution   s = C·((H h) ⊙ (D x))            h: N taps, x: L samples
    filter F(m, r)                 y = Aᵀ·((G g) ⊙ (Bᵀ d))          y_j = Σ_k g_k d_{j+k},  j < m,  k < r

⊙ multiplies element by element: its length is the number of general multiplications.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from kernels.algebra.matrix import Matrix

__all__ = ["Convolver", "FilterAlgorithm"]


@dataclass(frozen=True, slots=True)
class Convolver:
    """s = C·((H h) ⊙ (D x)); row i of H and of D makes product i, which column i of C spreads."""

    C: Matrix
    H: Matrix
    D: Matrix

    @property
    def multiplications(self) -> int:
        """General multiplications: the products of ⊙."""
        return len(self.H)


@dataclass(frozen=True, slots=True)
class FilterAlgorithm:
    """F(m, r): y = Aᵀ·((G g) ⊙ (Bᵀ d)), or with `f` apart y = Aᵀ·(f ⊙ (G g) ⊙ (Bᵀ d))."""

    AT: Matrix
    G: Matrix
    BT: Matrix
    f: tuple[Fraction, ...] = ()

    @property
    def m(self) -> int:
        """Outputs."""
        return len(self.AT)

    @property
    def r(self) -> int:
        """Taps."""
        return len(self.G[0])

    @property
    def multiplications(self) -> int:
        """General multiplications: the products of ⊙."""
        return len(self.G)
