"""Convolution by fast filters F(m, r) in two directions: Y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A on every tile of the image.

    V[ξ, c, t] = (Bᵀ d_{c,t} B)_ξ,   U[ξ, k, c] = (G g_{k,c} Gᵀ)_ξ,   M[ξ, k, t] = Σ_c U[ξ, k, c] · V[ξ, c, t]
    y_{k,t} = Aᵀ M_{k,t} A + b_k

Tiles t overlap by r − 1 cells and begin m apart; ξ goes over the (m + r − 1)² cells of a transformed tile. With that the
sum over channels is a product of matrices for each ξ, which the tile of registers does [Lavin & Gray 2015].

An image is taken apart into m × m phases: cell (i, j) of all tiles is a row of phase (i mod m, j mod m), shifted by
(i div m, j div m) tiles. On such rows the transforms are sums of multiples of rows (`kernels/fast_filter.py`), read from
tables: so any algorithm that can be derived runs here, and none of them is compiled. A block of tiles goes through all
three stages before the next; the threads share each stage. A cell is the same sum in the same order for any number.
"""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from kernels._jit import kernel, parallel_kernel, prange, read_only, threads
from kernels.convolution import CALL_OPERATIONS, Array, Pads, Tick
from kernels.fast_filter import FastFilter, Rows, laid_out
from kernels.tile import FILTERS, columns, tile_of_filters
from kernels.vector_code import lanes
from kernels.vector_rows import combine, take_apart, weave

BLOCK_BYTES = 1 << 21
"""Transformed tiles, of the input and of the output, that a thread has its share of at a time."""

KEPT_BYTES = 1 << 26
"""Workspace that is kept from call to call: fresh memory costs as much as the sums."""

KERNELS = 32
"""Channels of kernels that are transformed at a time."""

SHORT, ROW = 8, 4
"""What the beginnings of sums and each row of tiles cost, in columns."""

LINE = 64
"""Bytes of a line of the cache."""


class Block(NamedTuple):
    """A block of `rows` × `across` tiles and where its parts lie in the workspace, in numbers.

    run      tiles of a row with those that the last ones reach into; n all columns, a whole number of tiles of registers
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
        take_apart(work, to, plane, line, m_across, run, vector)


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
            weave(work, line, here + phases + i * m_across * step + t * run, step, m_across, across, vector)
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


@parallel_kernel
def _convolve(x, u, bias, y, grid, pads, block, down, over, up, back, work, parts, first, last):
    """The blocks `first` … `last` − 1 of all images and groups, shared by channels, then by ξ, then by filters."""
    groups, blocks_down, blocks_across = grid
    channels, filters = x.shape[1] // groups, y.shape[1] // groups
    zeros = np.zeros(FILTERS, y.dtype)
    reads = np.arange(channels) * block[6]
    local, cells = block[12], block[15]
    v_at = parts * local
    m_at = v_at + cells * block[13]
    products = cells * (block[6] // block[19])
    weights = u.size // groups
    for task in range(first, last):
        image = task // (groups * blocks_down * blocks_across)
        g = task // (blocks_down * blocks_across) % groups
        top = task // blocks_across % blocks_down * block[3] * block[0]
        left = task % blocks_across * block[4] * block[1]
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


class Plan(NamedTuple):
    """How an output is cut into `down` × `across` blocks, and the sums of the four passes: Bᵀ, B, Aᵀ, A."""

    block: Block
    down: int
    across: int
    passes: tuple[Rows, ...]


@lru_cache(maxsize=64)
def planned(
    extents: tuple[int, int], channels: int, filters: int, down: FastFilter, across: FastFilter, dtype: str, bytes_: int
) -> Plan:
    """Blocks of at most some `bytes_` for an output of these extents, and where everything lies in them."""
    itemsize = np.dtype(dtype).itemsize
    width, vector = columns(itemsize)[0], lanes(itemsize)
    alpha, beta = down.m + down.r - 1, across.m + across.r - 1
    quads = -(-filters // FILTERS)
    further = (beta - 1) // across.m
    tiles = -(-extents[0] // down.m), -(-extents[1] // across.m)
    most = max(width, bytes_ // (alpha * beta * (channels + quads * FILTERS) * itemsize) // width * width)
    rows, tiles_across = _cut(tiles, further, most, width)
    run = tiles_across + further
    n = _up(rows * run - further, width)
    reach = n + _up(further, vector)
    plane = _up(reach + (alpha - 1) // down.m * run + vector, LINE // itemsize)
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
    into_rows, into_columns = i % m * m_across * plane + i // m * run, j % m_across * reach + j // m_across
    out, out_across, step = np.arange(m), np.arange(m_across), n + vector
    passes = (
        (down.into, _grid(phases, out_across * plane, into_rows),
         _grid(half, out_across * reach, i * m_across * reach), (0, 0), reach),
        (across.into, _grid(half, i * m_across * reach, into_columns), _grid(0, i * beta * v_cell, j * v_cell), (0, 1), n),
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
    """Rows and columns of tiles of a block of at most `most` columns, so that the fewest columns are computed in all."""
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
    """Rounded up to an odd number of cache lines: places a power of two apart would push each other out of the cache."""
    line = LINE // itemsize
    return (-(-count // line) | 1) * line


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
    laid, ready, local = _laid_kernels(down, across, share * FILTERS)
    flat = read_only(w.reshape(groups, filters, channels, -1))
    _transform_kernels(flat, quads, share, *laid, ready, local, u)
    return read_only(u)


@lru_cache(maxsize=64)
def _laid_kernels(down: FastFilter, across: FastFilter, n: int) -> tuple[tuple[Rows, Rows], int, int]:
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


def convolve(
    x: Array, w: Array, b: Array, y: Array, pads: Pads, groups: int, down: FastFilter, across: FastFilter, tick: Tick
) -> None:
    """y: (N, K, H', W') from x (N, C, H, W) and w (K, C/groups, r, r'), with stride and dilation 1.

    down, across  F(m, r) along the columns and F(m', r') along the rows; ValueError where r and r' are not those of w
    """
    if w.shape[2:] != (down.r, across.r):
        raise ValueError(f"a kernel of {w.shape[2:]} for filters of {down.r} and {across.r} taps")
    channels, filters = w.shape[1], w.shape[0] // groups
    extents = y.shape[2:]
    parts = threads()
    plan = planned(y.shape[2:], channels, filters, down, across, x.dtype.str, BLOCK_BYTES * parts)
    block = plan.block
    work = _workspace(parts * block.local + block.cells * (block.v_cell + block.m_cell), x.dtype)
    u = transformed_kernels(w, groups, down, across)
    blocks = x.shape[0] * groups * plan.down * plan.across
    calls = max(1, CALL_OPERATIONS // (block.cells * block.n * channels * filters))
    for first in range(0, blocks, calls):
        tick()
        _convolve(
            read_only(x), u, read_only(b), y, (groups, plan.down, plan.across), pads[:2], block, *plan.passes, work,
            parts, first, min(first + calls, blocks),
        )  # fmt: skip
    tick()
