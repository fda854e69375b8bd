"""Global average pooling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from explorer.ops.brief_sum import mean_step, sum_of_planes
from explorer.ops.explanation import Step
from explorer.ops.op import Array, Arrays, Cell, Op, Sample, Shapes, Tick, Weights
from explorer.ops.whole_map import Params, arithmetic, pooled, reads
from explorer.refusal import message
from kernels import normalization
from kernels._jit import read_only
from kernels.bands import bands


def shape(shapes: Shapes, params: Params) -> Shapes:
    return (pooled(shapes),)


def forward(xs: Arrays, weights: Weights, params: Params, tick: Tick) -> tuple[Arrays, Any]:
    (x,) = xs
    planes = read_only(x.reshape(x.shape[0] * x.shape[1], -1))
    y = np.empty(len(planes), x.dtype)
    for first, last in bands(len(planes), planes.shape[1], tick):
        normalization.plane_means(planes, first, last, y)
    return (y.reshape(*x.shape[:2], 1, 1),), (x.shape, x.dtype)


def backward(gys: Sequence[Array | None], saved: Any, tick: Tick) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
    shape, dtype = saved
    tick()
    gx = np.zeros(shape, dtype)
    if gys[0] is not None:
        gx[:] = gys[0] / (shape[2] * shape[3])
    return (gx,), {}


def definition(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> float:
    n, c = cell.index[:2]
    with np.errstate(invalid="ignore", over="ignore"):
        total = float(xs[0][n, c].astype(np.float64).sum())
    return total / float(xs[0][n, c].size)


def explain(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> Sequence[Step]:
    n, c = cell.index[:2]
    plane = xs[0][n : n + 1, c].astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        total = sum_of_planes(message("Sum of channel {channel}", channel=c), plane)
    cells = message("cells, {height} × {width}", height=plane.shape[1], width=plane.shape[2])
    return (
        Step(message("All numbers of the map added up"), (total,), total.total),
        mean_step(total.total, cells, plane.size),
    )


def samples(rng: np.random.Generator) -> Sequence[Sample]:
    extents = {
        "Two images": (2, 3, 4, 5),
        "One cell": (1, 2, 1, 1),
        "One row": (1, 1, 1, 7),
        "Many rows": (1, 1, 19, 2),
    }
    odd = np.array([[np.nan, 1.0], [np.inf, -np.inf], [2.0, 3.0], [4.0, np.inf]]).reshape(1, 4, 1, 2)
    return (
        *(Sample(title=title, xs=(rng.standard_normal(size),), params=Params()) for title, size in extents.items()),
        Sample(title="Equal numbers", xs=(np.full((1, 1, 3, 3), 0.1),), params=Params()),
        Sample(title="Not a number, and infinity", xs=(odd,), params=Params(), ties=True),
    )


OP = Op(
    name="global_average_pool",
    title="Global average pooling",
    group="Pooling",
    formula="y[n,c] = 1/(H·W) · Σ over i, j of x[n,c,i,j]",
    source="Lin, Chen & Yan 2014, Network in Network",
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
