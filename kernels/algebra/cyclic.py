"""Cyclic convolution: the product modulo p^n − 1, split into its factors over Q.

    s_j = Σ_{k+l ≡ j (mod n)} h_k x_l,      s(p) = h(p)·x(p) mod (p^n − 1),      p^n − 1 = Π_{d | n} Φ_d(p)

The cyclotomic polynomials Φ_d are irreducible over Q, so that the least number of products is 2n − (number of divisors
of n) [Winograd 1980]. It is reached here for every n: modulo Φ_d a convolution of deg Φ_d by Toom takes 2·deg Φ_d − 1.
"""

from __future__ import annotations

from kernels.algebra.factorization import cyclotomic_factors
from kernels.algebra.winograd import Winograd, winograd

__all__ = ["cyclic", "least_products"]


def cyclic(n: int) -> Winograd:
    """The cyclic convolution of n and n values."""
    return winograd(n, n, cyclotomic_factors(n), size=n)


def least_products(n: int) -> int:
    """2n − (number of irreducible factors of p^n − 1)."""
    return 2 * n - len(cyclotomic_factors(n))
