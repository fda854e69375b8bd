"""Concatenation: the maps of two inputs behind each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from explorer.ops.elementwise import Params, float_type
from explorer.ops.explanation import Number, Sign, Step
from explorer.ops.op import Array, Arrays, Cell, Op, Region, Sample, Shapes, Tick, Weights, times
from explorer.refusal import Refusal, message


def shape(shapes: Shapes, params: Params) -> Shapes:
    a, b = shapes
    if len(a) != len(b) or (a[0], *a[2:]) != (b[0], *b[2:]):
        raise Refusal(
            "The first input is {a} and the second {b}; images, rows and columns are the same in both.",
            a=times(a),
            b=times(b),
        )
    return ((a[0], a[1] + b[1], *a[2:]),)


def forward(xs: Arrays, weights: Weights, params: Params, tick: Tick) -> tuple[Arrays, Any]:
    a, b = xs
    ((_, channels, height, width),) = shape((a.shape, b.shape), params)
    y = np.empty((len(a), channels, height, width), float_type(xs))
    for n in range(len(y)):
        tick()
        y[n, : a.shape[1]] = a[n]
        y[n, a.shape[1] :] = b[n]
    return (y,), (a.shape, b.shape, y.dtype)


def backward(gys: Sequence[Array | None], saved: Any, tick: Tick) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
    a, b, dtype = saved
    gy = gys[0]
    tick()
    if gy is None:
        return (np.zeros(a, dtype), np.zeros(b, dtype)), {}
    return (np.ascontiguousarray(gy[:, : a[1]]), np.ascontiguousarray(gy[:, a[1] :])), {}


def _source(shapes: Shapes, cell: Cell) -> tuple[int, int]:
    """The input that the map of `cell` came from, and its channel there."""
    own = shapes[0][1]
    c = cell.index[1]
    return (0, c) if c < own else (1, c - own)


def definition(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> float:
    n, c, i, j = cell.index
    a, b = xs
    return float(a[n, c, i, j]) if c < a.shape[1] else float(b[n, c - a.shape[1], i, j])


def explain(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> Sequence[Step]:
    _, c, i, j = cell.index
    first = xs[0].shape[1]
    port, channel = _source((xs[0].shape, xs[1].shape), cell)
    place = (
        message("map {map} is map {map} of a, which has {count}", map=c, count=first)
        if port == 0
        else message("{map} − {count} maps of a", map=c, count=first)
    )
    value = definition(xs, weights, params, cell)
    source = message(f"{'ab'[port]}[{{channel}}, {{row}}, {{column}}]", channel=channel, row=i, column=j)
    return (
        Step(
            message("The maps of a stand first, then those of b"),
            (Number(place, float(channel), "weight"),),
            float(channel),
        ),
        Step(
            message("The number itself is unchanged"),
            (Number(source, value, "input"), Sign("="), Number(message("y"), value)),
            value,
        ),
    )


def reads(shapes: Shapes, params: Params, cell: Cell) -> Sequence[Region]:
    port, channel = _source(shapes, cell)
    return (Region(port, *(slice(at, at + 1) for at in (channel, *cell.index[2:]))),)


def labels(shapes: Shapes, params: Params, weights: Weights) -> tuple[str, ...]:
    return tuple(f"{port}[{c}]" for port, extents in zip("ab", shapes, strict=True) for c in range(extents[1]))


def arithmetic(shapes: Shapes, params: Params) -> tuple[str, ...]:
    a, b = shapes
    return (f"{a[1]} + {b[1]} = {a[1] + b[1]}",)


def samples(rng: np.random.Generator) -> Sequence[Sample]:
    extents = {"Two images": (2, 3, 2, 4, 5), "One cell": (1, 1, 1, 1, 1), "Numbers without a place": (2, 4, 3, 1, 1)}
    special = np.array([np.nan, np.inf, -np.inf, -0.0]).reshape(1, 2, 1, 2)
    return (
        *(
            Sample(
                title=title,
                xs=(rng.standard_normal((n, a, h, w)), rng.standard_normal((n, b, h, w))),
                params=Params(),
            )
            for title, (n, a, b, h, w) in extents.items()
        ),
        Sample(title="Infinities and not a number", xs=(special, special[:, :1]), params=Params(), ties=True),
    )


OP = Op(
    name="concat",
    title="Concatenation",
    group="Join",
    formula="y[n,c] = a[n,c] for c < A, b[n, c − A] from there; A: channels of a",
    source="Ronneberger, Fischer & Brox 2015, U-Net; Concat of ONNX with axis 1",
    Params=Params,
    inputs=("a", "b"),
    joins=("b",),
    shape=shape,
    forward=forward,
    backward=backward,
    definition=definition,
    explain=explain,
    reads=reads,
    samples=samples,
    labels=labels,
    arithmetic=arithmetic,
    hint={
        "a": "The layer before this one.",
        "b": "The maps that follow: any earlier layer of the same rows and columns.",
    },
)
