"""Winograd's convolution: residues, their products, and the Chinese remainder theorem as three matrices.

    s(p) = h(p)·x(p),   N taps h, L samples x,   M = m_1·…·m_k,   deg s = N + L − 2 < deg M

    h_i = h mod m_i,   x_i = x mod m_i,   s_i = h_i·x_i mod m_i                     residues and their products
    M_i = M/m_i,       N_i·M_i + n_i·m_i = 1                                        Euclid
    s = Σ_i (s_i·N_i mod m_i)·M_i                                                   recombination

With infinity deg M = N + L − 2 is enough: s = (s mod M) + h_{N−1}·x_{L−1}·M, and the last product is h_{N−1}·x_{L−1}.
Each m_i is monic here, which changes no residue. The product modulo m_i of degree d is a linear convolution of d and d
by the same method (Karatsuba for d = 2), reduced: 2d − 1 products, fewer where h or x is shorter than d. Lagrange's
interpolation is the case m_i = p − β_i.
[Winograd, Arithmetic Complexity of Computations, 1980; Toom 1963; Cook 1966; Blahut, Fast Algorithms, chapter 5]
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, reduce
from operator import mul

from kernels.algebra.bilinear import Convolver
from kernels.algebra.euclid import Euclid, euclid
from kernels.algebra.matrix import Matrix, product, transpose
from kernels.algebra.points import usual_points
from kernels.algebra.polynomial import ONE, Polynomial
from kernels.algebra.remainders import shared_factor

__all__ = ["Residue", "Winograd", "linear_moduli", "reduction", "residue_product", "winograd"]


@dataclass(frozen=True, slots=True)
class Residue:
    """All that belongs to the modulus m_i.

    modulus   m_i, monic
    cofactor  M_i = M/m_i
    euclid    of M_i and m_i: N_i = s and n_i = t
    taps      row by row the coefficients of h mod m_i, as sums of h_0 … h_{N−1}
    samples   the same of x mod m_i
    inner     h_i·x_i mod m_i with its own products
    first     the number of its first product among all
    """

    modulus: Polynomial
    cofactor: Polynomial
    euclid: Euclid
    taps: Matrix
    samples: Matrix
    inner: Convolver
    first: int

    @property
    def N(self) -> Polynomial:
        """M_i⁻¹ modulo m_i."""
        return self.euclid.s

    @property
    def n(self) -> Polynomial:
        """n_i in N_i·M_i + n_i·m_i = 1."""
        return self.euclid.t

    @property
    def products(self) -> range:
        """The numbers of its products."""
        return range(self.first, self.first + self.inner.multiplications)

    def spread(self) -> tuple[Polynomial, ...]:
        """What each product is multiplied by in s(p): (u·N_i mod m_i)·M_i for the column u of the inner algorithm."""
        return tuple((Polynomial(column) * self.N % self.modulus) * self.cofactor for column in transpose(self.inner.C))


@dataclass(frozen=True)
class Winograd:
    """A convolution of `n` taps and `l` samples by `residues`; `size` coefficients of the product are wanted."""

    n: int
    l: int  # noqa: E741 - the letter of the literature
    size: int
    residues: tuple[Residue, ...]
    infinity: bool

    @cached_property
    def M(self) -> Polynomial:
        """The product of the moduli."""
        return reduce(mul, (each.modulus for each in self.residues), ONE)

    @cached_property
    def convolver(self) -> Convolver:
        """The matrices: rows of H and D and columns of C in the order of the residues, infinity last."""
        taps = [row for each in self.residues for row in product(each.inner.H, each.taps)]
        samples = [row for each in self.residues for row in product(each.inner.D, each.samples)]
        spreads = [spread for each in self.residues for spread in each.spread()]
        if self.infinity:
            taps.append(_unit(self.n))
            samples.append(_unit(self.l))
            spreads.append(self.M)
        C = tuple(tuple(spread[j] for spread in spreads) for j in range(self.size))
        return Convolver(C, tuple(taps), tuple(samples))


def winograd(
    n: int,
    l: int,  # noqa: E741 - the letter of the literature
    moduli: Iterable[Polynomial],
    *,
    infinity: bool = False,
    size: int | None = None,
) -> Winograd:
    """The convolution of `n` taps and `l` samples by `moduli`, with ∞ as a further one if asked.

    `size` is the number of coefficients wanted, n + l − 1 unless the product is taken modulo M itself (a cyclic
    convolution). ValueError for sizes below 1, constant moduli, common factors, and degrees that do not fit.
    """
    if n < 1 or l < 1:
        raise ValueError("a convolution has at least one tap and one sample")
    wanted = n + l - 1 if size is None else size
    made = [modulus.monic() for modulus in moduli]
    if any(modulus.degree < 1 for modulus in made):
        raise ValueError("a modulus has a degree of at least 1")
    shared = shared_factor(made)
    if shared:
        raise ValueError(f"{made[shared[0]]!r} and {made[shared[1]]!r} share the factor {shared[2]!r}")
    degree = sum(modulus.degree for modulus in made)
    if degree < wanted - infinity or (infinity and degree > wanted - 1):
        raise ValueError(f"the degree {degree} of M does not fit {wanted} coefficients")
    M = reduce(mul, made, ONE)
    residues: list[Residue] = []
    first = 0
    for modulus in made:
        cofactor = M // modulus
        taps, samples = reduction(modulus, n), reduction(modulus, l)
        inner = residue_product(modulus, len(taps), len(samples))
        residues.append(Residue(modulus, cofactor, euclid(cofactor, modulus), taps, samples, inner, first))
        first += inner.multiplications
    return Winograd(n, l, wanted, tuple(residues), infinity)


def linear_moduli(points: Iterable[Fraction]) -> tuple[Polynomial, ...]:
    """p − β for every point β."""
    return tuple(Polynomial([-point, 1]) for point in points)


def reduction(modulus: Polynomial, count: int) -> Matrix:
    """Column k holds p^k mod m, so that the matrix takes `count` coefficients to those of the residue.

    It has deg m rows, or `count` where that is less: then nothing is reduced.
    """
    power = ONE % modulus
    columns = []
    for _ in range(count):
        columns.append([power[i] for i in range(min(modulus.degree, count))])
        power = power.shifted(1) % modulus
    return tuple(zip(*columns, strict=True))


def residue_product(modulus: Polynomial, a: int, b: int) -> Convolver:
    """The product modulo m of a polynomial with `a` coefficients and one with `b`: a + b − 1 products.

    A linear convolution at the usual points and infinity, reduced: for a = b = 2 it is Karatsuba's a_0b_0,
    (a_0 + a_1)(b_0 + b_1), a_1b_1.
    """
    whole = winograd(a, b, linear_moduli(usual_points(a + b - 2)), infinity=True).convolver
    return Convolver(product(reduction(modulus, a + b - 1), whole.C), whole.H, whole.D)


def _unit(length: int) -> tuple[Fraction, ...]:
    """The last unit vector."""
    return tuple(Fraction(i == length - 1) for i in range(length))
