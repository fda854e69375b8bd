"""Pooling over windows of a plane.

Axes: m plane (image and channel), (i, j) row and column of the output, (u, v) row and column inside the window,
(r, c) = (i·stride + u·dilation − begin, j·stride + v·dilation − begin) the cell of the input that (u, v) falls on;
`kernel`, `stride`, `dilation` and `begin` are pairs, rows then columns. Every window must hold a cell of the input.

Work is a range of rows of all planes, `first` to `last`; a task takes `_RUN` of them and shares its scratch. Each row
is built tap by tap in loops over contiguous columns.
"""

from __future__ import annotations

import numpy as np

from kernels._jit import kernel, parallel_kernel, prange
from kernels.halving import halves, mean_of_pairs, mean_of_pairs_gradient
from kernels.largest_rows import SPARE_BYTES, largest_of_rows
from kernels.place import PLACE
from kernels.rolling_sums import mean_of_nine, rolls
from kernels.vector_code import VECTOR_BYTES
from kernels.vector_rows import weave
from kernels.window_rows import direct, largest_of_windows
from kernels.window_sums import NUMBERS, add_columns, add_rows, line_of
from kernels.window_taps import by_phase, phases_of, taps_inside, whole_windows

_RUN = 32


@kernel
def _negate(spans, phases):  # type: ignore[no-untyped-def]
    """phases[p, q] = −phases[p, q] for spans[p, 0] ≤ q < spans[p, 1]."""
    for p in range(len(spans)):
        phase = phases[p, spans[p, 0] : spans[p, 1]]
        for q in range(phase.size):
            phase[q] = -phase[q]


