"""Convolution by fast filters F(m, r) in two directions: Y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A on every tile of the image.

    V[ξ, c, t] = (Bᵀ d_{c,t} B)_ξ,   U[ξ, k, c] = (G g_{k,c} Gᵀ)_ξ,   M[ξ, k, t] = Σ_c U[ξ, k, c] · V[ξ, c, t]
    y_{k,t} = Aᵀ M_{k,t} A + b_k

Tiles t overlap by r − 1 cells and begin m apart; ξ goes over the products of a tile, (m + r − 1)² or more. So the sum
over channels is a product of matrices for each ξ, which the tile of registers does [Lavin & Gray 2015].

An image is taken apart into m × m phases: cell (i, j) of all tiles is a row of phase (i mod m, j mod m), shifted by
(i div m, j div m) tiles. On such rows the transforms are sums of multiples of rows (`kernels/fast_filter.py`), read
from tables: so any algorithm that can be derived runs here, and none of them is compiled. A thread carries a block of
tiles through all three stages; where there are too few blocks, the threads share the stages of each. Either way a cell
is the same sum in the same order.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from kernels._jit import kernel, parallel_kernel, prange, read_only, threads
from kernels.convolution import CALL_OPERATIONS, Array, Pads, Tick
from kernels.fast_filter import FastFilter
from kernels.tile import FILTERS, tile_of_filters
from kernels.vector_rows import combine, take_apart, weave
from kernels.winograd_plan import KERNELS, LINE, laid_kernels, planned

BLOCK_BYTES = 1 << 21
"""Transformed tiles, of the input and of the output, that a thread has its share of at a time."""

TOGETHER = 1.2
"""How much longer a block takes where the threads wait for each other after every stage."""

KEPT_BYTES = 1 << 26
"""Workspace that is kept from call to call: fresh memory costs as much as the sums."""


@kernel
def _moved(places, spaces, here, there, moved):
    """Where rows lie once it is known where their spaces begin."""
    for i in range(len(places)):
        moved[i] = places[i] + (there if spaces[i] else here)


@kernel
def _add_up(work, begins, to, at, factors, n):
    """Carry out sums of rows of n numbers."""
    for s in range(len(to)):
        combine(work, to[s], at, factors, begins[s], begins[s + 1] - begins[s], n)


@kernel
def _take_in(x, top, left, block, work, here):
    """The phases of the cells of one channel x (H, W) that a block reads, from (top, left) on, and 0 outside of x."""
    (m, m_across, r, rows, _, run, _, _, plane, line, phases) = block[:11]
    vector = block[18]
    height, width = x.shape
    length = (run + vector) * m_across
    low = min(max(-left, 0), length)
    high = min(max(width - left, low), length)
    line += here
    work[line : line + low] = 0
    work[line + high : line + length] = 0
    for i in range(rows * m + r - 1):
        to = here + phases + i % m * m_across * plane + i // m * run
        if top + i < 0 or top + i >= height:
            for p in range(m_across):
                work[to + p * plane : to + p * plane + run] = 0
            continue
        inside = work[line + low : line + high]
        source = x[top + i, left + low : left + high]
        for j in range(len(inside)):
            inside[j] = source[j]
        take_apart(work, to, plane, work, line, m_across, run)


@kernel
def _multiply(work, v_at, m_at, block, low, high, u, zeros, reads):
    """M[ξ] = U[ξ]·V[ξ], for low ≤ ξ·parts + part < high, each a tile's width of columns."""
    n, v_cell, m_cell, _, channels, quads, _, width = block[6], *block[13:20]
    parts = n // width
    for part in range(low, high):
        cell, column = part // parts, part % parts * width
        for q in range(quads):
            tile_of_filters(
                work, m_at + cell * m_cell + q * FILTERS * n + column, n, zeros, 0,
                work, v_at + cell * v_cell + column, reads, channels, u, (cell * quads + q) * channels * FILTERS,
            )  # fmt: skip


@kernel
def _give_out(y, top, left, b, block, work, here):
    """The tiles of one filter, row by row into y (H', W') from (top, left) on, where they lie inside of it."""
    (m, m_across, _, rows, across, run, n, _, _, line, phases) = block[:11]
    vector = block[18]
    line += here
    step = n + vector
    kept = min(across * m_across, y.shape[1] - left)
    for t in range(rows):
        for i in range(min(m, y.shape[0] - top - t * m)):
            weave(work, line, here + phases + i * m_across * step + t * run, step, m_across, across)
            row = y[top + t * m + i, left : left + kept]
            ready = work[line : line + kept]
            for j in range(kept):
                row[j] = ready[j] + b


