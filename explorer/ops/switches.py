"""What poolings that pick cells have in common: their switches, the size of the map before, the way back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from explorer.ops.explanation import Number, Step, Sum
from explorer.ops.op import Array, Shape, Tick
from explorer.refusal import message
from kernels import pooling
from kernels._jit import read_only
from kernels.bands import bands

OUTPUTS = ("y", "switches", "plane")
HINT = {
    "switches": "Where each kept number stood, counted in row order in its map; unpooling puts numbers back there.",
    "plane": "The size of the maps before pooling, for unpooling. It holds no numbers.",
}


def plane_of(shape: Shape) -> Array:
    """The output `plane`: a view of one zero carries the size of the maps for nothing."""
    return np.broadcast_to(np.int8(0), shape)


def backward(gys: Sequence[Array | None], saved: Any, tick: Tick) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
    """gx[n,c, switches[n,c,i,j]] += gy[n,c,i,j]; `saved` is the shape and type of x and the switches (N·C, OH, OW)."""
    shape, dtype, switches = saved
    gx = np.zeros((len(switches), shape[2] * shape[3]), dtype)
    if gys[0] is not None:
        scatter(np.ascontiguousarray(gys[0], dtype).reshape(switches.shape), switches, tick, gx)
    return (gx.reshape(shape),), {}


def scatter(gy: Array, switches: Array, tick: Tick, gx: Array) -> None:
    """gx[m, switches[m,i,j]] += gy[m,i,j]. gy and switches (M, OH, OW), gx (M, H·W) of the type of gy."""
    flow = read_only(gy)
    for first, last in bands(gy.shape[1], gy.shape[0] * gy.shape[2], tick):
        pooling.max_pool_gradient(flow, switches, first, last, gx)


def explain_plane(shape: Shape) -> tuple[Step, ...]:
    """A number of the output `plane`, which says nothing but the size of the map."""
    text = message("The size of the maps before pooling, {height} × {width}", height=shape[2], width=shape[3])
    return (Step(text, (Number(message("placeholder"), 0.0),), 0.0),)


def explain_place(row: int, column: int, width: int) -> Step:
    """The switch that names (row, column)."""
    terms = (
        (message("row {row} · width {width}", row=row, width=width), float(row * width)),
        (message("column"), float(column)),
    )
    place = float(row * width + column)
    return Step(message("Its place in the map, counted in row order"), (Sum(message("place"), terms, place),), place)
