"""Gradients of convolution with respect to its weights.

    gw[k, c, u, v] = Σ_n Σ_i Σ_j gy[n, k, i, j] · x[n, g·C + c, i·s − p + u·d, j·s − p + v·d]

Bands of rows are summed side by side into bins, in float64, and the bins are added in their order. How many there are
follows from the shapes alone, so the result does not depend on the number of threads.
"""

from __future__ import annotations

import numpy as np

from kernels._jit import kernel, parallel_kernel, prange, read_only
from kernels.convolution import (
    CALL_OPERATIONS,
    Array,
    Pads,
    Pair,
    Tick,
    banded,
    forward_taps,
    scan,
)  # fmt: skip
from kernels.taps import fill, reads

COLUMNS = 512
"""Cells of a row that are summed at a time: they stay in the first-level cache."""

BINS = 16
BINS_BYTES = 1 << 26
"""Bins are fewer where the weights are large."""


@kernel
def _dots_of_four(g0, g1, g2, g3, s, at, p0, p1, p2, p3):
    """p_f[t] += Σ_j g_f[j]·s[at[t] + j], two taps t at a time; returns how many taps that were."""
    n = len(g0)
    zero = g0.dtype.type(0)
    whole = len(at) - len(at) % 2
    for t in range(0, whole, 2):
        s0, s1 = s[at[t] : at[t] + n], s[at[t + 1] : at[t + 1] + n]
        a0, a1, b0, b1, c0, c1, d0, d1 = zero, zero, zero, zero, zero, zero, zero, zero
        for j in range(n):
            a0 += g0[j] * s0[j]
            a1 += g0[j] * s1[j]
            b0 += g1[j] * s0[j]
            b1 += g1[j] * s1[j]
            c0 += g2[j] * s0[j]
            c1 += g2[j] * s1[j]
            d0 += g3[j] * s0[j]
            d1 += g3[j] * s1[j]
        p0[t] += a0
        p0[t + 1] += a1
        p1[t] += b0
        p1[t + 1] += b1
        p2[t] += c0
        p2[t + 1] += c1
        p3[t] += d0
        p3[t + 1] += d1
    return whole


@kernel
def _dots_of_one(g, s, at, p):
    """p[t] += Σ_j g[j]·s[at[t] + j], three taps t at a time; returns how many taps that were."""
    n = len(g)
    zero = g.dtype.type(0)
    whole = len(at) - len(at) % 3
    for t in range(0, whole, 3):
        s0, s1, s2 = s[at[t] : at[t] + n], s[at[t + 1] : at[t + 1] + n], s[at[t + 2] : at[t + 2] + n]
        a0, a1, a2 = zero, zero, zero
        for j in range(n):
            a0 += g[j] * s0[j]
            a1 += g[j] * s1[j]
            a2 += g[j] * s2[j]
        p[t] += a0
        p[t + 1] += a1
        p[t + 2] += a2
    return whole


@kernel
def _dots_of_rest(g, s, at, p, done):
    """p[t] += Σ_j g[j]·s[at[t] + j] for t from `done`."""
    n = len(g)
    for t in range(done, len(at)):
        line = s[at[t] : at[t] + n]
        total = g.dtype.type(0)
        for j in range(n):
            total += g[j] * line[j]
        p[t] += total


@kernel
def _dots(gy, i, low, high, first, last, s, at, sums):
    """sums[f, t] += Σ_j gy[f, i, j]·s[at[t] + j] for low ≤ j < high and the filters `first` … `last` − 1."""
    f = first
    while f + 4 <= last:
        g0, g1, g2, g3 = gy[f, i, low:high], gy[f + 1, i, low:high], gy[f + 2, i, low:high], gy[f + 3, i, low:high]
        done = _dots_of_four(g0, g1, g2, g3, s, at, sums[f], sums[f + 1], sums[f + 2], sums[f + 3])
        for g in range(f, f + 4):
            _dots_of_rest(gy[g, i, low:high], s, at, sums[g], done)
        f += 4
    for g in range(f, last):
        done = _dots_of_one(gy[g, i, low:high], s, at, sums[g])
        _dots_of_rest(gy[g, i, low:high], s, at, sums[g], done)


