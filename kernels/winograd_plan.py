"""How the work of a fast convolution is cut and laid out: blocks of tiles, and where the rows of the transforms lie."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from kernels.cache_lines import LINE_BYTES, odd_lines
from kernels.fast_filter import FastFilter, Sums
from kernels.tile import FILTERS, columns
from kernels.vector_code import lanes

SHORT, ROW = 8, 4
"""What the beginnings of sums and each row of tiles cost, in columns."""


class Block(NamedTuple):
    """A block of at most `rows` × `across` tiles and where its parts lie in the workspace, in numbers.

    run      tiles of a row with those that the last ones reach into; n all columns, whole tiles of registers
    plane    numbers of a phase; `reach` columns of half transformed rows
    line     where a line of the image goes, `phases` the phases, `half` the rows between the passes
    between  where sums that others share go; `local` numbers of all that
    v_cell   numbers of V for each ξ, of them `v_row` for a channel; M has `m_cell` and n
    """

    m: int
    m_across: int
    r: int
    preset: int
    preset_across: int
    rows: int
    across: int
    run: int
    n: int
    reach: int
    plane: int
    line: int
    phases: int
    half: int
    between: int
    local: int
    v_row: int
    v_cell: int
    m_cell: int
    alpha: int
    beta: int
    channels: int
    quads: int
    lanes: int
    columns: int


class Plan(NamedTuple):
    """How an output with so many rows of `tiles` is cut into `down` × `across` blocks, as even as can be.

    `passes` are the sums of Bᵀ, B, Aᵀ and A; `price` is what a thread computes of all maps, in columns.
    """

    block: Block
    tiles: int
    down: int
    across: int
    passes: tuple[Sums, ...]
    price: float

    @property
    def blocks(self) -> int:
        """Blocks of one map."""
        return self.down * self.across


@lru_cache(maxsize=64)
def planned(
    extents: tuple[int, int],
    channels: int,
    filters: int,
    down: FastFilter,
    across: FastFilter,
    dtype: str,
    bytes_: int,
    maps: int,
    parts: int,
) -> Plan:
    """Blocks of at most some `bytes_` for `maps` outputs of these extents, dealt to so many threads."""
    itemsize = np.dtype(dtype).itemsize
    width, vector = columns(itemsize), lanes(itemsize)
    # Products of a tile: more than the cells that it reads where a modulus does not split.
    alpha, beta = down.into.outputs, across.into.outputs
    cells_down, cells_across = down.m + down.r - 1, across.m + across.r - 1
    quads = -(-filters // FILTERS)
    further = (cells_across - 1) // across.m
    tiles = -(-extents[0] // down.m), -(-extents[1] // across.m)
    most = max(width, bytes_ // (alpha * beta * (channels + quads * FILTERS) * itemsize) // width * width)
    price, rows, tiles_across = _cut(tiles, most, width, maps, parts)
    run = tiles_across + further
    n = _up(rows * tiles_across, width)
    # What a last vector has too much goes into the room between rows.
    v_row = n + (vector if tiles_across % vector else 0)
    reach = _up(rows * run + width + vector, vector)
    plane = _up(reach + (cells_down - 1) // down.m * run + vector, LINE_BYTES // itemsize)
    m, m_across = down.m, across.m
    spare = max(down.into.between, across.into.between, down.back.between, across.back.between)
    line = 0
    phases = _up((run + 2 * vector) * m_across, LINE_BYTES // itemsize)
    half = phases + max(m * m_across * plane, m_across * (tiles_across + vector))
    between = half + max(alpha * m_across * reach, m * beta * n) + vector
    local = _up(between + spare * max(reach, n) + width, LINE_BYTES // itemsize)
    v_cell, m_cell = odd_lines(channels * v_row, itemsize), odd_lines(quads * FILTERS * n, itemsize)
    block = Block(
        m, m_across, down.r, down.preset, across.preset, rows, tiles_across, run, n, reach, plane,
        line, phases, half, between, local, v_row, v_cell, m_cell, alpha, beta, channels, quads, vector, width,
    )  # fmt: skip
    passes = tuple(of.typed(dtype) for of in (down.into, across.into, down.back, across.back))
    return Plan(block, tiles[0], -(-tiles[0] // rows), -(-tiles[1] // tiles_across), passes, price)


def _cut(tiles: tuple[int, int], most: int, width: int, maps: int, parts: int) -> tuple[float, int, int]:
    """The cut into blocks of at most `most` columns that costs a thread least: its price, rows and columns of tiles."""
    best = math.inf, 1, 1
    for blocks_across in range(1, tiles[1] + 1):
        across = -(-tiles[1] // blocks_across)
        if across > max(most, 1):
            continue
        for blocks_down in range(-(-tiles[0] // max(1, most // across)), tiles[0] + 1):
            rows = -(-tiles[0] // blocks_down)
            of_all = tiles[0] / blocks_down
            mean = (_up(rows * across, width) + _up(tiles[0] // blocks_down * across, width)) / 2
            price = mean + SHORT + ROW * of_all
            tasks = maps * blocks_down * blocks_across
            best = min(best, (-(-tasks // parts) * price, rows, across))
            if blocks_down > 4 * tiles[0] * across // most + 4 * parts:
                break
    return best


def _up(count: int, to: int) -> int:
    """`count` rounded up to a multiple of `to`."""
    return -(-count // to) * to
