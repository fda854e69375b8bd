"""Flattening: the maps of an image as one column of numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.ops.explanation import Number, Sign, Step
from explorer.ops.op import Array, Arrays, Cell, Op, Region, Sample, Shapes, Tick, Weights
from explorer.refusal import message


@dataclass(frozen=True, slots=True)
class Params:
    """Nothing to choose."""


def shape(shapes: Shapes, params: Params) -> Shapes:
    return ((shapes[0][0], math.prod(shapes[0][1:]), 1, 1),)


def forward(xs: Arrays, weights: Weights, params: Params, tick: Tick) -> tuple[Arrays, Any]:
    tick()
    return (xs[0].reshape(len(xs[0]), -1, 1, 1),), (xs[0].shape, xs[0].dtype)


def backward(gys: Sequence[Array | None], saved: Any, tick: Tick) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
    shape, dtype = saved
    tick()
    return (np.zeros(shape, dtype) if gys[0] is None else gys[0].reshape(shape),), {}


def _place(shape: Sequence[int], cell: Cell) -> tuple[int, int, int]:
    c, inside = divmod(cell.index[1], shape[2] * shape[3])
    return c, *divmod(inside, shape[3])


def definition(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> float:
    c, i, j = _place(xs[0].shape, cell)
    return float(xs[0][cell.index[0], c, i, j])


def explain(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> Sequence[Step]:
    _, _, height, width = xs[0].shape
    c, i, j = _place(xs[0].shape, cell)
    place = message(
        "place = {channel}·{plane} + {row}·{width} + {column}",
        channel=c,
        plane=height * width,
        row=i,
        width=width,
        column=j,
    )
    value = definition(xs, weights, params, cell)
    source = message("channel {channel} at ({row}, {column})", channel=c, row=i, column=j)
    return (
        Step(
            message("Channel after channel, row after row"),
            (Number(place, float(cell.index[1]), "weight"),),
            float(cell.index[1]),
        ),
        Step(
            message("The number itself is unchanged"),
            (Number(source, value, "input"), Sign("="), Number(message("y"), value)),
            value,
        ),
    )


def reads(shapes: Shapes, params: Params, cell: Cell) -> Sequence[Region]:
    return (Region(0, *(slice(place, place + 1) for place in _place(shapes[0], cell))),)


def samples(rng: np.random.Generator) -> Sequence[Sample]:
    extents = {"Two images": (2, 3, 2, 4), "One cell": (1, 1, 1, 1), "Flat already": (2, 5, 1, 1)}
    return tuple(
        Sample(title=title, xs=(rng.standard_normal(size),), params=Params()) for title, size in extents.items()
    )


def arithmetic(shapes: Shapes, params: Params) -> tuple[str, ...]:
    _, c, h, w = shapes[0]
    return (f"{c}·{h}·{w} = {c * h * w}",)


OP = Op(
    name="flatten",
    title="Flatten",
    group="Head",
    formula="y[n, c·H·W + i·W + j] = x[n,c,i,j]",
    source="Row-major order, as in ONNX Flatten with axis 1",
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
