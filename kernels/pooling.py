"""Pooling over windows of a plane.

Axes: m plane (image and channel), (i, j) row and column of the output, (u, v) row and column inside the window,
(r, c) = (i·stride + u·dilation − begin, j·stride + v·dilation − begin) the cell of the input that (u, v) falls on;
`kernel`, `stride`, `dilation` and `begin` are pairs, rows then columns. Every window must hold a cell of the input.

Work is a range of rows of all planes, `first` to `last`; a task takes `_RUN` of them and shares its scratch. Each row
is built tap by tap in loops over contiguous columns. A conditional update in place would become a masked store, which
some processors carry out slowly: the maximum goes from one scratch row to another instead.
"""

from __future__ import annotations

import numpy as np

from kernels._jit import kernel, parallel_kernel, prange
from kernels.window_taps import by_phase, taps_inside

_RUN = 32


@kernel
def _from_phases(phases, stride, begin, x):  # type: ignore[no-untyped-def]
    """x[q·stride + p − begin] = phases[p, q], as far as it lies inside of x."""
    for p in range(phases.shape[0]):
        shift = p - begin
        low = min(max(0, -(shift // stride)), phases.shape[1])
        high = max(low, min(phases.shape[1], (x.size - 1 - shift) // stride + 1))
        inner = phases[p, low:high]
        target = x[low * stride + shift :]
        for q in range(inner.size):
            target[q * stride] = inner[q]


@kernel
def _larger(x, x_places, offset, best, places, new_best, new_places):  # type: ignore[no-untyped-def]
    """The larger of x and best with its place; NaN beats every number, nothing beats NaN, best wins a tie."""
    for j in range(best.size):
        better = (not x[j] <= best[j]) & (best[j] == best[j])
        new_best[j] = x[j] if better else best[j]
        new_places[j] = x_places[j] + offset if better else places[j]


@kernel
def _negate(phases):  # type: ignore[no-untyped-def]
    """phases[p, q] = −phases[p, q]."""
    for p in range(phases.shape[0]):
        phase = phases[p]
        for q in range(phase.size):
            phase[q] = -phase[q]


@kernel
def _max_rows(x, smallest, kernel, stride, dilation, begin, first, last, y, switches):  # type: ignore[no-untyped-def]
    """Rows first ≤ m·OH + i < last of `max_pool`; the smallest number is the largest of the negated ones.

    The maximum along each input row comes first and is kept for the next windows that hold the row; then the rows of
    a window are compared. Row order decides ties in both, so in the whole window.
    """
    height, width = x.shape[1:]
    rows, columns = y.shape[1:]
    phases = np.empty((stride[1], columns + (kernel[1] - 1) * dilation[1] // stride[1] + 1), x.dtype)
    slots = min((kernel[0] - 1) * dilation[0] + 1, height)
    row_best, row_places = np.empty((slots, 2, columns), x.dtype), np.empty((slots, 2, columns), np.int32)
    held = np.full(slots, -1)
    found = (kernel[1] - 1) % 2
    best, places = np.empty((2, columns), x.dtype), np.empty((2, columns), np.int32)
    zeros, first_places = np.zeros(columns, np.int32), np.zeros(columns, np.int32)
    never = np.inf if smallest else -np.inf
    for j in range(min(columns, (begin[1] + stride[1] - 1) // stride[1])):
        first_places[j] = (begin[1] - j * stride[1] + dilation[1] - 1) // dilation[1] * dilation[1]
    for row in range(first, last):
        m, i = row // rows, row % rows
        top, u_first, u_last = taps_inside(i, kernel[0], stride[0], dilation[0], begin[0], height)
        the_best, the_places = best[0], places[0]
        for u in range(u_first, u_last):
            r = top + u * dilation[0]
            slot = r % slots
            along, along_places = row_best[slot], row_places[slot]
            if held[slot] != m * height + r:
                held[slot] = m * height + r
                by_phase(x[m, r], stride[1], begin[1], never, phases)
                if smallest:
                    _negate(phases)
                for j in range(columns):
                    along[0, j] = phases[0, j]
                for j in range(columns):
                    along_places[0, j] = first_places[j] + np.int32(r * width)
                for v in range(1, kernel[1]):
                    tap = phases[v * dilation[1] % stride[1], v * dilation[1] // stride[1] :]
                    offset, old, new = np.int32(r * width + v * dilation[1]), (v - 1) % 2, v % 2
                    _larger(tap, zeros, offset, along[old], along_places[old], along[new], along_places[new])
            if u == u_first:
                the_best, the_places = along[found], along_places[found]
            else:
                side = u % 2
                _larger(along[found], along_places[found], np.int32(0), the_best, the_places, best[side], places[side])
                the_best, the_places = best[side], places[side]
        best_y, best_place = y[m, i], switches[m, i]
        if smallest:
            for j in range(columns):
                best_y[j] = -the_best[j]
        else:
            for j in range(columns):
                best_y[j] = the_best[j]
        for j in range(columns):
            best_place[j] = the_places[j] + j * stride[1] - begin[1]


@parallel_kernel
def max_pool(x, smallest, kernel, stride, dilation, begin, first, last, y, switches):  # type: ignore[no-untyped-def]
    """y[m,i,j] = max over (u,v) of x[m,r,c]; switches[m,i,j] = r·W + c of the first cell in row order that has it.

    x (M, H, W) of less than 2³⁰ cells a plane, y and switches (M, OH, OW). Padding never wins; NaN does. With
    `smallest` the minimum takes the place of the maximum.
    """
    for task in prange((last - first + _RUN - 1) // _RUN):
        start = first + task * _RUN
        _max_rows(x, smallest, kernel, stride, dilation, begin, start, min(last, start + _RUN), y, switches)


@parallel_kernel
def max_pool_gradient(gy, switches, first, last, gx):  # type: ignore[no-untyped-def]
    """gx[m, switches[m,i,j]] += gy[m,i,j] for the output rows first ≤ i < last.

    gy and switches (M, OH, OW), gx (M, H·W), zero before the first rows. Windows that overlap add up.
    """
    for m in prange(gx.shape[0]):
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
    """Rows first ≤ m·OH + i < last of `mean_pool`: the rows of a window are added first, for all columns."""
    height, width = x.shape[1:]
    rows, columns = y.shape[1:]
    sums, total = np.empty(width), np.empty(columns)
    phases = np.empty((stride[1], columns + (kernel[1] - 1) * dilation[1] // stride[1] + 1))
    for row in range(first, last):
        m, i = row // rows, row % rows
        sums[:] = 0
        for u in range(kernel[0]):
            r = i * stride[0] + u * dilation[0] - begin[0]
            if 0 <= r < height:
                _add(x[m, r], sums)
        by_phase(sums, stride[1], begin[1], 0.0, phases)
        total[:] = 0
        for v in range(kernel[1]):
            _add(phases[v * dilation[1] % stride[1], v * dilation[1] // stride[1] :], total)
        mean = y[m, i]
        for j in range(columns):
            mean[j] = total[j] / (counts[0][i] * counts[1][j])


@parallel_kernel
def mean_pool(x, kernel, stride, dilation, begin, counts, first, last, y):  # type: ignore[no-untyped-def]
    """y[m,i,j] = Σ over (u,v) of x[m,r,c] / (counts[0][i]·counts[1][j]) in float64; padding adds 0.

    x (M, H, W), y (M, OH, OW); counts: cells of a window by output row and by output column, float64.
    """
    for task in prange((last - first + _RUN - 1) // _RUN):
        start = first + task * _RUN
        _mean_rows(x, kernel, stride, dilation, begin, counts, start, min(last, start + _RUN), y)


@kernel
def _mean_gradient_rows(gy, kernel, stride, dilation, begin, counts, first, last, gx):  # type: ignore[no-untyped-def]
    """Rows first ≤ m·H + r < last of `mean_pool_gradient`."""
    height = gx.shape[1]
    rows, columns = gy.shape[1:]
    flow = np.empty(columns)
    phases = np.empty((stride[1], columns + (kernel[1] - 1) * dilation[1] // stride[1] + 1))
    for row in range(first, last):
        m, r = row // height, row % height
        flow[:] = 0
        for u in range(kernel[0]):
            distance = r + begin[0] - u * dilation[0]
            i = distance // stride[0]
            if distance % stride[0] == 0 and 0 <= i < rows:
                share = gy[m, i]
                for j in range(columns):
                    flow[j] += share[j] / counts[0][i]
        for j in range(columns):
            flow[j] /= counts[1][j]
        phases[:] = 0
        for v in range(kernel[1]):
            offset = v * dilation[1]
            _add(flow, phases[offset % stride[1], offset // stride[1] : offset // stride[1] + columns])
        _from_phases(phases, stride[1], begin[1], gx[m, r])


@parallel_kernel
def mean_pool_gradient(gy, kernel, stride, dilation, begin, counts, first, last, gx):  # type: ignore[no-untyped-def]
    """gx[m,r,c] = Σ of gy[m,i,j] / (counts[0][i]·counts[1][j]) over the windows (i,j) that hold (r,c).

    gy (M, OH, OW), gx (M, H, W); first and last are rows of gx of all planes.
    """
    for task in prange((last - first + _RUN - 1) // _RUN):
        start = first + task * _RUN
        _mean_gradient_rows(gy, kernel, stride, dilation, begin, counts, start, min(last, start + _RUN), gx)
