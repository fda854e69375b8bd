"""Max and min pooling with switches: one calculation, the smallest number being the largest of the negated ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.ops import pooled_places, pooling_window
from explorer.ops.explanation import Number, Sign, Step
from explorer.ops.op import Array, Arrays, Cell, Op, Region, Sample, Shape, Shapes, Tick, Weights
from explorer.ops.parameters import choice
from explorer.ops.pooled_places import HINTS, OUTPUTS, explain_plane, place_step, plane_of
from explorer.ops.pooling_window import Window, arithmetic, pooled, window, window_cases
from explorer.refusal import Message, message
from kernels import pooling, window_gradient
from kernels._jit import read_only
from kernels.bands import bands
from kernels.place import PLACE

_TIES = (("first", "All to the first"), ("all", "All to each"), ("split", "In equal shares"))
_TIES_HINT = "What each of several equal ones gets of the gradient of its window. The switch is always the first."


@dataclass(frozen=True, slots=True)
class Params(pooling_window.Params):
    """The window, and what equal maxima or minima get of the gradient."""

    ties: str = choice("first", "Gradient of equal ones", _TIES, hint=_TIES_HINT)


def _shape(shapes: Shapes, params: Params) -> Shapes:
    outputs = pooled(shapes[0], params)
    return outputs, outputs, shapes[0]


def _forward(smallest: bool, x: Array, params: Params, tick: Tick) -> tuple[Arrays, Any]:
    windows = window(x.shape, params)
    planes = windows.planes(x)
    y = np.empty((len(planes), *windows.outputs), x.dtype)
    switches = np.empty(y.shape, PLACE)
    for first, last in bands(len(planes) * windows.outputs[0], windows.vector_cost, tick):
        pooling.max_pool(planes, smallest, *windows.geometry, first, last, y, switches)
    outputs = x.shape[:2] + windows.outputs
    # Only tied gradients look at the numbers again; the others need not keep them.
    numbers = None if params.ties == "first" else (params.ties, windows, planes, y)
    return (y.reshape(outputs), switches.reshape(outputs), plane_of(x.shape)), (x.shape, x.dtype, switches, numbers)


def _backward(gys: Sequence[Array | None], saved: Any, tick: Tick) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
    shape, dtype, switches, numbers = saved
    if numbers is None:
        return pooled_places.backward(gys, (shape, dtype, switches), tick)
    gx = np.zeros((len(switches), *shape[2:]), dtype)
    if gys[0] is not None:
        gy = read_only(np.ascontiguousarray(gys[0], dtype).reshape(switches.shape))
        ties, windows, x, y = numbers
        _tied_gradient(gy, ties, windows, x, y, tick, gx)
    return (gx.reshape(shape),), {}


def _tied_gradient(gy: Array, ties: str, windows: Window, x: Array, y: Array, tick: Tick, gx: Array) -> None:
    """gx = Σ of gy, or of gy/(number of equal ones), over the windows whose result is the number of the cell."""
    best = read_only(y.astype(np.float64))
    if ties == "split":
        counts = np.empty(y.shape)
        for first, last in bands(len(y) * y.shape[1], windows.row_cost, tick):
            window_gradient.count_ties(x, best, *windows.geometry, windows.most, first, last, counts)
        gy = read_only((gy / counts).astype(gy.dtype))
    for first, last in bands(len(x) * x.shape[1], windows.cell_cost * x.shape[2], tick):
        window_gradient.window_gradient(window_gradient.TIE, x, best, best, gy, *windows.geometry, first, last, gx)


def _best(smallest: bool, cells: Sequence[tuple[int, int, float]]) -> tuple[int, int, float]:
    """The first cell (row, column, number) with the largest or smallest number; NaN is more than either."""
    best = cells[0]
    for cell in cells[1:]:
        better = cell[2] < best[2] if smallest else cell[2] > best[2]
        if better or (math.isnan(cell[2]) and not math.isnan(best[2])):
            best = cell
    return best


def _definition(smallest: bool, x: Array, params: Params, cell: Cell) -> float:
    if cell.port == 2:
        return 0.0
    row, column, value = _best(smallest, window(x.shape, params).inside(x, cell))
    return value if cell.port == 0 else float(row * x.shape[3] + column)


def _title(smallest: bool, ties: str, equal: int) -> Message:
    if ties == "first" or equal == 1:
        if smallest:
            return message("The smallest number of the window; the first in row order where several are")
        return message("The largest number of the window; the first in row order where several are")
    if ties == "all":
        if smallest:
            return message("The smallest number of the window; all {count} get the whole gradient", count=equal)
        return message("The largest number of the window; all {count} get the whole gradient", count=equal)
    if smallest:
        return message("The smallest number of the window; all {count} get 1/{count} of the gradient", count=equal)
    return message("The largest number of the window; all {count} get 1/{count} of the gradient", count=equal)


def _explain(smallest: bool, x: Array, params: Params, cell: Cell) -> Sequence[Step]:
    if cell.port == 2:
        return explain_plane(x.shape)
    windows = window(x.shape, params)
    cells = windows.inside(x, cell)
    row, column, best = _best(smallest, cells)
    equal = [(r, c) for r, c, value in cells if value == best or (math.isnan(value) and math.isnan(best))]
    marked = [(row, column)] if params.ties == "first" else equal
    found = Step(
        _title(smallest, params.ties, len(equal)),
        (
            Sign("min" if smallest else "max"),
            windows.grid(x, cell, marked=tuple(marked)),
            Sign("="),
            Number(message("minimum") if smallest else message("maximum"), best),
        ),
        best,
    )
    return (found,) if cell.port == 0 else (found, place_step(row, column, x.shape[3]))


def _reads(shapes: Shapes, params: Params, cell: Cell) -> Sequence[Region]:
    return () if cell.port == 2 else pooling_window.reads(shapes, params, cell)


def _samples(rng: np.random.Generator) -> Sequence[Sample]:
    def distinct(shape: Shape) -> Array:
        return rng.permutation(math.prod(shape)).reshape(shape) / 8 - 2

    holes = distinct((1, 1, 4, 4))
    holes[0, 0, 1, 1] = np.nan
    holes[0, 0, 3, 2:] = -np.inf, np.inf
    few = rng.integers(0, 2, (2, 1, 5, 4)).astype(np.float64)
    overlapping: dict[str, Any] = {"kernel": (3, 3), "stride": (1, 1), "padding": "same"}
    equal = np.full((1, 1, 4, 4), -3.0)
    return (
        *(Sample(title=title, xs=(distinct(shape),), params=Params(**at)) for title, shape, at in window_cases()),
        Sample(
            title="Each equal one, none equal",
            xs=(distinct((1, 2, 5, 4)),),
            params=Params(**overlapping, dilation=(2, 1), ties="all"),
        ),
        Sample(
            title="Equal shares, none equal", xs=(distinct((2, 1, 5, 7)),), params=Params(stride=(1, 2), ties="split")
        ),
        Sample(title="Equal numbers", xs=(equal,), params=Params(), ties=True),
        Sample(title="Equal numbers, each the whole", xs=(few,), params=Params(**overlapping, ties="all"), ties=True),
        Sample(title="Equal numbers, in shares", xs=(few,), params=Params(**overlapping, ties="split"), ties=True),
        Sample(title="Not a number, and infinity", xs=(holes,), params=Params(), ties=True),
        Sample(
            title="Not a number, in shares",
            xs=(np.where(holes > 0, np.nan, holes),),
            params=Params(ties="split"),
            ties=True,
        ),
    )


def extreme_pool(*, name: str, title: str, formula: str, source: str, smallest: bool) -> Op:
    """The record of max pooling, or with `smallest` of min pooling."""

    def forward(xs: Arrays, weights: Weights, params: Params, tick: Tick) -> tuple[Arrays, Any]:
        return _forward(smallest, xs[0], params, tick)

    def definition(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> float:
        return _definition(smallest, xs[0], params, cell)

    def explain(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> Sequence[Step]:
        return _explain(smallest, xs[0], params, cell)

    return Op(
        name=name,
        title=title,
        group="Pooling",
        formula=formula,
        source=source,
        Params=Params,
        shape=_shape,
        forward=forward,
        backward=_backward,
        definition=definition,
        explain=explain,
        reads=_reads,
        samples=_samples,
        outputs=OUTPUTS,
        arithmetic=arithmetic,
        smooth=False,
        hint=HINTS,
    )
