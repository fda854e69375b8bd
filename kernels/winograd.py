"""Convolution by fast filters F(m, r) in two directions: Y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A on every tile of the image.

    V[ξ, c, t] = (Bᵀ d_{c,t} B)_ξ,   U[ξ, k, c] = (G g_{k,c} Gᵀ)_ξ,   M[ξ, k, t] = Σ_c U[ξ, k, c] · V[ξ, c, t]
    y_{k,t} = Aᵀ M_{k,t} A + b_k

Tiles t overlap by r − 1 cells and begin m apart; ξ goes over the products of a tile, (m + r − 1)² or more. So the sum
over channels is a product of matrices for each ξ, which the tile of registers does [Lavin & Gray 2015].

An image is taken apart into m × m phases: cell (i, j) of all tiles is a row of phase (i mod m, j mod m), shifted by
(i div m, j div m) tiles. On such rows the transforms are sums of multiples of rows: vector code for the usual filters
(`kernels/preset_transforms.py`), read from tables for any other that can be derived (`kernels/row_sums.py`). A thread
carries a block of tiles through all three stages; where there are too few blocks, the threads share the channels, then
the filters of each. Either way a cell is the same sum in the same order.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from kernels._jit import parallel_kernel, prange, read_only, threads
from kernels.cache_lines import LINE_BYTES
from kernels.convolution import CALL_OPERATIONS, Array, Pads, Tick
from kernels.fast_filter import FastFilter
from kernels.tile import FILTERS
from kernels.winograd_plan import planned
from kernels.winograd_stages import (
    columns_of,
    multiply,
    placed,
    transform_input,
    transform_kernels,
    transform_output,
    volume,
)

BLOCK_BYTES = 1 << 21
"""Transformed tiles, of the input and of the output, that a thread has its share of at a time."""

TOGETHER = 1.2
"""How much longer a block takes where the threads wait for each other after every stage."""

KEPT_BYTES = 1 << 26
"""Workspace that is kept from call to call: fresh memory costs as much as the sums."""


@parallel_kernel
def _transform_all_kernels(w, quads, ways, down, over, u, parts):
    """U by all threads."""
    for part in prange(parts):
        transform_kernels(w, quads, ways, down, over, u, part, parts)


@parallel_kernel
def _convolve_apart(x, taken, u, bias, y, given, grid, pads, block, down, over, up, back, work, parts, first, last):
    """The blocks `first` … `last` − 1 of all images and groups: a thread carries a block through all stages.

    x, y          flat; `taken` (C, H, W) and `given` (K, H', W') are the shapes of a group of an image
    u             flat as well, `weights` for each group
    """
    weights = u.size // grid[0]
    zeros = np.zeros(FILTERS, y.dtype)
    reads = np.arange(block.channels) * block.v_row
    cells = block.alpha * block.beta
    for part in prange(parts):
        here = part * (block.local + cells * (block.v_cell + block.m_cell))
        v_at, m_at = here + block.local, here + block.local + cells * block.v_cell
        for task in range(first + part, last, parts):
            group, begin, rows, left = placed(task, grid, block)
            n = columns_of(rows, block)
            transform_input(
                x, group * volume(taken), taken, begin * block.m - pads[0], left - pads[1], rows, n, block, down, over,
                work, here, v_at, 0, 1,
            )  # fmt: skip
            multiply(work, v_at, m_at, n, block, 0, block.quads, u, group % grid[0] * weights, zeros, reads)
            transform_output(
                y, group * volume(given), given, bias, group % grid[0] * given[0], begin, left, rows, block, up, back,
                work, here, m_at, n, 0, given[0],
            )  # fmt: skip


@parallel_kernel
def _convolve_together(
    x,
    taken,
    w,
    ways,
    taps,
    taps_over,
    u,
    bias,
    y,
    given,
    grid,
    pads,
    block,
    down,
    over,
    up,
    back,
    work,
    parts,
    first,
    last,
):
    """The same blocks one after the other: the threads share the channels of V, then the filters of M and Y.

    Waking threads takes as long as a thousand tiles: U is made from w (groups, K, C, r·r′) in the turn of the first V.
    """
    weights = u.size // grid[0]
    zeros = np.zeros(FILTERS, y.dtype)
    reads = np.arange(block.channels) * block.v_row
    v_at, m_at = parts * block.local, parts * block.local + block.alpha * block.beta * block.v_cell
    for task in range(first, last):
        group, begin, rows, left = placed(task, grid, block)
        n = columns_of(rows, block)
        for part in prange(parts):
            if task == 0:
                transform_kernels(w, block.quads, ways, taps, taps_over, u, part, parts)
            transform_input(
                x, group * volume(taken), taken, begin * block.m - pads[0], left - pads[1], rows, n, block, down, over,
                work, part * block.local, v_at, part, parts,
            )  # fmt: skip
        for part in prange(parts):
            low, high = part * block.quads // parts, (part + 1) * block.quads // parts
            multiply(work, v_at, m_at, n, block, low, high, u, group % grid[0] * weights, zeros, reads)
            transform_output(
                y, group * volume(given), given, bias, group % grid[0] * given[0], begin, left, rows, block, up, back,
                work, part * block.local, m_at, n, low * FILTERS, min(high * FILTERS, given[0]),
            )  # fmt: skip


_kept = threading.local()


def _workspace(count: int, dtype: Any) -> Array:
    """Numbers to work in, at the beginning of a cache line: kept for the next call where they are not too many."""
    size = count * np.dtype(dtype).itemsize + LINE_BYTES
    held = getattr(_kept, "bytes", None)
    if held is None or held.size < size:
        held = np.empty(size, np.uint8)
        _kept.bytes = held if size <= KEPT_BYTES else None
    start = -held.ctypes.data % LINE_BYTES
    return held[start : start + size - LINE_BYTES].view(dtype)


def convolve(
    x: Array, w: Array, b: Array, y: Array, pads: Pads, groups: int, down: FastFilter, across: FastFilter, tick: Tick
) -> None:
    """y: (N, K, H', W') from x (N, C, H, W) and w (K, C/groups, r, r'), with stride and dilation 1.

    down, across  F(m, r) along the columns and F(m', r') along the rows; ValueError where r and r' are not those of w
    """
    if w.shape[2:] != (down.r, across.r):
        raise ValueError(f"a kernel of {w.shape[2:]} for filters of {down.r} and {across.r} taps")
    channels, filters = w.shape[1], w.shape[0] // groups
    parts, maps = threads(), x.shape[0] * groups
    asked = y.shape[2:], channels, filters, down, across, x.dtype.str
    apart, together = planned(*asked, BLOCK_BYTES, maps, parts), planned(*asked, BLOCK_BYTES * parts, maps, 1)
    quads = together.block.quads
    sharing = TOGETHER * together.price * -(-quads // parts) / quads < apart.price
    plan = together if sharing else apart
    block = plan.block
    cells = block.alpha * block.beta
    of_u = -(-groups * cells * quads * channels * FILTERS * x.itemsize // LINE_BYTES) * LINE_BYTES // x.itemsize
    of_block = cells * (block.v_cell + block.m_cell)
    work = _workspace(of_u + parts * block.local + (1 if sharing else parts) * of_block, x.dtype)
    u, work = work[: groups * cells * quads * channels * FILTERS], work[of_u:]
    kernels = read_only(w.reshape(groups, filters, channels, -1))
    ways = down.preset, across.preset, max(down.taps.between, across.taps.between)
    if not sharing:
        _transform_all_kernels(kernels, quads, ways, down.taps, across.taps, u, parts)
    calls = max(1 if sharing else parts, CALL_OPERATIONS // (cells * block.n * channels * filters) // parts * parts)
    grid = groups, plan.down, plan.across, plan.tiles
    taken, given = (channels, *x.shape[2:]), (filters, *y.shape[2:])
    flat, b, out = read_only(x.reshape(-1)), read_only(b), y.reshape(-1)
    for first in range(0, maps * plan.blocks, calls):
        tick()
        last = min(first + calls, maps * plan.blocks)
        if sharing:
            _convolve_together(
                flat, taken, kernels, ways, down.taps, across.taps, u, b, out, given, grid, pads[:2], block,
                *plan.passes, work, parts, first, last,
            )  # fmt: skip
        else:
            _convolve_apart(
                flat, taken, u, b, out, given, grid, pads[:2], block, *plan.passes, work, parts, first, last
            )
    tick()
