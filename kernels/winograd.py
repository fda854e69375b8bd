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

from kernels._jit import kernel, parallel_kernel, prange, read_only, threads
from kernels.convolution import CALL_OPERATIONS, Array, Pads, Tick
from kernels.fast_filter import FastFilter
from kernels.preset_transforms import transform_back, transform_into, transform_taps, weave_back
from kernels.row_sums import add_rows
from kernels.tile import FILTERS, tile_of_filters
from kernels.vector_rows import apart, clear_row, copy_row, take_apart, weave, woven
from kernels.winograd_plan import LINE, planned

BLOCK_BYTES = 1 << 21
"""Transformed tiles, of the input and of the output, that a thread has its share of at a time."""

KERNELS = 32
"""Channels of kernels that are transformed at a time."""

TOGETHER = 1.2
"""How much longer a block takes where the threads wait for each other after every stage."""

KEPT_BYTES = 1 << 26
"""Workspace that is kept from call to call: fresh memory costs as much as the sums."""


@kernel
def _place(block_number, grid, block):
    """Group, counted over all images, first row of tiles, rows of tiles, and first column of outputs of a block."""
    _, down, across, tiles = grid
    # As even as can be: threads that have blocks of equal size end together.
    at = block_number // across % down
    first = at * tiles // down
    return (
        block_number // (down * across),
        first,
        (at + 1) * tiles // down - first,
        block_number % across * block.across * block.m_across,
    )


@kernel
def _size(shape):
    """Numbers of an array."""
    return shape[0] * shape[1] * shape[2]


@kernel
def _columns(rows, block):
    """Columns that are multiplied for so many rows of tiles: whole tiles of registers."""
    return (rows * block.across + block.columns - 1) // block.columns * block.columns


@kernel
def _take_in(x, at, height, width, top, left, rows, block, work, here):
    """The phases of the cells of one channel that a block reads, from (top, left) on, and 0 outside of the map.

    The map (height, width) begins at x[at].
    """
    m, m_across, run, plane = block.m, block.m_across, block.run, block.plane
    length = (run + block.lanes) * m_across
    low = min(max(-left, 0), length)
    high = min(max(width - left, low), length)
    line = here + block.line
    clear_row(work, line, low)
    clear_row(work, line + high, length - high)
    for i in range(rows * m + block.r - 1):
        to = here + block.phases + i % m * m_across * plane + i // m * run
        if top + i < 0 or top + i >= height:
            for p in range(m_across):
                clear_row(work, to + p * plane, run)
            continue
        copy_row(work, line + low, x, at + (top + i) * width + left + low, high - low)
        if woven(m_across):
            apart(work, to, plane, work, line, m_across, run)
        else:
            take_apart(work, to, plane, work, line, m_across, run)


@kernel
def _transform_input(x, at, shape, top, left, rows, n, block, down, over, work, here, v_at, part, parts):
    """V of every channel c with c = part modulo parts, for `rows` of tiles from (top, left) on.

    x[at] is the first number of the channels of `shape` (C, H, W).
    """
    m, m_across, run, reach, plane = block.m, block.m_across, block.run, block.reach, block.plane
    phases, half, spare = here + block.phases, here + block.half, here + block.between
    step = m_across * plane
    # The columns behind the last row of tiles are multiplied too. They are zeros, since what memory held before may be
    # numbers so small that a product takes a hundred times as long.
    last = n - (rows - 1) * block.across
    reached = (rows - 1) * run + last + run - block.across
    clear_row(work, phases, m * step)
    places = np.empty(max(len(down.values), len(over.values)), np.int64)
    for c in range(part, shape[0], parts):
        _take_in(x, at + c * shape[1] * shape[2], shape[1], shape[2], top, left, rows, block, work, here)
        for p in range(m_across):
            to, read = half + p * reach, phases + p * plane
            if block.preset:
                transform_into(block.preset, work, to, m_across * reach, work, read, step, run, reached)
            else:
                add_rows(down, work, to, m_across * reach, read, step, m, run, reached, spare, places)
        # The rows of tiles come close together: what the last vector of one has too much, the next one overwrites.
        for i in range(block.alpha):
            for t in range(rows):
                to = v_at + i * block.beta * block.v_cell + c * block.v_row + t * block.across
                read = half + i * m_across * reach + t * run
                count = last if t == rows - 1 else block.across
                if block.preset_across:
                    transform_into(block.preset_across, work, to, block.v_cell, work, read, reach, 1, count)
                else:
                    add_rows(over, work, to, block.v_cell, read, reach, m_across, 1, count, spare, places)


