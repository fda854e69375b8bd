"""The gradients of softmax and of its logarithm, from their outputs; tiles as in `softmax_tiles`."""

from __future__ import annotations

import numpy as np

from kernels._jit import kernel, parallel_kernel, prange, read_only
from kernels.exponential import exp
from kernels.softmax_tiles import (
    LANES,
    SMALL,
    Array,
    Extents,
    Tick,
    copy,
    load,
    made_by,
    place_of,
    store,
    tiles_in_a_row,
    tiles_of,
    width_of,
)


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
def _few(given, flowing, extents, scale, logarithm, first, last, made):  # type: ignore[no-untyped-def]
    """gx[k] = s·y[k]·(gy[k] − Σ over d of gy[d]·y[d]), or of the logarithm; tiles and arrays as in `softmax._few`."""
    groups, places, length = extents
    y, gy, gx = given.reshape(given.size), flowing.reshape(flowing.size), made.reshape(made.size)
    step = width_of(groups, places, length)
    long = length == 1 and places >= LANES
    size = (0 if long else places, step)
    tile, flow, all_flows = np.empty(size, y.dtype), np.empty(size, y.dtype), np.empty(step)
    for t in range(first, min(last, tiles_of(groups, places, length))):
        all_flows[:] = 0.0
        if long:
            row, result = y[t * places : (t + 1) * places], gx[t * places : (t + 1) * places]
            copy(gy[t * places : (t + 1) * places], result)
            for k in range(0, places, LANES):
                _flow(row[k : k + LANES], result[k : k + LANES], logarithm, all_flows)
            all_flows[:] = all_flows.sum()
            for k in range(0, places, LANES):
                _slope(row[k : k + LANES], result[k : k + LANES], scale, logarithm, all_flows)
            continue
        at, width = place_of(t, extents, step)
        flows = all_flows[:width]
        load(y, at, extents, width, tile)
        load(gy, at, extents, width, flow)
        for k in range(places):
            _flow(tile[k, :width], flow[k, :width], logarithm, flows)
        for k in range(places):
            _slope(tile[k, :width], flow[k, :width], scale, logarithm, flows)
        store(flow, extents, width, gx, at)


@parallel_kernel
def _many(y, gy, extents, scale, logarithm, first, last, gx):  # type: ignore[no-untyped-def]
    """The same, some tiles for each thread at a time; a small array whole, here and now."""
    if gx.size <= SMALL:
        _few(y, gy, extents, scale, logarithm, first, last, gx)
    else:
        run = tiles_in_a_row(extents)
        for part in prange((last - first + run - 1) // run):
            start = first + part * run
            _few(y, gy, extents, scale, logarithm, start, min(last, start + run), gx)


def softmax_gradient(y: Array, gy: Array, extents: Extents, temperature: float, logarithm: bool, tick: Tick) -> Array:
    """∂/∂x from the output y and the gradient gy that comes back into it, of one shape, as in `softmax`."""
    return made_by(_many, (read_only(y), read_only(gy)), extents, 1 / temperature, logarithm, tick)
