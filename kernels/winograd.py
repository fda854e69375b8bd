"""Convolution by fast filters F(m, r) in two directions: Y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A on every tile of the image.

    V[ξ, c, t] = (Bᵀ d_{c,t} B)_ξ,   U[ξ, k, c] = (G g_{k,c} Gᵀ)_ξ,   M[ξ, k, t] = Σ_c U[ξ, k, c] · V[ξ, c, t]
    y_{k,t} = Aᵀ M_{k,t} A + b_k

Tiles t overlap by r − 1 cells and begin m apart; ξ goes over the products of a tile, (m + r − 1)² or more. So the sum
over channels is a product of matrices for each ξ, which the tile of registers does [Lavin & Gray 2015].

Bᵀ goes down the columns first, on rows as they lie in the image. What comes of it is transformed along the rows, where
vectors of tiles are taken apart in the registers. Both are vector code for the usual filters
(`kernels/preset_transforms.py`), and sums of rows read from tables for any other that can be derived
(`kernels/row_sums.py`). A thread carries a block of tiles through all three stages; where there are too few blocks, the
threads share the channels, then the filters of each. They take what there is one by one (`kernels/task_queue.py`), and
some filters at a time, so that M stays in the second-level cache. A cell is the same sum in the same order whatever is
shared.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from kernels._jit import kernel, parallel_kernel, plain, prange, threads
from kernels.cache_lines import LINE_BYTES, on_lines
from kernels.convolution_problem import Array, Problem, Run, Tick
from kernels.fast_filter import FastFilter
from kernels.filter_rows import CALL_OPERATIONS
from kernels.task_queue import next_task
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

BLOCK_BYTES = 1 << 19
"""Transformed tiles of the input, and of the output, that a thread has at a time: half of a second-level cache."""

TOGETHER = 1.1
"""How much longer a block takes where the threads wait for each other after every stage."""

CHANNELS = 8
"""Channels that a thread takes at a time where the threads share a block."""

KEPT_BYTES = 1 << 26
"""Workspace that is kept from call to call: fresh memory costs as much as the sums."""


@kernel
def _make_kernels(w, quads, ways, taps, taps_over, u, tasks):
    """U of the filters that this thread gets, FILTERS at a time, as the products of `transform_kernels` for all."""
    step = u.size // len(w)
    while True:
        task = next_task(tasks)
        if task >= len(w) * quads:
            break
        group, quad = task // quads, task % quads
        transform_kernels(w, group, quad, quad + 1, quads, ways, taps, taps_over, u, group * step)


@kernel
def _give(u, u_at, u_quads, bias, y, given, grid, block, up, back, work, here, v_at, m_at, number, low, high):
    """M and y for the filters `low` … `high` − 1, counted in FILTERS, of one block, with U from u_at on."""
    group, begin, rows, left = placed(number, grid, block)
    multiply(work, v_at, m_at, columns_of(rows, block), block, high - low, u, u_at, u_quads * block.channels * FILTERS)
    transform_output(
        y, group * volume(given), given, bias, group % grid[0] * given[0], begin, left, rows, block, up, back,
        work, here, m_at, columns_of(rows, block), low * FILTERS, min(high * FILTERS, given[0]),
    )  # fmt: skip


@parallel_kernel
def _convolve(
    x, taken, w, ways, taps, taps_over, u, bias, y, given, grid, pads, block, down, over, up, back, work, parts,
    share, together, once, queues, first, last,
):  # fmt: skip
    """The blocks `first` … `last` − 1 of all images and groups.

    x, y, u     flat; `taken` (C, H, W) and `given` (K, H', W') are the shapes of a group of an image
    w           (groups, K, C, r·r′)
    share       filters that are multiplied at a time, in FILTERS
    together    whether the threads share each block, and not the blocks: first the channels of V, then the filters
    once        whether U is needed once only: then it is made for the filters at hand, and stays in the cache
    """
    quads, weights = block.quads, block.channels * FILTERS
    cells = block.alpha * block.beta
    of_v, of_m = cells * block.v_cell, cells * block.m_cell
    if first == 0 and not once:
        for _ in prange(parts):
            _make_kernels(w, quads, ways, taps, taps_over, u, queues[0])
    if together:
        v_at = parts * (block.local + of_m)
        for number in range(first, last):
            turn = 1 + 2 * (number - first)
            group, begin, rows, left = placed(number, grid, block)
            for part in prange(parts):
                here = part * (block.local + of_m)
                while True:
                    c = next_task(queues[turn]) * CHANNELS
                    if c >= taken[0]:
                        break
                    transform_input(
                        x, group * volume(taken), taken, begin * block.m - pads[0], left - pads[1], rows,
                        columns_of(rows, block), block, down, over, work, here, v_at, c, min(c + CHANNELS, taken[0]),
                    )  # fmt: skip
            for part in prange(parts):
                here = part * (block.local + of_m)
                while True:
                    low = next_task(queues[turn + 1]) * share
                    if low >= quads:
                        break
                    high = min(low + share, quads)
                    u_at, u_quads = group % grid[0] * (u.size // grid[0]) + low * weights, quads
                    if once:
                        u_at, u_quads = part * cells * share * weights, high - low
                        transform_kernels(w, 0, low, high, u_quads, ways, taps, taps_over, u, u_at - low * weights)
                    _give(
                        u, u_at, u_quads, bias, y, given, grid, block, up, back, work, here, v_at, here + block.local,
                        number, low, high,
                    )  # fmt: skip
    else:
        for part in prange(parts):
            here = part * (block.local + of_m + of_v)
            m_at, v_at = here + block.local, here + block.local + of_m
            while True:
                number = next_task(queues[1])
                if number >= last:
                    break
                group, begin, rows, left = placed(number, grid, block)
                transform_input(
                    x, group * volume(taken), taken, begin * block.m - pads[0], left - pads[1], rows,
                    columns_of(rows, block), block, down, over, work, here, v_at, 0, taken[0],
                )  # fmt: skip
                u_at = group % grid[0] * (u.size // grid[0])
                for low in range(0, quads, share):
                    _give(
                        u, u_at + low * weights, quads, bias, y, given, grid, block, up, back, work, here, v_at, m_at,
                        number, low, min(low + share, quads),
                    )  # fmt: skip


_kept = threading.local()


def _workspace(count: int, dtype: Any) -> Array:
    """Numbers to work in, kept for the next call where they are not too many."""
    size = count * np.dtype(dtype).itemsize
    held = getattr(_kept, "bytes", None)
    if held is None or held.size < size:
        held = on_lines((size,), np.uint8)
        _kept.bytes = held if size <= KEPT_BYTES else None
    numbers: Array = held[:size].view(dtype)
    return numbers


def plan(problem: Problem, down: FastFilter, across: FastFilter) -> Run:
    """What makes y by F(m, r) along the columns and F(m′, r′) along the rows.

    ValueError where r and r′ are not those of w, and for another stride or dilation than 1.
    """
    if problem.w[2:] != (down.r, across.r):
        raise ValueError(f"a kernel of {problem.w[2:]} for filters of {down.r} and {across.r} taps")
    if (problem.stride, problem.dilation) != ((1, 1), (1, 1)):
        raise ValueError(f"fast filters for a stride of {problem.stride} and a dilation of {problem.dilation}")
    channels, filters, groups, itemsize = problem.channels, problem.filters, problem.groups, problem.dtype.itemsize
    parts, maps = threads(), problem.x[0] * groups
    extents = problem.y[2:]
    cut = planned(extents, channels, filters, down, across, problem.dtype.str, BLOCK_BYTES, maps, parts, TOGETHER)
    block, share, together = cut.block, cut.share, cut.together
    cells, blocks = block.alpha * block.beta, maps * cut.blocks
    once = together and blocks == 1
    of_u = cells * channels * FILTERS * (parts * share if once else groups * block.quads)
    begin = -(-of_u * itemsize // LINE_BYTES) * LINE_BYTES // itemsize
    of_v, of_m = cells * block.v_cell, cells * block.m_cell
    needed = begin + parts * (block.local + of_m) + (1 if together else parts) * of_v
    ways = down.preset, across.preset, max(down.taps.between, across.taps.between)
    calls = max(1 if together else parts, CALL_OPERATIONS // (cells * block.n * channels * filters) // parts * parts)
    grid = groups, cut.down, cut.across, cut.tiles
    taken, given = (channels, *problem.x[2:]), (filters, *extents)

    def run(x: Array, w: Array, b: Array, y: Array, tick: Tick) -> None:
        work = _workspace(needed, x.dtype)
        kernels = plain(w).reshape(groups, filters, channels, -1)
        x, b, out = plain(x).reshape(-1), plain(b), y.reshape(-1)
        for first in range(0, blocks, calls):
            tick()
            last = min(first + calls, blocks)
            queues = np.zeros((1 + 2 * (last - first), 1), np.int64)
            if not together:
                queues[1] = first
            _convolve(
                x, taken, kernels, ways, down.taps, across.taps, work[:of_u], b, out, given, grid, problem.pads[:2],
                block, *cut.passes, work[begin:], parts, share, together, once, queues, first, last,
            )  # fmt: skip
        tick()

    return run
