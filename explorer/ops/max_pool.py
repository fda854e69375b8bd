"""Max pooling with switches."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from explorer.ops.explanation import Grid, Number, Sign, Step, Sum
from explorer.ops.op import Array, Arrays, Cell, Op, Region, Sample, Shapes, Tick, Weights
from explorer.ops.pooling_window import Params, arithmetic, window
from explorer.refusal import message
from kernels import pooling
from kernels._jit import read_only
from kernels.bands import bands


def shape(shapes: Shapes, params: Params) -> Shapes:
    outputs = *shapes[0][:2], *window(shapes[0], params).outputs
    return outputs, outputs, shapes[0]


def forward(xs: Arrays, weights: Weights, params: Params, tick: Tick) -> tuple[Arrays, Any]:
    (x,) = xs
    windows = window(x.shape, params)
    planes = read_only(x.reshape(-1, *windows.extents))
    y = np.empty((len(planes), *windows.outputs), x.dtype)
    switches = np.empty(y.shape, np.int64)
    geometry = windows.kernel, windows.stride, windows.dilation, windows.begin
    cost = windows.outputs[1] * math.prod(windows.kernel)
    for first, last in bands(len(planes) * windows.outputs[0], cost, tick):
        pooling.max_pool(planes, *geometry, first, last, y, switches)
    outputs = x.shape[:2] + windows.outputs
    # Unpooling needs the size of the maps that the switches point into; a view of one zero carries it for nothing.
    plane = np.broadcast_to(np.int8(0), x.shape)
    return (y.reshape(outputs), switches.reshape(outputs), plane), (x.shape, x.dtype, switches)


def backward(gys: Sequence[Array | None], saved: Any, tick: Tick) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
    shape, dtype, switches = saved
    gx = np.zeros((len(switches), shape[2] * shape[3]), dtype)
    if gys[0] is not None:
        gy = read_only(np.ascontiguousarray(gys[0], dtype).reshape(switches.shape))
        for first, last in bands(gy.shape[1], gy.shape[0] * gy.shape[2], tick):
            pooling.max_pool_gradient(gy, switches, first, last, gx)
    return (gx.reshape(shape),), {}


def definition(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> float:
    n, c, i, j = cell.index
    if cell.port == 2:
        return 0.0
    windows = window(xs[0].shape, params)
    plane = xs[0][n, c]
    best, place = -math.inf, -1
    for row, column in ((int(row), int(column)) for row in windows.cells(i, j)[0] for column in windows.cells(i, j)[1]):
        if 0 <= row < plane.shape[0] and 0 <= column < plane.shape[1]:
            value = float(plane[row, column])
            if place < 0 or value > best or (math.isnan(value) and not math.isnan(best)):
                best, place = value, row * plane.shape[1] + column
    return best if cell.port == 0 else float(place)


def explain(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> Sequence[Step]:
    n, c, i, j = cell.index
    if cell.port == 2:
        text = message(
            "The size of the maps before pooling, {height} × {width}", height=xs[0].shape[2], width=xs[0].shape[3]
        )
        return (Step(text, (Number(message("placeholder"), 0.0),), 0.0),)
    windows = window(xs[0].shape, params)
    rows, columns = windows.cells(i, j)
    patch, padding = windows.patch(xs[0][n, c], i, j)
    best = definition(xs, weights, params, Cell(0, cell.index))
    row, column = divmod(int(definition(xs, weights, params, Cell(1, cell.index))), xs[0].shape[3])
    grid = Grid(
        message("Window"),
        patch,
        "input",
        padding=padding if padding.any() else None,
        marked=((int(np.flatnonzero(rows == row)[0]), int(np.flatnonzero(columns == column)[0])),),
        where=(0, c, int(rows[0]), int(columns[0])),
        spacing=params.dilation,
    )
    largest = Step(
        message("The largest number of the window; the first in row order where several are"),
        (Sign("max"), grid, Sign("="), Number(message("maximum"), best)),
        best,
    )
    if cell.port == 0:
        return (largest,)
    terms = (
        (message("row {row} · width {width}", row=row, width=xs[0].shape[3]), float(row * xs[0].shape[3])),
        (message("column"), float(column)),
    )
    place = terms[0][1] + terms[1][1]
    return largest, Step(
        message("Its place in the map, counted in row order"), (Sum(message("place"), terms, place),), place
    )


def reads(shapes: Shapes, params: Params, cell: Cell) -> Sequence[Region]:
    return () if cell.port == 2 else (window(shapes[0], params).reads(cell),)


def samples(rng: np.random.Generator) -> Sequence[Sample]:
    def distinct(*extents: int) -> Array:
        return rng.permutation(math.prod(extents)).reshape(extents) / 8 - 2

    holes = distinct(1, 1, 4, 4)
    holes[0, 0, 1, 1] = np.nan
    holes[0, 0, 3, 2:] = -np.inf, np.inf
    return (
        Sample(title="2 × 2, stride 2", xs=(distinct(2, 2, 4, 6),), params=Params()),
        Sample(title="One cell", xs=(distinct(1, 1, 1, 1),), params=Params(kernel=(1, 1), stride=(1, 1))),
        Sample(
            title="Overlapping, same size",
            xs=(distinct(1, 2, 5, 4),),
            params=Params(kernel=(3, 3), stride=(1, 1), padding="same"),
        ),
        Sample(title="Odd size rounded down", xs=(distinct(1, 1, 5, 7),), params=Params()),
        Sample(title="Odd size rounded up", xs=(distinct(1, 1, 5, 7),), params=Params(ceil=True)),
        Sample(
            title="Uneven padding",
            xs=(distinct(1, 1, 4, 5),),
            params=Params(kernel=(3, 2), stride=(2, 3), padding="numbers", pads=(0, 1, 2, 0)),
        ),
        Sample(
            title="Dilation",
            xs=(distinct(1, 1, 7, 6),),
            params=Params(kernel=(3, 2), stride=(1, 2), dilation=(2, 3), padding="numbers", pads=(2, 1, 1, 2)),
        ),
        Sample(title="Whole map", xs=(distinct(1, 2, 3, 5),), params=Params(kernel=(3, 5), stride=(1, 1))),
        Sample(title="Equal numbers", xs=(np.full((1, 1, 4, 4), -3.0),), params=Params(), ties=True),
        Sample(title="Not a number, and infinity", xs=(holes,), params=Params(), ties=True),
    )


OP = Op(
    name="max_pool",
    title="Max pooling",
    group="Pooling",
    formula="y[n,c,i,j] = max over u, v of x[n,c, i·s − p + u·d, j·s − p + v·d]",
    source="Ranzato, Huang, Boureau & LeCun 2007; switches as in Zeiler & Fergus 2014",
    Params=Params,
    shape=shape,
    forward=forward,
    backward=backward,
    definition=definition,
    explain=explain,
    reads=reads,
    samples=samples,
    outputs=("y", "switches", "plane"),
    arithmetic=lambda shapes, params: arithmetic(shapes[0], params),
    smooth=False,
    hint={
        "switches": "Where each maximum stood, counted in row order in its map; unpooling puts numbers back there.",
        "plane": "The size of the maps before pooling, for unpooling. It holds no numbers.",
    },
)
