"""Global max pooling with switches."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from explorer.ops.array_size import check_places
from explorer.ops.explanation import Grid, Number, Sign, Step
from explorer.ops.op import Array, Arrays, Cell, Op, Region, Sample, Shapes, Tick, Weights
from explorer.ops.pooled_places import HINTS, OUTPUTS, backward, explain_plane, place_step, plane_of
from explorer.ops.whole_map import Params, arithmetic, pooled
from explorer.ops.whole_map import reads as whole
from explorer.refusal import message
from kernels import selection
from kernels.bands import bands
from kernels.place import PLACE

_SHOWN = 16


def shape(shapes: Shapes, params: Params) -> Shapes:
    check_places(*shapes[0][2:])
    return pooled(shapes), pooled(shapes), shapes[0]


def forward(xs: Arrays, weights: Weights, params: Params, tick: Tick) -> tuple[Arrays, Any]:
    (x,) = xs
    planes = x.reshape(x.shape[0] * x.shape[1], -1)
    switches = np.empty((len(planes), 1, 1), PLACE)
    for first, last in bands(len(planes), planes.shape[1], tick):
        switches[first:last, 0, 0] = selection.largest(planes[first:last])
    y = np.take_along_axis(planes, switches[:, 0], axis=1)
    outputs = pooled((x.shape,))
    return (y.reshape(outputs), switches.reshape(outputs), plane_of(x.shape)), (x.shape, x.dtype, switches)


def definition(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> float:
    n, c = cell.index[:2]
    if cell.port == 2:
        return 0.0
    best, place = -math.inf, 0
    for at, value in enumerate(xs[0][n, c].ravel().tolist()):
        if at == 0 or value > best or (math.isnan(value) and not math.isnan(best)):
            best, place = value, at
    return best if cell.port == 0 else float(place)


def explain(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> Sequence[Step]:
    if cell.port == 2:
        return explain_plane(xs[0].shape)
    n, c = cell.index[:2]
    plane = xs[0][n, c]
    best = definition(xs, weights, params, Cell(0, cell.index))
    row, column = divmod(int(definition(xs, weights, params, Cell(1, cell.index))), plane.shape[1])
    top, left = (
        max(0, min(at - _SHOWN // 2, size - _SHOWN)) for at, size in zip((row, column), plane.shape, strict=True)
    )
    around = plane[top : top + _SHOWN, left : left + _SHOWN].astype(np.float64)
    label = message("Map") if around.shape == plane.shape else message("Part of the map around the maximum")
    grid = Grid(label, around, "input", marked=((row - top, column - left),), where=(0, c, top, left))
    title = message(
        "The largest of the {height} × {width} numbers of the map; the first in row order where several are",
        height=plane.shape[0],
        width=plane.shape[1],
    )
    largest = Step(title, (Sign("max"), grid, Sign("="), Number(message("maximum"), best)), best)
    return (largest,) if cell.port == 0 else (largest, place_step(row, column, plane.shape[1]))


def reads(shapes: Shapes, params: Params, cell: Cell) -> Sequence[Region]:
    return () if cell.port == 2 else whole(shapes, params, cell)


def samples(rng: np.random.Generator) -> Sequence[Sample]:
    def distinct(*extents: int) -> Array:
        return rng.permutation(math.prod(extents)).reshape(extents) / 8 - 2

    holes = distinct(1, 4, 3, 3)
    holes[0, 0, 1, 1:] = np.nan
    holes[0, 1, 2, 1:] = np.inf
    holes[0, 2] = -np.inf
    holes[0, 3] = np.nan
    return (
        Sample(title="Two images", xs=(distinct(2, 3, 4, 5),), params=Params()),
        Sample(title="One cell", xs=(distinct(1, 2, 1, 1),), params=Params()),
        Sample(title="One row", xs=(distinct(1, 1, 1, 7),), params=Params()),
        Sample(title="Larger than what is shown", xs=(distinct(1, 2, 19, 21),), params=Params()),
        Sample(title="Equal numbers", xs=(np.full((1, 1, 3, 3), -3.0),), params=Params(), ties=True),
        Sample(title="Zeros of both signs", xs=(np.array([[[[-0.0, 0.0, -1.0]]]]),), params=Params(), ties=True),
        Sample(title="Not a number, and infinity", xs=(holes,), params=Params(), ties=True),
    )


OP = Op(
    name="global_max_pool",
    title="Global max pooling",
    group="Pooling",
    formula="y[n,c] = max over i, j of x[n,c,i,j]",
    source="ONNX GlobalMaxPool; Oquab, Bottou, Laptev & Sivic 2015, Is object localization for free?",
    Params=Params,
    shape=shape,
    forward=forward,
    backward=backward,
    definition=definition,
    explain=explain,
    reads=reads,
    samples=samples,
    outputs=OUTPUTS,
    arithmetic=arithmetic,
    smooth=False,
    hint=HINTS,
)
