"""What padding and cropping share: each row and each column of the output is one of the input, or none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from explorer.ops.explanation import Grid, Number, Sign, Step
from explorer.ops.op import Array, Arrays, Cell, Region, Shape, Tick
from explorer.refusal import message
from kernels import gathering
from kernels._jit import read_only
from kernels.bands import bands


class Sources(NamedTuple):
    """The row and the column of the input that each one of the output comes from, −1 for none; int64."""

    rows: Array
    columns: Array

    def shape(self, shape: Shape) -> Shape:
        """The output's shape for an input of `shape`."""
        return (*shape[:2], self.rows.size, self.columns.size)

    def of(self, cell: Cell) -> tuple[int, int]:
        """Row and column of the input that `cell` comes from; −1 for none."""
        return int(self.rows[cell.index[2]]), int(self.columns[cell.index[3]])

    def reads(self, cell: Cell) -> Sequence[Region]:
        """The cell of input 0 that `cell` comes from."""
        (row, column), channel = self.of(cell), cell.index[1]
        return (Region(0, slice(channel, channel + 1), slice(row, row + 1), slice(column, column + 1)),)

    def copied(self, x: Array, cell: Cell) -> Step:
        """The last step of an explanation: the number at the source of `cell`, unchanged."""
        row, column = self.of(cell)
        value = float(x[(*cell.index[:2], row, column)])
        source = Grid(
            message("x at ({row}, {column})", row=row, column=column),
            np.array([[value]]),
            "input",
            where=(0, cell.index[1], row, column),
            adds_up=True,
        )
        title = message("The number itself is unchanged")
        return Step(title, (source, Sign("="), Number(message("y"), value)), value)


def forward(x: Array, sources: Sources, fill: float, tick: Tick) -> tuple[Arrays, Any]:
    """y[n,c,i,j] = x[n,c, rows[i], columns[j]], and what `backward` needs."""
    shape = sources.shape(x.shape)
    planes = read_only(x.reshape(-1, *x.shape[2:]))
    y = np.empty((len(planes), *shape[2:]), x.dtype)
    for first, last in bands(len(planes) * shape[2], shape[3], tick):
        gathering.gather(planes, sources.rows, sources.columns, fill, first, last, y)
    return (y.reshape(shape),), (x.shape, x.dtype, sources)


def _readers(sources: Array, size: int) -> tuple[Array, Array]:
    """Places of `sources` sorted by what they name, in their order, and where those that name 0 … size begin."""
    places = np.flatnonzero(sources >= 0)
    named = sources[places]
    return np.searchsorted(np.sort(named), np.arange(size + 1)), places[np.argsort(named, kind="stable")]


def backward(gys: Sequence[Array | None], saved: Any, tick: Tick) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
    """What flows back into each cell: the sum over all outputs that came from it."""
    shape, dtype, sources = saved
    gx = np.zeros((shape[0] * shape[1], *shape[2:]), dtype)
    if gys[0] is not None:
        gy = read_only(np.ascontiguousarray(gys[0], dtype).reshape(len(gx), *gys[0].shape[2:]))
        readers = *_readers(sources.rows, shape[2]), *_readers(sources.columns, shape[3])
        cost = 2 * (shape[3] + gy.shape[2])
        for first, last in bands(len(gx) * shape[2], cost, tick):
            gathering.gather_gradient(gy, *readers, first, last, gx)
    return (gx.reshape(shape),), {}
