"""Mean pooling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.ops import pooling_window
from explorer.ops.brief_sum import mean_step
from explorer.ops.explanation import Number, Sign, Step
from explorer.ops.op import Array, Arrays, Cell, Op, Sample, Shapes, Tick, Weights
from explorer.ops.parameters import flag
from explorer.ops.pooling_window import arithmetic, pooled, reads, window, window_cases
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
    return (pooled(shapes[0], params),)


def forward(xs: Arrays, weights: Weights, params: Params, tick: Tick) -> tuple[Arrays, Any]:
    (x,) = xs
    windows = window(x.shape, params)
    planes = windows.planes(x)
    y = np.empty((len(planes), *windows.outputs), x.dtype)
    counts = windows.counts(0, params.count_padding), windows.counts(1, params.count_padding)
    geometry = *windows.geometry, counts
    for first, last in bands(len(planes) * windows.outputs[0], windows.sum_cost, tick):
        pooling.mean_pool(planes, *geometry, first, last, y)
    return (y.reshape(x.shape[:2] + windows.outputs),), (x.shape, x.dtype, geometry, windows.sum_cost)


def backward(gys: Sequence[Array | None], saved: Any, tick: Tick) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
    shape, dtype, geometry, cost = saved
    planes = shape[0] * shape[1], *shape[2:]
    if gys[0] is None:
        gx = np.zeros(planes, dtype)
    else:
        gx = np.empty(planes, dtype)
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
    i, j = cell.index[2:]
    windows = window(xs[0].shape, params)
    grid = windows.grid(xs[0], cell, adds_up=True)
    with np.errstate(invalid="ignore", over="ignore"):
        total = float(grid.values.sum())
    count = int(windows.counts(0, params.count_padding)[i] * windows.counts(1, params.count_padding)[j])
    counted = message("cells, the padding counted") if params.count_padding else message("cells inside of the map")
    return (
        Step(
            message("The numbers of the window added up"),
            (Sign("Σ"), grid, Sign("="), Number(message("sum"), total, "product")),
            total,
        ),
        mean_step(total, counted, count),
    )


def samples(rng: np.random.Generator) -> Sequence[Sample]:
    around: dict[str, Any] = {"kernel": (3, 3), "count_padding": True}
    counted: tuple[tuple[str, tuple[int, ...], dict[str, Any]], ...] = (
        ("Padding counted", (1, 2, 5, 4), {"stride": (1, 1), "padding": "same"}),
        ("Odd size rounded up, padding counted", (1, 1, 6, 5), {"ceil": True, "padding": "numbers", "pads": (1,) * 4}),
        (
            "Uneven padding and dilation, rounded up, padding counted",
            (1, 1, 7, 6),
            {"ceil": True, "stride": (3, 2), "dilation": (2, 1), "padding": "numbers", "pads": (1, 0, 2, 2)},
        ),
    )
    holes = rng.standard_normal((1, 1, 4, 6))
    holes[0, 0, 0, 0], holes[0, 0, 1, 3], holes[0, 0, 3, 5] = np.nan, np.inf, -np.inf
    return (
        *(Sample(title=title, xs=(rng.standard_normal(x),), params=Params(**at)) for title, x, at in window_cases()),
        *(Sample(title=title, xs=(rng.standard_normal(x),), params=Params(**around, **at)) for title, x, at in counted),
        Sample(title="Not a number, and infinity", xs=(holes,), params=Params(), ties=True),
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
    arithmetic=arithmetic,
)
