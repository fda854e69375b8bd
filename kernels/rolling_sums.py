"""Mean pooling over windows of 3 × 3 one cell apart, each number read once.

Axes as in `kernels.pooling`. The sum of three numbers along a row serves three rows of windows: with those of the last
two rows kept in float64, in the first-level cache, a row of windows takes two additions along the new row and two
down. A row outside of the plane is one of zeros.
"""

from __future__ import annotations

import numpy as np

from kernels._jit import kernel
from kernels.ahead import ask_row
from kernels.window_taps import whole_windows


@kernel
def rolls(kernel, stride, dilation):  # type: ignore[no-untyped-def]
    """Whether `mean_of_nine` takes such windows."""
    return kernel == (3, 3) and stride == (1, 1) and dilation == (1, 1)


@kernel
def _roll(a, begin, low, count, older, newer, share, shares, y):  # type: ignore[no-untyped-def]
    """y[j] = (older[j] + newer[j] + h[j])·share·shares[j] and older[j] = h[j] = Σ over v < 3 of a[j + v − begin].

    Windows low ≤ j < low + count lie inside of the row.
    """
    left, middle, right = a[low - begin :], a[low - begin + 1 :], a[low - begin + 2 :]
    two, one, parts, mean = older[low:], newer[low:], shares[low:], y[low:]
    for j in range(count):
        h = np.float64(left[j]) + np.float64(middle[j]) + np.float64(right[j])
        mean[j] = (two[j] + one[j] + h) * (share * parts[j])
        two[j] = h
    for side in range(y.size - count):
        j = side if side < low else side + count
        h = 0.0
        for c in range(max(0, j - begin), min(a.size, j - begin + 3)):
            h += np.float64(a[c])
        y[j] = (older[j] + newer[j] + h) * (share * shares[j])
        older[j] = h


@kernel
def mean_of_nine(x, kernel, stride, begin, counts, first, last, y):  # type: ignore[no-untyped-def]
    """Rows first ≤ m·OH + i < last of `pooling.mean_pool`."""
    height, width = x.shape[1:]
    rows, columns = y.shape[1:]
    low, count = whole_windows(x, y, kernel, stride, begin)
    outside = np.zeros(width, x.dtype)
    sums, shares = np.zeros((2, columns)), 1.0 / counts[1]
    for row in range(first, last):
        m, i = row // rows, row % rows
        top, share = i - begin[0], 1.0 / counts[0][i]
        # The first rows of a plane or a task fill the sums; what they write to y is written over.
        for r in range(top if row == first or i == 0 else top + 2, top + 3):
            if r + 1 >= 0 and r + 1 < height:
                ask_row(x[m, r + 1])
            side = (r + begin[0]) % 2
            a = x[m, r] if r >= 0 and r < height else outside
            _roll(a, begin[1], low, count, sums[side], sums[1 - side], share, shares, y[m, i])
