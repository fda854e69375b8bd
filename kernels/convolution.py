"""Convolution as networks define it (cross-correlation), its gradients, on N, C, H, W arrays of one float type.

    y[n, k, i, j] = b[k] + Σ_c Σ_u Σ_v w[k, c, u, v] · x[n, g·C + c, i·s − p + u·d, j·s − p + v·d]

with stride s, dilation d, padding p (zeros) and, in g = k // (K/groups), the group of filter k; C channels a group.

Bands of output rows go to the threads. Each band copies the input rows that it reads, padding included, into a scratch
that fits the second-level cache, and adds the taps up into the output row: three taps of four filters at once keep the
multipliers busy. An output cell is summed by one thread in one order, so the result does not depend on their number.
Called in bands from Python: a flag polled inside of `prange` is hoisted, so `tick` could not cancel otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel, parallel_kernel, prange, read_only
from kernels.taps import Axis, Taps, fill, places, reads, taps

Array = NDArray[Any]
Pair = tuple[int, int]
Pads = tuple[int, int, int, int]
Tick = Callable[[], None]

SCRATCH_BYTES = 1 << 18
"""What one thread copies at a time: half of a common second-level cache."""

CALL_OPERATIONS = 50_000_000
"""Multiplications between two ticks: some milliseconds of work."""

COLUMNS = 512
"""Cells of an output row that are summed at a time: their sums and input rows stay in the first-level cache."""

LANES = 32
"""Widths are rounded up to this: a remainder would run one cell at a time. What lies past a row is never kept."""


@kernel
def _add_to_four(y0, y1, y2, y3, s, at, w0, w1, w2, w3):
    """y_f[j] += Σ_t w_f[t]·s[at[t] + j], three taps t at a time; returns how many taps that were."""
    n = len(y0)
    whole = len(at) - len(at) % 3
    for t in range(0, whole, 3):
        s0, s1, s2 = s[at[t] : at[t] + n], s[at[t + 1] : at[t + 1] + n], s[at[t + 2] : at[t + 2] + n]
        a0, a1, a2 = w0[t], w0[t + 1], w0[t + 2]
        b0, b1, b2 = w1[t], w1[t + 1], w1[t + 2]
        c0, c1, c2 = w2[t], w2[t + 1], w2[t + 2]
        d0, d1, d2 = w3[t], w3[t + 1], w3[t + 2]
        for j in range(n):
            y0[j] += a0 * s0[j] + a1 * s1[j] + a2 * s2[j]
            y1[j] += b0 * s0[j] + b1 * s1[j] + b2 * s2[j]
            y2[j] += c0 * s0[j] + c1 * s1[j] + c2 * s2[j]
            y3[j] += d0 * s0[j] + d1 * s1[j] + d2 * s2[j]
    return whole


@kernel
def _add_to_one(y, s, at, w):
    """y[j] += Σ_t w[t]·s[at[t] + j], nine taps t at a time; returns how many taps that were."""
    n = len(y)
    whole = len(at) - len(at) % 9
    for t in range(0, whole, 9):
        s0, s1, s2 = s[at[t] : at[t] + n], s[at[t + 1] : at[t + 1] + n], s[at[t + 2] : at[t + 2] + n]
        s3, s4, s5 = s[at[t + 3] : at[t + 3] + n], s[at[t + 4] : at[t + 4] + n], s[at[t + 5] : at[t + 5] + n]
        s6, s7, s8 = s[at[t + 6] : at[t + 6] + n], s[at[t + 7] : at[t + 7] + n], s[at[t + 8] : at[t + 8] + n]
        a0, a1, a2, a3, a4 = w[t], w[t + 1], w[t + 2], w[t + 3], w[t + 4]
        a5, a6, a7, a8 = w[t + 5], w[t + 6], w[t + 7], w[t + 8]
        for j in range(n):
            y[j] += (
                a0 * s0[j] + a1 * s1[j] + a2 * s2[j] + a3 * s3[j] + a4 * s4[j]
                + a5 * s5[j] + a6 * s6[j] + a7 * s7[j] + a8 * s8[j]
            )  # fmt: skip
    return whole


@kernel
def _add_rest(y, s, at, w, done):
    """y[j] += Σ_t w[t]·s[at[t] + j] for t from `done`."""
    n = len(y)
    for t in range(done, len(at)):
        tap, line = w[t], s[at[t] : at[t] + n]
        for j in range(n):
            y[j] += tap * line[j]


@kernel
def _add_taps(sums, n, s, at, w, first, filters):
    """sums[f, j] += Σ_t w[first + f, t]·s[at[t] + j] for j < n and f < `filters`, which is 4 or 1."""
    if filters == 4:
        y0, y1, y2, y3 = sums[0, :n], sums[1, :n], sums[2, :n], sums[3, :n]
        done = _add_to_four(y0, y1, y2, y3, s, at, w[first], w[first + 1], w[first + 2], w[first + 3])
    else:
        done = _add_to_one(sums[0, :n], s, at, w[first])
    for f in range(filters):
        _add_rest(sums[f, :n], s, at, w[first + f], done)


@kernel
def _row(y, o, q, low, high, first, last, bias, fresh, s, at, w, sums):
    """y[f, o, q, low:high] = (bias[f] where `fresh`, else itself) + taps, for the filters `first` … `last` − 1."""
    n = high - low
    whole = n if n < LANES // 2 else (n + LANES - 1) // LANES * LANES
    f = first
    while f < last:
        filters = 4 if f + 4 <= last else 1
        for g in range(filters):
            line, kept = sums[g], y[f + g, o, q, low:high]
            if fresh:
                line[:whole] = bias[f + g]
            else:
                for j in range(n):
                    line[j] = kept[j]
        _add_taps(sums, whole, s, at, w, f, filters)
        for g in range(filters):
            line, kept = sums[g], y[f + g, o, q, low:high]
            for j in range(n):
                kept[j] = line[j]
        f += filters


@parallel_kernel
def _correlate(x, w, bias, y, groups, needed, band, block, k_first, k_last, first, last):
    """The bands `first` … `last` − 1 of y for the filters `k_first` … `k_last` − 1 of each group.

    x: (N, G·C, H, W); w: (K, C·T) in the order of `places`; y: (N, K, H', Q, W'), Q residues of columns.
    """
    rows, columns, starts, stops, runs, run, line, top, height, left, blocks, width, row_step, spread, step = needed
    channels = x.shape[1] // groups
    of_group = y.shape[1] // groups
    bands = (blocks + band - 1) // band
    for task in prange(first, last):
        n = task // (groups * bands)
        g = task // bands % groups
        b0 = task % bands * band
        b1 = min(b0 + band, blocks)
        lines = row_step * (b1 - b0 - 1) + height
        cells = block * lines * line
        flat = np.empty(cells + LANES, x.dtype)
        flat[cells:] = 0
        scratch = flat[:cells].reshape((block, lines, line))
        at = np.empty(block * len(rows), np.int64)
        sums = np.empty((4, COLUMNS), x.dtype)
        out = y[n]
        k0 = g * of_group + k_first
        k1 = g * of_group + k_last
        for c0 in range(0, channels, block):
            c1 = min(c0 + block, channels)
            fill(x[n, g * channels + c0 : g * channels + c1], top + row_step * b0, left, runs, run, step, scratch)
            for r in range(starts.shape[0]):
                for q in range(starts.shape[1]):
                    start, count = starts[r, q], stops[r, q] - starts[r, q]
                    reads(rows[start : start + count], columns[start : start + count], c1 - c0, lines, line, at)
                    begins = at[: (c1 - c0) * count]
                    used = w[:, channels * start + c0 * count : channels * start + c1 * count]
                    for b in range(b0, b1):
                        o = b * spread + r
                        if o >= y.shape[2]:
                            break
                        source = flat[row_step * (b - b0) * line :]
                        for low in range(0, width, COLUMNS):
                            high = min(low + COLUMNS, width)
                            _row(out, o, q, low, high, k0, k1, bias, c0 == 0, source[low:], begins, used, sums)


def banded(table: Taps, maps: int, channels: int, itemsize: int) -> tuple[int, int]:
    """Rows of a band and channels of a block, so that the scratch stays within `SCRATCH_BYTES` where it can."""
    line_bytes = max(1, table.line * itemsize)
    block = min(max(SCRATCH_BYTES // ((table.height + 7 * table.row_step) * line_bytes), 1), channels)
    fitting = (SCRATCH_BYTES // (block * line_bytes) - table.height) // table.row_step + 1
    # A band of few rows under a tall window would copy more than it adds up.
    fitting = max(fitting, table.height // table.row_step)
    shared = -(-maps * table.blocks // 16)
    return max(1, min(fitting, shared, table.blocks)), block


def scan(table: Taps) -> tuple[Any, ...]:
    """What the kernels need of a table."""
    return (
        table.rows, table.columns, table.starts, table.stops, table.runs, table.run, table.line, table.top,
        table.height, table.left, table.blocks, table.width, table.row_step, table.row_spread, table.column_step,
    )  # fmt: skip


def _correlated(x: Array, w: Array, bias: Array, y: Array, groups: int, table: Taps, tick: Tick) -> None:
    """Drive `_correlate` over all of y, in calls of some milliseconds."""
    channels, filters = x.shape[1] // groups, w.shape[0] // groups
    flat = w.reshape(len(w), -1)
    if table.row_spread > 1 or table.column_spread > 1:
        flat = read_only(np.ascontiguousarray(flat[:, places(channels, table)]))
    residues = table.starts.shape[1]
    out = y[:, :, :, None] if residues == 1 else np.empty((*y.shape[:3], residues, table.width), y.dtype)
    band, block = banded(table, x.shape[0] * groups, channels, x.itemsize)
    needed = scan(table)
    tasks = x.shape[0] * groups * -(-table.blocks // band)
    of_filter = max(1, band * table.width * channels * len(table.order))
    share = min(filters, max(4, CALL_OPERATIONS // of_filter // 4 * 4))
    calls = max(4, CALL_OPERATIONS // (of_filter * share))
    for k in range(0, filters, share):
        for first in range(0, tasks, calls):
            tick()
            last = min(first + calls, tasks)
            _correlate(x, flat, bias, out, groups, needed, band, block, k, min(k + share, filters), first, last)
    if residues > 1:
        y[...] = out.swapaxes(3, 4).reshape(*y.shape[:3], -1)[..., : y.shape[3]]


def convolve(
    x: Array, w: Array, b: Array, y: Array, stride: Pair, dilation: Pair, pads: Pads, groups: int, tick: Tick
) -> None:
    """y: (N, K, H', W') from x (N, C, H, W), w (K, C/groups, kh, kw), b (K,), all of one float type."""
    table = forward_taps(w.shape[2:], y.shape[2:], stride, dilation, pads)
    _correlated(read_only(x), read_only(w), read_only(b), y, groups, table, tick)


def forward_taps(kernel: Any, extents: Any, stride: Pair, dilation: Pair, pads: Pads) -> Taps:
    """The taps of a convolution with this kernel and these output extents (height, width)."""
    return taps(*(Axis(extents[a], stride[a], 1, -pads[a], dilation[a], kernel[a]) for a in (0, 1)))


def transposed(
    x: Array, w: Array, b: Array, y: Array, stride: Pair, dilation: Pair, pads: Pads, groups: int, tick: Tick
) -> None:
    """y[n, k, i, j] = b[k] + Σ w[c, k, u, v]·x[n, c, i', j'] over all i'·s − p + u·d = i and j'·s − p + v·d = j.

    x (N, C, H, W), w (C, K/groups, kh, kw), y (N, K, H', W'): what convolution does from y to x, turned round.
    """
    channels, maps, *kernel = w.shape
    table = taps(*(Axis(y.shape[2 + a], 1, stride[a], pads[a], -dilation[a], kernel[a]) for a in (0, 1)))
    turned = w.reshape(groups, channels // groups, maps, *kernel).swapaxes(1, 2)
    turned = np.ascontiguousarray(turned).reshape(groups * maps, channels // groups, *kernel)
    _correlated(read_only(x), read_only(turned), read_only(b), y, groups, table, tick)


def input_gradient(
    gy: Array, w: Array, gx: Array, stride: Pair, dilation: Pair, pads: Pads, groups: int, tick: Tick
) -> None:
    """gx[n, c, i, j] = Σ w[k, c, u, v]·gy[n, k, i', j'] over all i'·s − p + u·d = i and j'·s − p + v·d = j."""
    transposed(gy, w, np.zeros(gx.shape[1], w.dtype), gx, stride, dilation, pads, groups, tick)
