"""The product of two inputs, number by number, as where a gate weighs the channels of a map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from explorer.ops import elementwise
from explorer.ops.elementwise import Params
from explorer.ops.explanation import Number, Sign, Step
from explorer.ops.op import Array, Arrays, Cell, Op, Tick, Weights
from explorer.refusal import message


def forward(xs: Arrays, weights: Weights, params: Params, tick: Tick) -> tuple[Arrays, Any]:
    a, b = xs
    return (elementwise.combined(np.multiply, a, b, tick),), xs


def backward(gys: Sequence[Array | None], saved: Any, tick: Tick) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
    tick()
    if gys[0] is None:
        return tuple(np.zeros(x.shape, elementwise.float_type(saved)) for x in saved), {}
    products = (elementwise.combined(np.multiply, gys[0], other, tick) for other in saved[::-1])
    return tuple(elementwise.gathered(gy, x.shape, tick) for gy, x in zip(products, saved, strict=True)), {}


def definition(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> float:
    a, b = elementwise.numbers(xs, cell)
    return a * b


def explain(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> Sequence[Step]:
    (name_a, name_b), (a, b) = elementwise.names(xs, cell), elementwise.numbers(xs, cell)
    y = definition(xs, weights, params, cell)
    parts = Number(name_a, a, "input"), Sign("·"), Number(name_b, b, "input"), Sign("="), Number(message("y"), y)
    return (Step(elementwise.title(xs), parts, y),)


OP = Op(
    name="multiply",
    title="Product",
    group="Join",
    formula="y[n,c,i,j] = a[n,c,i,j] · b[n,c,i,j]",
    source="Hu, Shen & Sun 2018, Squeeze-and-excitation networks",
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
        "b": "What it is multiplied by: any earlier layer of the same shape, or with an extent of 1.",
    },
)
