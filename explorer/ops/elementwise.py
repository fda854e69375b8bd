"""Two inputs combined number by number, for operations that differ only in how: their shapes, reads and samples.

An extent of 1 serves every channel, row or column of the other input, as in ONNX and NumPy. NumPy's own loops work
through memory as fast as compiled ones would, and nobody waits for their compilation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.ops.op import Array, Arrays, Cell, Region, Sample, Shape, Shapes, Tick, times
from explorer.refusal import Message, Refusal, message
from kernels.bands import bands


@dataclass(frozen=True, slots=True)
class Params:
    """Nothing to choose."""


def float_type(xs: Arrays) -> np.dtype[Any]:
    """The type of the result: that of the inputs, and of the real ones where others hold positions."""
    return next((x.dtype for x in xs if x.dtype.kind == "f"), np.dtype(np.float64))


def shape(shapes: Shapes, params: Params) -> Shapes:
    a, b = shapes
    if len(a) != len(b) or a[0] != b[0] or any(p != q and 1 not in (p, q) for p, q in zip(a, b, strict=True)):
        raise Refusal(
            "The first input is {a} and the second {b}; images, channels, rows and columns are the same in both.",
            a=times(a),
            b=times(b),
            hint="An input with 1 channel, or with 1 row and 1 column, fits too.",
        )
    return (tuple(map(max, a, b)),)


def combined(ufunc: np.ufunc, a: Array, b: Array, tick: Tick) -> Array:
    """ufunc(a, b) over the extents that both have together."""
    y = np.empty(np.broadcast_shapes(a.shape, b.shape), float_type((a, b)))
    a, b = np.broadcast_to(a, y.shape), np.broadcast_to(b, y.shape)
    for n in range(len(y)):
        for first, last in bands(y.shape[1], y.shape[2] * y.shape[3], tick):
            part = n, slice(first, last)
            with np.errstate(all="ignore"):
                ufunc(a[part], b[part], out=y[part], dtype=y.dtype, casting="unsafe")
    return y


def gathered(gy: Array, shape: Shape, tick: Tick) -> Array:
    """The gradient of an input of `shape`: gy, added up along each axis on which one number has served all."""
    axes = tuple(axis - 1 for axis in (1, 2, 3) if shape[axis] != gy.shape[axis])
    if not axes:
        return gy
    gx = np.empty(shape, gy.dtype)
    for n in range(len(gy)):
        tick()
        with np.errstate(all="ignore"):
            gx[n] = gy[n].sum(axis=axes, keepdims=True, dtype=np.float64)
    return gx


def _index(shape: Shape, cell: Cell) -> tuple[int, ...]:
    """Where an input of `shape` is read for `cell`."""
    return tuple(min(at, extent - 1) for at, extent in zip(cell.index, shape, strict=True))


def numbers(xs: Arrays, cell: Cell) -> tuple[float, float]:
    """The number of either input that goes into `cell`."""
    a, b = xs
    return float(a[_index(a.shape, cell)]), float(b[_index(b.shape, cell)])


def names(xs: Arrays, cell: Cell) -> tuple[Message, Message]:
    """Names of these two numbers, with their places."""
    first, second = (
        message(f"{port}[{{channel}}, {{row}}, {{column}}]", channel=channel, row=row, column=column)
        for port, (_, channel, row, column) in zip("ab", (_index(x.shape, cell) for x in xs), strict=True)
    )
    return first, second


def title(xs: Arrays) -> Message:
    """What is read, in a sentence."""
    if xs[0].shape == xs[1].shape:
        return message("The same place in both inputs")
    return message("The same place in both inputs; an extent of 1 serves every place")


def reads(shapes: Shapes, params: Params, cell: Cell) -> Sequence[Region]:
    return tuple(
        Region(port, *(slice(at, at + 1) for at in _index(extents, cell)[1:])) for port, extents in enumerate(shapes)
    )


def samples(rng: np.random.Generator) -> Sequence[Sample]:
    extents = {
        "Two images": ((2, 3, 4, 5), (2, 3, 4, 5)),
        "One cell": ((1, 1, 1, 1), (1, 1, 1, 1)),
        "One number a channel": ((2, 3, 4, 5), (2, 3, 1, 1)),
        "One number a place": ((2, 3, 4, 5), (2, 1, 4, 5)),
        "The gate first": ((1, 3, 1, 1), (1, 3, 3, 2)),
        "One number an image, and one row": ((2, 1, 1, 1), (2, 3, 1, 4)),
        "Each the other's": ((1, 3, 1, 4), (1, 1, 5, 1)),
    }
    special = np.array([-np.inf, np.inf, np.nan, 0.0, -0.0, 3.0]).reshape(1, 1, 2, 3)
    return (
        *(
            Sample(title=title, xs=(rng.standard_normal(a), rng.standard_normal(b)), params=Params())
            for title, (a, b) in extents.items()
        ),
        Sample(title="Infinities and not a number", xs=(special, special[..., ::-1]), params=Params(), ties=True),
    )