@kernel
def _transform_input(x, top, left, block, down, over, work, here, v_at, part, parts):
    """V of every channel c of x (C, H, W) with c = part modulo parts, for the tiles from (top, left) on."""
    n, reach = block[6], block[7]
    down_to, down_at = np.empty_like(down[1]), np.empty_like(down[3])
    over_to, over_at = np.empty_like(over[1]), np.empty_like(over[3])
    _moved(down[1], down[2], here, 0, down_to)
    _moved(down[3], down[4], here, 0, down_at)
    for c in range(part, x.shape[0], parts):
        _take_in(x[c], top, left, block, work, here)
        _add_up(work, down[0], down_to, down_at, down[5], reach)
        _moved(over[1], over[2], here, v_at + c * n, over_to)
        _moved(over[3], over[4], here, v_at + c * n, over_at)
        _add_up(work, over[0], over_to, over_at, over[5], n)


@kernel
def _transform_output(y, bias, top, left, block, up, back, work, here, m_at, part, parts):
    """The tiles from (top, left) on in the map of every filter k of y (K, H', W') with k = part modulo parts."""
    n = block[6]
    up_to, up_at = np.empty_like(up[1]), np.empty_like(up[3])
    back_to, back_at = np.empty_like(back[1]), np.empty_like(back[3])
    _moved(up[1], up[2], here, 0, up_to)
    _moved(back[1], back[2], here, 0, back_to)
    _moved(back[3], back[4], here, 0, back_at)
    for k in range(part, y.shape[0], parts):
        _moved(up[3], up[4], here, m_at + k * n, up_at)
        _add_up(work, up[0], up_to, up_at, up[5], n)
        _add_up(work, back[0], back_to, back_at, back[5], n)
        _give_out(y[k], top, left, bias[k], block, work, here)


@kernel
def _place(block_number, grid, block):
    """Image, group, and the first row and column of the outputs of a block."""
    groups, down, across = grid
    image = block_number // (groups * down * across)
    top = block_number // across % down * block[3] * block[0]
    return image, block_number // (down * across) % groups, top, block_number % across * block[4] * block[1]


