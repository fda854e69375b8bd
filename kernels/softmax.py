"""Softmax and its logarithm along the middle axis; axes and tiles as in `softmax_tiles`.

The shift is μ[m,i] = max over k of x[m,k,i], the total Σ[m,i] = Σ over k of e^{s·(x − μ)}, with s = 1/temperature. Each
total is summed in float64 by one thread in the order of k, so that the results do not depend on the number of threads.
"""

from __future__ import annotations

import numpy as np

from kernels._jit import kernel, parallel_kernel, prange, read_only
from kernels.elementary import exp
from kernels.exponential import log_from_1
from kernels.softmax_tiles import (
    LANES,
    SMALL,
    Array,
    Extents,
    Tick,
    copy,
    made_by,
    place_of,
    raise_largest,
    tiles_in_a_row,
    tiles_of,
    turn,
    turn_back,
    width_of,
)


@kernel
def _add(run, largest, scale, logarithm, spare, totals):  # type: ignore[no-untyped-def]
    """Σ[i] += e^{s·(run[i] − μ[i])}, which takes the place of run[i] where no logarithm is wanted."""
    typed = run.dtype.type(scale)
    if logarithm:
        for i in range(run.size):
            spare[i] = exp((run[i] - largest[i]) * typed)
        for i in range(run.size):
            totals[i] += spare[i]
    else:
        for i in range(run.size):
            run[i] = exp((run[i] - largest[i]) * typed)
        for i in range(run.size):
            totals[i] += run[i]


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
def _finish(run, largest, scale, logarithm, ends, result):  # type: ignore[no-untyped-def]
    """result[i] = s·(run[i] − μ[i]) − ln Σ[i], or e^…/Σ[i] with e^… in `run`; another array."""
    typed = run.dtype.type(scale)
    if logarithm:
        for i in range(run.size):
            result[i] = (run[i] - largest[i]) * typed - ends[i]
    else:
        for i in range(run.size):
            result[i] = run[i] * ends[i]


@kernel
def _row(x, scale, logarithm, spare, ends, largest, totals, y):  # type: ignore[no-untyped-def]
    """Softmax, or its logarithm, of one long row."""
    for k in range(0, y.size, LANES):
        raise_largest(x[k : k + LANES], y[k : k + LANES], largest)
    largest[:] = largest.max()
    for k in range(0, y.size, LANES):
        _add(y[k : k + LANES], largest, scale, logarithm, spare, totals)
    totals[:] = totals.sum()
    _ends(totals[:1], logarithm, ends)
    ends[:] = ends[0]
    for k in range(0, y.size, LANES):
        run = y[k : k + LANES]
        _finish(run, largest, scale, logarithm, ends, spare)
        copy(spare[: run.size], run)


@kernel
def _few(given, extents, scale, logarithm, first, last, made):  # type: ignore[no-untyped-def]
    """Softmax or its logarithm of the tiles first ≤ t < last, or as many as there are; arrays of M·K·L numbers."""
    groups, places, length = extents
    x, y, step = given.reshape(given.size), made.reshape(made.size), width_of(groups, places, length)
    long = length == 1 and places >= LANES
    tile = np.empty((0 if long else places, step), x.dtype)
    all_spare, all_ends, all_largest = np.empty(step, x.dtype), np.empty(step, x.dtype), np.empty(step, x.dtype)
    all_totals = np.empty(step)
    for t in range(first, min(last, tiles_of(groups, places, length))):
        all_largest[:] = -np.inf
        all_totals[:] = 0.0
        if long:
            row, result = x[t * places : (t + 1) * places], y[t * places : (t + 1) * places]
            _row(row, scale, logarithm, all_spare, all_ends, all_largest, all_totals, result)
            continue
        at, width = place_of(t, extents, step)
        spare, ends, largest, totals = all_spare[:width], all_ends[:width], all_largest[:width], all_totals[:width]
        if length == 1:
            turn(x[at : at + width * places].reshape(width, places), tile)
            for k in range(places):
                raise_largest(tile[k, :width], spare, largest)
        else:
            for k in range(places):
                raise_largest(x[at + k * length : at + k * length + width], tile[k, :width], largest)
        for k in range(places):
            _add(tile[k, :width], largest, scale, logarithm, spare, totals)
        _ends(totals, logarithm, ends)
        for k in range(places):
            result = spare if length == 1 else y[at + k * length : at + k * length + width]
            _finish(tile[k, :width], largest, scale, logarithm, ends, result)
            if length == 1:
                copy(spare, tile[k, :width])
        if length == 1:
            turn_back(tile, y[at : at + width * places].reshape(width, places))


@parallel_kernel
def _many(x, extents, scale, logarithm, first, last, y):  # type: ignore[no-untyped-def]
    """The same, some tiles for each thread at a time; a small array whole, here and now."""
    if y.size <= SMALL:
        _few(x, extents, scale, logarithm, first, last, y)
    else:
        run = tiles_in_a_row(extents)
        for part in prange((last - first + run - 1) // run):
            start = first + part * run
            _few(x, extents, scale, logarithm, start, min(last, start + run), y)


def softmax(x: Array, extents: Extents, temperature: float, logarithm: bool, tick: Tick) -> Array:
    """e^{x/T}/Σ over k of e^{x/T}, or its logarithm, of x, which holds (M, K, L) = `extents` numbers in any shape."""
    return made_by(_many, (read_only(x),), extents, 1 / temperature, logarithm, tick)
