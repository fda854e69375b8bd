"""Statistics of planes and the maps that normalise them.

Axes: m plane (image and channel), k cell of the plane in row order, b block of `BLOCK` cells.

A block is summed by one thread in float64 and the blocks are put together by numpy in their order, so the results do
not depend on the number of threads. The spread of a block is taken around its own mean: the one-pass Σx² − (Σx)²/n
loses every digit where the mean is large against the spread.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels._jit import parallel_kernel, prange

BLOCK = 8192

Array = NDArray[Any]


@parallel_kernel
def _block_moments(x, means, spreads):  # type: ignore[no-untyped-def]
    """means[m,b] = mean of the block, spreads[m,b] = Σ (x − mean)² over it. x (M, K)."""
    blocks = means.shape[1]
    for task in prange(means.size):
        m, b = task // blocks, task % blocks
        block = x[m, b * BLOCK : (b + 1) * BLOCK]
        total = 0.0
        for k in range(block.size):
            total += block[k]
        mean = total / block.size
        spread = 0.0
        for k in range(block.size):
            spread += (block[k] - mean) * (block[k] - mean)
        means[m, b] = mean
        spreads[m, b] = spread


def moments(x: Array) -> tuple[Array, Array]:
    """Mean and Σ (x − mean)² of each row of x (M, K), float64 (M,).

    Blocks by Chan, Golub & LeVeque (1983): spread = Σ_b spread_b + n_b·(mean_b − mean)².
    """
    blocks = -(-x.shape[1] // BLOCK)
    means, spreads = np.empty((2, len(x), blocks))
    _block_moments(x, means, spreads)
    sizes = np.full(blocks, BLOCK)
    sizes[-1] = x.shape[1] - (blocks - 1) * BLOCK
    return together(means, spreads, sizes)


def together(means: Array, spreads: Array, sizes: Array | int) -> tuple[Array, Array]:
    """Mean and spread of the union of groups along the last axis, each of its mean, spread and size."""
    sizes = np.broadcast_to(sizes, means.shape)
    with np.errstate(invalid="ignore", over="ignore"):
        mean = (means * sizes).sum(-1) / sizes.sum(-1)
        spread = (spreads + sizes * np.square(means - mean[..., None])).sum(-1)
    return mean, spread


@parallel_kernel
def _block_flows(x, gy, means, sums, products):  # type: ignore[no-untyped-def]
    """sums[m,b] = Σ gy over the block, products[m,b] = Σ gy·(x − means[m])."""
    blocks = sums.shape[1]
    for task in prange(sums.size):
        m, b = task // blocks, task % blocks
        block, flow = x[m, b * BLOCK : (b + 1) * BLOCK], gy[m, b * BLOCK : (b + 1) * BLOCK]
        total = 0.0
        product = 0.0
        for k in range(block.size):
            total += flow[k]
            product += flow[k] * (block[k] - means[m])
        sums[m, b] = total
        products[m, b] = product


def flows(x: Array, gy: Array, means: Array) -> tuple[Array, Array]:
    """Σ gy and Σ gy·(x − mean) of each row, float64 (M,). x and gy (M, K), means (M,)."""
    sums, products = np.empty((2, len(x), -(-x.shape[1] // BLOCK)))
    _block_flows(x, gy, means, sums, products)
    with np.errstate(invalid="ignore", over="ignore"):
        return sums.sum(1), products.sum(1)


@parallel_kernel
def affine(x, means, scales, shifts, first, last, y):  # type: ignore[no-untyped-def]
    """y[m,k] = (x[m,k] − means[m])·scales[m] + shifts[m] for the planes first ≤ m < last, in float64. x, y (M, K)."""
    blocks = (x.shape[1] + BLOCK - 1) // BLOCK
    for task in prange(first * blocks, last * blocks):
        m, b = task // blocks, task % blocks
        block, result = x[m, b * BLOCK : (b + 1) * BLOCK], y[m, b * BLOCK : (b + 1) * BLOCK]
        mean, scale, shift = means[m], scales[m], shifts[m]
        for k in range(block.size):
            result[k] = (block[k] - mean) * scale + shift


@parallel_kernel
def normalization_gradient(x, gy, means, scales, shifts, pulls, first, last, gx):  # type: ignore[no-untyped-def]
    """gx[m,k] = scales[m]·gy[m,k] − shifts[m] − (x[m,k] − means[m])·pulls[m] for the planes first ≤ m < last.

    The three terms of a normalization over a set of numbers with mean μ and variance σ²: shifts = mean(γ·gy)/√(σ² + ε)
    and pulls = mean(γ·gy·(x − μ))/√(σ² + ε)³, the means over the set. x, gy, gx (M, K).
    """
    blocks = (x.shape[1] + BLOCK - 1) // BLOCK
    for task in prange(first * blocks, last * blocks):
        m, b = task // blocks, task % blocks
        block, flow = x[m, b * BLOCK : (b + 1) * BLOCK], gy[m, b * BLOCK : (b + 1) * BLOCK]
        result = gx[m, b * BLOCK : (b + 1) * BLOCK]
        mean, scale, shift, pull = means[m], scales[m], shifts[m], pulls[m]
        for k in range(block.size):
            result[k] = scale * flow[k] - shift - (block[k] - mean) * pull
