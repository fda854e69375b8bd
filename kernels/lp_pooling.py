"""Pooling by the p-norm of a window. Axes as in `kernels.pooling`."""

from __future__ import annotations

import numpy as np

from kernels._jit import kernel, parallel_kernel, prange
from kernels.window_taps import MOST_TAPS, gather, lift, taps_of_row

_RUN = 32
_LEAST, _MOST = 2.0**-900, 2.0**1020


@kernel
def _norm(x, count, p, cells):  # type: ignore[no-untyped-def]
    """(Σ over k < count of |x[k]|^p / cells)^{1/p} = m·(Σ(|x[k]|/m)^p / cells)^{1/p}, m the largest |x[k]|.

    Scales x in place.
    """
    largest = 0.0
    for k in range(count):
        size = abs(x[k])
        if size > largest or size != size:
            largest = size
            if size != size:
                break
    if largest == 0 or not largest < np.inf:
        return largest
    scale = lift(x, count, largest)
    total = 0.0
    if p == 1:
        for k in range(count):
            total += abs(x[k])
        return total / cells / scale
    if p == 2:
        for k in range(count):
            total += x[k] * x[k]
        return np.sqrt(total / cells) / scale
    # After the lift m has a good reciprocal, which is what the compiler makes of a division in a loop.
    unit = largest * scale
    for k in range(count):
        total += (abs(x[k]) / unit) ** p
    return largest * (total / cells) ** (1 / p)


@kernel
def _sums(taps, p, totals):  # type: ignore[no-untyped-def]
    """totals[j] = Σ over k of |taps[k,j]|^p for p = 1 or 2, with nothing done about its range."""
    totals[:] = 0
    for k in range(taps.shape[0]):
        tap = taps[k]
        if p == 1:
            for j in range(totals.size):
                totals[j] += abs(tap[j])
        else:
            for j in range(totals.size):
                totals[j] += tap[j] * tap[j]


@kernel
def _lp_rows(x, p, counts, kernel, stride, dilation, begin, most, first, last, y):  # type: ignore[no-untyped-def]
    """Rows first ≤ m·OH + i < last of `lp_pool`: sums that stay well inside of float64 need no scale."""
    rows, columns = y.shape[1:]
    together = p in (1, 2) and kernel[0] * kernel[1] <= MOST_TAPS
    taps = np.empty((kernel[0] * kernel[1] if together else 0, columns))
    phases = np.empty((stride[1], columns + (kernel[1] - 1) * dilation[1] // stride[1] + 1))
    taken, totals = np.empty(most), np.full(columns, np.nan)
    for row in range(first, last):
        m, i = row // rows, row % rows
        if together:
            taps_of_row(x[m], i, kernel, stride, dilation, begin, phases, taps)
            _sums(taps, p, totals)
        for j in range(columns):
            cells = counts[0][i] * counts[1][j]
            if _LEAST < totals[j] < _MOST:
                mean = totals[j] / cells
                y[m, i, j] = mean if p == 1 else np.sqrt(mean)
            else:
                count = gather(x[m], i, j, kernel, stride, dilation, begin, taken)
                y[m, i, j] = _norm(taken, count, p, cells)


@parallel_kernel
def lp_pool(x, p, counts, kernel, stride, dilation, begin, most, first, last, y):  # type: ignore[no-untyped-def]
    """y[m,i,j] = (Σ over (u,v) of |x[m,r,c]|^p / (counts[0][i]·counts[1][j]))^{1/p}; padding adds 0.

    x (M, H, W), y (M, OH, OW) in float64; counts by output row and by output column, float64: 1 for the plain norm.
    No window has more than `most` cells inside of x. Rows first ≤ m·OH + i < last.
    """
    for task in prange((last - first + _RUN - 1) // _RUN):
        start = first + task * _RUN
        _lp_rows(x, p, counts, kernel, stride, dilation, begin, most, start, min(last, start + _RUN), y)