@parallel_kernel
def _convolve_apart(x, u, bias, y, grid, pads, block, down, over, up, back, work, parts, first, last):
    """The blocks `first` … `last` − 1 of all images and groups: a thread carries a block through all stages."""
    channels, filters, weights = x.shape[1] // grid[0], y.shape[1] // grid[0], u.size // grid[0]
    zeros = np.zeros(FILTERS, y.dtype)
    reads = np.arange(channels) * block[6]
    local, v_cell, m_cell, cells = block[12], block[13], block[14], block[15]
    for part in prange(parts):
        here = part * (local + cells * (v_cell + m_cell))
        v_at, m_at = here + local, here + local + cells * v_cell
        for task in range(first + part, last, parts):
            image, g, top, left = _place(task, grid, block)
            seen = x[image, g * channels : (g + 1) * channels]
            _transform_input(seen, top - pads[0], left - pads[1], block, down, over, work, here, v_at, 0, 1)
            w = u[g * weights : (g + 1) * weights]
            _multiply(work, v_at, m_at, block, 0, cells * (block[6] // block[19]), w, zeros, reads)
            made, b = y[image, g * filters : (g + 1) * filters], bias[g * filters : (g + 1) * filters]
            _transform_output(made, b, top, left, block, up, back, work, here, m_at, 0, 1)


@parallel_kernel
def _convolve_together(x, u, bias, y, grid, pads, block, down, over, up, back, work, parts, first, last):
    """The same blocks one after the other: the threads share each stage, by channels, then by ξ, then by filters."""
    channels, filters, weights = x.shape[1] // grid[0], y.shape[1] // grid[0], u.size // grid[0]
    zeros = np.zeros(FILTERS, y.dtype)
    reads = np.arange(channels) * block[6]
    local, cells = block[12], block[15]
    v_at, m_at = parts * local, parts * local + cells * block[13]
    products = cells * (block[6] // block[19])
    for task in range(first, last):
        image, g, top, left = _place(task, grid, block)
        seen, made = x[image, g * channels : (g + 1) * channels], y[image, g * filters : (g + 1) * filters]
        b, w = bias[g * filters : (g + 1) * filters], u[g * weights : (g + 1) * weights]
        for part in prange(parts):
            _transform_input(
                seen, top - pads[0], left - pads[1], block, down, over, work, part * local, v_at, part, parts
            )
        for part in prange(parts):
            low, high = part * products // parts, (part + 1) * products // parts
            _multiply(work, v_at, m_at, block, low, high, w, zeros, reads)
        for part in prange(parts):
            _transform_output(made, b, top, left, block, up, back, work, part * local, m_at, part, parts)


@parallel_kernel
def _transform_kernels(w, quads, share, down, over, between, local, u):
    """U[ξ, k, c] of each group, FILTERS filters side by side and 0 where there are fewer, in float64 until the end.

    w: (groups, K, C, r·r'); u flat: (groups, ξ, K/FILTERS, C, FILTERS); `share` channels at a time.
    """
    groups, filters, channels, taps = w.shape
    cells = u.size // (groups * quads * channels * FILTERS)
    n = share * FILTERS
    for task in prange(groups * quads):
        group, quad = task // quads, task % quads
        work = np.zeros(local)
        for c0 in range(0, channels, share):
            count = min(share, channels - c0)
            for f in range(min(FILTERS, filters - quad * FILTERS)):
                for c in range(count):
                    source = w[group, quad * FILTERS + f, c0 + c]
                    for t in range(taps):
                        work[t * n + c * FILTERS + f] = source[t]
            _add_up(work, down[0], down[1], down[3], down[5], n)
            _add_up(work, over[0], over[1], over[3], over[5], n)
            for cell in range(cells):
                at = (((group * cells + cell) * quads + quad) * channels + c0) * FILTERS
                to = u[at : at + count * FILTERS]
                ready = work[between + cell * n : between + cell * n + count * FILTERS]
                for j in range(len(to)):
                    to[j] = ready[j]


_kept = threading.local()


def _workspace(count: int, dtype: Any) -> Array:
    """Numbers to work in, at the beginning of a cache line: kept for the next call where they are not too many."""
    size = count * np.dtype(dtype).itemsize + LINE
    held = getattr(_kept, "bytes", None)
    if held is None or held.size < size:
        held = np.empty(size, np.uint8)
        _kept.bytes = held if size <= KEPT_BYTES else None
    start = -held.ctypes.data % LINE
    return held[start : start + size - LINE].view(dtype)


def transformed_kernels(w: Array, groups: int, down: FastFilter, across: FastFilter) -> Array:
    """U of all groups, flat, as `_transform_kernels` has them, from w (K, C, r, r')."""
    filters, channels = w.shape[0] // groups, w.shape[1]
    quads, cells = -(-filters // FILTERS), down.taps.outputs * across.taps.outputs
    u = np.empty(groups * cells * quads * channels * FILTERS, w.dtype)
    share = min(channels, KERNELS)
    laid, ready, local = laid_kernels(down, across, share * FILTERS)
    flat = read_only(w.reshape(groups, filters, channels, -1))
    _transform_kernels(flat, quads, share, *laid, ready, local, u)
    return read_only(u)


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
    given = y.shape[2:], channels, filters, down, across, x.dtype.str
    apart, together = planned(*given, BLOCK_BYTES), planned(*given, BLOCK_BYTES * parts)
    sharing = TOGETHER * maps * together.price < parts * -(-maps * apart.blocks // parts) * apart.price // apart.blocks
    run, plan = (_convolve_together, together) if sharing else (_convolve_apart, apart)
    block = plan.block
    work = _workspace(
        parts * block.local + (1 if sharing else parts) * block.cells * (block.v_cell + block.m_cell), x.dtype
    )
    u = transformed_kernels(w, groups, down, across)
    calls = max(
        1 if sharing else parts, CALL_OPERATIONS // (block.cells * block.n * channels * filters) // parts * parts
    )
    for first in range(0, maps * plan.blocks, calls):
        tick()
        run(
            read_only(x), u, read_only(b), y, (groups, plan.down, plan.across), pads[:2], block, *plan.passes, work,
            parts, first, min(first + calls, maps * plan.blocks),
        )  # fmt: skip
    tick()
