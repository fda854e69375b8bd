"""What a thread does with a block of tiles in a convolution by fast filters in two directions (`kernels/winograd.py`).

    V = Bᵀ d B (`transform_input`),  U = G g Gᵀ (`transform_kernels`),  M = U·V (`multiply`),  y = Aᵀ M A + b
    (`transform_output`)

The two sides of a filter come as pairs (m of the preset that the vector code knows or 0, and its table of sums).
"""

from __future__ import annotations

import numpy as np

from kernels._jit import kernel
from kernels.preset_transforms import (
    transform_across,
    transform_back,
    transform_into,
    transform_taps,
    weave_back,
)
from kernels.product_tile import product_rows
from kernels.row_sums import add_rows
from kernels.tile import FILTERS
from kernels.vector_rows import clear_row, copy_row, take_apart, weave

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
    """Columns that are multiplied for so many rows of tiles: whole vectors."""
    return (rows * block.across + block.lanes - 1) // block.lanes * block.lanes


@kernel
def _copy_rows(x, at, height, width, top, left, low, high, block, work, to):
    """The rows of a row of tiles, from (top, left) on: zeros outside of the map, and outside of `low` … `high`."""
    for i in range(block.cells_down):
        row = to + i * block.line
        if top + i < 0 or top + i >= height:
            clear_row(work, row, block.line)
        else:
            copy_row(work, row + low, x, at + (top + i) * width + left + low, high - low)


@kernel
def transform_input(x, at, shape, top, left, rows, n, block, down, over, work, here, v_at, first, last):
    """V of the channels `first` … `last` − 1, for `rows` of tiles from (top, left) on.

    x[at] is the first number of the channels of `shape` (C, H, W). Bᵀ goes down the columns first, on whole rows as
    they lie in the image; only what comes of it is taken apart by phase.
    """
    m, line, across = block.m, block.line, block.across
    copied, half, spare = here, here + block.half, here + block.between
    # Beside the map there are zeros. So are there behind the last row of tiles, where columns are multiplied too: what
    # memory held before may be numbers so small that a product takes a hundred times as long.
    clear_row(work, copied, block.cells_down * line)
    clear_row(work, half, block.alpha * line)
    seen = across * block.m_across + block.cells_across - block.m_across
    low = min(max(-left, 0), seen)
    high = min(max(shape[2] - left, low), seen)
    count = high - low
    whole = count - count % block.lanes
    places = np.empty(max(len(down.values), len(over.values)), np.int64)
    for c in range(first, last):
        of_map = at + c * shape[1] * shape[2]
        for t in range(rows):
            row = top + t * m
            begin = of_map + row * shape[2] + left + low
            if not block.preset or whole == 0 or row < 0 or row + block.cells_down > shape[1]:
                _copy_rows(x, of_map, shape[1], shape[2], row, left, low, high, block, work, copied)
                if block.preset:
                    transform_into(block.preset, work, half, line, work, copied, line, seen)
                else:
                    add_rows(down, work, half, line, copied, line, m, m * line, seen, spare, places)
            else:
                pitch = shape[2]
                transform_into(block.preset, work, half + low, line, x, begin, pitch, whole)
                if whole < count:
                    rest = count - block.lanes
                    transform_into(block.preset, work, half + low + rest, line, x, begin + rest, pitch, block.lanes)
            # The rows of tiles come close together: what the last vector of one has too much, the next one overwrites.
            tiles = n - t * across if t == rows - 1 else across
            for i in range(block.alpha):
                to = v_at + i * block.beta * block.v_cell + c * block.v_row + t * across
                read = half + i * line
                if block.preset_across:
                    transform_across(block.preset_across, work, to, block.v_cell, work, read, tiles)
                else:
                    phases, plane = here + block.phases, block.plane
                    take_apart(work, phases, plane, work, read, block.m_across, block.run)
                    add_rows(over, work, to, block.v_cell, phases, plane, block.m_across, 1, tiles, spare, places)


