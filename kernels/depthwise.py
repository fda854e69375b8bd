"""Depthwise convolution by filters of 3×3 that move cell by cell: every filter sees one channel.

    y[n, k, i, j] = b[k] + Σ_u Σ_v w[k, u, v] · x[n, ⌊k/m⌋, i − p + u, j − p + v]        m = K/C

The tile (`kernels/depthwise_tile.py`) reads the maps where they lie. Only rows that reach over the edge of a map are
copied, with the rows of zeros around it. Every other size, stride and dilation is left to `kernels/convolution.py`; the
products of a cell are added in the same order here, so that the results are the same to the last bit.
"""

from __future__ import annotations

import numpy as np

from kernels._jit import parallel_kernel, plain, prange
from kernels.bands import bands
from kernels.convolution_problem import Array, Problem, Run, Tick
from kernels.depthwise_tile import ROWS, SIDE, rows_of_nine
from kernels.vector_code import lanes

TASKS = 16
"""Maps are cut into bands of rows where there are fewer."""


@parallel_kernel
def _filter(x, w, bias, y, top, left, margin, pieces, first, last):
    """The tasks `first` … `last` − 1: each a map of y (N, K, H', W') or one of its `pieces` bands."""
    channels, height, width = x.shape[1:]
    filters, rows, n = y.shape[1:]
    flat_x, flat_w, flat_y = x.reshape(x.size), w.reshape(w.size), y.reshape(y.size)
    reach = ROWS + SIDE - 1
    for task in prange(first, last):
        plane, piece = task // pieces, task % pieces
        k = plane % filters
        x_at = (plane // filters * channels + k // (filters // channels)) * height * width
        b0, b1 = piece * rows // pieces, (piece + 1) * rows // pieces
        edge = np.zeros(reach * width + 2 * margin, x.dtype)
        for b in range(b0, b1, ROWS):
            i = min(b, b1 - ROWS)
            row = i - top
            y_at = (plane * rows + i) * n
            begin = x_at + row * width - left
            inside = row >= 0 and row + reach <= height
            # The first and the last vector of a row read beyond it, so some cells before and behind must be there.
            if inside and begin >= 0 and begin + (reach - 1) * width + n + SIDE <= x.size:
                rows_of_nine(flat_y, y_at, n, n, flat_x, begin, width, left, width, flat_w, k * SIDE * SIDE, bias, k)
                continue
            for q in range(reach):
                line = edge[margin + q * width : margin + (q + 1) * width]
                if row + q < 0 or row + q >= height:
                    line[:] = 0
                else:
                    source = flat_x[x_at + (row + q) * width : x_at + (row + q + 1) * width]
                    for j in range(width):
                        line[j] = source[j]
            rows_of_nine(flat_y, y_at, n, n, edge, margin - left, width, left, width, flat_w, k * SIDE * SIDE, bias, k)


def fits(problem: Problem) -> bool:
    """Whether a convolution is such a one, in rows of a vector at least."""
    vector, left, width = lanes(problem.dtype.itemsize), problem.pads[1], problem.y[3]
    right = width + SIDE - 1 - problem.x[3] - left
    return (
        problem.groups == problem.x[1]
        and problem.w[1:] == (1, SIDE, SIDE)
        and problem.stride == (1, 1)
        and problem.dilation == (1, 1)
        and problem.y[2] >= ROWS
        and width >= vector >= max(left, right)
    )


def plan(problem: Problem) -> Run:
    """What makes y, where it `fits`."""
    planes, rows = problem.y[0] * problem.y[1], problem.y[2]
    pieces = max(1, min(-(-TASKS // max(1, planes)), rows // ROWS))
    cost, margin, (top, left) = rows * problem.y[3] // pieces, lanes(problem.dtype.itemsize), problem.pads[:2]

    def run(x: Array, w: Array, b: Array, y: Array, tick: Tick) -> None:
        x, w, b = plain(x), plain(w), plain(b)
        for first, last in bands(planes * pieces, cost, tick):
            _filter(x, w, b, y, top, left, margin, pieces, first, last)

    return run
