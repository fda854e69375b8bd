"""Mean pooling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.ops import pooling_window
from explorer.ops.explanation import Grid, Number, Sign, Step
from explorer.ops.op import Array, Arrays, Cell, Op, Region, Sample, Shapes, Tick, Weights
from explorer.ops.parameters import flag
from explorer.ops.pooling_window import arithmetic, window
from explorer.refusal import message
from kernels import pooling
from kernels._jit import read_only
from kernels.bands import bands


@dataclass(frozen=True, slots=True)
class Params(pooling_window.Params):
    """The window, and whether its cells in the padding count."""

    count_padding: bool = flag(
        False, "Count the padding", hint="Divide by all cells of the window inside of the padded map, not of the map."
    )


def shape(shapes: Shapes, params: Params) -> Shapes:
    return ((*shapes[0][:2], *window(shapes[0], params).outputs),)


def forward(xs: Arrays, weights: Weights, params: Params, tick: Tick) -> tuple[Arrays, Any]:
    (x,) = xs
    windows = window(x.shape, params)
    planes = read_only(x.reshape(-1, *windows.extents))
    y = np.empty((len(planes), *windows.outputs), x.dtype)
    counts = windows.counts(0, params.count_padding), windows.counts(1, params.count_padding)
    geometry = windows.kernel, windows.stride, windows.dilation, windows.begin, counts
    cost = windows.kernel[0] * windows.extents[1] + windows.kernel[1] * windows.outputs[1]
    for first, last in bands(len(planes) * windows.outputs[0], cost, tick):
        pooling.mean_pool(planes, *geometry, first, last, y)
    return (y.reshape(x.shape[:2] + windows.outputs),), (x.shape, x.dtype, geometry, cost)


def backward(gys: Sequence[Array | None], saved: Any, tick: Tick) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
    shape, dtype, geometry, cost = saved
    gx = np.zeros((shape[0] * shape[1], *shape[2:]), dtype)
    if gys[0] is not None:
        gy = read_only(np.ascontiguousarray(gys[0], dtype).reshape(-1, *gys[0].shape[2:]))
        for first, last in bands(shape[0] * shape[1] * shape[2], cost, tick):
            pooling.mean_pool_gradient(gy, *geometry, first, last, gx)
    return (gx.reshape(shape),), {}


def definition(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> float:
    n, c, i, j = cell.index
    windows = window(xs[0].shape, params)
    plane, (top, left, bottom, right) = xs[0][n, c], windows.pads
    height, width = plane.shape
    total, count = 0.0, 0
    for row in windows.cells(i, j)[0]:
        for column in windows.cells(i, j)[1]:
            if 0 <= row < height and 0 <= column < width:
                total += float(plane[row, column])
                count += 1
            elif params.count_padding and -top <= row < height + bottom and -left <= column < width + right:
                count += 1
    return total / count


def explain(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> Sequence[Step]:
    n, c, i, j = cell.index
    windows = window(xs[0].shape, params)
    rows, columns = windows.cells(i, j)
    patch, padding = windows.patch(xs[0][n, c], i, j)
    with np.errstate(invalid="ignore", over="ignore"):
        total = float(patch.sum())
    count = float(windows.counts(0, params.count_padding)[i] * windows.counts(1, params.count_padding)[j])
    grid = Grid(
        message("Window"),
        patch,
        "input",
        padding=padding if padding.any() else None,
        where=(0, c, int(rows[0]), int(columns[0])),
        spacing=params.dilation,
        adds_up=True,
    )
    counted = message("cells, the padding counted") if params.count_padding else message("cells inside of the map")
    return (
        Step(
            message("The numbers of the window added up"),
            (Sign("Σ"), grid, Sign("="), Number(message("sum"), total, "product")),
            total,
        ),
        Step(
            message("Divided by their number"),
            (
                Number(message("sum"), total, "product"),
                Sign("/"),
                Number(counted, count, "weight"),
                Sign("="),
                Number(message("mean"), total / count),
            ),
            total / count,
        ),
    )


def reads(shapes: Shapes, params: Params, cell: Cell) -> Sequence[Region]:
    return (window(shapes[0], params).reads(cell),)


def samples(rng: np.random.Generator) -> Sequence[Sample]:
    def normal(*extents: int) -> Array:
        return rng.standard_normal(extents)

    return (
        Sample(title="2 × 2, stride 2", xs=(normal(2, 2, 4, 6),), params=Params()),
        Sample(title="One cell", xs=(normal(1, 1, 1, 1),), params=Params(kernel=(1, 1), stride=(1, 1))),
        Sample(
            title="Overlapping, same size",
            xs=(normal(1, 2, 5, 4),),
            params=Params(kernel=(3, 3), stride=(1, 1), padding="same"),
        ),
        Sample(
            title="Padding counted",
            xs=(normal(1, 2, 5, 4),),
            params=Params(kernel=(3, 3), stride=(1, 1), padding="same", count_padding=True),
        ),
        Sample(title="Odd size rounded up", xs=(normal(1, 1, 5, 7),), params=Params(ceil=True)),
        Sample(
            title="Odd size rounded up, padding counted",
            xs=(normal(1, 1, 6, 5),),
            params=Params(kernel=(3, 3), ceil=True, count_padding=True, padding="numbers", pads=(1, 1, 1, 1)),
        ),
        Sample(
            title="Uneven padding",
            xs=(normal(1, 1, 4, 5),),
            params=Params(kernel=(3, 2), stride=(2, 3), padding="numbers", pads=(0, 1, 2, 0)),
        ),
        Sample(
            title="Dilation",
            xs=(normal(1, 1, 7, 6),),
            params=Params(kernel=(3, 2), stride=(1, 2), dilation=(2, 3), padding="numbers", pads=(2, 1, 1, 2)),
        ),
        Sample(title="Gaps between the windows", xs=(normal(1, 1, 8, 9),), params=Params(stride=(3, 4))),
        Sample(title="Whole map", xs=(normal(1, 2, 3, 5),), params=Params(kernel=(3, 5), stride=(1, 1))),
    )


OP = Op(
    name="mean_pool",
    title="Mean pooling",
    group="Pooling",
    formula="y[n,c,i,j] = 1/|W| · Σ over (u, v) in W of x[n,c, i·s − p + u·d, j·s − p + v·d]",
    source="LeCun, Bottou, Bengio & Haffner 1998; the padding is left out as in ONNX AveragePool",
    Params=Params,
    shape=shape,
    forward=forward,
    backward=backward,
    definition=definition,
    explain=explain,
    reads=reads,
    samples=samples,
    arithmetic=lambda shapes, params: arithmetic(shapes[0], params),
)
