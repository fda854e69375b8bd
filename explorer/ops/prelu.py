"""The parametric rectified linear unit: a leaky one whose slope is learned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.ops.activation import same_cell
from explorer.ops.explanation import Step
from explorer.ops.op import Array, Arrays, Cell, Op, Sample, Shapes, Tick, Weights
from explorer.ops.parameters import choice
from explorer.ops.sloped import sloped, sloped_steps
from kernels import normalization, pointwise
from kernels._jit import read_only
from kernels.bands import bands


@dataclass(frozen=True, slots=True)
class Params:
    """How many slopes are learned."""

    slopes: str = choice("channel", "Slopes", (("channel", "One a channel"), ("shared", "One for all")))


def init(shapes: Shapes, params: Params, rng: np.random.Generator) -> dict[str, Array]:
    return {"slope": np.full(shapes[0][1] if params.slopes == "channel" else 1, 0.25)}


def _launch(x: Array, gy: Array, back: bool, slope: Array, tick: Tick) -> Array:
    n, c, h, w = x.shape
    planes, flow = (read_only(each.reshape(n * c, h * w)) for each in (x, gy))
    slopes = np.tile(np.broadcast_to(slope, c).astype(np.float64), n)
    y = np.empty(planes.shape, x.dtype)
    for first, last in bands(n * c, h * w, tick):
        pointwise.prelu(planes[first:last], flow[first:last], back, slopes[first:last], y[first:last])
    return y.reshape(x.shape)


def forward(xs: Arrays, weights: Weights, params: Params, tick: Tick) -> tuple[Arrays, Any]:
    return (_launch(xs[0], xs[0], False, weights["slope"], tick),), (xs[0], weights["slope"])


def backward(gys: Sequence[Array | None], saved: Any, tick: Tick) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
    x, slope = saved
    if gys[0] is None:
        return (np.zeros(x.shape, x.dtype),), {"slope": np.zeros_like(slope)}
    gy = np.ascontiguousarray(gys[0], x.dtype)
    n, c, h, w = x.shape
    planes, flow = x.reshape(n * c, h * w), read_only(gy.reshape(n * c, h * w))
    sums = np.empty(n * c)
    for first, last in bands(n * c, h * w, tick):
        below = read_only(np.minimum(planes[first:last], 0))
        sums[first:last] = normalization.flows(below, flow[first:last], np.zeros(last - first))[1]
    by_channel = sums.reshape(n, c).sum(axis=0)
    gradient = by_channel if slope.size == c else by_channel.sum(keepdims=True)
    return (_launch(x, gy, True, slope, tick),), {"slope": gradient.astype(x.dtype)}


def _slope(weights: Weights, cell: Cell) -> float:
    slope = weights["slope"]
    return float(slope[cell.index[1] if slope.size > 1 else 0])


def definition(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> float:
    return sloped(float(xs[0][cell.index]), _slope(weights, cell))


def explain(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> Sequence[Step]:
    return sloped_steps(float(xs[0][cell.index]), _slope(weights, cell))


def samples(rng: np.random.Generator) -> Sequence[Sample]:
    def numbers(*extents: int) -> Array:
        return rng.choice((-1.0, 1.0), extents) * rng.uniform(0.1, 3, extents)

    special = np.array([-np.inf, -1.0, -0.0, 0.0, 1.0, np.inf, np.nan, -1e-300]).reshape(1, 2, 2, 2)
    slopes = {"slope": np.array([0.5, -0.25, 0.0])}
    return (
        Sample(title="A slope a channel", xs=(numbers(2, 3, 4, 5),), params=Params(), weights=slopes),
        Sample(
            title="One slope", xs=(numbers(2, 3, 3, 1),), params=Params("shared"), weights={"slope": np.array([0.3])}
        ),
        Sample(title="One cell, fresh slope", xs=(numbers(1, 1, 1, 1),), params=Params()),
        Sample(title="Zeros, infinities and not a number", xs=(special,), params=Params(), ties=True),
    )


OP = Op(
    name="prelu",
    title="PReLU",
    group="Activation",
    formula="y[n,c,i,j] = x[n,c,i,j] where it is above 0, slope[c] · x[n,c,i,j] elsewhere",
    source="He, Zhang, Ren & Sun 2015; slopes begin at 0.25; the gradient at x = 0 is the slope",
    Params=Params,
    shape=lambda shapes, params: (shapes[0],),
    init=init,
    forward=forward,
    backward=backward,
    definition=definition,
    explain=explain,
    reads=same_cell,
    samples=samples,
    smooth=False,
    hint={"slope": "What a number of the channel that is not positive is multiplied by."},
)
