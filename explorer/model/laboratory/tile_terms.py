"""Where each number of a tile comes from, and the way through them: a phase for each stage, a step for each number."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Literal

import numpy as np

from explorer.model.digits import MINUS
from explorer.model.laboratory.tiling import Key, Numbers, Worked
from explorer.refusal import Message, message
from kernels.algebra.matrix import Matrix
from kernels.algebra.straight_line import Program

__all__ = ["Factor", "Phase", "Place", "Term", "factor_of", "in_order", "matrix_of", "phases", "spelled", "terms"]

Side = Literal["left", "right"]
MatrixName = Literal["BT", "G", "AT"]


@dataclass(frozen=True, slots=True)
class Place:
    """A number of a stage."""

    key: Key
    row: int
    column: int


@dataclass(frozen=True, slots=True)
class Factor:
    """The matrix that a stage is made with: matrix·source from the left, or source·matrixᵀ from the right."""

    matrix: MatrixName
    side: Side
    source: Key


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a number: a coefficient times one number, or the product of two, or what `name` says.

    exact, rounded  the whole term, as it is and in float32
    """

    factor: Fraction
    reads: tuple[Place, ...]
    exact: Fraction
    rounded: float
    name: Message | None = None


@dataclass(frozen=True, slots=True)
class Phase:
    """A stage that is filled number by number, in the order of `places`; "d" shows the tile and the kernel at once."""

    key: Key
    places: tuple[Place, ...]


_FACTORS: Mapping[Key, tuple[MatrixName, Side, Key]] = MappingProxyType(
    {
        "Bd": ("BT", "left", "d"),
        "V": ("BT", "right", "Bd"),
        "Gg": ("G", "left", "g"),
        "U": ("G", "right", "Gg"),
        "AM": ("AT", "left", "M"),
        "Y": ("AT", "right", "AM"),
    }
)


def factor_of(of: Worked, key: Key) -> Factor | None:
    """The matrix product that a stage is, or None."""
    if key not in _FACTORS:
        return None
    matrix, side, source = _FACTORS[key]
    return Factor(matrix, side, of.summed if source == "M" else source)


def matrix_of(of: Worked, factor: Factor) -> Matrix:
    """The matrix of a stage: of the columns on the left, of the rows on the right; with the fractions apart in G."""
    algorithm = of.down if factor.side == "left" else of.across
    made: Matrix = getattr(algorithm, factor.matrix)
    if factor.matrix == "G" and algorithm.f:
        return tuple(tuple(f * each for each in row) for f, row in zip(algorithm.f, made, strict=True))
    return made


def phases(of: Worked) -> tuple[Phase, ...]:
    """The whole way. A transform from the left goes column by column, every other stage row by row."""
    found = [Phase("d", (Place("d", 0, 0),))]
    keys: tuple[Key, ...] = ("Bd", "V", "Gg", "U", "P", "M", "AM", "Y", "y", "direct")
    for key in keys:
        if key in of.stages:
            rows, columns = of.stages[key].shape
            factor = factor_of(of, key)
            if factor is not None and factor.side == "left":
                places = [Place(key, i, j) for j in range(columns) for i in range(rows)]
            else:
                places = [Place(key, i, j) for i in range(rows) for j in range(columns)]
            found.append(Phase(key, tuple(places)))
    return tuple(found)


def terms(of: Worked, place: Place) -> tuple[Term, ...]:
    """What a number is the sum of; () for the inputs themselves. Coefficients of 0 are left out."""
    factor = factor_of(of, place.key)
    i, j = place.row, place.column
    if factor is not None:
        row = matrix_of(of, factor)[i if factor.side == "left" else j]
        return tuple(
            _weighted(of, each, Place(factor.source, k, j) if factor.side == "left" else Place(factor.source, i, k))
            for k, each in enumerate(row)
            if each
        )
    others: dict[Key, Callable[[Worked, int, int], tuple[Term, ...]]] = {
        "P": _product,
        "M": _over_channels,
        "y": _with_bias,
        "direct": _plain,
    }
    return others[place.key](of, i, j) if place.key in others else ()


