"""How the work of a fast convolution is cut and laid out: blocks of tiles, and where the rows of the transforms lie."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from kernels.cache_lines import LINE_BYTES, odd_lines
from kernels.fast_filter import FastFilter, Sums
from kernels.tile import FILTERS
from kernels.vector_code import lanes

COLUMNS = 64
"""What a block may have however many channels there are: all kernels are read again for each."""

SHARES = 2
"""Parts of the filters for each thread at one block: one that begins late leaves more of them to the others."""

INTO, BACK = 14, 9
"""What a tile of the input and one of the output cost to transform, in products of a channel and a filter."""

SHORT, ROW = 8, 4
"""What the kernels that each block reads cost, in columns that are multiplied, and each row of tiles, in columns that
are transformed."""


class Block(NamedTuple):
    """A block of at most `rows` × `across` tiles and where its parts lie in the workspace, in numbers.

    cells_down, cells_across    what a tile reads, of which `alpha` × `beta` products are made
    n                           columns of the block, whole vectors of `lanes`
    line                        numbers of a row of the image, with what vectors reach into; copied rows come first
    half                        where the rows between the passes are
    phases                      where a row is taken apart, into rows of `run` tiles, `plane` apart
    between                     where sums that others share go; `local` numbers of all that
    v_cell                      numbers of V for each ξ, of them `v_row` for a channel; M has `m_cell` and n
    """

    m: int
    m_across: int
    cells_down: int
    cells_across: int
    preset: int
    preset_across: int
    rows: int
    across: int
    n: int
    line: int
    half: int
    phases: int
    run: int
    plane: int
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


class Plan(NamedTuple):
    """How an output with so many rows of `tiles` is cut into `down` × `across` blocks, as even as can be.

    share     filters that are multiplied at a time, in FILTERS, by one thread
    together  whether all threads work at one block, and share its channels and filters
    passes    the sums of Bᵀ, B, Aᵀ and A
    """

    block: Block
    tiles: int
    down: int
    across: int
    share: int
    together: bool
    passes: tuple[Sums, ...]

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
    together: float,
) -> Plan:
    """Blocks of `maps` outputs of these extents for so many threads.

    bytes_    of transformed tiles of the input, and of those of the output, that a thread has at a time, about
    together  how much longer a block takes where the threads wait for each other after every stage
    """
    itemsize = np.dtype(dtype).itemsize
    vector = lanes(itemsize)
    # Products of a tile: more than the cells that it reads where a modulus does not split.
    alpha, beta = down.into.outputs, across.into.outputs
    m, m_across = down.m, across.m
    cells_down, cells_across = m + down.r - 1, m_across + across.r - 1
    quads = -(-filters // FILTERS)
    tiles = -(-extents[0] // m), -(-extents[1] // m_across)
    of_column = alpha * beta * itemsize
    most = max(COLUMNS, bytes_ // (of_column * channels))
    transforms = INTO / filters + BACK / channels
    apart, all_together = (_cut(tiles, most * of, vector, transforms, maps, -(-parts // of)) for of in (1, parts))
    sharing = together * all_together[0] / parts < apart[0]
    _, rows, tiles_across = all_together if sharing else apart
    n = _up(rows * tiles_across, vector)
    # What a last vector has too much goes into the room between rows.
    v_row = n + (vector if tiles_across % vector else 0)
    run = _up(_up(tiles_across + vector - 1, vector) + (cells_across - 1) // m_across, vector)
    line = odd_lines((run + 1) * m_across, itemsize)
    plane = odd_lines(run, itemsize)
    spare = max(down.into.between, across.into.between, down.back.between, across.back.between)
    half = cells_down * line
    phases = half + _up(max(alpha * line, m * beta * n) + vector, LINE_BYTES // itemsize)
    between = phases + m_across * plane
    local = _up(between + spare * max(line, n) + vector, LINE_BYTES // itemsize)
    # As even as can be, and even numbers: a tile of one vector takes two.
    share = max(bytes_ // (of_column * n * FILTERS), 2)
    shares = -(-quads // min(share, -(-quads // (SHARES * parts)) if sharing else quads))
    share = min(_up(-(-quads // shares), 2), quads)
    v_cell, m_cell = odd_lines(channels * v_row, itemsize), odd_lines(share * FILTERS * n, itemsize)
    block = Block(
        m, m_across, cells_down, cells_across, down.preset, across.preset, rows, tiles_across, n, line,
        half, phases, run, plane, between, local, v_row, v_cell, m_cell, alpha, beta, channels, quads, vector,
    )  # fmt: skip
    passes = tuple(of.typed(dtype) for of in (down.into, across.into, down.back, across.back))
    return Plan(block, tiles[0], -(-tiles[0] // rows), -(-tiles[1] // tiles_across), share, sharing, passes)


def _cut(
    tiles: tuple[int, int], most: int, width: int, transforms: float, maps: int, parts: int
) -> tuple[float, int, int]:
    """The cut into blocks of at most `most` columns that costs a thread least: its price, rows and columns of tiles."""
    best = math.inf, 1, 1
    for blocks_across in range(1, tiles[1] + 1):
        across = -(-tiles[1] // blocks_across)
        if across > max(most, 1):
            continue
        fewest = -(-tiles[0] // max(most // across, 1))
        for blocks in range(fewest, min(tiles[0], 4 * (fewest + parts)) + 1):
            # Blocks are as even as can be: so many have a row more than the others.
            low, more = divmod(tiles[0], blocks)
            products = more * _up((low + 1) * across, width) + (blocks - more) * _up(low * across, width)
            of_all = products + transforms * tiles[0] * (_up(across, width) + ROW) + SHORT * blocks
            tasks = maps * blocks * blocks_across
            best = min(best, (-(-tasks // parts) * of_all / blocks, -(-tiles[0] // blocks), across))
        if across <= 4 * width:
            break
    return best


def _up(count: int, to: int) -> int:
    """`count` rounded up to a multiple of `to`."""
    return -(-count // to) * to