@parallel_kernel
def _weigh(x, gy, sums, groups, needed, band, block, k_first, k_last, turn, turns):
    """sums[bin] += band number `turn` of each bin. x: (N, G·C, H, W), gy: (N, K, H', W'), sums: (bins, K, C·T)."""
    rows, columns, _, _, runs, run, line, top, height, left, blocks, width, row_step, _, step = needed
    channels = x.shape[1] // groups
    of_group = gy.shape[1] // groups
    bands = (blocks + band - 1) // band
    for task in prange(sums.shape[0] * groups):
        g = task % groups
        piece = task // groups * turns + turn
        if piece < x.shape[0] * bands:
            n = piece // bands
            b0 = piece % bands * band
            b1 = min(b0 + band, blocks)
            lines = row_step * (b1 - b0 - 1) + height
            k0, k1 = g * of_group + k_first, g * of_group + k_last
            flat = np.empty(block * lines * line, x.dtype)
            scratch = flat.reshape((block, lines, line))
            at = np.empty(block * len(rows), np.int64)
            for c0 in range(0, channels, block):
                c1 = min(c0 + block, channels)
                fill(x[n, g * channels + c0 : g * channels + c1], top + row_step * b0, left, runs, run, step, scratch)
                reads(rows, columns, c1 - c0, lines, line, at)
                begins = at[: (c1 - c0) * len(rows)]
                part = sums[task // groups, :, c0 * len(rows) : c1 * len(rows)]
                for b in range(b0, b1):
                    source = flat[row_step * (b - b0) * line :]
                    for low in range(0, width, COLUMNS):
                        high = min(low + COLUMNS, width)
                        _dots(gy[n], b, low, high, k0, k1, source[low:], begins, part)


def weight_gradient(
    x: Array, gy: Array, gw: Array, stride: Pair, dilation: Pair, pads: Pads, groups: int, tick: Tick
) -> None:
    """gw: (K, C/groups, kh, kw) from x (N, C, H, W) and gy (N, K, H', W'), all of one float type."""
    x, gy = read_only(x), read_only(gy)
    filters, channels = gw.shape[0] // groups, gw.shape[1]
    table = forward_taps(gw.shape[2:], gy.shape[2:], stride, dilation, pads)
    band, block = banded(table, x.shape[0] * groups, channels, x.itemsize)
    pieces = x.shape[0] * -(-table.blocks // band)
    bins = max(1, min(BINS, pieces, BINS_BYTES // max(1, gw.size * 8)))
    turns = -(-pieces // bins)
    sums = np.zeros((bins, gw.shape[0], channels * len(table.order)))
    of_filter = max(1, band * table.width * channels * len(table.order) * bins * groups)
    share = min(filters, max(4, CALL_OPERATIONS // of_filter // 4 * 4))
    needed = scan(table)
    for k in range(0, filters, share):
        for turn in range(turns):
            tick()
            _weigh(x, gy, sums, groups, needed, band, block, k, min(k + share, filters), turn, turns)
    gw[...] = sums.sum(axis=0).reshape(gw.shape)


@parallel_kernel
def _plane_sums(gy, sums):
    """sums[m] = Σ_j gy[m, j]. gy: (M, H·W), sums: (M,) float64."""
    for m in prange(gy.shape[0]):
        total = 0.0
        for low in range(0, gy.shape[1], COLUMNS):
            part = gy[m, low : low + COLUMNS]
            run = gy.dtype.type(0)
            for j in range(len(part)):
                run += part[j]
            total += run
        sums[m] = total


def bias_gradient(gy: Array, gb: Array) -> None:
    """gb[k] = Σ_n Σ_i Σ_j gy[n, k, i, j]."""
    images, filters = gy.shape[:2]
    sums = np.empty(images * filters)
    _plane_sums(read_only(gy.reshape(images * filters, -1)), sums)
    gb[...] = sums.reshape(images, filters).sum(axis=0)