@kernel
def _max_rows(x, smallest, kernel, stride, dilation, begin, first, last, y, switches):  # type: ignore[no-untyped-def]
    """Rows first ≤ m·OH + i < last of `max_pool`; the smallest number is the largest of the negated ones.

    The maximum along each input row comes first and is kept for the next windows that hold the row; then the rows of
    a window are compared. Row order decides ties in both, so in the whole window. All rows lie in one scratch: the
    phases of an input row, the maxima along `slots` of them, and the maxima of windows; `places` likewise, which begins
    with the column that tap 0 of each window falls on.
    """
    height, width = x.shape[1:]
    rows, columns = y.shape[1:]
    made, inside, along = phases_of(x[0, 0], columns, kernel[1], stride[1], dilation[1], begin[1], -np.inf)
    slots = min((kernel[0] - 1) * dilation[0] + 1, height)
    step = columns + SPARE_BYTES // x.itemsize
    numbers, places = np.zeros(made.size + (slots + 1) * step, x.dtype), np.zeros((slots + 2) * step, PLACE)
    numbers[: made.size] = made.reshape(made.size)
    phases = numbers[: made.size].reshape(made.shape)
    for j in range(columns):
        places[j] = j * stride[1] - begin[1]
    of_columns, shifts = np.zeros(kernel[1], np.int64), np.arange(kernel[1]).astype(PLACE) * PLACE(dilation[1])
    at, places_at, of_rows = np.empty(kernel[0], np.int64), np.empty(kernel[0], np.int64), np.empty(kernel[0], PLACE)
    held = np.full(slots, -1)
    outside = min(columns, (begin[1] + stride[1] - 1) // stride[1])
    best, found = numbers[made.size + slots * step :][:columns], places[(slots + 1) * step :][:columns]
    for row in range(first, last):
        m, i = row // rows, row % rows
        top, u_first, u_last = taps_inside(i, kernel[0], stride[0], dilation[0], begin[0], height)
        for t in range(u_last - u_first):
            r = top + (u_first + t) * dilation[0]
            slot = r % slots
            at[t], places_at[t], of_rows[t] = made.size + slot * step, (slot + 1) * step, r * width
            if held[slot] != m * height + r:
                held[slot] = m * height + r
                by_phase(x[m, r], stride[1], begin[1], inside, phases)
                if smallest:
                    _negate(inside[2], phases)
                largest_of_rows(numbers, places, along, of_columns, shifts, kernel[1], columns, at[t], places_at[t])
                for j in range(places_at[t], places_at[t] + outside):
                    # Every number is −∞, like the padding: the first of them is meant.
                    while places[j] < 0:
                        places[j] += dilation[1]
        largest_of_rows(
            numbers, places, at, places_at, of_rows, u_last - u_first, columns, made.size + slots * step,
            (slots + 1) * step,
        )  # fmt: skip
        result = y[m, i]
        if smallest:
            for j in range(columns):
                result[j] = -best[j]
        else:
            for j in range(columns):
                result[j] = best[j]
        result_places = switches[m, i]
        for j in range(columns):
            result_places[j] = found[j]


@kernel
def _largest_of_window(x, smallest, kernel, stride, dilation, begin, i, j):  # type: ignore[no-untyped-def]
    """The largest or smallest number of window (i, j) of x (H, W), and the place of the first cell that has it."""
    top, u_first, u_last = taps_inside(i, kernel[0], stride[0], dilation[0], begin[0], x.shape[0])
    left, v_first, v_last = taps_inside(j, kernel[1], stride[1], dilation[1], begin[1], x.shape[1])
    r, c = top + u_first * dilation[0], left + v_first * dilation[1]
    best, place = x[r, c], r * x.shape[1] + c
    for u in range(u_first, u_last):
        for v in range(v_first, v_last):
            r, c = top + u * dilation[0], left + v * dilation[1]
            number = x[r, c]
            above = not (number >= best if smallest else number <= best)
            if above and best == best:
                best, place = number, r * x.shape[1] + c
    return best, place


@kernel
def _max_rows_directly(  # type: ignore[no-untyped-def]
    x, smallest, kernel, stride, dilation, begin, first, last, y, switches
):
    """Rows first ≤ m·OH + i < last of `max_pool`; the windows that reach into the padding at the sides one by one."""
    height, width = x.shape[1:]
    rows, columns = y.shape[1:]
    low, count = whole_windows(x, y, kernel, stride, begin)
    numbers, best, places = x.reshape(x.size), y.reshape(y.size), switches.reshape(y.size)
    for row in range(first, last):
        m, i = row // rows, row % rows
        top, u_first, u_last = taps_inside(i, kernel[0], stride[0], dilation[0], begin[0], height)
        place = (top + u_first * dilation[0]) * width + low * stride[1] - begin[1]
        largest_of_windows(
            numbers, m * height * width + place, dilation[0] * width, u_last - u_first, kernel[1], stride[1], place,
            smallest, best, places, row * columns + low, count,
        )  # fmt: skip
        for side in range(columns - count):
            j = side if side < low else side + count
            y[m, i, j], switches[m, i, j] = _largest_of_window(x[m], smallest, kernel, stride, dilation, begin, i, j)


@parallel_kernel
def max_pool(x, smallest, kernel, stride, dilation, begin, first, last, y, switches):  # type: ignore[no-untyped-def]
    """y[m,i,j] = max over (u,v) of x[m,r,c]; switches[m,i,j] = r·W + c of the first cell in row order that has it.

    x (M, H, W) of less than `MOST_CELLS` cells a plane, y and switches (M, OH, OW). Padding never wins; NaN does. With
    `smallest` the minimum takes the place of the maximum.
    """
    for task in prange((last - first + _RUN - 1) // _RUN):
        start = first + task * _RUN
        stop = min(last, start + _RUN)
        if direct(kernel[1], stride[1], dilation[1], whole_windows(x, y, kernel, stride, begin)[1], x.itemsize):
            _max_rows_directly(x, smallest, kernel, stride, dilation, begin, start, stop, y, switches)
        else:
            _max_rows(x, smallest, kernel, stride, dilation, begin, start, stop, y, switches)


@parallel_kernel
def max_pool_gradient(gy, switches, fresh, first, last, gx):  # type: ignore[no-untyped-def]
    """gx[m, switches[m,i,j]] += gy[m,i,j] for the output rows first ≤ i < last.

    gy and switches (M, OH, OW), gx (M, H·W); a `fresh` gx holds anything and is made 0 first. Windows that overlap add
    up.
    """
    for m in prange(gx.shape[0]):
        if fresh:
            gx[m] = 0
        for i in range(first, last):
            for j in range(gy.shape[2]):
                gx[m, switches[m, i, j]] += gy[m, i, j]


@kernel
def _add(x, total):  # type: ignore[no-untyped-def]
    """total[j] += x[j]."""
    for j in range(total.size):
        total[j] += x[j]


@kernel
def _mean_rows(x, kernel, stride, dilation, begin, counts, first, last, y):  # type: ignore[no-untyped-def]
    """Rows first ≤ m·OH + i < last of `mean_pool`."""
    rows, columns = y.shape[1:]
    scratch = line_of(x[0], columns, kernel[1], stride[1], dilation[1], begin[1])
    totals, shares = np.empty(columns), 1.0 / counts[1]
    for row in range(first, last):
        m, i = row // rows, row % rows
        add_rows(x[m], i, kernel, stride, dilation, begin, NUMBERS, scratch[0])
        add_columns(scratch, stride[1], totals)
        mean, share = y[m, i], 1.0 / counts[0][i]
        for j in range(columns):
            mean[j] = totals[j] * (share * shares[j])


@parallel_kernel
def mean_pool(x, kernel, stride, dilation, begin, counts, first, last, y):  # type: ignore[no-untyped-def]
    """y[m,i,j] = Σ over (u,v) of x[m,r,c] / (counts[0][i]·counts[1][j]) in float64; padding adds 0.

    x (M, H, W), y (M, OH, OW); counts: cells of a window by output row and by output column, float64.
    """
    for task in prange((last - first + _RUN - 1) // _RUN):
        start = first + task * _RUN
        stop = min(last, start + _RUN)
        if halves(x, y, kernel, stride, dilation, begin):
            mean_of_pairs(x, counts, start, stop, y)
        elif rolls(kernel, stride, dilation):
            mean_of_nine(x, kernel, stride, begin, counts, start, stop, y)
        else:
            _mean_rows(x, kernel, stride, dilation, begin, counts, start, stop, y)


@kernel
def _mean_gradient_rows(gy, kernel, stride, dilation, begin, counts, first, last, gx):  # type: ignore[no-untyped-def]
    """Rows first ≤ m·H + r < last of `mean_pool_gradient`.

    The scratch holds the sums of a row by the phases of their columns, then the phases put together.
    """
    height, width = gx.shape[1:]
    rows, columns = gy.shape[1:]
    length = columns + (kernel[1] - 1) * dilation[1] // stride[1] + 1
    step = length + VECTOR_BYTES // 8
    flow, sums, shares = np.empty(columns), np.zeros(2 * stride[1] * step), 1.0 / counts[1]
    phases = sums[: stride[1] * step]
    line = sums[(phases.size if stride[1] > 1 else 0) + begin[1] :]
    reached = min(width, max(0, stride[1] * length - begin[1]))
    for row in range(first, last):
        m, r = row // height, row % height
        flow[:] = 0
        for u in range(kernel[0]):
            distance = r + begin[0] - u * dilation[0]
            i = distance // stride[0]
            if distance % stride[0] == 0 and 0 <= i < rows:
                given, share = gy[m, i], 1.0 / counts[0][i]
                for j in range(columns):
                    flow[j] += given[j] * share
        for j in range(columns):
            flow[j] *= shares[j]
        phases[:] = 0
        for v in range(kernel[1]):
            offset = v * dilation[1]
            at = offset % stride[1] * step + offset // stride[1]
            _add(flow, phases[at : at + columns])
        if stride[1] > 1:
            weave(sums, phases.size, 0, step, stride[1], length)
        result = gx[m, r]
        for c in range(reached):
            result[c] = line[c]
        result[reached:] = 0


@parallel_kernel
def mean_pool_gradient(gy, kernel, stride, dilation, begin, counts, first, last, gx):  # type: ignore[no-untyped-def]
    """gx[m,r,c] = Σ of gy[m,i,j] / (counts[0][i]·counts[1][j]) over the windows (i,j) that hold (r,c).

    gy (M, OH, OW), gx (M, H, W); first and last are rows of gx of all planes, every cell of which is written.
    """
    for task in prange((last - first + _RUN - 1) // _RUN):
        start = first + task * _RUN
        stop = min(last, start + _RUN)
        if halves(gx, gy, kernel, stride, dilation, begin):
            mean_of_pairs_gradient(gy, counts, start, stop, gx)
        else:
            _mean_gradient_rows(gy, kernel, stride, dilation, begin, counts, start, stop, gx)