def _weighted(of: Worked, factor: Fraction, place: Place) -> Term:
    numbers = of.stages[place.key]
    exact = factor * numbers.exact(place.row, place.column)
    with np.errstate(all="ignore"):
        rounded = np.float32(float(factor)) * numbers.rounded[place.row, place.column]
    return Term(factor, (place,), exact, float(rounded))


def _times(of: Worked, a: Place, b: Place) -> Term:
    left, right = of.stages[a.key], of.stages[b.key]
    with np.errstate(all="ignore"):
        rounded = left.rounded[a.row, a.column] * right.rounded[b.row, b.column]
    return Term(Fraction(1), (a, b), left.exact(a.row, a.column) * right.exact(b.row, b.column), float(rounded))


def _product(of: Worked, i: int, j: int) -> tuple[Term, ...]:
    return (_times(of, Place("U", i, j), Place("V", i, j)),)


def _over_channels(of: Worked, i: int, j: int) -> tuple[Term, ...]:
    return tuple(
        _named(each, i, j, message("channel {channel}", channel=of.channels[c]), c == of.channel)
        for c, each in enumerate(of.products)
    )


def _named(numbers: Numbers, i: int, j: int, name: Message, chosen: bool = False) -> Term:
    reads = (Place("P", i, j),) if chosen else ()
    return Term(Fraction(1), reads, numbers.exact(i, j), float(numbers.rounded[i, j]), name)


def _with_bias(of: Worked, i: int, j: int) -> tuple[Term, ...]:
    return (_weighted(of, Fraction(1), Place("Y", i, j)), *_bias(of))


def _bias(of: Worked) -> tuple[Term, ...]:
    return (_named(of.bias, 0, 0, message("bias")),) if of.bias is not None else ()


def _plain(of: Worked, i: int, j: int) -> tuple[Term, ...]:
    rows, columns = of.stages["g"].shape
    chosen = tuple(_times(of, Place("g", u, v), Place("d", i + u, j + v)) for u in range(rows) for v in range(columns))
    others = tuple(
        _named(each, i, j, message("channel {channel}", channel=of.channels[c]))
        for c, each in enumerate(of.directs)
        if c != of.channel
    )
    return (*chosen, *others, *_bias(of))


def in_order(of: Worked, place: Place, name: Callable[[Place], str]) -> str:
    """The operations of float32 that make a number by a matrix, as one expression; "" for other stages."""
    factor = factor_of(of, place.key)
    if factor is None:
        return ""
    made = of.programs[0 if factor.side == "left" else 1]
    program = {"BT": made.data, "G": made.taps, "AT": made.outputs}[factor.matrix]
    i, j = place.row, place.column
    if factor.side == "left":
        return spelled(program, i, [name(Place(factor.source, k, j)) for k in range(program.inputs)])
    return spelled(program, j, [name(Place(factor.source, i, k)) for k in range(program.inputs)])


def spelled(program: Program, output: int, names: Sequence[str]) -> str:
    """An output of a straight-line program with what it adds up put in: 4·(a + b) − c, in this order."""
    at = program.outputs[output]
    return _spelled(program, at, names)[0] if at >= 0 else "0"


def _spelled(program: Program, value: int, names: Sequence[str]) -> tuple[str, bool]:
    """The text, and whether it is a sum."""
    if value < program.inputs:
        return names[value], False
    each = program.operations[value - program.inputs]
    left, is_sum = _spelled(program, each.left, names)
    if each.kind == "scale":
        inner = f"({left})" if is_sum else left
        sign = MINUS if each.factor < 0 else ""
        size = "" if abs(each.factor) == 1 else f"{abs(each.factor)}·"
        return f"{sign}{size}{inner}", False
    right, is_sum = _spelled(program, each.right, names)
    if is_sum or right.startswith(MINUS):
        right = f"({right})"
    return f"{left} {'+' if each.kind == 'add' else MINUS} {right}", True