@kernel
def _multiply(work, v_at, m_at, n, block, low, high, u, u_at, zeros, reads):
    """M[ξ] = U[ξ]·V[ξ] on n columns, for FILTERS filters at a time, `low` … `high` − 1 of these."""
    channels, quads = block.channels, block.quads
    for cell in range(block.alpha * block.beta):
        for column in range(0, n, block.columns):
            read = v_at + cell * block.v_cell + column
            for q in range(low, high):
                tile_of_filters(
                    work, m_at + cell * block.m_cell + q * FILTERS * block.n + column, block.n, zeros, 0,
                    work, read, reads, channels, u, u_at + (cell * quads + q) * channels * FILTERS,
                )  # fmt: skip


@kernel
def _give_by_table(y, at, width, b, work, read, here, block, back, places):
    """y[at + j] = b + …, j < width: a row of outputs from half transformed cells, those of phase p every m′."""
    m, tiles = block.m_across, block.across
    line, phases, step = here + block.line, here + block.phases, tiles + block.lanes
    add_rows(back, work, phases, step, read, block.n, back.inputs, 0, tiles, here + block.between, places)
    weave(work, line, phases, step, m, tiles)
    row, ready = y[at : at + width], work[line : line + width]
    for j in range(width):
        row[j] = ready[j] + b


