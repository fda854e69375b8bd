"""Convolution by fast filters in one direction: F(m, kh) down the columns, the plain sum along the rows.

    V[ξ, c, x] = Σ_i Bᵀ[ξ, i] · x[c, m·t + i, x],   U[ξ, k, c, v] = Σ_u G[ξ, u] · w[k, c, u, v]
    M[ξ, k, j] = Σ_c Σ_v U[ξ, k, c, v] · V[ξ, c, j·s − p + v·d],   y[k, m·t + i, j] = b_k + Σ_ξ Aᵀ[i, ξ] · M[ξ, k, j]

(m + kh − 1)/m products for each output, channel and column of the kernel instead of kh. In two directions there are
fewer still, but with few channels their transforms cost more than they save: here a transform is a sum of whole rows,
without taking these apart, so it reads the image as it lies in memory. Along the rows any stride and dilation will do,
for the sum reads by a table; dilation d down the columns makes d images of every d-th row.

A thread has a share of the rows of tiles. Of each it makes V, which stays in the second-level cache; then, for FILTERS
filters and the columns of one tile of registers at a time, M, which stays in the first-level cache, and its outputs.
The last columns are a whole tile that lies over the one before: its cells are the same sums in the same order.
[Winograd 1980; one-dimensional as in Lavin & Gray, arXiv 1509.09308, section 4.1]
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kernels._jit import kernel, parallel_kernel, plain, prange, threads
from kernels.cache_lines import odd_lines
from kernels.column_tile import ALGORITHMS, ONE, TAPS, columns_back, columns_into, columns_out, products
from kernels.convolution_problem import Array, Pair, Problem, Run, Tick
from kernels.filter_rows import CALL_OPERATIONS
from kernels.taps import Axis, fill, taps
from kernels.tile import FILTERS, columns
from kernels.vector_code import lanes

STRIP = 4
"""Tiles of registers side by side whose outputs are written together, so that lines of the cache are written whole."""

PAST_BYTES = 1 << 25
"""From where on an output is written past the caches: it would not stay in them, and would be read to be overwritten.
Smaller ones are often in the third-level cache from before, and are written twice as fast there."""


def carries(kernel_: Any, stride: Pair) -> bool:
    """Whether there is a fast filter for kernels of this size, moved by this stride."""
    return kernel_[0] in ALGORITHMS and stride[0] == 1


@kernel
def _transform_rows(x, flat_x, n, first, channels, top, tile, table, v, scratch):
    """V of the channels from `first` on of image n, for the tile whose first input row is `top`.

    Beside the image v is 0 already. Rows at an edge, or taken apart by a stride, go through `scratch`.
    """
    r, _, rows, _, dilation, v_step, vector = tile
    left, runs, run, line, step = table
    height, width = x.shape[2], x.shape[3]
    low = min(max(-left, 0), line)
    count = min(max(width - left, low), line) - low
    if top < 0 or top + (rows - 1) * dilation >= height or step > 1 or count < vector:
        cells = channels * line
        lines = scratch[: rows * cells].reshape((rows, channels, 1, line))
        for i in range(rows):
            fill(x[n, first : first + channels], top + i * dilation, left, runs, run, step, lines[i])
        columns_into(r, v, 0, v_step, scratch, 0, cells, cells)
        return
    whole = count - count % vector
    for c in range(channels):
        at = ((n * x.shape[1] + first + c) * height + top) * width + left + low
        to = c * line + low
        columns_into(r, v, to, v_step, flat_x, at, dilation * width, whole)
        if whole < count:
            last = count - vector
            columns_into(r, v, to + last, v_step, flat_x, at + last, dilation * width, vector)


@kernel
def _give_rows(y, at, step, rows, n, r, m, m_at, made, columns):
    """The first `rows` rows and n columns of a tile of one filter, `step` apart from `at` on."""
    columns_back(r, made, 0, columns, m, m_at, FILTERS * columns, columns)
    for i in range(rows):
        for j in range(n):
            y[at + i * step + j] = made[i * columns + j]


@parallel_kernel
def _correlate(x, flat_x, u, starts, y, groups, tiles, tile, table, at, columns, past, parts, first, last):
    """The rows of tiles `first` … `last` − 1 of all images, groups and residues of rows.

    x (N, G·C, H, W) and y (N, K, H', W'); u flat (G, K/G/FILTERS, ξ, taps, FILTERS), starts flat (ξ, G, K/G) with the
    filters of a group made up to whole FILTERS; `tiles` for each residue; `columns` of a tile of registers; whether y
    is written `past` the caches.
    """
    r, outputs, rows, cells, dilation, v_step, vector = tile
    channels, of_group = x.shape[1] // groups, y.shape[1] // groups
    height, width = y.shape[2], y.shape[3]
    quads = (of_group + FILTERS - 1) // FILTERS
    line = table[3]
    flat_y = y.reshape(y.size)
    for part in prange(parts):
        v = np.zeros(cells * v_step + columns + vector, x.dtype)
        scratch = np.zeros(rows * channels * line + vector, x.dtype)
        m = np.empty(STRIP * cells * FILTERS * columns, x.dtype)
        made = np.empty(outputs * columns, x.dtype)
        low = first + (last - first) * part // parts
        high = first + (last - first) * (part + 1) // parts
        for task in range(low, high):
            n, g = task // (tiles * dilation * groups), task // (tiles * dilation) % groups
            row = task // tiles % dilation + task % tiles * outputs * dilation
            there = min(outputs, (height - row + dilation - 1) // dilation)
            if there <= 0:
                continue
            _transform_rows(x, flat_x, n, g * channels, channels, row - table[5], tile, table[:5], v, scratch)
            for quad in range(g * quads, (g + 1) * quads):
                k = g * of_group + (quad - g * quads) * FILTERS
                filters = min(FILTERS, (g + 1) * of_group - k)
                for strip in range(0, width, STRIP * columns):
                    stop = min(strip + STRIP * columns, width)
                    for begin in range(strip, stop, columns):
                        products(
                            m, (begin - strip) * cells * FILTERS, v, max(0, min(begin, width - columns)), v_step,
                            at, len(at), u, quad * cells * len(at) * FILTERS,
                            starts, quad * FILTERS, groups * quads * FILTERS, cells,
                        )  # fmt: skip
                    to = ((n * y.shape[1] + k) * height + row) * width
                    for f in range(filters):
                        for begin in range(strip, stop, columns):
                            j = to + f * height * width + max(0, min(begin, width - columns))
                            m_at = (begin - strip) * cells * FILTERS + f * columns
                            if there < outputs or width < columns:
                                kept = min(columns, width)
                                _give_rows(flat_y, j, dilation * width, there, kept, r, m, m_at, made, columns)
                            elif past:
                                columns_out(r, flat_y, j, dilation * width, m, m_at, FILTERS * columns, columns)
                            else:
                                columns_back(r, flat_y, j, dilation * width, m, m_at, FILTERS * columns, columns)


def transformed_kernels(w: Array, groups: int) -> Array:
    """U, flat (G, K/G/FILTERS, ξ, C·kw, FILTERS), from w (K, C, kh, kw): 0 for filters that there are not."""
    filters, channels, kh, kw = w.shape
    of_group = filters // groups
    quads = -(-of_group // FILTERS)
    whole = np.zeros((kh, groups, channels, kw, quads * FILTERS))
    whole[..., :of_group] = w.reshape(groups, of_group, channels, kh, kw).transpose(3, 0, 2, 4, 1)
    with np.errstate(all="ignore"):
        u = (TAPS[kh] @ whole.reshape(kh, -1)).astype(w.dtype)
    return u.reshape(len(u), groups, channels * kw, quads, FILTERS).transpose(1, 3, 0, 2, 4).ravel()


def _starts(b: Array, groups: int, cells: int) -> Array:
    """What the products begin with, flat (ξ, G, K/G made up to whole FILTERS)."""
    of_group = len(b) // groups
    starts = np.zeros((cells, groups, -(-of_group // FILTERS) * FILTERS), b.dtype)
    starts[ONE, :, :of_group] = b.reshape(groups, of_group)
    return starts.ravel()


def plan(problem: Problem) -> Run:
    """What makes y, for what is carried (`carries`)."""
    groups, dilation, itemsize = problem.groups, problem.dilation, problem.dtype.itemsize
    channels, kh, kw = problem.w[1:]
    algorithm, (_, filters, height, width) = ALGORITHMS[kh], problem.y
    outputs, rows, cells = len(algorithm.AT), len(algorithm.BT[0]), len(algorithm.BT)
    one, across = Axis(1, 1, 1, 0, 1, 1), Axis(width, problem.stride[1], 1, -problem.pads[1], dilation[1], kw)
    table = taps(one, across)
    at = (np.arange(channels)[:, None] * table.line + table.columns).ravel()
    vector = lanes(itemsize)
    tile = kh, outputs, rows, cells, dilation[0], odd_lines(channels * table.line + vector, itemsize), vector
    reads = table.left, table.runs, table.run, table.line, table.column_step, problem.pads[0]
    tiles = -(-height // (dilation[0] * outputs))
    parts, tasks = threads(), problem.x[0] * groups * dilation[0] * tiles
    of_tile = cells * len(at) * width * (filters // groups)
    calls = -(-tasks // -(-tasks * of_tile // CALL_OPERATIONS))
    most = math.prod(problem.y) * itemsize >= PAST_BYTES and width * itemsize % 16 == 0

    def run(x: Array, w: Array, b: Array, y: Array, tick: Tick) -> None:
        x, u, starts = plain(x), transformed_kernels(w, groups), _starts(b, groups, cells)
        # Numbers that are written past the caches are there once the threads have met at the end of the loop.
        past = most and y.ctypes.data % 16 == 0
        for first in range(0, tasks, calls):
            tick()
            _correlate(
                x, x.reshape(-1), u, starts, y, groups, tiles, tile, reads, at, columns(itemsize), past, parts, first,
                min(first + calls, tasks),
            )  # fmt: skip

    return run
