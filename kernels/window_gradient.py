"""The gradient of poolings whose every cell has a slope: cell by cell, over the windows that hold it.

Axes as in `kernels.pooling`. Each cell of the input is summed by one thread in one order, whatever overlaps.
"""

from __future__ import annotations

import numpy as np

from kernels._jit import kernel, parallel_kernel, prange
from kernels.window_taps import gather, windows_over

TIE, POWER, EXPECTATION = 0, 1, 2


@parallel_kernel
def count_ties(x, best, kernel, stride, dilation, begin, most, first, last, counts):  # type: ignore[no-untyped-def]
    """counts[m,i,j] = number of (u,v) with x[m,r,c] = best[m,i,j], NaN equal to NaN; rows first ≤ m·OH + i < last.

    x (M, H, W), best and counts (M, OH, OW); no window has more than `most` cells inside of x.
    """
    rows, columns = best.shape[1:]
    for row in prange(first, last):
        m, i = row // rows, row % rows
        taken = np.empty(most)
        for j in range(columns):
            wanted = best[m, i, j]
            count = 0
            for k in range(gather(x[m], i, j, kernel, stride, dilation, begin, taken)):
                count += (taken[k] == wanted) | ((taken[k] != taken[k]) & (wanted != wanted))
            counts[m, i, j] = count


@kernel
def _slope(kind, x, y, about):  # type: ignore[no-untyped-def]
    """∂y/∂x for one cell x of a window of result y; `about` is what else the kind needs.

    TIE          1 where x = y, for maximum and minimum
    POWER        sign(x)·(|x|/y)^(p−1) for y = (Σ|x|^p)^{1/p}; about = p
    EXPECTATION  (2x − y)/Σx = (2x/y − 1)/about for y = Σx²/Σx; about = (Σx)²/Σx², free of any scale
    """
    if kind == TIE:
        return 1.0 if (x == y) | ((x != x) & (y != y)) else 0.0
    if y == 0:
        return 0.0
    if kind == EXPECTATION:
        return (2 * (x / y) - 1) / about
    size = abs(x) / y
    if about == 2:
        power = size
    elif about == 1:
        power = 1.0
    else:
        power = size ** (about - 1)
    return power if x > 0 else -power if x < 0 else x * 0.0


@kernel
def _gradient_row(kind, x, y, about, gy, kernel, stride, dilation, begin, m, r, gx):  # type: ignore[no-untyped-def]
    """Row r of plane m of `window_gradient`."""
    i_low, i_high = windows_over(r, kernel[0], stride[0], dilation[0], begin[0], y.shape[1])
    for c in range(x.shape[2]):
        j_low, j_high = windows_over(c, kernel[1], stride[1], dilation[1], begin[1], y.shape[2])
        total = 0.0
        for i in range(i_low, i_high):
            if dilation[0] == 1 or (r + begin[0] - i * stride[0]) % dilation[0] == 0:
                for j in range(j_low, j_high):
                    if dilation[1] == 1 or (c + begin[1] - j * stride[1]) % dilation[1] == 0:
                        total += gy[m, i, j] * _slope(kind, np.float64(x[m, r, c]), y[m, i, j], about[m, i, j])
        gx[m, r, c] = total


@parallel_kernel
def window_gradient(  # type: ignore[no-untyped-def]
    kind, x, y, about, gy, kernel, stride, dilation, begin, first, last, gx
):
    """gx[m,r,c] = Σ over the windows (i,j) that hold (r,c) of gy[m,i,j] · ∂y[m,i,j]/∂x[m,r,c], see `_slope`.

    x, gx (M, H, W); y and about (M, OH, OW) in float64, gy as well in the type of x. Rows first ≤ m·H + r < last.
    """
    height = x.shape[1]
    for row in prange(first, last):
        _gradient_row(kind, x, y, about, gy, kernel, stride, dilation, begin, row // height, row % height, gx)
