"""The error of a fast filter in a layer of the document: its own input and weights, in every cell of its map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.model.derivation.problem import Filter, Fractions
from explorer.model.laboratory.accuracy import Arithmetic
from explorer.model.laboratory.error_map import ErrorMap, error_map
from explorer.model.laboratory.families import Family, points_of
from explorer.model.laboratory.steps import Steps
from explorer.model.laboratory.tiles import Tiled
from explorer.ops.op import Array
from explorer.refusal import Refusal
from kernels.algebra.summation import Order

__all__ = ["Summed", "filter_of", "layer_error", "padded", "summed_up"]


@dataclass(frozen=True, slots=True)
class Summed:
    """The mean and the largest of the finite errors, and how many are infinite."""

    mean: float
    largest: float
    failed: int


def padded(of: Tiled, filter: int) -> Array:
    """(C, H' + r − 1, W' + r − 1): the channels that a filter sees, with the zeros that the layer has around them."""
    channels = of.channels(filter)
    x = of.x[channels.start : channels.stop]
    extents = tuple(out + taps - 1 for out, taps in zip(of.y.shape[1:], of.layer.kernel, strict=True))
    made = np.zeros((len(x), *extents), x.dtype)
    onto, seen = [], []
    for a in (0, 1):
        # A negative padding cuts the input.
        first = max(of.begin[a], 0)
        skipped = max(-of.begin[a], 0)
        count = min(x.shape[1 + a] - skipped, extents[a] - first)
        onto.append(slice(first, first + count))
        seen.append(slice(skipped, skipped + count))
    made[:, onto[0], onto[1]] = x[:, seen[0], seen[1]]
    return made


def filter_of(of: Tiled, m: int, family: Family, fractions: Fractions = "G") -> Filter:
    """F(m, r) for the kernel of a layer; Refusal where it is not square, or the family has no points for it."""
    rows, columns = of.layer.kernel
    if rows != columns:
        raise Refusal(
            "The kernel is {rows} × {columns}; the map is made for square kernels.", rows=rows, columns=columns
        )
    points = points_of(family, m, rows)
    if points is None:
        raise Refusal(
            "This family has no points for F({m}, {r}).", m=m, r=rows, hint="Choose another one, or another m."
        )
    return Filter(m, rows, points, fractions=fractions)


def layer_error(of: Tiled, filter: int, problem: Filter, arithmetic: Arithmetic, order: Order) -> Steps[ErrorMap]:
    """The errors of filter k of a layer, a cell for each of its outputs, without the bias."""
    if not 0 <= filter < len(of.w):
        raise Refusal("There is no filter {filter}; the last is {last}.", filter=filter, last=len(of.w) - 1)
    return (yield from error_map(padded(of, filter), of.w[filter], problem, arithmetic, order))


def summed_up(errors: Array) -> Summed:
    """What a map says in numbers."""
    finite: NDArray[np.float32] = errors[np.isfinite(errors)]
    failed = int(errors.size - finite.size)
    return (
        Summed(float(finite.mean(dtype=np.float64)), float(finite.max()), failed)
        if finite.size
        else Summed(float("inf"), float("inf"), failed)
    )
