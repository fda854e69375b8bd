"""Whether two filter algorithms are one: the same products in another order, with rows scaled.

    A[j,i]·G[i,k]·B[i,l] = (λ A)[j,i]·(μ G)[i,k]·(ν B)[i,l]   where λ·μ·ν = 1

So a published set of matrices and a derived one may differ in every row and both be right.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from kernels.algebra.bilinear import FilterAlgorithm
from kernels.algebra.filter_form import primitive
from kernels.algebra.matrix import transpose

__all__ = ["RowScaling", "rescaled", "scaling"]


@dataclass(frozen=True, slots=True)
class RowScaling:
    """Product `source` of the one is product `target` of the other once its rows are multiplied by a, g and b."""

    source: int
    target: int
    a: Fraction
    g: Fraction
    b: Fraction

    @property
    def changes(self) -> bool:
        """Whether anything is scaled."""
        return any(each != 1 for each in (self.a, self.g, self.b))


def scaling(source: FilterAlgorithm, target: FilterAlgorithm) -> tuple[RowScaling, ...] | None:
    """How `source` becomes `target`, in the order of the products of `target`; None where it cannot.

    Where f is apart it counts as part of G.
    """
    if (source.m, source.r, source.multiplications) != (target.m, target.r, target.multiplications):
        return None
    left = dict(enumerate(_rows(source)))
    found = []
    for t, (shape, scales) in enumerate(_rows(target)):
        match = next((s for s, row in left.items() if row[0] == shape), None)
        if match is None:
            return None
        a, g, b = (to / of for to, of in zip(scales, left.pop(match)[1], strict=True))
        if a * g * b != 1:
            return None
        found.append(RowScaling(match, t, a, g, b))
    return tuple(found)


def rescaled(algorithm: FilterAlgorithm, by: tuple[RowScaling, ...]) -> FilterAlgorithm:
    """The algorithm with its products in the order of `by` and their rows scaled; f goes into G."""
    weights = algorithm.f or (Fraction(1),) * algorithm.multiplications
    columns = transpose(algorithm.AT)
    return FilterAlgorithm(
        transpose(tuple(tuple(each.a * value for value in columns[each.source]) for each in by)),
        tuple(tuple(each.g * weights[each.source] * value for value in algorithm.G[each.source]) for each in by),
        tuple(tuple(each.b * value for value in algorithm.BT[each.source]) for each in by),
    )


_Shape = tuple[tuple[Fraction, ...], ...]


def _rows(algorithm: FilterAlgorithm) -> list[tuple[_Shape, tuple[Fraction, ...]]]:
    """For each product its rows of A, G and B without their scales, and the scales."""
    weights = algorithm.f or (Fraction(1),) * algorithm.multiplications
    made: list[tuple[_Shape, tuple[Fraction, ...]]] = []
    for a, g, b, weight in zip(transpose(algorithm.AT), algorithm.G, algorithm.BT, weights, strict=True):
        parts = [primitive(row) for row in (a, g, b)]
        scales = parts[0][1], parts[1][1] * weight, parts[2][1]
        made.append((tuple(shape for shape, _ in parts), scales))
    return made
