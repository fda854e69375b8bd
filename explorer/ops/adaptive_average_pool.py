"""Adaptive average pooling: windows that make an output of a given size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.limits import Limits
from explorer.ops.brief_sum import mean_step, sum_of_planes
from explorer.ops.explanation import Grid, Number, Sign, Step
from explorer.ops.op import Array, Arrays, Cell, Op, Region, Sample, Shapes, Tick, Weights
from explorer.ops.parameters import pair
from explorer.refusal import message
from kernels import adaptive_pooling
from kernels._jit import read_only
from kernels.bands import bands

_SHOWN = 256


@dataclass(frozen=True, slots=True)
class Params:
    """The size of the output."""

    size: tuple[int, int] = pair(
        (4, 4),
        "Output size",
        1,
        Limits().extent,
        soft=64,
        hint="May be larger than the input: windows then share cells.",
    )


def _window(place: int, size: int, windows: int) -> tuple[int, int]:
    """First cell of window `place` and the first behind it: ⌊i·H/OH⌋ and ⌈(i+1)·H/OH⌉."""
    return place * size // windows, -(-(place + 1) * size // windows)


def _counts(size: int, windows: int) -> Array:
    """Cells of each window along an axis."""
    bounds = [_window(place, size, windows) for place in range(windows)]
    return np.array([stop - start for start, stop in bounds], np.float64)


def shape(shapes: Shapes, params: Params) -> Shapes:
    return ((*shapes[0][:2], *params.size),)


def _sum(x: Array, y: Array, factors: tuple[Array, Array], counts: tuple[Array, Array], tick: Tick) -> None:
    planes = read_only(x.reshape(-1, *x.shape[2:]))
    height, rows = x.shape[2], y.shape[1]
    for first, last in bands(len(planes) * rows, (height // rows + 2) * x.shape[3] + y.shape[2], tick):
        adaptive_pooling.adaptive_sum(planes, factors, counts, first, last, y)


def _pairs(extents: tuple[int, ...], params: Params) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Cells of the windows by row and by column of the output, and ones by row and by column of the input."""
    counts = _counts(extents[0], params.size[0]), _counts(extents[1], params.size[1])
    return counts, (np.ones(extents[0]), np.ones(extents[1]))


def forward(xs: Arrays, weights: Weights, params: Params, tick: Tick) -> tuple[Arrays, Any]:
    (x,) = xs
    y = np.empty((x.shape[0] * x.shape[1], *params.size), x.dtype)
    counts, ones = _pairs(x.shape[2:], params)
    _sum(x, y, ones, counts, tick)
    return (y.reshape(*x.shape[:2], *params.size),), (x.shape, x.dtype, params)


def backward(gys: Sequence[Array | None], saved: Any, tick: Tick) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
    shape, dtype, params = saved
    gx = np.zeros((shape[0] * shape[1], *shape[2:]), dtype)
    if gys[0] is not None:
        counts, ones = _pairs(shape[2:], params)
        # The windows of the output that hold a cell are the windows of adaptive pooling the other way.
        shares = 1 / counts[0], 1 / counts[1]
        _sum(np.ascontiguousarray(gys[0], dtype), gx, shares, ones, tick)
    return (gx.reshape(shape),), {}


def _bounds(shapes: Shapes, params: Params, cell: Cell) -> tuple[slice, slice]:
    rows, columns = (slice(*_window(cell.index[axis], shapes[0][axis], params.size[axis - 2])) for axis in (2, 3))
    return rows, columns


