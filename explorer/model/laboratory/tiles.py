"""A convolution that was computed, cut into the tiles of Winograd's algorithm, and the algorithms for them.

F(m×m', r×r') makes m×m' outputs from m + r − 1 by m' + r' − 1 inputs. Tiles begin m and m' apart, in outputs and in
inputs, so that neighbours share r − 1 or r' − 1 inputs. What a tile reads outside of the map is 0, and what it makes
outside is dropped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from explorer.model.derivation.filtering import algorithm_of, settled
from explorer.model.derivation.presets import presets
from explorer.model.derivation.problem import Filter, Point
from explorer.model.evaluation import Evaluated, Result
from explorer.ops.convolution_layer import Kept, Layer, group_of, window
from explorer.ops.op import Array
from explorer.refusal import Refusal
from kernels.algebra.bilinear import FilterAlgorithm
from kernels.algebra.filter_form import transposed
from kernels.algebra.matrix import identity, matrix
from kernels.algebra.winograd import linear_moduli, winograd

__all__ = [
    "MOST_INPUTS",
    "OWN",
    "Cut",
    "Pair",
    "Tiled",
    "convolutions",
    "filters",
    "own_filters",
    "own_outputs",
    "point_sets",
    "points_of",
    "tiled",
]

Pair = tuple[int, int]
"""Of rows, then of columns."""

OWN = "own"
"""The set of points that the layer itself computes with."""

MOST_INPUTS = 16
"""Rows and columns of a tile that is shown."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Outputs of `outputs` cells cut into tiles of m×m'; `begin` is the padding above and to the left."""

    m: Pair
    kernel: Pair
    begin: Pair
    extents: Pair
    outputs: Pair

    @property
    def count(self) -> Pair:
        """Rows and columns of tiles."""
        return -(-self.outputs[0] // self.m[0]), -(-self.outputs[1] // self.m[1])

    @property
    def size(self) -> Pair:
        """Inputs of a tile, m + r − 1."""
        return self.m[0] + self.kernel[0] - 1, self.m[1] + self.kernel[1] - 1

    def origin(self, tile: Pair) -> Pair:
        """The first input of a tile; negative in the padding."""
        return tile[0] * self.m[0] - self.begin[0], tile[1] * self.m[1] - self.begin[1]

    @property
    def middle(self) -> Pair:
        """The tile in the middle."""
        return self.count[0] // 2, self.count[1] // 2

    def clamped(self, tile: Pair) -> Pair:
        """The tile, or the one next to it that there is."""
        rows, columns = self.count
        return min(max(tile[0], 0), rows - 1), min(max(tile[1], 0), columns - 1)

    def making(self, row: int, column: int) -> Pair:
        """The tile that makes an output."""
        return self.clamped((row // self.m[0], column // self.m[1]))

    def around(self, row: int, column: int) -> Pair:
        """The tile that makes the output whose window has an input in its middle."""
        middle = tuple((taps - 1) // 2 - begin for taps, begin in zip(self.kernel, self.begin, strict=True))
        return self.making(row - middle[0], column - middle[1])


@dataclass(frozen=True, slots=True, eq=False)
class Tiled:
    """One image of a convolution with stride and dilation 1.

    x  (C, H, W);   w  (K, C/groups, r, r') as laid on the map;   b  (K,) or None;   y  (K, H', W')
    """

    layer: Layer
    x: Array
    w: Array
    b: Array | None
    y: Array
    begin: Pair

    def channels(self, filter: int) -> range:
        """The input channels that a filter sees."""
        seen = group_of(self.layer, len(self.x), filter)
        return range(seen.start, seen.stop)

    def cut(self, m: Pair) -> Cut:
        """Its tiles for F(m×m', r×r')."""
        (height, width), (rows, columns) = self.x.shape[1:], self.y.shape[1:]
        return Cut(m, self.layer.kernel, self.begin, (height, width), (rows, columns))


def convolutions(evaluated: Evaluated) -> Mapping[str, Result]:
    """The results of the layers that are one convolution, by the ids of the layers."""
    return {id: result for id, result in evaluated.results.items() if isinstance(result.saved, Kept)}


def tiled(result: Result, image: int) -> Tiled:
    """One image of a result; Refusal where its windows do not lie next to each other."""
    x, w, layer = result.saved
    for label, pair in (("stride", layer.stride), ("dilation", layer.dilation)):
        if pair != (1, 1):
            raise Refusal(
                "Winograd's algorithm takes a {label} of 1 × 1; this layer has {rows} × {columns}.",
                label=label,
                rows=pair[0],
                columns=pair[1],
                hint="Choose another layer, or change this one in Explore.",
            )
    image = min(image, len(x) - 1)
    around = window(x.shape, layer).pads
    bias = result.weights["b"] if layer.bias else None
    return Tiled(layer, x[image], layer.laid(w), bias, result.ys[0][image], (around[0], around[1]))


def point_sets(layer: Layer, m: int) -> tuple[str, ...]:
    """The names of the sets of points that there are: `OWN` first where the layer is computed by this algorithm."""
    own = (OWN,) if own_outputs(layer) is not None else ()
    named = dict.fromkeys(preset.key for taps in layer.kernel if taps > 1 for preset in presets(m, taps))
    return (*own, *(named or ("usual",)))


def own_outputs(layer: Layer) -> Pair | None:
    """m and m' of the algorithm that the layer computes with, or None where it is computed in another way."""
    return (layer.tile, layer.tile) if layer.method == "winograd" else None


def own_filters(layer: Layer) -> tuple[FilterAlgorithm, FilterAlgorithm]:
    """The algorithm that the layer computes with, for the columns and for the rows."""
    # With the kernels behind them, the points are imported where a layer asks for them.
    from kernels.convolution_methods import POINTS

    def made(r: int) -> FilterAlgorithm:
        moduli = linear_moduli([Fraction(point) for point in POINTS[: layer.tile + r - 2]])
        return transposed(winograd(r, layer.tile, moduli, infinity=True).convolver)

    return made(layer.kernel[0]), made(layer.kernel[1])


def filters(layer: Layer, m: Pair, points: str) -> tuple[FilterAlgorithm, FilterAlgorithm]:
    """F(m, r) for the columns of a tile and F(m', r') for its rows, with a set of points; Refusal for large tiles.

    A direction for which there is no such set has the usual points, and one with a single tap needs no transform.
    """
    for outputs, taps in zip(m, layer.kernel, strict=True):
        if outputs + taps - 1 > MOST_INPUTS:
            raise Refusal(
                "A tile of F({m}, {r}) has {count} inputs in a direction; the most that are shown are {limit}.",
                m=outputs,
                r=taps,
                count=outputs + taps - 1,
                limit=MOST_INPUTS,
                hint="Choose fewer outputs m, or a layer with a smaller kernel.",
            )
    if points == OWN:
        return own_filters(layer)
    return _filter(m[0], layer.kernel[0], points), _filter(m[1], layer.kernel[1], points)


def points_of(m: int, r: int, points: str) -> tuple[Point, ...]:
    """The points of a set for F(m, r), ∞ last; the usual ones where there is no such set."""
    return next((each.points for each in presets(m, r) if each.key == points), settled(Filter(m, r)).points)


def _filter(m: int, r: int, points: str) -> FilterAlgorithm:
    if r == 1:
        return FilterAlgorithm(identity(m), matrix([[1]] * m), identity(m))
    return algorithm_of(Filter(m, r, points_of(m, r, points)))


def patch(plane: Array, origin: Pair, size: Pair) -> tuple[Array, Array]:
    """Cells of `plane` (…, H, W) from `origin` on, 0 outside of it, and the mask of what is outside."""
    height, width = plane.shape[-2:]
    rows, columns = (start + np.arange(count) for start, count in zip(origin, size, strict=True))
    inside = np.logical_and.outer((rows >= 0) & (rows < height), (columns >= 0) & (columns < width))
    taken = plane[..., rows.clip(0, height - 1)[:, None], columns.clip(0, width - 1)]
    return np.where(inside, taken, plane.dtype.type(0)), ~inside
