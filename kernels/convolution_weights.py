"""Gradients of convolution with respect to its weights.

    gw[k, c, u, v] = Σ_n Σ_i Σ_j gy[n, k, i, j] · x[n, g·C + c, i·s − p + u·d, j·s − p + v·d]

Bands of rows are summed side by side into bins, in float64, and the bins are added in their order. How many there are
follows from the shapes alone, so the result does not depend on the number of threads. Where there are many channels and
filters `kernels/weight_products.py` does the same.
"""

from __future__ import annotations

import numpy as np

from kernels import weight_products
from kernels._jit import kernel, parallel_kernel, prange, read_only
from kernels.convolution import SCRATCH_BYTES, forward_taps, scan
from kernels.convolution_problem import Array, Pads, Pair, Tick
from kernels.dot_tile import TAPS, TAPS_OF_ONE, dots_of_filters, dots_of_one
from kernels.taps import Taps, fill, reads
from kernels.tile import FILTERS
from kernels.weight_products import BINS, BINS_BYTES, CALL_OPERATIONS

COLUMNS = 1024
"""Cells of one row or of several that are summed at a time: a short sum, and they stay in the first-level cache."""

COPIED = 144
"""Products for each number copied, at the least, where filters are shared among threads."""


@kernel
def _add_dots(gy, g_at, g_step, g_row, filters, s, s_at, s_row, at, rows, n, sums, products):
    """sums[f, t] += Σ_b Σ_j gy[g_at + f·g_step + b·g_row + j]·s[s_at + at[t] + b·s_row + j] for all f and taps t."""
    taps = len(at)
    f = 0
    while f < filters:
        tile, step = (1, TAPS_OF_ONE) if filters - f == 1 else (FILTERS, TAPS)
        some = min(tile, filters - f)
        for t in range(0, taps, step):
            count = min(step, taps - t)
            g_from = g_at + f * g_step
            if tile == 1:
                dots_of_one(products, gy, g_from, g_step, g_row, some, s, s_at, s_row, at, t, count, rows, n)
            else:
                dots_of_filters(products, gy, g_from, g_step, g_row, some, s, s_at, s_row, at, t, count, rows, n)
            for i in range(some):
                for j in range(count):
                    sums[f + i, t + j] += products[i * step + j]
        f += some


@parallel_kernel
def _weigh(x, gy, sums, groups, shares, needed, band, block, k_first, k_last, turn, turns):
    """sums[bin] += band number `turn` of each bin. x: (N, G·C, H, W), gy: (N, K, H', W'), sums: (bins, K, C·T)."""
    rows, columns, _, _, runs, run, line, top, height, left, blocks, width, row_step, _, step = needed
    channels = x.shape[1] // groups
    of_group = gy.shape[1] // groups
    bands = (blocks + band - 1) // band
    flat_gy = gy.reshape(gy.size)
    g_step = gy.shape[2] * gy.shape[3]
    each = (k_last - k_first + shares - 1) // shares
    each = (each + FILTERS - 1) // FILTERS * FILTERS
    for task in prange(sums.shape[0] * groups * shares):
        g = task // shares % groups
        filled = task // (groups * shares)
        piece = filled * turns + turn
        if piece < x.shape[0] * bands:
            n = piece // bands
            b0 = piece % bands * band
            b1 = min(b0 + band, blocks)
            lines = row_step * (b1 - b0 - 1) + height
            k0 = g * of_group + min(k_first + task % shares * each, k_last)
            k1 = min(k0 + each, g * of_group + k_last)
            flat = np.empty(block * lines * line, x.dtype)
            scratch = flat.reshape((block, lines, line))
            at = np.empty(block * len(rows), np.int64)
            products = np.empty(max(FILTERS * TAPS, TAPS_OF_ONE))
            n_first = n * gy.shape[1]
            for c0 in range(0, channels, block):
                c1 = min(c0 + block, channels)
                fill(x[n, g * channels + c0 : g * channels + c1], top + row_step * b0, left, runs, run, step, scratch)
                reads(rows, columns, c1 - c0, lines, line, at)
                begins = at[: (c1 - c0) * len(rows)]
                part = sums[filled, k0:k1, c0 * len(rows) : c1 * len(rows)]
                for low in range(0, width, COLUMNS):
                    length = min(COLUMNS, width - low)
                    some = max(1, COLUMNS // length)
                    for b in range(b0, b1, some):
                        _add_dots(
                            flat_gy, (n_first + k0) * g_step + b * width + low, g_step, width, k1 - k0, flat,
                            row_step * (b - b0) * line + low, row_step * line, begins, min(some, b1 - b), length, part,
                            products,
                        )  # fmt: skip


def _banded(table: Taps, images: int, channels: int, itemsize: int) -> tuple[int, int]:
    """Rows of a band, enough for long sums and in BINS bands where there are more, and channels of a block."""
    line_bytes = max(1, table.line * itemsize)
    band = min(table.blocks, max(-(-COLUMNS // max(1, table.width)), -(-images * table.blocks // BINS)))
    fitting = (SCRATCH_BYTES // line_bytes - table.height) // table.row_step + 1
    band = max(1, min(band, max(fitting, table.height // table.row_step)))
    lines = table.height + (band - 1) * table.row_step
    return band, min(max(SCRATCH_BYTES // (lines * line_bytes), 1), channels)


def weight_gradient(
    x: Array, gy: Array, gw: Array, stride: Pair, dilation: Pair, pads: Pads, groups: int, tick: Tick
) -> None:
    """gw: (K, C/groups, kh, kw) from x (N, C, H, W) and gy (N, K, H', W'), all of one float type."""
    if weight_products.pays(gw, groups, dilation):
        weight_products.weight_gradient(x, gy, gw, stride, dilation, pads, groups, tick)
        return
    x, gy = read_only(x), read_only(gy)
    filters, channels = gw.shape[0] // groups, gw.shape[1]
    table = forward_taps(gw.shape[2:], gy.shape[2:], stride, dilation, pads)
    band, block = _banded(table, x.shape[0], channels, x.itemsize)
    pieces = x.shape[0] * -(-table.blocks // band)
    bins = max(1, min(BINS, pieces, BINS_BYTES // max(1, gw.size * 8)))
    turns = -(-pieces // bins)
    # Where there are few bins, filters are shared too; each share copies the input for itself.
    shares = max(1, min(BINS // (bins * groups), filters * len(table.order) // COPIED))
    sums = np.zeros((bins, gw.shape[0], channels * len(table.order)))
    of_filter = max(1, band * table.width * channels * len(table.order) * bins * groups)
    share = min(filters, max(FILTERS, CALL_OPERATIONS // of_filter // FILTERS * FILTERS))
    needed = scan(table)
    for k in range(0, filters, share):
        for turn in range(turns):
            tick()
            _weigh(x, gy, sums, groups, shares, needed, band, block, k, min(k + share, filters), turn, turns)
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
