"""The sum of two inputs, as where a residual block meets what it skipped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from explorer.ops import elementwise
from explorer.ops.elementwise import Params
from explorer.ops.explanation import Step, Sum
from explorer.ops.op import Array, Arrays, Cell, Op, Tick, Weights
from explorer.refusal import message


def forward(xs: Arrays, weights: Weights, params: Params, tick: Tick) -> tuple[Arrays, Any]:
    a, b = xs
    y = elementwise.combined(np.add, a, b, tick)
    return (y,), (a.shape, b.shape, y.dtype)


def backward(gys: Sequence[Array | None], saved: Any, tick: Tick) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
    *shapes, dtype = saved
    tick()
    if gys[0] is None:
        return tuple(np.zeros(shape, dtype) for shape in shapes), {}
    return tuple(elementwise.gathered(gys[0], shape, tick) for shape in shapes), {}


def definition(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> float:
    a, b = elementwise.numbers(xs, cell)
    return a + b


def explain(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> Sequence[Step]:
    terms = zip(elementwise.names(xs, cell), elementwise.numbers(xs, cell), strict=True)
    y = definition(xs, weights, params, cell)
    return (Step(elementwise.title(xs), (Sum(message("sum"), tuple(terms), y),), y),)


OP = Op(
    name="add",
    title="Sum",
    group="Join",
    formula="y[n,c,i,j] = a[n,c,i,j] + b[n,c,i,j]",
    source="He et al. 2016, Deep residual learning",
    Params=Params,
    inputs=("a", "b"),
    joins=("b",),
    shape=elementwise.shape,
    forward=forward,
    backward=backward,
    definition=definition,
    explain=explain,
    reads=elementwise.reads,
    samples=elementwise.samples,
    hint={
        "a": "The layer before this one.",
        "b": "What is added: any earlier layer of the same shape, or with an extent of 1.",
    },
)
