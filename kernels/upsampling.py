"""Interpolation of planes: each axis by a table of few weighted places, so the gradient is the same with both turned.

Axes: m plane (image and channel), (i, j) row and column of the output, (r, c) of the input. A table is a triple
(starts, places, weights): line i of its matrix holds weights[t] at places[t] for starts[i] ≤ t < starts[i + 1].
"""

from __future__ import annotations

import numpy as np

from kernels._jit import kernel, parallel_kernel, prange

_RUN = 32


@kernel
def _interpolated_rows(x, rows, columns, first, last, y):  # type: ignore[no-untyped-def]
    """Rows first ≤ m·OH + i < last of `interpolate`: the rows of the input first, for all columns."""
    height = y.shape[1]
    row_starts, row_places, row_weights = rows
    starts, places, weights = columns
    line = np.empty(x.shape[2])
    for row in range(first, last):
        m, i = row // height, row % height
        line[:] = 0
        for t in range(row_starts[i], row_starts[i + 1]):
            source, weight = x[m, row_places[t]], row_weights[t]
            for c in range(line.size):
                line[c] += weight * source[c]
        out = y[m, i]
        for j in range(out.size):
            total = 0.0
            for t in range(starts[j], starts[j + 1]):
                total += weights[t] * line[places[t]]
            out[j] = total


@parallel_kernel
def interpolate(x, rows, columns, first, last, y):  # type: ignore[no-untyped-def]
    """y[m,i,j] = Σ_r Σ_c R[i,r]·C[j,c]·x[m,r,c] in float64 over the places that the tables of R and C name.

    x (M, H, W), y (M, OH, OW); first and last are rows of y of all planes. Places must lie inside of x.
    """
    for task in prange((last - first + _RUN - 1) // _RUN):
        start = first + task * _RUN
        _interpolated_rows(x, rows, columns, start, min(last, start + _RUN), y)
