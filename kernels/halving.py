"""Pooling that halves a plane: windows of 2 × 2 side by side, the commonest of all. Axes as in `kernels.pooling`.

The four numbers of a window go straight from two rows of the input into one loop, which becomes vectors. The places are
a loop of their own, and are made of the truth of comparisons: a choice between places would keep it from that.
"""

from __future__ import annotations

import numpy as np

from kernels._jit import kernel


@kernel
def halves(x, y, kernel, stride, dilation, begin):  # type: ignore[no-untyped-def]
    """Whether the windows of y (M, OH, OW) are 2 × 2, side by side, and all of their cells are in x (M, H, W)."""
    side_by_side = kernel == (2, 2) and stride == (2, 2) and dilation == (1, 1) and begin == (0, 0)
    return side_by_side and 2 * y.shape[1] <= x.shape[1] and 2 * y.shape[2] <= x.shape[2]


@kernel
def _above(first, second):  # type: ignore[no-untyped-def]
    """Whether `second` beats `first`, which stands before it; NaN beats every number."""
    return (not second <= first) & (first == first)


@kernel
def _larger(first, second):  # type: ignore[no-untyped-def]
    return second if _above(first, second) else first


@kernel
def largest_of_pairs(x, first, last, y, switches):  # type: ignore[no-untyped-def]
    """Rows first ≤ m·OH + i < last of `pooling.max_pool`."""
    rows, width = y.shape[1], np.int32(x.shape[2])
    for row in range(first, last):
        m, i = row // rows, row % rows
        upper, lower, best, places = x[m, 2 * i], x[m, 2 * i + 1], y[m, i], switches[m, i]
        for j in range(best.size):
            best[j] = _larger(_larger(upper[2 * j], upper[2 * j + 1]), _larger(lower[2 * j], lower[2 * j + 1]))
        top = 2 * i * x.shape[2]
        for j in range(places.size):
            a, b, c, d = upper[2 * j], upper[2 * j + 1], lower[2 * j], lower[2 * j + 1]
            right, right_below = _above(a, b), _above(c, d)
            below = _above(b if right else a, d if right_below else c)
            place = width + np.int32(right_below) if below else np.int32(right)
            places[j] = top + 2 * j + place


@kernel
def mean_of_pairs(x, counts, first, last, y):  # type: ignore[no-untyped-def]
    """Rows first ≤ m·OH + i < last of `pooling.mean_pool`; all windows of a plane have the same counts."""
    rows = y.shape[1]
    share = 1.0 / (counts[0][0] * counts[1][0])
    for row in range(first, last):
        m, i = row // rows, row % rows
        upper, lower, mean = x[m, 2 * i], x[m, 2 * i + 1], y[m, i]
        for j in range(mean.size):
            left = np.float64(upper[2 * j]) + np.float64(lower[2 * j])
            right = np.float64(upper[2 * j + 1]) + np.float64(lower[2 * j + 1])
            mean[j] = share * (left + right)
