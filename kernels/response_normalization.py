"""Sums over neighbouring channels and powers: local response normalization.

Axes: n image, c channel, k cell of the plane in row order, b block of `BLOCK` cells.
"""

from __future__ import annotations

import numpy as np

from kernels._jit import parallel_kernel, prange

BLOCK = 8192


@parallel_kernel
def channel_sums(a, b, before, after, first, last, sums):  # type: ignore[no-untyped-def]
    """sums[n,c,k] = Σ over d = −before … after of a[n,c+d,k]·b[n,c+d,k] where there is such a channel; (N, C, K).

    For the planes first ≤ n·C + c < last, in float64.
    """
    channels, cells = a.shape[1:]
    blocks = (cells + BLOCK - 1) // BLOCK
    for task in prange(first * blocks, last * blocks):
        m, block = task // blocks, task % blocks
        n, c = m // channels, m % channels
        low, high = block * BLOCK, min((block + 1) * BLOCK, cells)
        result = sums[n, c, low:high]
        result[:] = 0.0
        for d in range(max(0, c - before), min(channels, c + after + 1)):
            left, right = a[n, d, low:high], b[n, d, low:high]
            for k in range(result.size):
                result[k] += np.float64(left[k]) * np.float64(right[k])


@parallel_kernel
def over_power(x, d, power, first, last, y):  # type: ignore[no-untyped-def]
    """y[m] = x[m] · d[m]^(−power) for the cells first ≤ m < last of flat arrays."""
    for m in prange(first, last):
        y[m] = x[m] * d[m] ** -power
