"""Depthwise convolution by filters of 3×3 that move cell by cell: every filter sees one channel.

    y[n, k, i, j] = b[k] + Σ_u Σ_v w[k, u, v] · x[n, ⌊k/m⌋, i − p + u, j − p + v]        m = K/C

The tile (`kernels/depthwise_tile.py`) reads the maps where they lie. Only rows that reach over the edge of a map are
copied, with the rows of zeros around it. Every other size, stride and dilation is left to `kernels/convolution.py`; the
products of a cell are added in the same order here, so that the results are the same to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels._jit import parallel_kernel, prange, read_only
from kernels.bands import bands
from kernels.depthwise_tile import ROWS, SIDE, rows_of_nine
from kernels.vector_code import lanes

Array = NDArray[Any]
Pair = tuple[int, int]
Tick = Callable[[], None]

TASKS = 16
"""Maps are cut into bands of rows where there are fewer."""


@parallel_kernel
def _filter(x, w, bias, y, top, left, margin, pieces, first, last):
    """The tasks `first` … `last` − 1: each a map of y (N, K, H', W') or one of its `pieces` bands. w: (K·9,)."""
    channels, height, width = x.shape[1:]
    filters, rows, n = y.shape[1:]
    flat_x, flat_y = x.reshape(x.size), y.reshape(y.size)
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
                rows_of_nine(flat_y, y_at, n, n, flat_x, begin, width, left, width, w, k * SIDE * SIDE, bias, k)
                continue
            for q in range(reach):
                line = edge[margin + q * width : margin + (q + 1) * width]
                if row + q < 0 or row + q >= height:
                    line[:] = 0
                else:
                    source = flat_x[x_at + (row + q) * width : x_at + (row + q + 1) * width]
                    for j in range(width):
                        line[j] = source[j]
            rows_of_nine(flat_y, y_at, n, n, edge, margin - left, width, left, width, w, k * SIDE * SIDE, bias, k)


def fits(x: Array, w: Array, y: Array, stride: Pair, dilation: Pair, left: int, groups: int) -> bool:
    """Whether a convolution of x by w with `left` columns of padding is such a one, in rows of a vector at least."""
    vector = lanes(x.itemsize)
    right = y.shape[3] + SIDE - 1 - x.shape[3] - left
    return (
        groups == x.shape[1]
        and w.shape[1:] == (1, SIDE, SIDE)
        and stride == (1, 1)
        and dilation == (1, 1)
        and y.shape[2] >= ROWS
        and y.shape[3] >= vector >= max(left, right)
    )


def convolve(x: Array, w: Array, b: Array, y: Array, top: int, left: int, tick: Tick) -> None:
    """y: (N, K, H', W') from x (N, C, H, W), w (K, 1, 3, 3), b (K,), of one float type, where it `fits`."""
    planes, rows = y.shape[0] * y.shape[1], y.shape[2]
    pieces = max(1, min(-(-TASKS // max(1, planes)), rows // ROWS))
    x, w, b = (read_only(np.require(each, requirements=("C", "A"))) for each in (x, w.reshape(-1), b))
    for first, last in bands(planes * pieces, rows * y.shape[3] // pieces, tick):
        _filter(x, w, b, y, top, left, lanes(x.itemsize), pieces, first, last)
