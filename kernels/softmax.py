"""Softmax and its logarithm along the middle axis, and their gradients.

Axes: m group (all that lies before the axis), k place on the axis, i place behind it; x (M, K, L). The shift is
μ[m,i] = max over k of x[m,k,i], the total Σ[m,i] = Σ over k of e^{s·(x − μ)}, with s = 1/temperature.

Each total is summed in float64 by one thread in the order of k, so that the results do not depend on the number of
threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel, parallel_kernel, prange, read_only
from kernels.bands import bands
from kernels.exponential import exp, exp_single, log_from_1

BLOCK = 512
"""Places behind the axis that one thread takes at a time, as many as stay close in the cache."""
LANES = 32
"""Parts of a row that are worked on side by side where nothing lies behind the axis."""
SMALL = 4_096
"""Numbers up to which one thread is done before others have been woken."""

RUN = 4_096
"""Numbers of small blocks that one thread takes in a row."""

Array = NDArray[Any]


@kernel
def _runs(task, blocks, places, length):  # type: ignore[no-untyped-def]
    """Where the numbers of a block stand: (at, width, stride, count) and what is left, (tail, left).

    Block b of group m holds `BLOCK` places behind the axis, a run for each k. With nothing behind the axis, a group is
    one row: `LANES` parts of it take the role of i, and are put together.
    """
    if length == 1:
        count, left = places // LANES, places % LANES
        return task * places, LANES, LANES, count, (task + 1) * places - left, left
    m, b = task // blocks, task % blocks
    width = min(BLOCK, length - b * BLOCK)
    at = m * places * length + b * BLOCK
    return at, width, length, places, at, 0 * at


@kernel
def _largest(x, at, stride, count, width, largest):  # type: ignore[no-untyped-def]
    """μ[i] = max over k of x[at + k·stride + i], i < width; NaN is left out here and comes back with the total."""
    for k in range(count):
        part = x[at + k * stride : at + k * stride + width]
        for i in range(width):
            largest[i] = part[i] if part[i] > largest[i] else largest[i]


@kernel
def _add(x, at, stride, count, width, largest, scale, logarithm, spare, totals, y):  # type: ignore[no-untyped-def]
    """Σ[i] += e^v, v = s·(x − μ[i]), over the same runs; y = e^v where no logarithm is wanted."""
    typed = x.dtype.type(scale)
    for k in range(count):
        part = x[at + k * stride : at + k * stride + width]
        result = spare[:width] if logarithm else y[at + k * stride : at + k * stride + width]
        if x.itemsize == 4:
            for i in range(width):
                result[i] = exp_single((part[i] - largest[i]) * typed)
        else:
            for i in range(width):
                result[i] = exp((part[i] - largest[i]) * typed)
        for i in range(width):
            totals[i] += result[i]


@kernel
def _finish(x, at, stride, count, width, largest, scale, logarithm, ends, y):  # type: ignore[no-untyped-def]
    """y = s·(x − μ[i]) − ends[i], or y·ends[i], over the same runs; `ends` holds ln Σ, or 1/Σ, in the type of y."""
    typed = x.dtype.type(scale)
    for k in range(count):
        part = x[at + k * stride : at + k * stride + width]
        result = y[at + k * stride : at + k * stride + width]
        if logarithm:
            for i in range(width):
                result[i] = (part[i] - largest[i]) * typed - ends[i]
        else:
            for i in range(width):
                result[i] *= ends[i]


@kernel
def _few(x, places, length, scale, logarithm, first, last, y):  # type: ignore[no-untyped-def]
    """Softmax or its logarithm of the blocks first ≤ task < last; x and y (M, K, L), flat. See `_runs`."""
    blocks = (length + BLOCK - 1) // BLOCK
    most = LANES if length == 1 else min(BLOCK, length)
    spare, all_largest, all_totals = np.empty(most, x.dtype), np.empty(most, x.dtype), np.empty(most)
    for task in range(first, last):
        at, width, stride, count, tail, left = _runs(task, blocks, places, length)
        largest, totals = all_largest[:width], all_totals[:width]
        largest[:] = -np.inf
        totals[:] = 0.0
        _largest(x, at, stride, count, width, largest)
        if length == 1:
            _largest(x, tail, 1, 1, left, largest)
            largest[:] = largest.max()
        _add(x, at, stride, count, width, largest, scale, logarithm, spare, totals, y)
        if length == 1:
            _add(x, tail, 1, 1, left, largest, scale, logarithm, spare, totals, y)
            totals[:] = totals.sum()
        if logarithm:
            for i in range(width):
                spare[i] = log_from_1(totals[i])
        else:
            for i in range(width):
                spare[i] = 1 / totals[i]
        _finish(x, at, stride, count, width, largest, scale, logarithm, spare, y)
        _finish(x, tail, 1, 1, left, largest, scale, logarithm, spare, y)


@parallel_kernel
def _many(x, places, length, scale, logarithm, first, last, y):  # type: ignore[no-untyped-def]
    """The same, some blocks for each thread at a time."""
    run = max(1, RUN // (places * min(length, BLOCK)))
    for part in prange((last - first + run - 1) // run):
        start = first + part * run
        _few(x, places, length, scale, logarithm, start, min(last, start + run), y)


@kernel
def _flow(y, gy, at, stride, count, width, logarithm, flows):  # type: ignore[no-untyped-def]
    """flows[i] += Σ over k of gy·y, or of gy for a logarithm, over runs as in `_largest`."""
    for k in range(count):
        part = y[at + k * stride : at + k * stride + width]
        flow = gy[at + k * stride : at + k * stride + width]
        if logarithm:
            for i in range(width):
                flows[i] += flow[i]
        else:
            for i in range(width):
                flows[i] += np.float64(flow[i]) * part[i]


@kernel
def _slope(y, gy, at, stride, count, width, scale, logarithm, flows, gx):  # type: ignore[no-untyped-def]
    """gx = s·y·(gy − flows[i]), or s·(gy − e^y·flows[i]) where y is a logarithm."""
    for k in range(count):
        part = y[at + k * stride : at + k * stride + width]
        flow = gy[at + k * stride : at + k * stride + width]
        result = gx[at + k * stride : at + k * stride + width]
        if logarithm:
            for i in range(width):
                result[i] = scale * (flow[i] - exp(np.float64(part[i])) * flows[i])
        else:
            for i in range(width):
                result[i] = scale * part[i] * (flow[i] - flows[i])


@parallel_kernel
def _gradient(y, gy, places, length, scale, logarithm, first, last, gx):  # type: ignore[no-untyped-def]
    """gx[k] = s·y[k]·(gy[k] − Σ over d of gy[d]·y[d]), or of the logarithm; blocks and arrays as in `_few`."""
    blocks = (length + BLOCK - 1) // BLOCK
    for task in prange(first, last):
        at, width, stride, count, tail, left = _runs(task, blocks, places, length)
        flows = np.zeros(width)
        _flow(y, gy, at, stride, count, width, logarithm, flows)
        if length == 1:
            _flow(y, gy, tail, 1, 1, left, logarithm, flows)
            flows[:] = flows.sum()
        _slope(y, gy, at, stride, count, width, scale, logarithm, flows, gx)
        _slope(y, gy, tail, 1, 1, left, scale, logarithm, flows, gx)


def _tasks(x: Array, tick: Callable[[], None]) -> Iterator[tuple[int, int]]:
    groups, places, length = x.shape
    return bands(groups * -(-length // BLOCK), 4 * places * min(length, BLOCK), tick)


def softmax(x: Array, temperature: float, logarithm: bool, tick: Callable[[], None]) -> Array:
    """e^{x/T}/Σ over k of e^{x/T}, or its logarithm, of x (M, K, L)."""
    y, flat = np.empty(x.size, x.dtype), read_only(x.reshape(-1))
    if x.size <= SMALL:
        tick()
        _few(flat, x.shape[1], x.shape[2], 1 / temperature, logarithm, 0, x.shape[0] * -(-x.shape[2] // BLOCK), y)
        return y.reshape(x.shape)
    for first, last in _tasks(x, tick):
        _many(flat, x.shape[1], x.shape[2], 1 / temperature, logarithm, first, last, y)
    return y.reshape(x.shape)


def softmax_gradient(y: Array, gy: Array, temperature: float, logarithm: bool, tick: Callable[[], None]) -> Array:
    """∂/∂x from the output y and the gradient gy that comes back into it, (M, K, L)."""
    gx = np.empty(y.size, y.dtype)
    flat, flow = read_only(y.reshape(-1)), read_only(gy.reshape(-1))
    for first, last in _tasks(y, tick):
        _gradient(flat, flow, y.shape[1], y.shape[2], 1 / temperature, logarithm, first, last, gx)
    return gx.reshape(y.shape)
