"""Sort pooling: the four numbers of each 2 × 2 window in falling order, weighted by their rank.

Axes: m plane (image and channel), (i, j) row and column of the output, r rank from 0 for the largest, p cell of the
window in row order. A map of odd size is as if it went on with zeros. NaN ranks above every number; of equal numbers
the first in row order ranks higher. Work is a range of rows of the output of all planes.
"""

from __future__ import annotations

import numpy as np

from kernels._jit import kernel, parallel_kernel, prange

_RUN = 32


@kernel
def _above(first, second):  # type: ignore[no-untyped-def]
    """Whether `first` ranks above `second`, a later cell of the window."""
    return (first != first) | (first >= second)


@kernel
def _cells(x, m, i, cells):  # type: ignore[no-untyped-def]
    """cells[p, j] = the numbers of the windows of output row i, zeros outside of the map."""
    height, width = x.shape[1:]
    cells[:] = 0
    for u in range(min(2, height - 2 * i)):
        row = x[m, 2 * i + u]
        for v in range(2):
            line = cells[2 * u + v]
            for j in range((width - v + 1) // 2):
                line[j] = row[2 * j + v]


@kernel
def _put_in_order(upper, lower):  # type: ignore[no-untyped-def]
    """Exchange upper[j] and lower[j] where lower ranks above upper."""
    for j in range(upper.size):
        first, second = upper[j], lower[j]
        keep = _above(first, second)
        upper[j] = first if keep else second
        lower[j] = second if keep else first


@kernel
def _sort(cells):  # type: ignore[no-untyped-def]
    """cells[r, j] in falling order over r: five exchanges sort four numbers."""
    _put_in_order(cells[0], cells[1])
    _put_in_order(cells[2], cells[3])
    _put_in_order(cells[0], cells[2])
    _put_in_order(cells[1], cells[3])
    _put_in_order(cells[1], cells[2])


@parallel_kernel
def sort_pool(x, shares, first, last, y):  # type: ignore[no-untyped-def]
    """y[m,i,j] = Σ over r of shares[r]·a_(r), a_(0) ≥ … ≥ a_(3) the window (i,j). x (M, H, W), y (M, OH, OW)."""
    rows, columns = y.shape[1:]
    for task in prange((last - first + _RUN - 1) // _RUN):
        cells, total = np.empty((4, columns), x.dtype), np.empty(columns)
        start = first + task * _RUN
        for row in range(start, min(last, start + _RUN)):
            m, i = row // rows, row % rows
            _cells(x, m, i, cells)
            _sort(cells)
            total[:] = 0
            # Numbers that are not kept are left out, not multiplied by 0: they may be infinite.
            for r in range(shares.size):
                for j in range(columns):
                    total[j] += shares[r] * cells[r, j]
            for j in range(columns):
                y[m, i, j] = total[j]


@kernel
def _ranks(a, b, c, d):  # type: ignore[no-untyped-def]
    """The ranks of four numbers: how many of the others each one is not above."""
    ab, ac, ad, bc, bd, cd = _above(a, b), _above(a, c), _above(a, d), _above(b, c), _above(b, d), _above(c, d)
    return 3 - ab - ac - ad, 2 + ab - bc - bd, 1 + ac + bc - cd, 0 + ad + bd + cd


@parallel_kernel
def sort_pool_gradient(x, gy, shares, first, last, gx, sums):  # type: ignore[no-untyped-def]
    """gx of the cell of rank r of window (i,j) is shares[r]·gy[m,i,j]; sums[m·OH + i, r] = Σ over j of gy[m,i,j]·a_(r).

    Cells that are not kept get 0. sums (M·OH, R): the part of each row of outputs in ∂/∂shares[r].
    """
    height, width = x.shape[1:]
    rows, columns = gy.shape[1:]
    for task in prange((last - first + _RUN - 1) // _RUN):
        cells = np.empty((4, columns), x.dtype)
        start = first + task * _RUN
        for row in range(start, min(last, start + _RUN)):
            m, i = row // rows, row % rows
            _cells(x, m, i, cells)
            for j in range(columns):
                ranks = _ranks(cells[0, j], cells[1, j], cells[2, j], cells[3, j])
                for p in range(4):
                    u, v, r = 2 * i + p // 2, 2 * j + p % 2, ranks[p]
                    if u < height and v < width:
                        gx[m, u, v] = shares[r] * gy[m, i, j] if r < shares.size else 0.0
            _sort(cells)
            for r in range(shares.size):
                total = 0.0
                for j in range(columns):
                    total += np.float64(gy[m, i, j]) * cells[r, j]
                sums[row, r] = total
