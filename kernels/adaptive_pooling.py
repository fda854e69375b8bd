"""Sums over the windows of adaptive pooling, which cut a map into a given number of rows and columns.

Axes: m plane (image and channel), (r, c) row and column of the input, (i, j) of the output.

Window i of O over an axis of I cells is ⌊i·I/O⌋ … ⌈(i+1)·I/O⌉ − 1. It holds cell r exactly where window r of I over an
axis of O cells holds i, so that the way back is the same sum with the two sizes exchanged.
"""

from __future__ import annotations

import numpy as np

from kernels._jit import kernel, parallel_kernel, prange

_RUN = 32


@kernel
def _window(place, size, windows):  # type: ignore[no-untyped-def]
    """First cell of a window and the first behind it."""
    return place * size // windows, ((place + 1) * size + windows - 1) // windows


@parallel_kernel
def adaptive_sum(x, factors, counts, first, last, y):  # type: ignore[no-untyped-def]
    """y[m,i,j] = Σ over the window of x[m,r,c]·factors[0][r]·factors[1][c] / (counts[0][i]·counts[1][j]), in float64.

    x (M, H, W), y (M, OH, OW); factors and counts: float64 by row and by column. Work is a range of rows of y.
    """
    height, width = x.shape[1:]
    rows, columns = y.shape[1:]
    for task in prange((last - first + _RUN - 1) // _RUN):
        sums = np.empty(width)
        start = first + task * _RUN
        for row in range(start, min(last, start + _RUN)):
            m, i = row // rows, row % rows
            top, bottom = _window(i, height, rows)
            sums[:] = 0
            for r in range(top, bottom):
                line, factor = x[m, r], factors[0][r]
                for c in range(width):
                    sums[c] += line[c] * factor
            for c in range(width):
                sums[c] *= factors[1][c]
            for j in range(columns):
                left, right = _window(j, width, columns)
                total = 0.0
                for c in range(left, right):
                    total += sums[c]
                y[m, i, j] = total / (counts[0][i] * counts[1][j])
