"""How arrays are cut into tiles for softmax and its gradient.

Axes: m group (all that lies before the axis), k place on the axis, i place behind it; x (M, K, L).

The work is cut into tiles, of `width` lanes that are worked on side by side, K or fewer runs below each other:

places behind   the lanes are neighbours i, a run for each k. They are copied out as they are read first: the runs of
                an array lie a power of 2 apart as often as not, and then push each other out of the cache.
short rows      L = 1, K < `LANES`: the lanes are rows m, turned while they are copied.
long rows       L = 1: the lanes are parts of one row, `LANES` neighbours at a time, and the lanes are put together
                where a maximum or a total is complete. Nothing is copied; the result is the tile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel
from kernels.bands import bands

WIDEST = 1_024
"""Lanes of a tile, if there are so many: memory is read faster in long runs."""
TILE = 1 << 16
"""Numbers of a tile, as many as stay in the cache of a core; more where `NARROW` lanes need them."""
LANES = 128
"""Lanes of a long row, and of rows that are turned: of more, the runs would leave the first-level cache."""
NARROW = 32
"""Lanes of a tile of many runs."""
SMALL = 1 << 15
"""Numbers up to which one thread is done before others have been woken."""
RUN = 1 << 18
"""Numbers that one thread takes in a row."""

Array = NDArray[Any]
Tick = Callable[[], None]
Extents = tuple[int, int, int]
"""(M, K, L)."""


@kernel
def width_of(groups, places, length):  # type: ignore[no-untyped-def]
    """Lanes of a tile."""
    if length == 1 and places >= LANES:
        return LANES
    if length == 1:
        return min(LANES, groups)
    return min(max(NARROW, min(WIDEST, TILE // places)), length)


@kernel
def tiles_of(groups, places, length):  # type: ignore[no-untyped-def]
    """How many tiles there are."""
    if length == 1 and places >= LANES:
        return groups
    width = width_of(groups, places, length)
    blocks = ((groups if length == 1 else length) + width - 1) // width
    return blocks if length == 1 else groups * blocks


@kernel
def tiles_in_a_row(extents):  # type: ignore[no-untyped-def]
    """Tiles that one thread takes in a row."""
    groups, places, length = extents
    return max(1, RUN // (places * width_of(groups, places, length)))


@kernel
def turn(rows, tile):  # type: ignore[no-untyped-def]
    """tile[k, i] = rows[i, k]: rows become lanes."""
    for k in range(rows.shape[1]):
        for i in range(rows.shape[0]):
            tile[k, i] = rows[i, k]


@kernel
def turn_back(tile, rows):  # type: ignore[no-untyped-def]
    """rows[i, k] = tile[k, i]."""
    for k in range(rows.shape[1]):
        for i in range(rows.shape[0]):
            rows[i, k] = tile[k, i]


@kernel
def copy(part, run):  # type: ignore[no-untyped-def]
    """run = part."""
    for i in range(run.size):
        run[i] = part[i]


@kernel
def raise_largest(part, run, largest):  # type: ignore[no-untyped-def]
    """run = part and μ[i] = max(μ[i], part[i]); NaN is left out here and comes back with the total.

    Without the copy the compiler would store μ[i] under a mask, which is five times slower on some processors.
    """
    for i in range(run.size):
        value, most = part[i], largest[i]
        most = value if value > most else most
        run[i] = value
        largest[i] = most


@kernel
def place_of(t, extents, step):  # type: ignore[no-untyped-def]
    """Where tile t begins, and how many lanes it has."""
    groups, places, length = extents
    if length == 1:
        return t * step * places, min(step, groups - t * step)
    blocks = (length + step - 1) // step
    m, b = t // blocks, t % blocks
    return m * places * length + b * step, min(step, length - b * step)


@kernel
def load(x, at, extents, width, tile):  # type: ignore[no-untyped-def]
    """The runs of a tile, from x."""
    _, places, length = extents
    if length == 1:
        turn(x[at : at + width * places].reshape(width, places), tile)
    else:
        for k in range(places):
            copy(x[at + k * length : at + k * length + width], tile[k, :width])


@kernel
def store(tile, extents, width, y, at):  # type: ignore[no-untyped-def]
    """And back, into y."""
    _, places, length = extents
    if length == 1:
        turn_back(tile, y[at : at + width * places].reshape(width, places))
    else:
        for k in range(places):
            copy(tile[k, :width], y[at + k * length : at + k * length + width])


def made_by(
    kernel: Any, given: Sequence[Array], extents: Extents, scale: float, logarithm: bool, tick: Tick
) -> Array:  # fmt: skip
    """What a kernel of softmax makes of arrays that hold (M, K, L) = `extents` numbers in any shape."""
    made = np.empty(given[0].shape, given[0].dtype)
    if made.size <= SMALL:
        tick()
        # More tiles than there are: to count them would take longer than what is to be done.
        kernel(*given, extents, scale, logarithm, 0, made.size, made)
        return made
    for first, last in bands(tiles_of(*extents), 4 * extents[1] * width_of(*extents), tick):
        kernel(*given, extents, scale, logarithm, first, last, made)
    return made
