"""Places that pooling took its numbers from: the ports `switches` and `plane`, which unpooling takes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from explorer.ops.explanation import Number, Step, Sum
from explorer.ops.op import Array, Shape, Tick
from explorer.refusal import message
from kernels import halving, pooling
from kernels._jit import read_only
from kernels.bands import bands
from kernels.vector_code import lanes

OUTPUTS = ("y", "switches", "plane")
HINTS = {
    "switches": "Where each number of y stood, counted in row order in its map; unpooling puts numbers back there.",
    "plane": "The size of the maps before pooling, for unpooling. It holds no numbers.",
}


@lru_cache(maxsize=64)
def plane_of(shape: Shape) -> Array:
    """The size of the maps that switches point into; a view of one zero carries it for nothing."""
    return np.broadcast_to(np.int8(0), shape)


def explain_plane(shape: Shape) -> Sequence[Step]:
    """The steps of a cell of `plane`."""
    text = message("The size of the maps before pooling, {height} × {width}", height=shape[2], width=shape[3])
    return (Step(text, (Number(message("placeholder"), 0.0),), 0.0),)


def place_step(row: int, column: int, width: int) -> Step:
    """The step from a cell to its switch."""
    terms = (
        (message("row {row} · width {width}", row=row, width=width), float(row * width)),
        (message("column"), float(column)),
    )
    place = terms[0][1] + terms[1][1]
    return Step(message("Its place in the map, counted in row order"), (Sum(message("place"), terms, place),), place)


def backward(gys: Sequence[Array | None], saved: Any, tick: Tick) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
    """gx[n,c, switches[n,c,i,j]] += gy[n,c,i,j]; `saved` is the shape and type of x and the switches (N·C, OH, OW)."""
    shape, dtype, switches = saved
    if gys[0] is None:
        return (np.zeros(shape, dtype),), {}
    gy = read_only(np.ascontiguousarray(gys[0], dtype).reshape(switches.shape))
    gx = np.empty((len(switches), *shape[2:]), dtype)
    if not put_into_pairs(gy, read_only(switches), gx, tick):
        scatter(gy, switches, tick, gx.reshape(len(gx), -1), fresh=True)
    return (gx.reshape(shape),), {}


def put_into_pairs(x: Array, switches: Array, y: Array, tick: Tick) -> bool:
    """y[m, switches[m,i,j]] = x[m,i,j], 0 elsewhere, where all places are in windows of 2 × 2 side by side.

    False, with anything in y, where they are not. x and switches (M, OH, OW), read-only, y (M, H, W).
    """
    rows, columns = x.shape[1:]
    if (y.shape[1] // 2, y.shape[2] // 2) != (rows, columns) or columns < lanes(x.itemsize):
        return False
    inside = np.ones(1, np.bool_)
    for first, last in bands(len(x) * rows, 4 * columns, tick):
        halving.spread(x, switches, first, last, y, inside)
        if not inside[0]:
            return False
    return True


def scatter(gy: Array, switches: Array, tick: Tick, gx: Array, *, fresh: bool = False) -> None:
    """gx[m, switches[m,i,j]] += gy[m,i,j]. gy and switches (M, OH, OW), gx (M, H·W) of the type of gy.

    A `fresh` gx holds anything and counts as 0.
    """
    flow = read_only(gy)
    for first, last in bands(gy.shape[1], gy.shape[0] * gy.shape[2], tick):
        pooling.max_pool_gradient(flow, switches, fresh and first == 0, first, last, gx)
