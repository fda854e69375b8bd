"""Pooling by the p-norm of a window. Axes as in `kernels.pooling`."""

from __future__ import annotations

import numpy as np

from kernels._jit import kernel, parallel_kernel, prange
from kernels.window_taps import gather, lift


@kernel
def _norm(x, count, p, cells):  # type: ignore[no-untyped-def]
    """(Σ over k < count of |x[k]|^p / cells)^{1/p} = m·(Σ(|x[k]|/m)^p / cells)^{1/p}, m the largest |x[k]|.

    Scales x in place.
    """
    largest = 0.0
    for k in range(count):
        size = abs(x[k])
        if size > largest or size != size:
            largest = size
            if size != size:
                break
    if largest == 0 or not largest < np.inf:
        return largest
    scale = lift(x, count, largest)
    total = 0.0
    if p == 1:
        for k in range(count):
            total += abs(x[k])
        return total / cells / scale
    if p == 2:
        for k in range(count):
            total += x[k] * x[k]
        return np.sqrt(total / cells) / scale
    # After the lift m has a good reciprocal, which is what the compiler makes of a division in a loop.
    unit = largest * scale
    for k in range(count):
        total += (abs(x[k]) / unit) ** p
    return largest * (total / cells) ** (1 / p)


@parallel_kernel
def lp_pool(x, p, mean, kernel, stride, dilation, begin, most, first, last, y):  # type: ignore[no-untyped-def]
    """y[m,i,j] = (Σ over (u,v) of |x[m,r,c]|^p)^{1/p}; with `mean` the sum is divided by the cells inside of x.

    x (M, H, W), y (M, OH, OW) in float64; padding adds 0. No window has more than `most` cells inside of x.
    """
    rows, columns = y.shape[1:]
    for row in prange(first, last):
        m, i = row // rows, row % rows
        taken = np.empty(most)
        for j in range(columns):
            count = gather(x[m], i, j, kernel, stride, dilation, begin, taken)
            y[m, i, j] = _norm(taken, count, p, count if mean else 1)