@kernel
def multiply(work, v_at, m_at, n, block, quads, u, u_at, u_step):
    """M[ξ] = U[ξ]·V[ξ] on n columns, for `quads` times FILTERS filters; u_step numbers of U are of a ξ."""
    for cell in range(block.alpha * block.beta):
        product_rows(
            work, m_at + cell * block.m_cell, block.n, work, v_at + cell * block.v_cell, block.v_row, n, block.lanes,
            block.channels, u, u_at + cell * u_step, quads,
        )  # fmt: skip


@kernel
def _give_by_table(y, at, width, b, work, read, here, block, back, places):
    """y[at + j] = b + …, j < width: a row of outputs from half transformed cells, those of phase p every m′."""
    m, tiles = block.m_across, block.across
    line, phases, step = here, here + block.phases, tiles + block.lanes
    add_rows(back, work, phases, step, read, block.n, back.inputs, 0, tiles, here + block.between, places)
    weave(work, line, phases, step, m, tiles)
    row, ready = y[at : at + width], work[line : line + width]
    for j in range(width):
        row[j] = ready[j] + b


@kernel
def transform_output(y, at, shape, bias, bias_at, first, left, rows, block, up, back, work, here, m_at, n, low, high):
    """The outputs of `rows` of tiles from row `first` and column `left` on, for filters low ≤ k < high; M has these.

    y[at] is the first number of the maps of `shape` (K, H', W').
    """
    m, m_across, beta, line = block.m, block.m_across, block.beta, here
    half, spare = here + block.half, here + block.between
    width = min(block.across * m_across, shape[2] - left)
    # Tiles that are given as whole vectors; the others go by a line of their own.
    whole = min(block.across, width // m_across) // block.lanes * block.lanes
    places = np.empty(max(len(up.values), len(back.values)), np.int64)
    for k in range(low, high):
        for j in range(beta):
            read, to, step = m_at + (k - low) * block.n + j * block.m_cell, half + j * block.n, beta * block.m_cell
            if block.preset:
                transform_back(block.preset, work, to, beta * block.n, work, read, step, n)
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
def transform_kernels(w, group, low, high, quads, ways, down, over, u, u_at):
    """U[ξ, k, c] for the filters `low` … `high` − 1, counted in FILTERS, of one group; in float64 until the end.

    w: (groups, K, C, r·r'); u from u_at on (ξ, quads, C, FILTERS), with 0 for filters that there are not. KERNELS
    channels at a time. `ways` are the presets along columns and rows, or 0, and the rows for sums between.
    """
    preset, preset_across, spares = ways
    _, filters, channels, taps = w.shape
    n = min(channels, KERNELS) * FILTERS
    r, alpha, r_across, beta = down.inputs, down.outputs, over.inputs, over.outputs
    half = r * r_across * n
    ready = half + alpha * r_across * n
    spare = ready + (0 if preset_across else beta * n)
    work = np.zeros(spare + spares * n)
    places = np.empty(max(len(down.values), len(over.values)), np.int64)
    for quad in range(low, high):
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
                    transform_taps(preset, work, half + v * n, r_across * n, work, v * n, r_across * n, n)
                else:
                    add_rows(down, work, half + v * n, r_across * n, v * n, r_across * n, r, 0, n, spare, places)
            step = quads * channels * FILTERS
            for i in range(alpha):
                read, to = half + i * r_across * n, u_at + i * beta * step + (quad * channels + c0) * FILTERS
                if preset_across:
                    transform_taps(preset_across, u, to, step, work, read, n, count * FILTERS)
                    continue
                add_rows(over, work, ready, n, read, n, r_across, 0, n, spare, places)
                for j in range(beta):
                    row, made = u[to + j * step : to + j * step + count * FILTERS], work[ready + j * n :]
                    for place in range(len(row)):
                        row[place] = made[place]
