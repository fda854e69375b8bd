"""Maps whose rows and columns are rows and columns of another map, and the way back."""

from __future__ import annotations

import numpy as np

from kernels._jit import parallel_kernel, prange


@parallel_kernel
def gather(x, rows, columns, fill, first, last, y):
    """y[m,i,j] = x[m, rows[i], columns[j]], and `fill` where either is −1, for first ≤ m·I + i < last.

    x (M, H, W), rows (I,), columns (J,), y (M, I, J).
    """
    height = y.shape[1]
    for line in prange(first, last):
        m, i = line // height, line % height
        row, result = rows[i], y[m, i]
        source = x[m, max(row, 0)]
        for j in range(result.size):
            result[j] = fill if row < 0 or columns[j] < 0 else source[columns[j]]


@parallel_kernel
def gather_gradient(gy, row_starts, row_places, column_starts, column_places, first, last, gx):
    """gx[m,r,c] = Σ gy[m,i,j] over the i that read row r and the j that read column c, for first ≤ m·H + r < last.

    Row r is read by row_places[row_starts[r] : row_starts[r + 1]], in their order; columns alike.
    gy (M, I, J), gx (M, H, W).
    """
    height, width = gx.shape[1], gx.shape[2]
    for line in prange(first, last):
        m, r = line // height, line % height
        sums = np.zeros(gy.shape[2])
        for place in range(row_starts[r], row_starts[r + 1]):
            flow = gy[m, row_places[place]]
            for j in range(sums.size):
                sums[j] += flow[j]
        result = gx[m, r]
        for c in range(width):
            total = 0.0
            for place in range(column_starts[c], column_starts[c + 1]):
                total += sums[column_places[place]]
            result[c] = total
