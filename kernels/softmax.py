"""Softmax and its logarithm along the middle axis, and their gradients.

Axes: m group (all that lies before the axis), k place on the axis, i place behind it; x (M, K, L). The shift is
μ[m,i] = max over k of x[m,k,i], the total Σ[m,i] = Σ over k of e^{s·(x − μ)}, with s = 1/temperature.

The work is cut into tiles, of `width` lanes that are worked on side by side, K or fewer runs below each other:

places behind   the lanes are neighbours i, a run for each k. They are copied out as they are read first: the runs of
                an array lie a power of 2 apart as often as not, and then push each other out of the cache.
short rows      L = 1, K < `LANES`: the lanes are rows m, turned while they are copied.
long rows       L = 1: the lanes are parts of one row, `LANES` neighbours at a time, and the lanes are put together
                where a maximum or a total is complete. Nothing is copied; y is the tile.

Each total is summed in float64 by one thread in the order of k, so that the results do not depend on the number of
threads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel, parallel_kernel, prange, read_only
from kernels.bands import bands
from kernels.exponential import exp, exp_single, log_from_1

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
def _width(groups, places, length):  # type: ignore[no-untyped-def]
    """Lanes of a tile."""
    if length == 1 and places >= LANES:
        return LANES
    if length == 1:
        return min(LANES, groups)
    return min(max(NARROW, min(WIDEST, TILE // places)), length)


@kernel
def _tiles(groups, places, length):  # type: ignore[no-untyped-def]
    """How many tiles there are."""
    if length == 1 and places >= LANES:
        return groups
    width = _width(groups, places, length)
    blocks = ((groups if length == 1 else length) + width - 1) // width
    return blocks if length == 1 else groups * blocks


@kernel
def _run(extents):  # type: ignore[no-untyped-def]
    """Tiles that one thread takes in a row."""
    groups, places, length = extents
    return max(1, RUN // (places * _width(groups, places, length)))


@kernel
def _turn(rows, tile):  # type: ignore[no-untyped-def]
    """tile[k, i] = rows[i, k]: rows become lanes."""
    for k in range(rows.shape[1]):
        for i in range(rows.shape[0]):
            tile[k, i] = rows[i, k]


@kernel
def _turn_back(tile, rows):  # type: ignore[no-untyped-def]
    """rows[i, k] = tile[k, i]."""
    for k in range(rows.shape[1]):
        for i in range(rows.shape[0]):
            rows[i, k] = tile[k, i]


@kernel
def _copy(part, run):  # type: ignore[no-untyped-def]
    """run = part."""
    for i in range(run.size):
        run[i] = part[i]


@kernel
def _raise(part, run, largest):  # type: ignore[no-untyped-def]
    """run = part and μ[i] = max(μ[i], part[i]); NaN is left out here and comes back with the total.

    Without the copy the compiler would store μ[i] under a mask, which is five times slower on some processors.
    """
    for i in range(run.size):
        value, most = part[i], largest[i]
        most = value if value > most else most
        run[i] = value
        largest[i] = most


@kernel
def _add(run, largest, scale, logarithm, spare, totals):  # type: ignore[no-untyped-def]
    """Σ[i] += e^{s·(run[i] − μ[i])}, which takes the place of run[i] where no logarithm is wanted."""
    typed = run.dtype.type(scale)
    if run.itemsize == 4:
        for i in range(run.size):
            spare[i] = exp_single((run[i] - largest[i]) * typed)
    else:
        for i in range(run.size):
            spare[i] = exp((run[i] - largest[i]) * typed)
    for i in range(run.size):
        totals[i] += spare[i]
    if not logarithm:
        for i in range(run.size):
            run[i] = spare[i]


@kernel
def _ends(totals, logarithm, ends):  # type: ignore[no-untyped-def]
    """ln Σ or 1/Σ, in the type of the result."""
    if logarithm:
        for i in range(totals.size):
            ends[i] = log_from_1(totals[i])
    else:
        for i in range(totals.size):
            ends[i] = 1 / totals[i]


@kernel
def _finish(run, largest, scale, logarithm, ends):  # type: ignore[no-untyped-def]
    """s·(run[i] − μ[i]) − ln Σ[i], or e^…/Σ[i], in the place of run[i]."""
    typed = run.dtype.type(scale)
    if logarithm:
        for i in range(run.size):
            run[i] = (run[i] - largest[i]) * typed - ends[i]
    else:
        for i in range(run.size):
            run[i] *= ends[i]


@kernel
def _row(x, scale, logarithm, spare, largest, totals, y):  # type: ignore[no-untyped-def]
    """Softmax, or its logarithm, of one long row."""
    for k in range(0, y.size, LANES):
        _raise(x[k : k + LANES], y[k : k + LANES], largest)
    largest[:] = largest.max()
    for k in range(0, y.size, LANES):
        _add(y[k : k + LANES], largest, scale, logarithm, spare, totals)
    totals[:] = totals.sum()
    _ends(totals[:1], logarithm, spare)
    spare[:] = spare[0]
    for k in range(0, y.size, LANES):
        _finish(y[k : k + LANES], largest, scale, logarithm, spare)


@kernel
def _place(t, extents, step):  # type: ignore[no-untyped-def]
    """Where tile t begins, and how many lanes it has."""
    groups, places, length = extents
    if length == 1:
        return t * step * places, min(step, groups - t * step)
    blocks = (length + step - 1) // step
    m, b = t // blocks, t % blocks
    return m * places * length + b * step, min(step, length - b * step)


@kernel
def _load(x, at, extents, width, tile):  # type: ignore[no-untyped-def]
    """The runs of a tile, from x."""
    _, places, length = extents
    if length == 1:
        _turn(x[at : at + width * places].reshape(width, places), tile)
    else:
        for k in range(places):
            _copy(x[at + k * length : at + k * length + width], tile[k, :width])


@kernel
def _store(tile, extents, width, y, at):  # type: ignore[no-untyped-def]
    """And back, into y."""
    _, places, length = extents
    if length == 1:
        _turn_back(tile, y[at : at + width * places].reshape(width, places))
    else:
        for k in range(places):
            _copy(tile[k, :width], y[at + k * length : at + k * length + width])


@kernel
def _few(given, extents, scale, logarithm, first, last, made):  # type: ignore[no-untyped-def]
    """Softmax or its logarithm of the tiles first ≤ t < last, or as many as there are; arrays of M·K·L numbers."""
    groups, places, length = extents
    x, y, step = given.reshape(given.size), made.reshape(made.size), _width(groups, places, length)
    long = length == 1 and places >= LANES
    tile = np.empty((0 if long else places, step), x.dtype)
    all_spare, all_largest, all_totals = np.empty(step, x.dtype), np.empty(step, x.dtype), np.empty(step)
    for t in range(first, min(last, _tiles(groups, places, length))):
        all_largest[:] = -np.inf
        all_totals[:] = 0.0
        if long:
            row, result = x[t * places : (t + 1) * places], y[t * places : (t + 1) * places]
            _row(row, scale, logarithm, all_spare, all_largest, all_totals, result)
            continue
        at, width = _place(t, extents, step)
        spare, largest, totals = all_spare[:width], all_largest[:width], all_totals[:width]
        if length == 1:
            _turn(x[at : at + width * places].reshape(width, places), tile)
            for k in range(places):
                _raise(tile[k, :width], spare, largest)
        else:
            for k in range(places):
                _raise(x[at + k * length : at + k * length + width], tile[k, :width], largest)
        for k in range(places):
            _add(tile[k, :width], largest, scale, logarithm, spare, totals)
        _ends(totals, logarithm, spare)
        for k in range(places):
            _finish(tile[k, :width], largest, scale, logarithm, spare)
            if length > 1:
                # While the run is still in the first-level cache.
                _copy(tile[k, :width], y[at + k * length : at + k * length + width])
        if length == 1:
            _turn_back(tile, y[at : at + width * places].reshape(width, places))


@parallel_kernel
def _many(x, extents, scale, logarithm, first, last, y):  # type: ignore[no-untyped-def]
    """The same, some tiles for each thread at a time; a small array whole, here and now."""
    if y.size <= SMALL:
        _few(x, extents, scale, logarithm, first, last, y)
    else:
        run = _run(extents)
        for part in prange((last - first + run - 1) // run):
            start = first + part * run
            _few(x, extents, scale, logarithm, start, min(last, start + run), y)


@kernel
def _flow(run, flow, logarithm, flows):  # type: ignore[no-untyped-def]
    """flows[i] += flow[i]·run[i], or flow[i] where the outputs in `run` are logarithms."""
    if logarithm:
        for i in range(run.size):
            flows[i] += flow[i]
    else:
        for i in range(run.size):
            flows[i] += np.float64(flow[i]) * run[i]


@kernel
def _slope(run, flow, scale, logarithm, flows):  # type: ignore[no-untyped-def]
    """s·y·(gy − flows[i]), y in `run`, in the place of gy in `flow`; s·(gy − e^y·flows[i]) for logarithms."""
    if logarithm:
        for i in range(run.size):
            flow[i] = scale * (flow[i] - exp(np.float64(run[i])) * flows[i])
    else:
        for i in range(run.size):
            flow[i] = scale * run[i] * (flow[i] - flows[i])


@kernel
def _few_back(given, flowing, extents, scale, logarithm, first, last, made):  # type: ignore[no-untyped-def]
    """gx[k] = s·y[k]·(gy[k] − Σ over d of gy[d]·y[d]), or of the logarithm; tiles and arrays as in `_few`."""
    groups, places, length = extents
    y, gy, gx = given.reshape(given.size), flowing.reshape(flowing.size), made.reshape(made.size)
    step = _width(groups, places, length)
    long = length == 1 and places >= LANES
    size = (0 if long else places, step)
    tile, flow, all_flows = np.empty(size, y.dtype), np.empty(size, y.dtype), np.empty(step)
    for t in range(first, min(last, _tiles(groups, places, length))):
        all_flows[:] = 0.0
        if long:
            row, result = y[t * places : (t + 1) * places], gx[t * places : (t + 1) * places]
            _copy(gy[t * places : (t + 1) * places], result)
            for k in range(0, places, LANES):
                _flow(row[k : k + LANES], result[k : k + LANES], logarithm, all_flows)
            all_flows[:] = all_flows.sum()
            for k in range(0, places, LANES):
                _slope(row[k : k + LANES], result[k : k + LANES], scale, logarithm, all_flows)
            continue
        at, width = _place(t, extents, step)
        flows = all_flows[:width]
        _load(y, at, extents, width, tile)
        _load(gy, at, extents, width, flow)
        for k in range(places):
            _flow(tile[k, :width], flow[k, :width], logarithm, flows)
        for k in range(places):
            _slope(tile[k, :width], flow[k, :width], scale, logarithm, flows)
        _store(flow, extents, width, gx, at)


@parallel_kernel
def _many_back(y, gy, extents, scale, logarithm, first, last, gx):  # type: ignore[no-untyped-def]
    """The same, as `_many`."""
    if gx.size <= SMALL:
        _few_back(y, gy, extents, scale, logarithm, first, last, gx)
    else:
        run = _run(extents)
        for part in prange((last - first + run - 1) // run):
            start = first + part * run
            _few_back(y, gy, extents, scale, logarithm, start, min(last, start + run), gx)


def _made(many: Any, given: Sequence[Array], extents: Extents, scale: float, logarithm: bool, tick: Tick) -> Array:
    """What a kernel makes of arrays that hold (M, K, L) = `extents` numbers in any shape; small ones in one call."""
    made = np.empty(given[0].shape, given[0].dtype)
    if made.size <= SMALL:
        tick()
        # More tiles than there are: to count them would take longer than what is to be done.
        many(*given, extents, scale, logarithm, 0, made.size, made)
        return made
    for first, last in bands(_tiles(*extents), 4 * extents[1] * _width(*extents), tick):
        many(*given, extents, scale, logarithm, first, last, made)
    return made


def softmax(x: Array, extents: Extents, temperature: float, logarithm: bool, tick: Tick) -> Array:
    """e^{x/T}/Σ over k of e^{x/T}, or its logarithm."""
    return _made(_many, (read_only(x),), extents, 1 / temperature, logarithm, tick)


def softmax_gradient(y: Array, gy: Array, extents: Extents, temperature: float, logarithm: bool, tick: Tick) -> Array:
    """∂/∂x from the output y and the gradient gy that comes back into it, of one shape, as in `softmax`."""
    return _made(_many_back, (read_only(y), read_only(gy)), extents, 1 / temperature, logarithm, tick)
