"""The windows of pooling: their parameters, where they lie, and which cells they hold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from explorer.ops.array_size import check_places
from explorer.ops.explanation import Grid
from explorer.ops.op import Array, Cell, Region, Shape, Shapes
from explorer.ops.padding import (
    Pads,
    dilation_field,
    extent,
    extent_text,
    kernel_field,
    padding_field,
    pads,
    pads_field,
    span,
    stride_field,
)
from explorer.ops.parameters import flag
from explorer.refusal import Refusal, message
from kernels._jit import read_only

_CEIL_HINT = "Keep a last window that is only partly inside, as long as it begins inside (Caffe's rule)."
_LANES = 4
_PLACES = ("row", "column")


@dataclass(frozen=True, slots=True)
class Params:
    """What every pooling over windows has."""

    kernel: tuple[int, int] = kernel_field((2, 2))
    stride: tuple[int, int] = stride_field((2, 2))
    padding: str = padding_field("valid")
    pads: tuple[int, int, int, int] = pads_field()
    dilation: tuple[int, int] = dilation_field()
    ceil: bool = flag(False, "Round the size up", hint=_CEIL_HINT)


class Window(NamedTuple):
    """Windows over a map of `extents`; every pair is rows, then columns. `pads` is top, left, bottom, right."""

    kernel: tuple[int, int]
    stride: tuple[int, int]
    dilation: tuple[int, int]
    pads: Pads
    extents: tuple[int, int]
    outputs: tuple[int, int]

    @property
    def begin(self) -> tuple[int, int]:
        """Padding at the top and at the left."""
        return self.pads[:2]

    @property
    def geometry(self) -> tuple[tuple[int, int], ...]:
        """Kernel, stride, dilation and the padding at the top and left, as the kernels take them."""
        return self.kernel, self.stride, self.dilation, self.begin

    @property
    def most(self) -> int:
        """No window has more cells inside of the map than this."""
        return math.prod(min(self.kernel[axis], -(-self.extents[axis] // self.dilation[axis])) for axis in (0, 1))

    def planes(self, x: Array) -> Array:
        """x (N, C, H, W) as (N·C, H, W), read-only."""
        return read_only(x.reshape(-1, *self.extents))

    @property
    def vector_cost(self) -> int:
        """`row_cost` of a kernel that takes windows side by side as vectors."""
        return self.row_cost // _LANES + 1

    @property
    def row_cost(self) -> int:
        """Operations of a row of outputs that looks at each cell of each window."""
        return self.outputs[1] * math.prod(self.kernel)

    @property
    def sum_cost(self) -> int:
        """Operations of a row of sums over windows, as vectors: first the rows of a window, then its columns."""
        return (self.kernel[0] * self.extents[1] + self.kernel[1] * self.outputs[1]) // _LANES + 1

    @property
    def cell_cost(self) -> int:
        """No cell of the map is under more windows than this."""
        return math.prod(-(-span(self.kernel[axis], self.dilation[axis]) // self.stride[axis]) for axis in (0, 1))

    def counts(self, axis: int, padding: bool = False) -> Array:
        """Cells of each window along an axis that lie inside of the map, or of the padded map; float64, read-only."""
        return _counts(self, axis, padding)

    def ones(self, axis: int) -> Array:
        """What divides nothing, where kernels take `counts`."""
        return read_only(np.ones(self.outputs[axis]))

    def cells(self, i: int, j: int) -> tuple[Array, Array]:
        """Rows and columns of the map under window (i, j); those in the padding lie outside of the map."""
        rows, columns = (
            place * self.stride[axis] - self.pads[axis] + np.arange(self.kernel[axis]) * self.dilation[axis]
            for axis, place in enumerate((i, j))
        )
        return rows, columns

    def patch(self, plane: Array, i: int, j: int) -> tuple[Array, Array]:
        """The numbers under window (i, j) in float64, 0 in the padding, and the mask of the padding."""
        rows, columns = self.cells(i, j)
        inside = np.logical_and.outer(
            (rows >= 0) & (rows < self.extents[0]), (columns >= 0) & (columns < self.extents[1])
        )
        clipped = np.ix_(rows.clip(0, self.extents[0] - 1), columns.clip(0, self.extents[1] - 1))
        return np.where(inside, plane[clipped].astype(np.float64), 0.0), ~inside

    def grid(self, x: Array, cell: Cell, *, marked: tuple[tuple[int, int], ...] = (), adds_up: bool = False) -> Grid:
        """The numbers of x (N, C, H, W) under the window of `cell`, to show; `marked` are rows and columns of x."""
        n, channel, i, j = cell.index
        patch, padding = self.patch(x[n, channel], i, j)
        rows, columns = self.cells(i, j)
        return Grid(
            message("Window"),
            patch,
            "input",
            padding=padding if padding.any() else None,
            marked=tuple((int(np.searchsorted(rows, r)), int(np.searchsorted(columns, c))) for r, c in marked),
            where=(0, channel, int(rows[0]), int(columns[0])),
            spacing=self.dilation,
            adds_up=adds_up,
        )

    def inside(self, x: Array, cell: Cell) -> list[tuple[int, int, float]]:
        """(row, column, number) of every cell of x inside of the map under the window of `cell`, in row order."""
        n, channel, i, j = cell.index
        rows, columns = self.cells(i, j)
        height, width = self.extents
        return [
            (int(row), int(column), float(x[n, channel, row, column]))
            for row in rows
            for column in columns
            if 0 <= row < height and 0 <= column < width
        ]

    def reads(self, cell: Cell) -> Region:
        """The cells of input 0 under the window of `cell`."""
        _, channel, i, j = cell.index
        rows, columns = (
            slice(start, start + span(self.kernel[axis], self.dilation[axis]), self.dilation[axis])
            for axis, start in enumerate((i * self.stride[0] - self.pads[0], j * self.stride[1] - self.pads[1]))
        )
        return Region(0, slice(channel, channel + 1), rows, columns)


@lru_cache(maxsize=64)
def _counts(windows: Window, axis: int, padding: bool) -> Array:
    """See `Window.counts`. Finding it takes longer than pooling a small map."""
    kernel, stride, dilation = windows.kernel[axis], windows.stride[axis], windows.dilation[axis]
    begin, end = (windows.pads[axis], windows.pads[axis + 2]) if padding else (0, 0)
    start = np.arange(windows.outputs[axis]) * stride - windows.pads[axis]
    low = -(-np.maximum(-begin - start, 0) // dilation)
    high = np.minimum((windows.extents[axis] + end - 1 - start) // dilation + 1, kernel)
    return read_only(np.maximum(high - low, 0).astype(np.float64))


@lru_cache(maxsize=64)
def window(shape: Shape, params: Params) -> Window:
    """The windows over maps of `shape` (N, C, H, W), or a Refusal: too large, or one with nothing but padding in it."""
    extents = shape[2], shape[3]
    check_places(*extents)
    around = pads(params.padding, params.pads, params.kernel, params.stride, params.dilation, extents)
    rows, columns = (
        extent(
            extents[axis],
            params.kernel[axis],
            params.stride[axis],
            params.dilation[axis],
            around[axis],
            around[axis + 2],
            params.ceil,
        )
        for axis in (0, 1)
    )
    found = Window(params.kernel, params.stride, params.dilation, around, extents, (rows, columns))
    for axis in (0, 1):
        empty = np.flatnonzero(found.counts(axis) == 0)
        if empty.size:
            raise Refusal(
                "The window of output {axis} {place} lies in the padding alone: the map has {size} cells with {begin} "
                "of padding before it and {end} behind, and the window spans {span}.",
                axis=_PLACES[axis],
                place=int(empty[0]),
                begin=around[axis],
                end=around[axis + 2],
                size=extents[axis],
                span=span(params.kernel[axis], params.dilation[axis]),
                hint="Less padding, or a larger window, puts a cell of the map into every window.",
            )
    return found


def pooled(shape: Shape, params: Params) -> Shape:
    """The shape (N, C, OH, OW) of one number for each window over maps of `shape`."""
    return *shape[:2], *window(shape, params).outputs


def reads(shapes: Shapes, params: Params, cell: Cell) -> Sequence[Region]:
    """The cells under the window of `cell`: what `Op.reads` asks."""
    return (window(shapes[0], params).reads(cell),)


def window_cases() -> tuple[tuple[str, Shape, dict[str, Any]], ...]:
    """Title, input shape and parameters of windows in every position: samples for any pooling."""
    return (
        ("2 × 2, stride 2", (2, 2, 4, 6), {}),
        ("One cell", (1, 1, 1, 1), {"kernel": (1, 1), "stride": (1, 1)}),
        ("Overlapping, same size", (1, 2, 5, 4), {"kernel": (3, 3), "stride": (1, 1), "padding": "same"}),
        ("Odd size rounded down", (1, 1, 5, 7), {}),
        ("Odd size rounded up", (1, 1, 5, 7), {"ceil": True}),
        (
            "Uneven padding",
            (1, 1, 4, 5),
            {"kernel": (3, 2), "stride": (2, 3), "padding": "numbers", "pads": (0, 1, 2, 0)},
        ),
        (
            "Dilation",
            (1, 1, 7, 6),
            {"kernel": (3, 2), "stride": (1, 2), "dilation": (2, 3), "padding": "numbers", "pads": (2, 1, 1, 2)},
        ),
        ("Gaps between the windows", (1, 1, 8, 9), {"stride": (3, 4)}),
        ("Many cells", (1, 1, 9, 8), {"kernel": (6, 7), "stride": (2, 1), "padding": "same"}),
        ("Whole map", (1, 2, 3, 5), {"kernel": (3, 5), "stride": (1, 1)}),
        ("Many windows in a row", (1, 2, 4, 39), {}),
    )


def arithmetic(shapes: Shapes, params: Params) -> tuple[str, ...]:
    """The output height and width with their numbers put in."""
    shape = shapes[0]
    around = window(shape, params).pads
    return tuple(
        extent_text(
            shape[axis + 2],
            params.kernel[axis],
            params.stride[axis],
            params.dilation[axis],
            around[axis],
            around[axis + 2],
            params.ceil,
        )
        for axis in (0, 1)
    )
