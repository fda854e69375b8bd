"""Statistics of planes and the maps that normalise them.

Axes: m plane (image and channel), k cell of the plane in row order, b block of `BLOCK` cells.

A block is summed by one thread in float64 and the blocks are put together by numpy in their order, so the results do
not depend on the number of threads. The spread of a block is never Σx² − (Σx)²/n, which loses every digit where the
mean is large against the spread: see `_moments_of_block`.

What is written in float32 is calculated in float32, with the mean in two parts; a factor near the ends of the range
takes float64.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel, parallel_kernel, prange, strict_kernel

BLOCK = 8192

LEAST = 1e-30
"""Factors below it, and above 1/LEAST, are too near to the ends of float32."""

Array = NDArray[Any]


SET_BYTES = 1 << 20
"""Numbers of a set up to which its moments and its normalization are one pass: they stay in the second-level cache."""

SETS = 8
"""Fewer sets are not worth sharing out whole among threads."""


@kernel
def _moments_of_block(block):  # type: ignore[no-untyped-def]
    """(mean, Σ (x − mean)²) of a block.

    Float32: in one pass over d = x − c, with Σd² − (Σd)²/n. As c is one of the n numbers, (c − mean)² is no larger than
    the spread S, so Σd² ≤ (n + 1)·S: at most log₂(n + 1) = 13 of 53 bits are lost, and all of float32 is left.
    Float64: the spread in a second pass, around the mean.
    """
    pivot = np.float64(block[0]) if block.itemsize == 4 and np.isfinite(block[0]) else 0.0
    total, spread = 0.0, 0.0
    if block.itemsize == 4:
        for k in range(block.size):
            away = block[k] - pivot
            total += away
            spread += away * away
        return pivot + total / block.size, max(spread - total * (total / block.size), 0.0)
    for k in range(block.size):
        total += block[k]
    mean = total / block.size
    for k in range(block.size):
        spread += (block[k] - mean) * (block[k] - mean)
    return mean, spread


@parallel_kernel
def _block_moments(x, means, spreads):  # type: ignore[no-untyped-def]
    """means[m,b] = mean of the block, spreads[m,b] = Σ (x − mean)² over it. x (M, K)."""
    blocks = means.shape[1]
    for task in prange(means.size):
        m, b = task // blocks, task % blocks
        means[m, b], spreads[m, b] = _moments_of_block(x[m, b * BLOCK : (b + 1) * BLOCK])


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


@kernel
def _flows_of_block(block, flow, mean):  # type: ignore[no-untyped-def]
    """(Σ gy, Σ gy·(x − mean)) of a block."""
    total, product = 0.0, 0.0
    for k in range(block.size):
        total += flow[k]
        product += flow[k] * (block[k] - mean)
    return total, product


@parallel_kernel
def _block_flows(x, gy, means, sums, products):  # type: ignore[no-untyped-def]
    """sums[m,b] = Σ gy over the block, products[m,b] = Σ gy·(x − means[m])."""
    blocks = sums.shape[1]
    for task in prange(sums.size):
        m, b = task // blocks, task % blocks
        block, flow = x[m, b * BLOCK : (b + 1) * BLOCK], gy[m, b * BLOCK : (b + 1) * BLOCK]
        sums[m, b], products[m, b] = _flows_of_block(block, flow, means[m])


def flows(x: Array, gy: Array, means: Array) -> tuple[Array, Array]:
    """Σ gy and Σ gy·(x − mean) of each row, float64 (M,). x and gy (M, K), means (M,)."""
    sums, products = np.empty((2, len(x), -(-x.shape[1] // BLOCK)))
    _block_flows(x, gy, means, sums, products)
    with np.errstate(invalid="ignore", over="ignore"):
        return sums.sum(1), products.sum(1)


@strict_kernel
def _away(x, high, low):  # type: ignore[no-untyped-def]
    """x − (high + low), the near part first."""
    return (x - high) - low


@kernel
def _parts(mean):  # type: ignore[no-untyped-def]
    """A mean as the sum of two numbers in float32."""
    high = np.float32(mean)
    low = np.float32(mean - high)
    return high, low if low == low else np.float32(0)


@kernel
def _single(block, factor):  # type: ignore[no-untyped-def]
    """Whether float32 holds what a block and its factor make on the way."""
    return block.itemsize == 4 and LEAST < abs(factor) < 1 / LEAST


@kernel
def _mapped(block, mean, scale, shift, result):  # type: ignore[no-untyped-def]
    """result[k] = (block[k] − mean)·scale + shift."""
    if _single(block, scale):
        (high, low), factor, added = _parts(mean), np.float32(scale), np.float32(shift)
        for k in range(block.size):
            result[k] = _away(block[k], high, low) * factor + added
    else:
        for k in range(block.size):
            result[k] = (block[k] - mean) * scale + shift


@parallel_kernel
def affine(x, means, scales, shifts, first, last, y):  # type: ignore[no-untyped-def]
    """y[m,k] = (x[m,k] − means[m])·scales[m] + shifts[m] for the planes first ≤ m < last. x, y (M, K)."""
    blocks = (x.shape[1] + BLOCK - 1) // BLOCK
    for task in prange(first * blocks, last * blocks):
        m, b = task // blocks, task % blocks
        block, result = x[m, b * BLOCK : (b + 1) * BLOCK], y[m, b * BLOCK : (b + 1) * BLOCK]
        _mapped(block, means[m], scales[m], shifts[m], result)


@parallel_kernel
def normalise_sets(  # type: ignore[no-untyped-def]
    x, sets, gammas, betas, epsilon, first, last, means, variances, inverses, y
):
    """y[m,k] = γ[c]·(x[m,k] − μ[s])/√(σ²[s] + ε) + β[c] for the planes m = sets[s,·] of the sets first ≤ s < last.

    x, y (M, K); γ and β (C,), of M = N·C planes plane m has those of its channel c = m mod C. Mean, biased variance and
    1/√(σ² + ε) of each set go to `means`, `variances` and `inverses`. A thread takes a whole set, so that its numbers
    are still in the cache when they are normalised. Moments of blocks are put together as in `moments`.
    """
    blocks = (x.shape[1] + BLOCK - 1) // BLOCK
    count = sets.shape[1] * x.shape[1]
    for s in prange(first, last):
        block_means, block_spreads = np.empty((sets.shape[1], blocks)), np.empty((sets.shape[1], blocks))
        mean = 0.0
        for p in range(sets.shape[1]):
            for b in range(blocks):
                block = x[sets[s, p], b * BLOCK : (b + 1) * BLOCK]
                block_means[p, b], block_spreads[p, b] = _moments_of_block(block)
                mean += block_means[p, b] * block.size
        mean /= count
        spread = 0.0
        for p in range(sets.shape[1]):
            for b in range(blocks):
                size, away = min(BLOCK, x.shape[1] - b * BLOCK), block_means[p, b] - mean
                spread += block_spreads[p, b] + size * (away * away)
        means[s] = mean
        variances[s] = spread / count
        inverses[s] = 1.0 / np.sqrt(variances[s] + epsilon)
        for p in range(sets.shape[1] - 1, -1, -1):  # the last ones are nearest in the cache
            m = sets[s, p]
            c = m % gammas.size
            _mapped(x[m], mean, gammas[c] * inverses[s], betas[c], y[m])


@parallel_kernel
def plane_means(x, first, last, y):  # type: ignore[no-untyped-def]
    """y[m] = mean of x[m] for the planes first ≤ m < last. x (M, K), y (M,) of its type."""
    blocks = (x.shape[1] + BLOCK - 1) // BLOCK
    sums = np.empty((last - first, blocks))
    for task in prange(sums.size):
        m, b = task // blocks, task % blocks
        block, total = x[first + m, b * BLOCK : (b + 1) * BLOCK], 0.0
        for k in range(block.size):
            total += block[k]
        sums[m, b] = total
    for m in range(last - first):
        total = 0.0
        for b in range(blocks):
            total += sums[m, b]
        y[first + m] = total / x.shape[1]


@kernel
def _mapped_back(block, flow, mean, scale, shift, pull, result):  # type: ignore[no-untyped-def]
    """result[k] = scale·flow[k] − shift − (block[k] − mean)·pull."""
    if _single(block, scale) and (pull == 0 or LEAST < abs(pull) < 1 / LEAST):
        (high, low), factor, taken, pulled = _parts(mean), np.float32(scale), np.float32(shift), np.float32(pull)
        for k in range(block.size):
            result[k] = factor * flow[k] - taken - _away(block[k], high, low) * pulled
    else:
        for k in range(block.size):
            result[k] = scale * flow[k] - shift - (block[k] - mean) * pull


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
        _mapped_back(block, flow, means[m], scales[m], shifts[m], pulls[m], result)


@parallel_kernel
def gradient_of_sets(x, gy, sets, gammas, means, inverses, more, first, last, sums, products, gx):  # type: ignore[no-untyped-def]
    """The same for the sets first ≤ s < last, with Σ gy and Σ gy·x̂ of each plane left in `sums` and `products`.

    Sets, γ (C,) and the order of the planes as in `normalise_sets`, and x̂ = (x − μ)·inverses[s]. more[s] is what else
    the set takes, in the order of shifts and pulls: (S, 2).
    """
    blocks = (x.shape[1] + BLOCK - 1) // BLOCK
    count = sets.shape[1] * x.shape[1]
    for s in prange(first, last):
        flow, pull, inverse = 0.0, 0.0, inverses[s]
        for p in range(sets.shape[1]):
            m = sets[s, p]
            total, product = 0.0, 0.0
            for b in range(blocks):
                block, back = x[m, b * BLOCK : (b + 1) * BLOCK], gy[m, b * BLOCK : (b + 1) * BLOCK]
                found = _flows_of_block(block, back, means[s])
                total += found[0]
                product += found[1]
            sums[m], products[m] = total, product * inverse
            flow += gammas[m % gammas.size] * total
            pull += gammas[m % gammas.size] * product
        flow = (flow * inverse - more[s, 0]) / count
        pull = (pull * inverse * inverse * inverse - more[s, 1]) / count
        for p in range(sets.shape[1] - 1, -1, -1):
            m = sets[s, p]
            _mapped_back(x[m], gy[m], means[s], gammas[m % gammas.size] * inverse, flow, pull, gx[m])
