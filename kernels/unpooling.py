"""Unpooling: numbers go back to the places that pooling took them from.

Axes: m plane (image and channel), k place in the pooled plane in row order. Every switch must lie inside of its plane.
"""

from __future__ import annotations

from kernels._jit import parallel_kernel, prange


@parallel_kernel
def put(x, switches, first, last, y):  # type: ignore[no-untyped-def]
    """y[m, switches[m,k]] = x[m,k] for first ≤ k < last, in order: the last one stays. x (M, K), y (M, H·W)."""
    for m in prange(y.shape[0]):
        for k in range(first, last):
            y[m, switches[m, k]] = x[m, k]


@parallel_kernel
def put_sum(x, switches, first, last, y):  # type: ignore[no-untyped-def]
    """y[m, switches[m,k]] += x[m,k] for first ≤ k < last. x (M, K), y (M, H·W)."""
    for m in prange(y.shape[0]):
        for k in range(first, last):
            y[m, switches[m, k]] += x[m, k]


@parallel_kernel
def take(gy, switches, first, last, gx):  # type: ignore[no-untyped-def]
    """gx[m,k] = gy[m, switches[m,k]] for first ≤ k < last: the gradient of `put_sum`. gy (M, H·W), gx (M, K)."""
    for m in prange(gx.shape[0]):
        for k in range(first, last):
            gx[m, k] = gy[m, switches[m, k]]


@parallel_kernel
def take_last(gy, switches, first, last, taken, gx):  # type: ignore[no-untyped-def]
    """The gradient of `put`: of the k that name one place, only the last gets gy; the others get 0.

    Ranges are called from the last to the first; `taken` (M, H·W), False before, notes the places that were met.
    """
    for m in prange(gx.shape[0]):
        for back in range(last - first):
            k = last - 1 - back
            place = switches[m, k]
            gx[m, k] = 0 if taken[m, place] else gy[m, place]
            taken[m, place] = True
