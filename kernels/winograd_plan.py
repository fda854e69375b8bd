"""How the work of a fast convolution is cut and laid out: blocks of tiles, and where the rows of the transforms lie."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from kernels.fast_filter import FastFilter, Rows, laid_out
from kernels.tile import FILTERS, columns
from kernels.vector_code import lanes

SHORT, ROW = 8, 4
"""What the beginnings of sums and each row of tiles cost, in columns."""

KERNELS = 32
"""Channels of kernels that are transformed at a time."""

LINE = 64
"""Bytes of a line of the cache."""


class Block(NamedTuple):
    """A block of `rows` × `across` tiles and where its parts lie in the workspace, in numbers.

    run      tiles of a row with those that the last ones reach into; n all columns, whole tiles of registers
    plane    numbers of a phase; `reach` columns of half transformed rows
    line     where a line of the image goes, `phases` the phases, `half` the rows between the passes
    local    numbers of all that; V has `v_cell` numbers for each ξ, M has `m_cell`
    """

    m: int
    m_across: int
    r: int
    rows: int
    across: int
    run: int
    n: int
    reach: int
    plane: int
    line: int
    phases: int
    half: int
    local: int
    v_cell: int
    m_cell: int
    cells: int
    channels: int
    quads: int
    lanes: int
    columns: int


class Plan(NamedTuple):
    """How an output is cut into `down` × `across` blocks, and the sums of the four passes: Bᵀ, B, Aᵀ, A."""

    block: Block
    down: int
    across: int
    passes: tuple[Rows, ...]

    @property
    def blocks(self) -> int:
        """Blocks of one map."""
        return self.down * self.across

    @property
    def price(self) -> int:
        """What a map costs, in columns."""
        return self.blocks * _price(self.block.rows, self.block.n)


@lru_cache(maxsize=64)
def planned(
    extents: tuple[int, int], channels: int, filters: int, down: FastFilter, across: FastFilter, dtype: str, bytes_: int
) -> Plan:
    """Blocks of at most some `bytes_` for an output of these extents, and where everything lies in them."""
    itemsize = np.dtype(dtype).itemsize
    width, vector = columns(itemsize)[0], lanes(itemsize)
    # Products of a tile: more than the cells that it reads where a modulus does not split.
    alpha, beta = down.into.outputs, across.into.outputs
    cells_down, cells_across = down.m + down.r - 1, across.m + across.r - 1
    quads = -(-filters // FILTERS)
    further = (cells_across - 1) // across.m
    tiles = -(-extents[0] // down.m), -(-extents[1] // across.m)
    most = max(width, bytes_ // (alpha * beta * (channels + quads * FILTERS) * itemsize) // width * width)
    rows, tiles_across = _cut(tiles, further, most, width)
    run = tiles_across + further
    n = _up(rows * run - further, width)
    reach = n + _up(further, vector)
    plane = _up(reach + (cells_down - 1) // down.m * run + vector, LINE // itemsize)
    m, m_across = down.m, across.m
    spare = max(down.into.between, across.into.between, down.back.between, across.back.between)
    line = 0
    phases = _up((run + 2 * vector) * m_across, LINE // itemsize)
    half = phases + max(m * m_across * plane, m * m_across * (n + vector))
    between = half + max(alpha * m_across * reach, m * beta * n)
    local = _up(between + spare * reach + width, LINE // itemsize)
    v_cell, m_cell = (_odd_lines(count * n, itemsize) for count in (channels, quads * FILTERS))
    block = Block(
        m, m_across, down.r, rows, tiles_across, run, n, reach, plane, line, phases, half, local, v_cell, m_cell,
        alpha * beta, channels, quads, vector, width,
    )  # fmt: skip

    i, j = np.arange(alpha), np.arange(beta)
    rows_in, columns_in = np.arange(cells_down), np.arange(cells_across)
    rows_in = rows_in % m * m_across * plane + rows_in // m * run
    columns_in = columns_in % m_across * reach + columns_in // m_across
    out, out_across, step = np.arange(m), np.arange(m_across), n + vector
    passes = (
        (down.into, _grid(phases, out_across * plane, rows_in),
         _grid(half, out_across * reach, i * m_across * reach), (0, 0), reach),
        (across.into, _grid(half, i * m_across * reach, columns_in),
         _grid(0, i * beta * v_cell, j * v_cell), (0, 1), n),
        (down.back, _grid(0, j * m_cell, i * beta * m_cell), _grid(half, j * n, out * beta * n), (1, 0), n),
        (across.back, _grid(half, out * beta * n, j * n),
         _grid(phases, out * m_across * step, out_across * step), (0, 0), n),
    )  # fmt: skip
    laid = tuple(
        laid_out(of, given, wanted, between + length * np.arange(of.between), spaces, np.dtype(dtype))
        for of, given, wanted, spaces, length in passes
    )
    return Plan(block, -(-tiles[0] // rows), -(-tiles[1] // tiles_across), laid)


def _price(rows: int, n: int) -> int:
    """What a block costs, in columns."""
    return n + SHORT + ROW * rows


def _grid(begin: int, passes: Any, rows: Any) -> Any:
    """begin + passes[p] + rows[i]."""
    return begin + passes[:, None] + rows[None]


def _cut(tiles: tuple[int, int], further: int, most: int, width: int) -> tuple[int, int]:
    """Rows and columns of tiles of a block of at most `most` columns, so that the fewest are computed in all."""
    best = 0.0, 1, max(1, min(most - further, tiles[1]))
    for blocks_across in range(1, tiles[1] + 1):
        across = -(-tiles[1] // blocks_across)
        for rows in range(1, min((most + further) // (across + further), tiles[0]) + 1):
            n = _up(rows * (across + further) - further, width)
            blocks = -(-tiles[1] // across) * -(-tiles[0] // rows)
            found = 1 / (blocks * _price(rows, n))
            best = max(best, (found, rows, across))
    return best[1], best[2]


def _up(count: int, to: int) -> int:
    """`count` rounded up to a multiple of `to`."""
    return -(-count // to) * to


def _odd_lines(count: int, itemsize: int) -> int:
    """Rounded up to an odd number of cache lines: rows a power of two apart would fight for places in it."""
    line = LINE // itemsize
    return (-(-count // line) | 1) * line


@lru_cache(maxsize=64)
def laid_kernels(down: FastFilter, across: FastFilter, n: int) -> tuple[tuple[Rows, Rows], int, int]:
    """The sums of both passes of G on rows of n numbers, where U begins, and how many numbers that are."""
    i, j, column = np.arange(down.r), np.arange(across.r), np.arange(across.taps.outputs)
    row = np.arange(down.taps.outputs)
    half = down.r * across.r
    ready = half + len(row) * across.r
    spare = ready + len(row) * len(column)
    first = laid_out(
        down.taps,
        _grid(0, j * n, i * across.r * n),
        _grid(half * n, j * n, row * across.r * n),
        (spare + np.arange(down.taps.between)) * n,
        (0, 0),
        np.dtype(np.float64),
    )
    second = laid_out(
        across.taps,
        _grid(half * n, row * across.r * n, j * n),
        _grid(ready * n, row * len(column) * n, column * n),
        (spare + np.arange(across.taps.between)) * n,
        (0, 0),
        np.dtype(np.float64),
    )
    return (first, second), ready * n, (spare + max(down.taps.between, across.taps.between)) * n