def definition(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> float:
    n, c, i, j = cell.index
    height, width = xs[0].shape[2:]
    top, bottom = _window(i, height, params.size[0])
    left, right = _window(j, width, params.size[1])
    total = 0.0
    for row in range(top, bottom):
        for column in range(left, right):
            total += float(xs[0][n, c, row, column])
    return total / ((bottom - top) * (right - left))


def _side(text: str, place: int, size: int, windows: int) -> Step:
    """The bounds of a window along one axis; `text` names the axis."""
    start, stop = _window(place, size, windows)
    title = message(text, place=place, size=size, windows=windows, start=start, next=place + 1, end=stop - 1)
    return Step(title, (Number(message("cells"), float(stop - start), "weight"),), float(stop - start))


def explain(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> Sequence[Step]:
    n, c, i, j = cell.index
    height, width = xs[0].shape[2:]
    rows, columns = _bounds((xs[0].shape,), params, cell)
    window = xs[0][n, c, rows, columns].astype(np.float64)
    sides = (
        _side(
            "Rows ⌊{place}·{size}/{windows}⌋ = {start} to ⌈{next}·{size}/{windows}⌉ − 1 = {end}",
            i,
            height,
            params.size[0],
        ),
        _side(
            "Columns ⌊{place}·{size}/{windows}⌋ = {start} to ⌈{next}·{size}/{windows}⌉ − 1 = {end}",
            j,
            width,
            params.size[1],
        ),
    )
    with np.errstate(invalid="ignore", over="ignore"):
        whole = sum_of_planes(message("sum"), window[None])
    total = whole.total
    added: tuple[Any, ...] = (whole,)
    if window.size <= _SHOWN:
        grid = Grid(message("Window"), window, "input", where=(0, c, rows.start, columns.start), adds_up=True)
        added = (Sign("Σ"), grid, Sign("="), Number(message("sum"), total, "product"))
    return (
        *sides,
        Step(message("The numbers of the window added up"), added, total),
        mean_step(total, message("cells of the window"), window.size),
    )


def reads(shapes: Shapes, params: Params, cell: Cell) -> Sequence[Region]:
    c = cell.index[1]
    return (Region(0, slice(c, c + 1), *_bounds(shapes, params, cell)),)


def arithmetic(shapes: Shapes, params: Params) -> tuple[str, ...]:
    def line(axis: int) -> str:
        size, windows = shapes[0][axis + 2], params.size[axis]
        letter = "ij"[axis]
        if size % windows == 0:
            return f"{windows} windows of {size}/{windows} = {size // windows}"
        return f"{windows} windows from ⌊{letter}·{size}/{windows}⌋ to ⌈({letter}+1)·{size}/{windows}⌉ − 1"

    return line(0), line(1)


def samples(rng: np.random.Generator) -> Sequence[Sample]:
    def case(title: str, extents: tuple[int, ...], size: tuple[int, int]) -> Sample:
        return Sample(title=title, xs=(rng.standard_normal(extents),), params=Params(size))

    holes = np.array([[0.5, np.nan, 1, 2], [np.inf, 3, 4, -np.inf], [np.inf, 6, 7, 8]]).reshape(1, 1, 3, 4)
    return (
        case("Divides evenly", (2, 2, 4, 6), (2, 3)),
        case("Windows that overlap", (1, 2, 7, 5), (3, 2)),
        case("The same size", (1, 1, 3, 4), (3, 4)),
        case("Larger than the input", (1, 2, 3, 2), (5, 7)),
        case("One cell to many", (1, 1, 1, 1), (2, 3)),
        case("The whole map", (2, 1, 5, 4), (1, 1)),
        case("The whole of a large map", (1, 1, 18, 17), (1, 1)),
        Sample(title="Equal numbers", xs=(np.full((1, 1, 5, 5), 0.1),), params=Params((3, 2))),
        Sample(title="Not a number, and infinity", xs=(holes,), params=Params((2, 2)), ties=True),
    )


OP = Op(
    name="adaptive_average_pool",
    title="Adaptive average pooling",
    group="Pooling",
    formula="y[n,c,i,j] = mean of x[n,c,r,q], ⌊i·H/OH⌋ ≤ r < ⌈(i+1)·H/OH⌉, ⌊j·W/OW⌋ ≤ q < ⌈(j+1)·W/OW⌉",
    source="PyTorch AdaptiveAvgPool2d; its windows overlap where the sizes do not divide",
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
