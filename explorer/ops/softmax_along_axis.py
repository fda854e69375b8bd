"""Softmax over maps along an axis, and its logarithm: what the two operations share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.ops.explanation import Step, Sum
from explorer.ops.op import Array, Arrays, Cell, Op, Region, Sample, Shape, Shapes, Tick, Weights
from explorer.ops.parameters import choice
from explorer.ops.softmax_steps import as_floats, exponential, share_step, shift_step, shifted, sum_step, temperature
from explorer.refusal import Message, message
from kernels.softmax import softmax
from kernels.softmax_gradient import softmax_gradient


@dataclass(frozen=True, slots=True)
class Params:
    """Which numbers share the whole, and T."""

    axis: str = choice(
        "channel",
        "Over",
        (
            ("channel", "Channels at each pixel"),
            ("height", "Rows of each column"),
            ("width", "Columns of each row"),
            ("plane", "All pixels of each map"),
        ),
    )
    temperature: float = temperature()


def _grouped(shape: Shape, axis: str) -> tuple[int, int, int]:
    """(M, K, L): what lies before the axis, on it, and behind it."""
    n, c, h, w = shape
    if axis == "channel":
        return n, c, h * w
    if axis == "height":
        return n * c, h, w
    return (n * c * h, w, 1) if axis == "width" else (n * c, h * w, 1)


def _along(axis: str, index: tuple[int, ...], shape: Shape) -> tuple[slice, slice, slice]:
    """The channels, rows and columns that share the whole with the cell `index`."""
    free = {"channel": (0,), "height": (1,), "width": (2,), "plane": (1, 2)}[axis]
    channels, rows, columns = (
        slice(0, size) if at in free else slice(place, place + 1)
        for at, (place, size) in enumerate(zip(index[1:], shape[1:], strict=True))
    )
    return channels, rows, columns


def _scores(xs: Arrays, params: Params, cell: Cell) -> tuple[list[float], int]:
    """The numbers that share the whole, and which of them the cell is."""
    along = _along(params.axis, cell.index, xs[0].shape)
    taken = xs[0][(cell.index[0], *along)]
    place = tuple(at - part.start for at, part in zip(cell.index[1:], along, strict=True))
    return as_floats(taken), int(np.ravel_multi_index(place, taken.shape))


def _shape(shapes: Shapes, params: Params) -> Shapes:
    return (shapes[0],)


def _reads(shapes: Shapes, params: Params, cell: Cell) -> Sequence[Region]:
    return (Region(0, *_along(params.axis, cell.index, shapes[0])),)


def _samples(rng: np.random.Generator) -> Sequence[Sample]:
    broken = rng.standard_normal((1, 3, 2, 2))
    broken[0, :, 0, 0], broken[0, 1, 0, 1], broken[0, 2, 1, 0] = -np.inf, np.nan, np.inf
    broken[0, 0, 1, 1] = -np.inf
    cases = {
        "Two images": ((2, 4, 3, 5), Params()),
        "One channel": ((1, 1, 2, 2), Params()),
        "One pixel, many channels": ((1, 70, 1, 1), Params()),
        "More pixels than a tile has": ((1, 2, 52, 40), Params()),
        "Rows, temperature 2": ((2, 2, 3, 4), Params("height", 2.0)),
        "Columns, temperature ½": ((1, 2, 3, 35), Params("width", 0.5)),
        "Whole maps": ((2, 2, 5, 7), Params("plane")),
        "One cell": ((1, 1, 1, 1), Params("plane")),
    }
    drawn = [
        Sample(title=title, xs=(rng.standard_normal(size),), params=params) for title, (size, params) in cases.items()
    ]
    large = np.array([1000.0, 1001, 1002, -1000, 0, 0]).reshape(1, 3, 2, 1)
    return (
        *drawn,
        Sample(title="Past the range of e^x", xs=(large,), params=Params()),
        Sample(title="Equal numbers", xs=(np.zeros((1, 4, 2, 2)),), params=Params()),
        Sample(title="NaN and infinity", xs=(broken,), params=Params(), ties=True),
    )


def operation(name: str, title: str, formula: str, source: str, hint: str, *, logarithm: bool) -> Op:
    """The record of softmax over maps, or of its logarithm."""

    def forward(xs: Arrays, weights: Weights, params: Params, tick: Tick) -> tuple[Arrays, Any]:
        (x,) = xs
        y = softmax(x, _grouped(x.shape, params.axis), params.temperature, logarithm, tick)
        return (y,), (y, params)

    def backward(
        gys: Sequence[Array | None], saved: Any, tick: Tick
    ) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
        y, params = saved
        if gys[0] is None:
            tick()
            return (np.zeros(y.shape, y.dtype),), {}
        gy, extents = np.ascontiguousarray(gys[0], y.dtype), _grouped(y.shape, params.axis)
        return (softmax_gradient(y, gy, extents, params.temperature, logarithm, tick),), {}

    def definition(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> float:
        scores, at = _scores(xs, params, cell)
        _, z = shifted(scores, params.temperature)
        total = sum(exponential(value) for value in z)
        return z[at] - math.log(total) if logarithm else exponential(z[at]) / total

    def explain(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> Sequence[Step]:
        scores, at = _scores(xs, params, cell)
        width = xs[0].shape[3]

        def named(k: int) -> Message:
            if params.axis == "plane":
                return message("({row}, {column})", row=k // width, column=k % width)
            thing = {"channel": "channel {place}", "height": "row {place}", "width": "column {place}"}[params.axis]
            return message(thing, place=k)

        largest, z = shifted(scores, params.temperature)
        shift = shift_step(scores[at], largest, z[at], params.temperature, named(at))
        added, total = sum_step(z, named)
        if not logarithm:
            y = exponential(z[at]) / total
            return shift, added, share_step(exponential(z[at]), total, y, named(at), message("Its share of the whole"))
        terms = (message("shifted z"), z[at]), (message("− ln Σ e^z"), -math.log(total))
        y = z[at] - math.log(total)
        return shift, added, Step(message("The logarithm of its share"), (Sum(message("y"), terms, y),), y)

    return Op(
        name=name,
        title=title,
        group="Head",
        formula=formula,
        source=source,
        Params=Params,
        shape=_shape,
        forward=forward,
        backward=backward,
        definition=definition,
        explain=explain,
        reads=_reads,
        samples=_samples,
        signed=logarithm,
        hint={"y": hint},
    )
