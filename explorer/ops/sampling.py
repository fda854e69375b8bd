"""Where the cells of a resized map lie in the map that it is made of, in exact fractions, and what each one takes.

A scale counts as the decimal number that is typed: 1.1 is 11/10, not the nearest binary fraction, so that 11/1.1 is 10.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from kernels._jit import read_only

_HALF = Fraction(1, 2)
Table = tuple[Any, Any, Any]
"""`starts`, `places` and `weights` of `kernels.upsampling`."""


class Axis(NamedTuple):
    """An axis of `size` cells made into `made`; `scale` is the one asked for, or made/size."""

    size: int
    made: int
    scale: Fraction
    mode: str
    coordinates: str
    rounding: str

    def coordinate(self, place: int) -> Fraction:
        """Where a cell of the output lies, in cells of the input from the middle of the first; may be outside."""
        if self.coordinates == "align_corners":
            return Fraction(place * (self.size - 1), self.made - 1) if self.made > 1 else Fraction(0)
        if self.coordinates == "half_pixel":
            return (place + _HALF) / self.scale - _HALF
        return place / self.scale

    def written(self, place: int) -> str:
        """`coordinate` with its numbers put in."""
        if self.coordinates == "align_corners":
            return f"{place}·({self.size} − 1)/({self.made} − 1)" if self.made > 1 else "0"
        scale = str(self.scale) if self.scale.denominator == 1 else f"({self.scale})"
        return f"({place} + 1/2)/{scale} − 1/2" if self.coordinates == "half_pixel" else f"{place}/{scale}"

    def taken(self, place: int) -> tuple[tuple[int, Fraction], ...]:
        """The cells of the input that a cell of the output takes, with their weights, which are above 0."""
        at = self.coordinate(place)
        if self.mode == "nearest":
            return ((min(max(rounded(at, self.rounding), 0), self.size - 1), Fraction(1)),)
        at = min(max(at, Fraction(0)), Fraction(self.size - 1))
        low = math.floor(at)
        part = at - low
        return ((low, 1 - part), (low + 1, part)) if part else ((low, Fraction(1)),)


def rounded(number: Fraction, rounding: str) -> int:
    """A whole number near `number`: "floor", "ceil", or the nearest one, of two the lower or the upper one."""
    if rounding == "floor":
        return math.floor(number)
    if rounding == "ceil":
        return math.ceil(number)
    return math.ceil(number - _HALF) if rounding == "round_prefer_floor" else math.floor(number + _HALF)


def _table(lines: Sequence[Sequence[tuple[int, float]]]) -> Table:
    starts = np.cumsum([0, *map(len, lines)], dtype=np.int64)
    places = np.array([place for line in lines for place, _ in line], np.int64)
    weights = np.array([weight for line in lines for _, weight in line], np.float64)
    return read_only(starts), read_only(places), read_only(weights)


@lru_cache(maxsize=32)
def tables(axis: Axis) -> tuple[Table, Table]:
    """What each cell of the output takes, and what each cell of the input gives."""
    takes = [[(place, float(weight)) for place, weight in axis.taken(made)] for made in range(axis.made)]
    gives: list[list[tuple[int, float]]] = [[] for _ in range(axis.size)]
    for made, line in enumerate(takes):
        for place, weight in line:
            gives[place].append((made, weight))
    return _table(takes), _table(gives)
