"""Mean unpooling: every number spread over the window that a mean came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.ops import pooling_window
from explorer.ops.array_size import check_size
from explorer.ops.brief_sum import mean_step
from explorer.ops.explanation import Grid, Number, Sign, Step
from explorer.ops.op import Array, Arrays, Cell, Op, Region, Sample, Shape, Shapes, Tick, Weights
from explorer.ops.padding import span
from explorer.ops.parameters import choice, pair
from explorer.ops.pooling_window import Window, window
from explorer.ops.reaching import Reach, reach, reach_steps, region
from explorer.refusal import Refusal, message
from kernels import pooling
from kernels._jit import read_only
from kernels.bands import bands

_MOST = 1 << 16
_SPREADS = (
    ("sum", "The value in each cell, overlaps added"),
    ("mean", "The value in each cell, the mean of overlaps"),
    ("share", "The value in equal shares"),
)
_SPREAD_HINT = (
    "Equal shares divide the value by the cells of its window, which makes it the gradient of mean pooling; the mean "
    "of overlaps leaves a flat map flat."
)


@dataclass(frozen=True, slots=True)
class Params(pooling_window.Params):
    """The window of the pooling that this reverses, what each cell of it gets, and the size of the output."""

    spread: str = choice("sum", "Each window gets", _SPREADS, hint=_SPREAD_HINT)
    output: str = choice("windows", "Output size", (("windows", "What the windows cover"), ("numbers", "Numbers")))
    extents: tuple[int, int] = pair(
        (64, 64), "Height and width", 1, _MOST, soft=512, when=("output", "numbers"),
        hint="Any size that the pooling of this window takes to the size of the input.",
    )  # fmt: skip


def _covered(size: Shape, params: Params, axis: int) -> int:
    """Cells of an axis from the first window to the end of the last, without the padding."""
    if params.padding == "same":
        return size[2 + axis] * params.stride[axis]
    begin, end = (params.pads[axis], params.pads[axis + 2]) if params.padding == "numbers" else (0, 0)
    whole = params.stride[axis] * (size[2 + axis] - 1) + span(params.kernel[axis], params.dilation[axis])
    return whole - begin - end


def _output(size: Shape, params: Params) -> Shape:
    extents = params.extents if params.output == "numbers" else tuple(_covered(size, params, axis) for axis in (0, 1))
    if min(extents) < 1:
        raise Refusal(
            "The output would be {height} × {width}: the padding is as wide as the windows; the least is 1 × 1.",
            height=extents[0],
            width=extents[1],
        )
    return *size[:2], *extents


def _windows(size: Shape, params: Params) -> Window:
    """The windows over the output, or a Refusal where they are not as many as the cells of the input."""
    output = _output(size, params)
    check_size("A smaller stride or window needs less.", output=output)
    found = window(output, params)
    if found.outputs != size[2:]:
        raise Refusal(
            "A map of {height} × {width} has {rows} × {columns} such windows; the input has {wanted_rows} × "
            "{wanted_columns} cells.",
            height=output[2],
            width=output[3],
            rows=found.outputs[0],
            columns=found.outputs[1],
            wanted_rows=size[2],
            wanted_columns=size[3],
            hint="The size that the windows cover always fits.",
        )
    return found


def shape(shapes: Shapes, params: Params) -> Shapes:
    return ((*shapes[0][:2], *_windows(shapes[0], params).extents),)


def _counts(windows: Window, params: Params) -> tuple[Array, Array]:
    """What the numbers of a window are divided by, along each axis: its cells for equal shares, else 1."""
    if params.spread == "share":
        return windows.counts(0), windows.counts(1)
    return windows.ones(0), windows.ones(1)


def _overlaps(windows: Window, params: Params) -> Array | None:
    """How many windows hold each cell of the output, at least 1, where the mean over them is taken; else None."""
    if params.spread != "mean":
        return None
    held = []
    for axis in (0, 1):
        cells = np.add.outer(
            np.arange(windows.outputs[axis]) * windows.stride[axis] - windows.pads[axis],
            np.arange(windows.kernel[axis]) * windows.dilation[axis],
        )
        inside = cells[(cells >= 0) & (cells < windows.extents[axis])]
        held.append(np.bincount(inside, minlength=windows.extents[axis]).clip(1))
    overlaps: Array = np.multiply.outer(held[0], held[1]).astype(np.float64)
    return overlaps


def forward(xs: Arrays, weights: Weights, params: Params, tick: Tick) -> tuple[Arrays, Any]:
    (x,) = xs
    windows = _windows(x.shape, params)
    planes = read_only(x.reshape(-1, *windows.outputs))
    y = np.empty((len(planes), *windows.extents), x.dtype)
    geometry = windows.kernel, windows.stride, windows.dilation, windows.begin, _counts(windows, params)
    cost = windows.sum_cost
    overlaps = _overlaps(windows, params)
    for first, last in bands(len(planes) * windows.extents[0], cost, tick):
        pooling.mean_pool_gradient(planes, *geometry, first, last, y)
    if overlaps is not None:
        y /= overlaps
    return (y.reshape(*x.shape[:2], *windows.extents),), (x.shape, x.dtype, geometry, cost, overlaps)


def backward(gys: Sequence[Array | None], saved: Any, tick: Tick) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
    shape, dtype, geometry, cost, overlaps = saved
    gx = np.zeros((shape[0] * shape[1], *shape[2:]), dtype)
    if gys[0] is not None:
        gy = gys[0] if overlaps is None else gys[0] / overlaps
        flow = read_only(np.ascontiguousarray(gy, dtype).reshape(-1, *gy.shape[2:]))
        for first, last in bands(shape[0] * shape[1] * shape[2], cost, tick):
            pooling.mean_pool(flow, *geometry, first, last, gx)
    return (gx.reshape(shape),), {}


def definition(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> float:
    (x,), (n, c, i, j) = xs, cell.index
    windows = _windows(x.shape, params)
    counts = _counts(windows, params)
    total, held = 0.0, 0
    for u in range(windows.kernel[0]):
        row, off_row = divmod(i + windows.pads[0] - u * windows.dilation[0], windows.stride[0])
        for v in range(windows.kernel[1]):
            column, off_column = divmod(j + windows.pads[1] - v * windows.dilation[1], windows.stride[1])
            if off_row == off_column == 0 and 0 <= row < x.shape[2] and 0 <= column < x.shape[3]:
                total += float(x[n, c, row, column]) / float(counts[0][row] * counts[1][column])
                held += 1
    return total / max(held, 1) if params.spread == "mean" else total


def _reach(size: Shape, params: Params, cell: Cell) -> tuple[Reach, Reach]:
    windows = _windows(size, params)
    rows, columns = (
        reach(cell.index[2 + a], size[2 + a], params.kernel[a], params.stride[a], params.dilation[a], windows.pads[a])
        for a in (0, 1)
    )
    return rows, columns


def explain(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> Sequence[Step]:
    (x,), (n, c, i, j) = xs, cell.index
    rows, columns = _reach(x.shape, params, cell)
    address = reach_steps((i, j), rows, columns)
    if not (len(rows.cells) and len(columns.cells)):
        return *address, Step(message("No window holds this cell: it stays 0"), (Number(message("result"), 0.0),), 0.0)
    values = x[n, c][rows.cells[:, None], columns.cells].astype(np.float64)
    counts = _counts(_windows(x.shape, params), params)
    sizes = np.multiply.outer(counts[0][rows.cells], counts[1][columns.cells])
    with np.errstate(invalid="ignore", over="ignore"):
        total = float((values / sizes).sum())
    seen = Grid(
        message("Windows that hold this cell"),
        values,
        "input",
        where=(0, c, rows.span.start, columns.span.start),
        spacing=(rows.step, columns.step),
        adds_up=params.spread != "share",
    )
    if params.spread == "share":
        cells = Grid(message("Cells of each window"), sizes, "weight")
        shares = Grid(message("Shares"), values / sizes, "product", adds_up=True)
        title = message("The shares of all windows added up")
        return *address, Step(title, (seen, Sign("/"), cells, Sign("="), shares, Sign("Σ")), total)
    added = Step(
        message("The numbers of all windows added up"),
        (Sign("Σ"), seen, Sign("="), Number(message("sum"), total)),
        total,
    )
    if params.spread == "sum":
        return *address, added
    return *address, added, mean_step(total, message("windows"), values.size)


def reads(shapes: Shapes, params: Params, cell: Cell) -> Sequence[Region]:
    return region(slice(cell.index[1], cell.index[1] + 1), *_reach(shapes[0], params, cell))


def arithmetic(shapes: Shapes, params: Params) -> tuple[str, ...]:
    (size,) = shapes
    return pooling_window.arithmetic((_output(size, params),), params)


def samples(rng: np.random.Generator) -> Sequence[Sample]:
    def case(title: str, *size: int, **params: Any) -> Sample:
        return Sample(title=title, xs=(rng.standard_normal(size),), params=Params(**params))

    over: dict[str, Any] = {"kernel": (3, 3), "stride": (1, 2)}
    return (
        case("2 × 2, two images", 2, 2, 2, 3),
        case("One cell", 1, 1, 1, 1, kernel=(1, 1), stride=(1, 1)),
        case("Equal shares", 1, 2, 2, 3, spread="share"),
        case("Overlap: added up", 1, 1, 4, 3, **over),
        case("Overlap: the mean", 1, 1, 4, 3, spread="mean", **over),
        case("Overlap: equal shares, same size", 1, 1, 4, 3, spread="share", padding="same", **over),
        case("Odd size asked for", 1, 1, 2, 3, output="numbers", extents=(5, 6)),
        case("Last windows in part", 1, 1, 2, 3, output="numbers", extents=(3, 5), ceil=True, spread="share"),
        case("Gaps between the windows", 1, 1, 3, 2, stride=(3, 4), spread="mean"),
        case("Uneven padding", 1, 1, 3, 2, kernel=(3, 2), stride=(2, 3), padding="numbers", pads=(0, 1, 2, 0)),
        case("Dilation", 1, 1, 4, 3, kernel=(3, 2), stride=(2, 3), dilation=(3, 2), spread="mean"),
    )


OP = Op(
    name="mean_unpool",
    title="Mean unpooling",
    group="Upsampling",
    formula="y[n,c, i·s − p + u·d, j·s − p + v·d] += x[n,c,i,j] for all i, j, u, v, from y = 0",
    source="Chainer unpooling_2d; with equal shares the adjoint of mean pooling",
    Params=Params,
    shape=shape,
    forward=forward,
    backward=backward,
    definition=definition,
    explain=explain,
    reads=reads,
    arithmetic=arithmetic,
    samples=samples,
)
