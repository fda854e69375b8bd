"""Fast filters F(m, r) as the kernels run them: their transforms as sums of multiples of rows.

A matrix times a vector is a straight-line program (`algebra/straight_line.py`). What it shares is kept where reading it
again costs less than adding it up again; every other value goes into the sums that use it, in exact arithmetic.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernels.algebra.bilinear import FilterAlgorithm
from kernels.algebra.matrix import Matrix
from kernels.algebra.straight_line import Program, program
from kernels.preset_transforms import preset
from kernels.vector_rows import TERMS

Integers = NDArray[np.int64]

STORE = 2
"""What writing a row costs, in rows that are read."""


class Sums(NamedTuple):
    """A matrix times a vector: value results[s] = Σ factors[t]·value values[t] for begins[s] ≤ t < begins[s + 1].

    The values are the `inputs`, then the `outputs`, then those `between` that are kept.
    """

    inputs: int
    outputs: int
    between: int
    results: Integers
    begins: Integers
    values: Integers
    factors: NDArray[np.floating]

    def typed(self, dtype: Any) -> Sums:
        """With factors of this type."""
        return self._replace(factors=self.factors.astype(dtype))


@dataclass(frozen=True, eq=False, slots=True)
class FastFilter:
    """What the kernels need of F(m, r): Bᵀ, Aᵀ, and G with `f` multiplied in, as sums.

    `preset` is m where `preset_transforms.py` has Bᵀ and Aᵀ as vector code, else 0.
    """

    m: int
    r: int
    preset: int
    into: Sums
    back: Sums
    taps: Sums


@lru_cache(maxsize=64)
def fast_filter(algorithm: FilterAlgorithm) -> FastFilter:
    """The numbers of an algorithm."""
    f = algorithm.f or (Fraction(1),) * algorithm.multiplications
    g = tuple(tuple(factor * each for each in row) for factor, row in zip(f, algorithm.G, strict=True))
    return FastFilter(algorithm.m, algorithm.r, preset(algorithm), sums(algorithm.BT), sums(algorithm.AT), sums(g))


def sums(matrix: Matrix) -> Sums:
    """`matrix` times a vector."""
    of = program(matrix)
    steps, outputs, between = _gathered(of)
    place = {value: value for value in range(of.inputs)}
    place |= {value: of.inputs + len(of.outputs) + at for at, value in enumerate(between)}
    place |= {value: of.inputs + at for value, at in outputs.items()}
    rows: list[tuple[int, list[tuple[int, Fraction]]]] = [
        (place[value], [(place[each], factor) for each, factor in terms.items()]) for value, terms in steps
    ]
    for at, value in enumerate(of.outputs):
        if outputs.get(value) != at:
            rows.append((of.inputs + at, [(place[value], Fraction(1))] if value >= 0 else []))
    split = [part for row in rows for part in _split(*row)]
    begins = np.cumsum([0, *(len(terms) for _, terms in split)])
    return Sums(
        of.inputs,
        len(of.outputs),
        len(between),
        np.array([result for result, _ in split], np.int64),
        begins.astype(np.int64),
        np.array([value for _, terms in split for value, _ in terms], np.int64),
        np.array([float(factor) for _, terms in split for _, factor in terms], np.float64),
    )


_Step = tuple[int, dict[int, Fraction]]


def _gathered(of: Program) -> tuple[list[_Step], dict[int, int], list[int]]:
    """The values that are written with their terms, where the first output of each value is, and what else is kept."""
    uses = Counter(value for each in of.operations for value in {each.left, each.right} if value >= 0)
    outputs: dict[int, int] = {}
    for at, value in enumerate(of.outputs):
        if value >= of.inputs:
            outputs.setdefault(value, at)
    shown: list[dict[int, Fraction]] = [{value: Fraction(1)} for value in range(of.inputs)]
    steps: list[_Step] = []
    between = []
    for value, each in enumerate(of.operations, of.inputs):
        terms: dict[int, Fraction] = {}
        left, right = (each.factor, Fraction()) if each.kind == "scale" else (Fraction(1), Fraction(1))
        if each.kind == "subtract":
            right = -right
        for of_value, factor in ((each.left, left), (each.right, right)):
            for term, by in shown[of_value].items() if factor else ():
                terms[term] = terms.get(term, Fraction()) + factor * by
        terms = {term: by for term, by in terms.items() if by}
        again = uses[value] * (len(terms) - 1)
        kept = value in outputs and again > 0
        if value not in outputs and again > len(terms) + STORE:
            between.append(value)
            kept = True
        if kept or value in outputs:
            steps.append((value, terms))
        shown.append({value: Fraction(1)} if kept else terms)
    return steps, outputs, between


def _split(result: int, terms: list[tuple[int, Fraction]]) -> list[tuple[int, list[tuple[int, Fraction]]]]:
    """A sum of many terms, as sums of at most TERMS that go on from one another."""
    parts = [(result, terms[:TERMS])]
    parts += [
        (result, [(result, Fraction(1)), *terms[first : first + TERMS - 1]])
        for first in range(TERMS, len(terms), TERMS - 1)
    ]
    return parts
