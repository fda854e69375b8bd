"""A bilinear algorithm as the stages of a program: transform the taps, transform the data, multiply, put together.

    filter         y = Aᵀ·((G g) ⊙ (Bᵀ d))
    convolution    s = C·((H h) ⊙ (D x))

Each stage is a matrix times a vector, as a straight-line program with shared sums. Both languages write the same
stages, and `verified` runs these very stages in exact numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product

from kernels.algebra.bilinear import Convolver, FilterAlgorithm
from kernels.algebra.matrix import Matrix, diagonal, identity
from kernels.algebra.matrix import product as times
from kernels.algebra.straight_line import Operation, Program, program

Outcome = FilterAlgorithm | Convolver | tuple[FilterAlgorithm, FilterAlgorithm]
"""What a derivation of a filter or a convolution has as its outcome; a pair for two directions."""


@dataclass(frozen=True, slots=True)
class Stage:
    """`name`(`argument`) is `matrix` times the argument; `formula` says so with the letters of the literature."""

    name: str
    argument: str
    formula: str
    matrix: Matrix
    program: Program

    @property
    def inputs(self) -> int:
        """Numbers that go in."""
        return self.program.inputs

    @property
    def outputs(self) -> int:
        """Numbers that come out."""
        return len(self.program.outputs)

    @property
    def rows(self) -> Iterator[str]:
        """Every row of the product as a sum, for a comment."""
        for row in self.matrix:
            yield _sum(row, self.argument)


@dataclass(frozen=True, slots=True)
class Direction:
    """The three stages along one axis."""

    taps: Stage
    data: Stage
    result: Stage

    def numbered(self, suffix: str) -> Direction:
        """The same with names of its own."""
        return Direction(*(replace(each, name=each.name + suffix) for each in self.stages))

    @property
    def stages(self) -> tuple[Stage, Stage, Stage]:
        """In the order in which they run."""
        return self.taps, self.data, self.result

    def verified(self) -> bool:
        """Whether the stages compute the filter or convolution: for all unit vectors, and so for everything."""
        taps = [self.taps.program.run(unit) for unit in identity(self.taps.inputs)]
        data = [self.data.program.run(unit) for unit in identity(self.data.inputs)]
        for (k, u), (i, v) in product(enumerate(taps), enumerate(data)):
            found = self.result.program.run([a * b for a, b in zip(u, v, strict=True)])
            if found != tuple(Fraction(self._hits(j, k, i)) for j in range(self.result.outputs)):
                return False
        return True

    def _hits(self, j: int, k: int, i: int) -> bool:
        """Whether tap k and sample i meet in result j."""
        if self.taps.argument == "g":
            return i == j + k
        if self.result.outputs == self.taps.inputs + self.data.inputs - 1:
            return j == k + i
        return j == (k + i) % self.result.outputs


@dataclass(frozen=True, slots=True)
class Routine:
    """What a function of the program computes. In two directions the second one goes along the rows."""

    name: str
    title: str
    definition: str
    formula: str
    directions: tuple[Direction, ...]

    @property
    def data(self) -> str:
        """The letter of the data."""
        return self.directions[0].data.argument

    @property
    def taps(self) -> str:
        """The letter of the taps."""
        return self.directions[0].taps.argument

    @property
    def result(self) -> str:
        """The letter of the result."""
        return "y" if self.taps == "g" else "s"

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Every stage once."""
        return tuple(dict.fromkeys(stage for each in self.directions for stage in each.stages))


def routine(outcome: Outcome) -> Routine:
    """The stages of an algorithm, checked in exact numbers; ValueError for one that does not compute what it says."""
    made = _routine(outcome)
    if not all(each.verified() for each in made.directions):
        raise ValueError(f"the program of {made.title} does not compute {made.definition}")
    return made


def _routine(outcome: Outcome) -> Routine:
    match outcome:
        case (FilterAlgorithm() as down, FilterAlgorithm() as across):
            m, r, m2, r2 = down.m, down.r, across.m, across.r
            first = _filter(down)
            second = first if across == down else _filter(across).numbered("_across")
            return Routine(
                f"filter_{m}x{m2}_{r}x{r2}",
                f"F({m}x{m2}, {r}x{r2})",
                "y[j, i] = sum over k, l of g[k, l] d[j + k, i + l]",
                "Y = A^T ((G g G^T) * (B^T d B)) A, * element by element",
                (first, second),
            )
        case FilterAlgorithm():
            return Routine(
                f"filter_{outcome.m}_{outcome.r}",
                f"F({outcome.m}, {outcome.r})",
                "y[j] = sum over k of g[k] d[j + k]",
                "y = A^T ((G g) * (B^T d)), * element by element",
                (_filter(outcome),),
            )
        case Convolver():
            n, samples = len(outcome.H[0]), len(outcome.D[0])
            linear = len(outcome.C) == n + samples - 1
            return Routine(
                f"convolve_{n}_{samples}" if linear else f"cyclic_{n}",
                f"the {'linear' if linear else 'cyclic'} convolution of {n} taps and {samples} samples",
                "s[j] = sum over k of h[k] x[j - k]" + ("" if linear else f", indices modulo {n}"),
                "s = C ((H h) * (D x)), * element by element",
                (
                    Direction(
                        _stage("taps", "h", "H h", outcome.H),
                        _stage("data", "x", "D x", outcome.D),
                        _stage("result", "p", "C p", outcome.C),
                    ),
                ),
            )
    raise TypeError(f"no code for {type(outcome).__name__}")


def _filter(algorithm: FilterAlgorithm) -> Direction:
    taps = _stage("taps", "g", "G g", algorithm.G)
    if algorithm.f:
        taps = _scaled(taps, algorithm.f)
    data = _stage("data", "d", "B^T d", algorithm.BT)
    return Direction(taps, data, _stage("result", "p", "A^T p", algorithm.AT))


def _stage(name: str, argument: str, formula: str, matrix: Matrix) -> Stage:
    return Stage(name, argument, formula, matrix, program(matrix))


def _scaled(taps: Stage, factors: tuple[Fraction, ...]) -> Stage:
    """The transform of the taps with the vector f at its end."""
    operations, outputs = list(taps.program.operations), []
    for output, factor in zip(taps.program.outputs, factors, strict=True):
        if output >= 0 and factor != 1:
            operations.append(Operation("scale", output, factor=factor))
            outputs.append(taps.inputs + len(operations) - 1)
        else:
            outputs.append(output)
    matrix = times(diagonal(factors), taps.matrix)
    made = Program(taps.inputs, tuple(operations), tuple(outputs))
    return replace(taps, formula="f * (G g)", matrix=matrix, program=made)


def _sum(row: tuple[Fraction, ...], name: str) -> str:
    text = ""
    for i, value in enumerate(row):
        if value:
            sign = (" - " if value < 0 else " + ") if text else "-" if value < 0 else ""
            size = "" if abs(value) == 1 else f"{abs(value)} "
            text += f"{sign}{size}{name}{i}"
    return text or "0"
