"""What a bilinear algorithm costs: general multiplications, constant multiplications and additions, each on its own.

The transform of the filter is done once for many inputs and is counted apart. "Naive" takes every row of a matrix by
itself; "shared" is the straight-line program of `straight_line`, which forms common sums once.
Anchors: Lavin & Gray, arXiv 1509.09308, section 4.1: F(2, 3) takes 4 additions for the data, 3 additions and 2
multiplications by constants for the filter and 4 additions for the outputs; F(2×2, 3×3) takes 32, 28 and 24.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from kernels.algebra.bilinear import Convolver, FilterAlgorithm
from kernels.algebra.matrix import Matrix
from kernels.algebra.straight_line import Program, program

__all__ = ["Counts", "Transform", "count", "count_convolver", "count_filter", "count_nested"]


@dataclass(frozen=True, slots=True)
class Transform:
    """The operations of matrix times vector, done `times` times.

    constants       multiplications by anything but ±1
    powers_of_two   those of them that are by ±2^k
    instructions    where a multiple is added in one instruction
    """

    naive_additions: int
    naive_constants: int
    additions: int
    constants: int
    powers_of_two: int
    instructions: int

    def __add__(self, other: Transform) -> Transform:
        return Transform(*(a + b for a, b in zip(self._all(), other._all(), strict=True)))

    def times(self, count: int) -> Transform:
        """The same done `count` times."""
        return Transform(*(each * count for each in self._all()))

    def _all(self) -> tuple[int, ...]:
        return (
            self.naive_additions,
            self.naive_constants,
            self.additions,
            self.constants,
            self.powers_of_two,
            self.instructions,
        )


@dataclass(frozen=True, slots=True)
class Counts:
    """An algorithm's operations: `taps` is done once, `data` and `outputs` for every input."""

    multiplications: int
    taps: Transform
    data: Transform
    outputs: Transform

    @property
    def additions(self) -> int:
        """Additions for every input, common sums formed once; those of the taps are not among them."""
        return self.data.additions + self.outputs.additions

    @property
    def naive_additions(self) -> int:
        """The same, every row by itself."""
        return self.data.naive_additions + self.outputs.naive_additions

    @property
    def constants(self) -> int:
        """Multiplications by constants for every input."""
        return self.data.constants + self.outputs.constants


def count(matrix: Matrix, shared: Program | None = None) -> Transform:
    """The operations of `matrix` times a vector; `shared` where its program is at hand."""
    made = shared or program(matrix)
    return Transform(
        naive_additions=sum(max(sum(map(bool, row)) - 1, 0) for row in matrix),
        naive_constants=sum(abs(each) not in (0, 1) for row in matrix for each in row),
        additions=made.additions,
        constants=sum(abs(each) != 1 for each in made.factors),
        powers_of_two=sum(abs(each) != 1 and _is_power_of_two(each) for each in made.factors),
        instructions=made.instructions,
    )


def count_convolver(algorithm: Convolver) -> Counts:
    """H is the transform of the taps, D that of the data, C makes the outputs."""
    return Counts(algorithm.multiplications, count(algorithm.H), count(algorithm.D), count(algorithm.C))


def count_filter(algorithm: FilterAlgorithm) -> Counts:
    """G is the transform of the taps, with f where that is apart; Bᵀ that of the data; Aᵀ makes the outputs."""
    taps = count(algorithm.G)
    if algorithm.f:
        # f is applied to the transformed taps: a diagonal matrix.
        factors = [each for each in algorithm.f if abs(each) != 1]
        two = sum(map(_is_power_of_two, factors))
        taps += Transform(0, len(factors), 0, len(factors), two, len(factors))
    return Counts(algorithm.multiplications, taps, count(algorithm.BT), count(algorithm.AT))


def count_nested(down: FilterAlgorithm, across: FilterAlgorithm) -> Counts:
    """F(m×m′, r×r′): each transform goes over the columns and then over the rows."""
    first, second = count_filter(down), count_filter(across)
    columns = across.m + across.r - 1
    products, products_across = down.multiplications, across.multiplications
    return Counts(
        products * products_across,
        first.taps.times(across.r) + second.taps.times(products),
        first.data.times(columns) + second.data.times(products),
        first.outputs.times(products_across) + second.outputs.times(down.m),
    )


def _is_power_of_two(value: Fraction) -> bool:
    larger = max(abs(value.numerator), value.denominator)
    return 1 in (abs(value.numerator), value.denominator) and larger & (larger - 1) == 0
