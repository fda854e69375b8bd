"""Convolution as networks define it (cross-correlation), its gradients, on N, C, H, W arrays of one float type.

    y[n, k, i, j] = b[k] + Σ_c Σ_u Σ_v w[k, c, u, v] · x[n, g·C + c, i·s − p + u·d, j·s − p + v·d]

with stride s, dilation d, padding p (zeros) and, in g = k // (K/groups), the group of filter k; C channels a group.

Bands of output rows go to the threads. Each band copies the input rows that it reads, padding included, into a scratch
that fits the second-level cache, and sums the taps of several filters and columns at a time in the registers
(`kernels/tile_rows.py`). A cell is summed by one thread in one order, so the result does not depend on their number.
Called in bands from Python: a flag polled inside of `prange` is hoisted, so `tick` could not cancel otherwise.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from kernels import channel_mixing, depthwise
from kernels._jit import kernel, parallel_kernel, plain, prange, read_only, threads
from kernels.convolution_problem import Array, Pads, Pair, Problem, Run, Shape, Tick, turning
from kernels.filter_rows import CALL_OPERATIONS, SLACK, add_taps
from kernels.taps import Axis, Taps, by_residue, fill, reads, taps
from kernels.task_queue import next_task, queue
from kernels.tile import FILTERS
from kernels.vector_rows import weave

SCRATCH_BYTES = 1 << 18
"""What one thread copies at a time: half of a common second-level cache."""

TASKS = 24
"""Bands of a layer, where it has the rows: threads take them one by one, and at the end wait for one of them."""

SHARED_ROWS = 4
"""Rows of a band for which channels are taken into blocks, at the least."""


@kernel
def _take_row_apart(y, y_at, y_step, width, rows, line, step, phases, filters):
    """rows[f·line + q·step + j] = y[y_at + f·y_step + j·phases + q] in a row of `width`: `_weave_row` turned round."""
    for f in range(filters):
        for i in range(width):
            rows[f * line + i % phases * step + i // phases] = y[y_at + f * y_step + i]


@kernel
def _weave_row(rows, line, step, phases, n, filters, y, y_at, y_step, width):
    """y[y_at + f·y_step + j·phases + q] = rows[f·line + q·step + j]; behind the rows there is room for another line."""
    free = filters * line
    for f in range(filters):
        weave(rows, free, f * line, step, phases, n)
        to, made = y[y_at + f * y_step : y_at + f * y_step + width], rows[free : free + width]
        for j in range(len(to)):
            to[j] = made[j]


@kernel
def _sum_bands(x, w, bias, y, groups, needed, band, block, k_first, k_last, tasks, last):
    """The bands that this thread gets of those before `last`, for the filters `k_first` … `k_last` − 1 of each group.

    x: (N, G·C, H, W); w: (K, C, kh, kw) as `by_residue` has it; y: (N, K, H', W'). Where columns have several residues
    the row of each stands by itself until all of them are woven together.
    """
    rows, columns, starts, stops, runs, run, line, top, height, left, blocks, width, row_step, spread, step = needed
    channels = x.shape[1] // groups
    of_group = y.shape[1] // groups
    bands = (blocks + band - 1) // band
    flat_w, flat_y = w.reshape(w.size), y.reshape(y.size)
    y_step = y.shape[2] * y.shape[3]
    w_step = channels * len(rows)
    phases = starts.shape[1]
    filters = k_last - k_first
    pitch = (width + SLACK - 1) // SLACK * SLACK
    lines = row_step * (band - 1) + height
    cells = block * lines * line
    # What a last vector reads past the row is never kept.
    flat = np.empty(cells + SLACK, x.dtype)
    flat[cells:] = 0
    scratch = flat[:cells].reshape((block, lines, line))
    at = np.empty(block * len(rows), np.int64)
    apart = np.empty((filters + 1) * phases * pitch if phases > 1 else 0, x.dtype)
    while True:
        task = next_task(tasks)
        if task >= last:
            break
        n = task // (groups * bands)
        g = task // bands % groups
        b0 = task % bands * band
        b1 = min(b0 + band, blocks)
        k0 = g * of_group + k_first
        k1 = g * of_group + k_last
        for c0 in range(0, channels, block):
            c1 = min(c0 + block, channels)
            fill(x[n, g * channels + c0 : g * channels + c1], top + row_step * b0, left, runs, run, step, scratch)
            for r in range(starts.shape[0]):
                for q in range(phases):
                    start, stop = starts[r, q], stops[r, q]
                    begins = at[block * start : block * stop]
                    reads(rows[start:stop], columns[start:stop], c1 - c0, lines, line, begins)
            for o in range(b0 * spread, min(b1 * spread, y.shape[2])):
                b, r = o // spread - b0, o % spread
                at_row = (n * y.shape[1] * y.shape[2] + o) * y.shape[3]
                if phases > 1 and c0 > 0:
                    _take_row_apart(
                        flat_y, at_row + k0 * y_step, y_step, y.shape[3], apart, phases * pitch, pitch, phases, filters
                    )
                for q in range(phases):
                    start, count = starts[r, q], stops[r, q] - starts[r, q]
                    begins = at[block * start : block * start + (c1 - c0) * count]
                    w_from = channels * start + c0 * count
                    if phases > 1:
                        add_taps(
                            apart, (q - k0 * phases) * pitch, phases * pitch, width, k0, k1, bias, c0 == 0, flat,
                            row_step * b * line, begins, flat_w, w_step, w_from,
                        )  # fmt: skip
                    else:
                        add_taps(
                            flat_y, at_row, y_step, width, k0, k1, bias, c0 == 0, flat,
                            row_step * b * line, begins, flat_w, w_step, w_from,
                        )  # fmt: skip
                if phases > 1:
                    _weave_row(
                        apart, phases * pitch, pitch, phases, width, filters,
                        flat_y, at_row + k0 * y_step, y_step, y.shape[3],
                    )  # fmt: skip


@parallel_kernel
def _correlate(x, w, bias, y, groups, needed, band, block, k_first, k_last, first, last, workers):
    tasks = queue(first)
    for _ in prange(workers):
        _sum_bands(x, w, bias, y, groups, needed, band, block, k_first, k_last, tasks, last)


def banded(table: Taps, maps: int, channels: int, itemsize: int) -> tuple[int, int]:
    """Rows of a band and channels of a block, so that the scratch stays within `SCRATCH_BYTES` where it can."""
    line_bytes = max(1, table.line * itemsize)
    # Rows that windows share are copied once for a band of some; where none are shared, channels matter more.
    more = SHARED_ROWS * table.row_step if table.height > table.row_step else 0
    block = min(max(SCRATCH_BYTES // ((table.height + more) * line_bytes), 1), channels)
    block = -(-channels // -(-channels // block))
    fitting = (SCRATCH_BYTES // (block * line_bytes) - table.height) // table.row_step + 1
    # A band of few rows under a tall window would copy more than it adds up.
    fitting = max(fitting, table.height // table.row_step)
    shared = -(-maps * table.blocks // TASKS)
    return max(1, min(fitting, shared, table.blocks)), block


def scan(table: Taps) -> tuple[Any, ...]:
    """What the kernels need of a table."""
    return (
        table.rows, table.columns, table.starts, table.stops, table.runs, table.run, table.line, table.top,
        table.height, table.left, table.blocks, table.width, table.row_step, table.row_spread, table.column_step,
    )  # fmt: skip


def _correlation(problem: Problem, table: Taps) -> Run:
    """What drives `_correlate` over all of y, in calls of some milliseconds."""
    channels, filters, groups = problem.channels, problem.filters, problem.groups
    maps, weights_of_filter, needed = problem.x[0] * groups, channels * len(table.order), scan(table)
    one_residue = table.row_spread == table.column_spread == 1
    band, block = banded(table, maps, channels, problem.dtype.itemsize)
    tasks = maps * -(-table.blocks // band)
    of_filter = max(1, band * table.width * weights_of_filter)
    share = min(filters, max(FILTERS, CALL_OPERATIONS // of_filter // FILTERS * FILTERS))
    calls = -(-tasks // max(4, CALL_OPERATIONS // (of_filter * share)))
    # Each thread has as many bands as the others, where it can.
    calls = -(-tasks // (calls * threads())) * threads()

    def run(x: Array, w: Array, b: Array, y: Array, tick: Tick) -> None:
        x, w, b = plain(x), plain(w), plain(b)
        if not one_residue:
            w = read_only(by_residue(w, table.order, table.siblings, table.family))
        for k in range(0, filters, share):
            for first in range(0, tasks, calls):
                tick()
                last, k_last = min(first + calls, tasks), min(k + share, filters)
                _correlate(x, w, b, y, groups, needed, band, block, k, k_last, first, last, threads())

    return run


def plan(problem: Problem) -> Run:
    """What makes y by the sum itself."""
    for special in (depthwise, channel_mixing):
        if special.fits(problem):
            return special.plan(problem)
    extents = problem.w[2:], problem.y[2:]
    return _correlation(problem, forward_taps(*extents, problem.stride, problem.dilation, problem.pads))


@lru_cache(maxsize=64)
def forward_taps(kernel: Shape, extents: Shape, stride: Pair, dilation: Pair, pads: Pads) -> Taps:
    """The taps of a convolution with this kernel and these output extents (height, width)."""
    return taps(*(Axis(extents[a], stride[a], 1, -pads[a], dilation[a], kernel[a]) for a in (0, 1)))


def gradient_plan(problem: Problem) -> Run:
    """What does the same back from y to x, which is transposed convolution: (y, w, b, x, tick), b (C,).

    x[n, c, i, j] = b[c] + Σ w[k, c, u, v]·y[n, k, i', j'] over all i'·s − p + u·d = i and j'·s − p + v·d = j
    """
    turned = problem.turned()
    if problem.stride == (1, 1):
        return turning(plan(turned), problem.groups)
    axes = (
        Axis(turned.y[2 + a], 1, problem.stride[a], -turned.pads[a], problem.dilation[a], problem.w[2 + a])
        for a in (0, 1)
    )
    return turning(_correlation(turned, taps(*axes)), problem.groups)


def convolve(
    x: Array, w: Array, b: Array, y: Array, stride: Pair, dilation: Pair, pads: Pads, groups: int, tick: Tick
) -> None:
    """y: (N, K, H', W') from x (N, C, H, W), w (K, C/groups, kh, kw), b (K,), all of one float type."""
    plan(Problem(x.shape, w.shape, y.shape, stride, dilation, pads, groups, x.dtype))(x, w, b, y, tick)
