"""What a thread does with a block of tiles in a convolution by fast filters in two directions (`kernels/winograd.py`).

    V = Bᵀ d B (`transform_input`),  U = G g Gᵀ (`transform_kernels`),  M = U·V (`multiply`),  y = Aᵀ M A + b
    (`transform_output`)

The two sides of a filter come as pairs (m of the preset that the vector code knows or 0, and its table of sums).
"""

from __future__ import annotations

import numpy as np

from kernels._jit import kernel
from kernels.preset_transforms import transform_back, transform_into, transform_taps, weave_back
from kernels.row_sums import add_rows
from kernels.tile import FILTERS, tile_of_filters
from kernels.vector_rows import apart, clear_row, copy_row, take_apart, weave, woven

__all__ = ["columns_of", "multiply", "placed", "transform_input", "transform_kernels", "transform_output", "volume"]

KERNELS = 32
"""Channels of kernels that are transformed at a time."""


@kernel
def placed(block_number, grid, block):
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
def volume(shape):
    """Numbers of an array."""
    return shape[0] * shape[1] * shape[2]


@kernel
def columns_of(rows, block):
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
def transform_input(x, at, shape, top, left, rows, n, block, down, over, work, here, v_at, part, parts):
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
def multiply(work, v_at, m_at, n, block, low, high, u, u_at, zeros, reads):
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
def transform_output(y, at, shape, bias, bias_at, first, left, rows, block, up, back, work, here, m_at, n, low, high):
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
def transform_kernels(w, quads, ways, down, over, u, part, parts):
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