@kernel
def _transform_output(y, at, shape, bias, bias_at, first, left, rows, block, up, back, work, here, m_at, n, low, high):
    """The outputs of `rows` of tiles from row `first` and column `left` on, for filters low ≤ k < high.

    y[at] is the first number of the maps of `shape` (K, H', W').
    """
    m, m_across, beta, line = block.m, block.m_across, block.beta, here + block.line
    half, spare = here + block.half, here + block.between
    width = min(block.across * m_across, shape[2] - left)
    # Tiles that are given as whole vectors; the others go by a line of their own.
    whole = min(block.across, width // m_across) // block.lanes * block.lanes
    places = np.empty(max(len(up.values), len(back.values)), np.int64)
    for k in range(low, high):
        for j in range(beta):
            read, to, step = m_at + k * block.n + j * block.m_cell, half + j * block.n, beta * block.m_cell
            if block.preset:
                transform_back(block.preset, work, to, beta * block.n, work, read, step, 0, n)
            else:
                add_rows(up, work, to, beta * block.n, read, step, up.inputs, 0, n, spare, places)
        for t in range(rows):
            top = (first + t) * m
            for o in range(min(m, shape[1] - top)):
                to = at + (k * shape[1] + top + o) * shape[2] + left
                read = half + o * beta * block.n + t * block.across
                if block.preset_across:
                    weave_back(block.preset_across, y, to, bias[bias_at + k], work, read, block.n, whole)
                    if whole * m_across < width:
                        rest = block.across - whole
                        weave_back(
                            block.preset_across, work, line, bias[bias_at + k], work, read + whole, block.n, rest
                        )
                        copy_row(y, to + whole * m_across, work, line, width - whole * m_across)
                else:
                    _give_by_table(y, to, width, bias[bias_at + k], work, read, here, block, back, places)


@kernel
def _transform_kernels(w, quads, ways, down, over, u, part, parts):
    """U[ξ, k, c] of each group, FILTERS filters side by side and 0 where there are fewer, in float64 until the end.

    w: (groups, K, C, r·r'); u flat: (groups, ξ, K/FILTERS, C, FILTERS); KERNELS channels at a time.
    `ways` are the presets along columns and rows, or 0, and the rows for sums between.
    """
    preset, preset_across, spares = ways
    groups, filters, channels, taps = w.shape
    n = min(channels, KERNELS) * FILTERS
    r, alpha, r_across, beta = down.inputs, down.outputs, over.inputs, over.outputs
    half = r * r_across * n
    ready = half + alpha * r_across * n
    spare = ready + alpha * beta * n
    work = np.zeros(spare + spares * n)
    places = np.empty(max(len(down.values), len(over.values)), np.int64)
    for task in range(part, groups * quads, parts):
        group, quad = task // quads, task % quads
        work[: r * r_across * n] = 0
        for c0 in range(0, channels, KERNELS):
            count = min(KERNELS, channels - c0)
            for f in range(min(FILTERS, filters - quad * FILTERS)):
                for c in range(count):
                    source = w[group, quad * FILTERS + f, c0 + c]
                    for t in range(taps):
                        work[t * n + c * FILTERS + f] = source[t]
            for v in range(r_across):
                if preset:
                    transform_taps(preset, work, half + v * n, r_across * n, work, v * n, r_across * n, 0, n)
                else:
                    add_rows(down, work, half + v * n, r_across * n, v * n, r_across * n, r, 0, n, spare, places)
            for i in range(alpha):
                read, to = half + i * r_across * n, ready + i * beta * n
                if preset_across:
                    transform_taps(preset_across, work, to, n, work, read, n, 0, n)
                else:
                    add_rows(over, work, to, n, read, n, r_across, 0, n, spare, places)
            for cell in range(alpha * beta):
                at = (((group * alpha * beta + cell) * quads + quad) * channels + c0) * FILTERS
                to_u = u[at : at + count * FILTERS]
                made = work[ready + cell * n : ready + cell * n + count * FILTERS]
                for j in range(len(to_u)):
                    to_u[j] = made[j]


@parallel_kernel
def _transform_all_kernels(w, quads, ways, down, over, u, parts):
    """U by all threads."""
    for part in prange(parts):
        _transform_kernels(w, quads, ways, down, over, u, part, parts)


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
            group, begin, rows, left = _place(task, grid, block)
            n = _columns(rows, block)
            _transform_input(
                x, group * _size(taken), taken, begin * block.m - pads[0], left - pads[1], rows, n, block, down, over,
                work, here, v_at, 0, 1,
            )  # fmt: skip
            _multiply(work, v_at, m_at, n, block, 0, block.quads, u, group % grid[0] * weights, zeros, reads)
            _transform_output(
                y, group * _size(given), given, bias, group % grid[0] * given[0], begin, left, rows, block, up, back,
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
        group, begin, rows, left = _place(task, grid, block)
        n = _columns(rows, block)
        for part in prange(parts):
            if task == 0:
                _transform_kernels(w, block.quads, ways, taps, taps_over, u, part, parts)
            _transform_input(
                x, group * _size(taken), taken, begin * block.m - pads[0], left - pads[1], rows, n, block, down, over,
                work, part * block.local, v_at, part, parts,
            )  # fmt: skip
        for part in prange(parts):
            low, high = part * block.quads // parts, (part + 1) * block.quads // parts
            _multiply(work, v_at, m_at, n, block, low, high, u, group % grid[0] * weights, zeros, reads)
            _transform_output(
                y, group * _size(given), given, bias, group % grid[0] * given[0], begin, left, rows, block, up, back,
                work, part * block.local, m_at, n, low * FILTERS, min(high * FILTERS, given[0]),
            )  # fmt: skip


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
    of_u = -(-groups * cells * quads * channels * FILTERS * x.itemsize // LINE) * LINE // x.itemsize
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
