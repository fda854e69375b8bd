"""Functions of one number each, over whole arrays."""

from __future__ import annotations

from kernels._jit import parallel_kernel, prange


@parallel_kernel
def relu(x, y):
    """y[m] = max(x[m], 0); NaN stays NaN, and −0 becomes 0. Flat arrays of one length."""
    for m in prange(x.size):
        y[m] = x[m] if not x[m] <= 0 else 0


@parallel_kernel
def relu_gradient(x, gy, gx):
    """gx[m] = gy[m] where x[m] > 0 or is NaN, else 0 (the subgradient 0 at x = 0). Flat arrays of one length."""
    for m in prange(x.size):
        gx[m] = gy[m] if not x[m] <= 0 else 0
