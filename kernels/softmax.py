"""Softmax and its logarithm along the middle axis, and their gradients.

Axes: m group (all that lies before the axis), k place on the axis, i place behind it; x (M, K, L). The shift is
μ[m,i] = max over k of x[m,k,i], the total Σ[m,i] = Σ over k of e^{s·(x − μ)}, with s = 1/temperature.

`math.exp` is called number by number; the polynomials here are computed for many numbers at once. Each total is summed
in float64 by one thread in the order of k, so that the results do not depend on the number of threads.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel, parallel_kernel, prange, read_only
from kernels.bands import bands

BLOCK = 512
"""Places behind the axis that one thread takes at a time, as many as stay close in the cache."""
LANES = 32
"""Parts of a row that are worked on side by side where nothing lies behind the axis."""
SMALL = 4_096
"""Numbers up to which one thread is done before others have been woken."""

LEAST = -746.0
LEAST_SINGLE = np.float32(-104)
"""Below these, e^v is less than half of the smallest number of its type."""

_PER_LN2 = 1 / math.log(2)
_LN2 = math.log(2)
_BACK = 2.0**-127
_FRACTION, _EXPONENT_0, _ROOT_2 = (1 << 52) - 1, 1023 << 52, math.sqrt(2)
_PER_LN2_SINGLE, _LN2_SINGLE, _BACK_SINGLE = np.float32(_PER_LN2), np.float32(_LN2), np.float32(2.0**-64)
_ONE, _HALF, _THIRD, _FOURTH, _FIFTH, _SIXTH, _SEVENTH = (np.float32(1 / math.factorial(k)) for k in range(1, 8))

Array = NDArray[Any]


@kernel
def exponential(v):  # type: ignore[no-untyped-def]
    """e^v = 2^n · e^r for v ≤ 0, n = ⌊v/ln 2 + ½⌋, |r| ≤ ½ ln 2, e^r ≈ Σ r^k/k! up to k = 12. NaN for NaN, 0 for −∞."""
    bounded = v if v > LEAST else LEAST  # NaN too, so that n is a whole number
    n = np.floor(bounded * _PER_LN2 + 0.5)
    r = (LEAST if v < LEAST else v) - n * _LN2
    series = 1 / 479001600.0
    series = series * r + 1 / 39916800.0
    series = series * r + 1 / 3628800.0
    series = series * r + 1 / 362880.0
    series = series * r + 1 / 40320.0
    series = series * r + 1 / 5040.0
    series = series * r + 1 / 720.0
    series = series * r + 1 / 120.0
    series = series * r + 1 / 24.0
    series = series * r + 1 / 6.0
    series = series * r + 0.5
    series = series * r + 1.0
    series = series * r + 1.0
    return series * np.int64((np.int64(n) + 1150) << 52).view(np.float64) * _BACK  # 2^(n + 127) is no subnormal


@kernel
def exponential_single(v):  # type: ignore[no-untyped-def]
    """The same in float32, e^r up to k = 7: twice as many numbers at once, and half of the work."""
    bounded = v if v > LEAST_SINGLE else LEAST_SINGLE
    n = np.floor(bounded * _PER_LN2_SINGLE + _HALF)
    r = (LEAST_SINGLE if v < LEAST_SINGLE else v) - n * _LN2_SINGLE
    series = _SEVENTH
    series = series * r + _SIXTH
    series = series * r + _FIFTH
    series = series * r + _FOURTH
    series = series * r + _THIRD
    series = series * r + _HALF
    series = series * r + _ONE
    series = series * r + _ONE
    return series * np.int32((np.int32(n) + 191) << 23).view(np.float32) * _BACK_SINGLE


@kernel
def logarithm_of_total(v):  # type: ignore[no-untyped-def]
    """ln v = e·ln 2 + 2·artanh(q) for 1 ≤ v < ∞, v = 2^e·m, ½√2 ≤ m < √2, q = (m − 1)/(m + 1). NaN for NaN.

    2·artanh(q) = 2·Σ q^{2k+1}/(2k + 1) up to k = 10; the next term is below 2e-18.
    """
    bits = np.float64(v).view(np.int64)
    fraction = np.int64((bits & _FRACTION) | _EXPONENT_0).view(np.float64)
    large = fraction > _ROOT_2
    m = 0.5 * fraction if large else fraction
    power = np.float64((bits >> 52) - 1023) + (1.0 if large else 0.0)
    q = (m - 1.0) / (m + 1.0)
    z = q * q
    series = 1 / 21.0
    series = series * z + 1 / 19.0
    series = series * z + 1 / 17.0
    series = series * z + 1 / 15.0
    series = series * z + 1 / 13.0
    series = series * z + 1 / 11.0
    series = series * z + 1 / 9.0
    series = series * z + 1 / 7.0
    series = series * z + 1 / 5.0
    series = series * z + 1 / 3.0
    return power * _LN2 + 2.0 * q * (series * z + 1.0) if v == v else v


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
    """Σ[i] += e^v, v = s·(x − μ[i]), over the same runs; y = v where a logarithm is wanted, else e^v."""
    typed = x.dtype.type(scale)
    for k in range(count):
        part = x[at + k * stride : at + k * stride + width]
        result = y[at + k * stride : at + k * stride + width]
        for i in range(width):
            result[i] = (part[i] - largest[i]) * typed
        if x.itemsize == 4:
            for i in range(width):
                spare[i] = exponential_single(result[i])
        else:
            for i in range(width):
                spare[i] = exponential(result[i])
        for i in range(width):
            totals[i] += spare[i]
        if not logarithm:
            for i in range(width):
                result[i] = spare[i]


@kernel
def _finish(at, stride, count, width, logarithm, ends, y):  # type: ignore[no-untyped-def]
    """y = y − ends[i], or y·ends[i], over the same runs; `ends` holds ln Σ, or 1/Σ, in the type of y."""
    for k in range(count):
        result = y[at + k * stride : at + k * stride + width]
        if logarithm:
            for i in range(width):
                result[i] -= ends[i]
        else:
            for i in range(width):
                result[i] *= ends[i]


@kernel
def _few(x, places, length, scale, logarithm, first, last, y):  # type: ignore[no-untyped-def]
    """Softmax or its logarithm of the blocks first ≤ task < last; x and y (M, K, L), flat. See `_runs`."""
    blocks = (length + BLOCK - 1) // BLOCK
    spare = np.empty(BLOCK, x.dtype)
    for task in range(first, last):
        at, width, stride, count, tail, left = _runs(task, blocks, places, length)
        largest = np.full(width, -np.inf, x.dtype)
        totals = np.zeros(width)
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
                spare[i] = logarithm_of_total(totals[i])
        else:
            for i in range(width):
                spare[i] = 1 / totals[i]
        _finish(at, stride, count, width, logarithm, spare, y)
        _finish(tail, 1, 1, left, logarithm, spare, y)


@parallel_kernel
def _many(x, places, length, scale, logarithm, first, last, y):  # type: ignore[no-untyped-def]
    """The same, a block for each thread."""
    for task in prange(first, last):
        _few(x, places, length, scale, logarithm, task, task + 1, y)


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
                result[i] = scale * (flow[i] - exponential(np.float64(part[i])) * flows[i])
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
    y = np.empty(x.size, x.dtype)
    run = _few if x.size <= SMALL else _many
    for first, last in _tasks(x, tick):
        run(read_only(x.reshape(-1)), x.shape[1], x.shape[2], 1 / temperature, logarithm, first, last, y)
    return y.reshape(x.shape)


def softmax_gradient(y: Array, gy: Array, temperature: float, logarithm: bool, tick: Callable[[], None]) -> Array:
    """∂/∂x from the output y and the gradient gy that comes back into it, (M, K, L)."""
    gx = np.empty(y.size, y.dtype)
    flat, flow = read_only(y.reshape(-1)), read_only(gy.reshape(-1))
    for first, last in _tasks(y, tick):
        _gradient(flat, flow, y.shape[1], y.shape[2], 1 / temperature, logarithm, first, last, gx)
    return gx.reshape(y.shape)
