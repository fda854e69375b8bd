"""The rectified linear unit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.ops.explanation import Number, Sign, Step
from explorer.ops.op import Array, Arrays, Cell, Op, Region, Sample, Shapes, Tick, Weights
from explorer.refusal import message
from kernels import pointwise
from kernels._jit import read_only
from kernels.bands import bands


@dataclass(frozen=True, slots=True)
class Params:
    """Nothing to choose."""


def forward(xs: Arrays, weights: Weights, params: Params, tick: Tick) -> tuple[Arrays, Any]:
    (x,) = xs
    y = np.empty(x.shape, x.dtype)
    flat, out = read_only(x.reshape(-1)), y.reshape(-1)
    for first, last in bands(x.size, 1, tick):
        pointwise.relu(flat[first:last], out[first:last])
    return (y,), x


def backward(gys: Sequence[Array | None], saved: Any, tick: Tick) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
    x = saved
    gx = np.zeros(x.shape, x.dtype)
    if gys[0] is not None:
        gy = read_only(np.ascontiguousarray(gys[0], x.dtype).reshape(-1))
        flat, out = read_only(x.reshape(-1)), gx.reshape(-1)
        for first, last in bands(x.size, 1, tick):
            pointwise.relu_gradient(flat[first:last], gy[first:last], out[first:last])
    return (gx,), {}


def definition(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> float:
    x = float(xs[0][cell.index])
    return x if math.isnan(x) else max(x, 0.0)


def explain(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> Sequence[Step]:
    x, y = float(xs[0][cell.index]), definition(xs, weights, params, cell)
    parts = (
        Sign("max("),
        Number(message("x"), x, "input"),
        Sign(", 0) ="),
        Number(message("y"), y),
    )
    if math.isnan(x):
        return (Step(message("NaN stays NaN"), parts, y),)
    title = message("A positive number stays") if x > 0 else message("What is not positive becomes 0")
    return (Step(title, parts, y),)


def reads(shapes: Shapes, params: Params, cell: Cell) -> Sequence[Region]:
    _, c, i, j = cell.index
    return (Region(0, slice(c, c + 1), slice(i, i + 1), slice(j, j + 1)),)


def samples(rng: np.random.Generator) -> Sequence[Sample]:
    def away_from_zero(*extents: int) -> Array:
        return rng.choice((-1.0, 1.0), extents) * rng.uniform(0.1, 3, extents)

    special = np.array([-np.inf, -1.0, -0.0, 0.0, 1.0, np.inf, np.nan, -1e-300]).reshape(1, 2, 2, 2)
    return (
        Sample(title="Two images", xs=(away_from_zero(2, 3, 4, 5),), params=Params()),
        Sample(title="One cell", xs=(away_from_zero(1, 1, 1, 1),), params=Params()),
        Sample(title="Zeros, infinities and not a number", xs=(special,), params=Params(), ties=True),
    )


OP = Op(
    name="relu",
    title="ReLU",
    group="Activation",
    formula="y = max(x, 0)",
    source="Nair & Hinton 2010; the gradient at x = 0 is 0",
    Params=Params,
    shape=lambda shapes, params: (shapes[0],),
    forward=forward,
    backward=backward,
    definition=definition,
    explain=explain,
    reads=reads,
    samples=samples,
    signed=False,
    smooth=False,
)
