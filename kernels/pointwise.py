"""Functions of one number each, over whole arrays, made of straight lines; the curved ones stand in `smooth`.

Each kernel is the function and its derivative, so that one compilation serves both ways: y[m] = f(x[m]), or
gy[m]·f′(x[m]) where `back`. Flat arrays of one length; forward hands x in for gy.
"""

from __future__ import annotations

import numpy as np

from kernels._jit import parallel_kernel, prange

BLOCK = 8192
"""Cells of a plane that one thread takes at a time."""


@parallel_kernel
def relu(x, gy, back, y):
    """f(x) = max(x, 0); NaN stays NaN, and −0 becomes 0. f′ = 1 where x > 0 or is NaN, else 0."""
    for m in prange(x.size):
        kept = gy[m] if back else x[m]
        y[m] = kept if not x[m] <= 0 else 0


@parallel_kernel
def clip(x, gy, back, low, high, y):
    """f(x) = min(max(x, low), high); NaN stays NaN. f′ = 1 where low ≤ x ≤ high, else 0."""
    for m in prange(x.size):
        u, flow = np.float64(x[m]), gy[m]
        value = low if u < low else (high if u > high else u)
        y[m] = (flow if low <= u <= high else 0.0) if back else value


@parallel_kernel
def hard_sigmoid(x, gy, back, alpha, beta, y):
    """f(x) = min(max(α·x + β, 0), 1); NaN stays NaN. f′ = α where 0 < α·x + β < 1, else 0."""
    for m in prange(x.size):
        u, flow = alpha * x[m] + beta, gy[m]
        value = 0.0 if u <= 0.0 else (1.0 if u >= 1.0 else u)
        y[m] = (alpha * flow if 0.0 < u < 1.0 else 0.0) if back else value


@parallel_kernel
def hard_swish(x, gy, back, y):
    """f(x) = x·min(max(x + 3, 0), 6)/6, so 0 up to −3 (−∞ too) and x from 3 on. f′ = 0, (2x + 3)/6, 1."""
    for m in prange(x.size):
        u, flow = np.float64(x[m]), gy[m]
        value = u if u >= 3.0 else (0.0 if u <= -3.0 else u * (u + 3.0) / 6.0)
        slope = 1.0 if u >= 3.0 else (0.0 if u <= -3.0 else (2.0 * u + 3.0) / 6.0)
        y[m] = flow * slope if back else value


@parallel_kernel
def prelu(x, gy, back, slopes, y):
    """f(x[p,k]) = x[p,k] where x[p,k] > 0, else slopes[p]·x[p,k]. f′ = 1 or slopes[p]. x, gy, y (P, K), slopes (P,)."""
    blocks = (x.shape[1] + BLOCK - 1) // BLOCK
    for task in prange(x.shape[0] * blocks):
        p, b = task // blocks, task % blocks
        block, result = x[p, b * BLOCK : (b + 1) * BLOCK], y[p, b * BLOCK : (b + 1) * BLOCK]
        flow = gy[p, b * BLOCK : (b + 1) * BLOCK]
        slope = slopes[p]
        for k in range(block.size):
            kept = np.float64(flow[k] if back else block[k])
            result[k] = kept if block[k] > 0 else slope * kept
