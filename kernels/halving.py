"""Pooling that halves a plane, and its way back: windows of 2 × 2 side by side, the commonest of all.

Axes as in `kernels.pooling`. Each row of windows is one call of `kernels.pair_rows`.
"""

from __future__ import annotations

from kernels._jit import kernel, parallel_kernel, prange
from kernels.pair_rows import mean_pairs, repeat_pairs, spread_pairs
from kernels.vector_code import VECTOR_BYTES

_RUN = 32


@kernel
def halves(x, y, kernel, stride, dilation, begin):  # type: ignore[no-untyped-def]
    """Whether the windows of y (M, OH, OW) are 2 × 2 side by side inside of x (M, H, W), a row at least a vector."""
    side_by_side = kernel == (2, 2) and stride == (2, 2) and dilation == (1, 1) and begin == (0, 0)
    inside = 2 * y.shape[1] <= x.shape[1] and 2 * y.shape[2] <= x.shape[2]
    return side_by_side and inside and y.shape[2] * y.itemsize >= VECTOR_BYTES


@kernel
def mean_of_pairs(x, counts, first, last, y):  # type: ignore[no-untyped-def]
    """Rows first ≤ m·OH + i < last of `pooling.mean_pool`; all windows of a plane have the same counts."""
    rows, columns = y.shape[1:]
    share = 1.0 / (counts[0][0] * counts[1][0])
    for row in range(first, last):
        m, i = row // rows, row % rows
        mean_pairs(x[m, 2 * i], x[m, 2 * i + 1], share, y[m, i], columns)


@kernel
def mean_of_pairs_gradient(gy, counts, first, last, gx):  # type: ignore[no-untyped-def]
    """Rows first ≤ m·H + r < last of `pooling.mean_pool_gradient`; all windows of a plane have the same counts."""
    height = gx.shape[1]
    rows, columns = gy.shape[1:]
    share = 1.0 / (counts[0][0] * counts[1][0])
    for row in range(first, last):
        m, r = row // height, row % height
        result = gx[m, r]
        if r < 2 * rows:
            repeat_pairs(gy[m, r // 2], share, result, columns)
            result[2 * columns :] = 0
        else:
            result[:] = 0


@kernel
def _spread_rows(x, switches, first, last, y):  # type: ignore[no-untyped-def]
    """Rows first ≤ m·OH + i < last of `spread`; whether all of their places are in their windows."""
    rows, columns = x.shape[1:]
    height, width = y.shape[1:]
    for row in range(first, last):
        m, i = row // rows, row % rows
        upper, lower = y[m, 2 * i], y[m, 2 * i + 1]
        if spread_pairs(x[m, i], switches[m, i], 2 * i * width, width, upper, lower, columns):
            return False
        upper[2 * columns :] = 0
        lower[2 * columns :] = 0
        if i == rows - 1:
            y[m, 2 * rows : height] = 0
    return True


@parallel_kernel
def spread(x, switches, first, last, y, inside):  # type: ignore[no-untyped-def]
    """y[m, switches[m,i,j]] = x[m,i,j], 0 elsewhere, for places in the window (i, j) of 2 × 2 cells side by side.

    x and switches (M, OH, OW), OW at least a vector; y (M, H, W) holds all windows, its cells are counted in row
    order. Every number of y is written once. Where a place is outside of its window, inside[0] becomes False and y
    holds anything. Rows first ≤ m·OH + i < last.
    """
    for task in prange((last - first + _RUN - 1) // _RUN):
        start = first + task * _RUN
        # Each task finds a place of its own that is outside, mostly in its first row.
        if not _spread_rows(x, switches, start, min(last, start + _RUN), y):
            inside[0] = False
