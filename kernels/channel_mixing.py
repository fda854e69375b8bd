"""Convolution of 1 × 1 that sees every cell once: a product of matrices for each image and group.

    y[n, k, j] = b[k] + Σ_c w[k, c] · x[n, g·C + c, j]        j over the cells of a map, whatever its rows are

A task is a panel of columns, copied once with all channels of the group, and the filters that run over it. The panel
stays in the caches nearest to the processor while every filter reads it; read in place its rows could all fall on the
same lines of the cache, since maps are often as long as a power of two. Tasks are small and taken one by one
(`kernels/task_queue.py`); each cell is summed by one of them in one order, so the result does not depend on who does.
"""

from __future__ import annotations

import numpy as np

from kernels._jit import kernel, parallel_kernel, plain, prange, threads
from kernels.ahead import ask_row
from kernels.convolution_problem import Array, Problem, Run, Tick
from kernels.filter_rows import CALL_OPERATIONS, SLACK, add_taps
from kernels.task_queue import next_task, queue
from kernels.tile import FILTERS, columns

PANEL_BYTES = 1 << 18
"""The most that a panel of more than one tile takes: half of a common second-level cache."""

PANEL_TILES = 8
"""Tiles of a panel where there are many channels: rows of it are long enough to be fetched ahead."""

NEAR_BYTES = 3 << 14
"""What a panel of few channels may take, which is longer: about a first-level cache."""

LONG_PANEL_TILES = 80
"""Tiles of such a panel, at the most."""

LEAST_FILTERS = 8 * FILTERS
"""Filters for which a panel is worth copying once more, so that there are tasks for every thread."""

AHEAD = 2
"""How many rows of a panel are asked for before they are copied."""


@kernel
def _mix(x, w, bias, y, sizes, tasks, last):
    """The tasks that this thread gets of those before `last`; x, w and y are flat."""
    groups, channels, filters, cells, width, share = sizes
    panels, shares = (cells + width - 1) // width, (filters + share - 1) // share
    at = np.empty(channels, np.int64)
    for c in range(channels):
        at[c] = c * width
    # What a last vector reads past a row is never kept.
    panel = np.empty(channels * width + SLACK, x.dtype)
    panel[channels * width :] = 0
    while True:
        task = next_task(tasks)
        if task >= last:
            break
        low = task // shares % panels * width
        count = min(width, cells - low)
        of_group = task // (shares * panels)
        for c in range(channels):
            begin = (of_group * channels + c) * cells + low
            if c + AHEAD < channels:
                ahead = begin + AHEAD * cells
                ask_row(x[ahead : ahead + count])
            to, source = panel[c * width : c * width + count], x[begin : begin + count]
            for j in range(len(to)):
                to[j] = source[j]
        g = of_group % groups
        first = g * filters + task % shares * share
        stop = min(first + share, (g + 1) * filters)
        y_at = (of_group - g) * filters * cells + low
        add_taps(y, y_at, cells, count, first, stop, bias, True, panel, 0, at, w, channels, 0)


@parallel_kernel
def _on_threads(x, w, bias, y, sizes, first, last, workers):
    """The tasks `first` … `last` − 1."""
    flat_x, flat_w, flat_y, tasks = x.reshape(x.size), w.reshape(w.size), y.reshape(y.size), queue(first)
    for _ in prange(workers):
        _mix(flat_x, flat_w, bias, flat_y, sizes, tasks, last)


def fits(problem: Problem) -> bool:
    """Whether a convolution is such a one."""
    return problem.w[2:] == (1, 1) and problem.stride == (1, 1) and not any(problem.pads)


def plan(problem: Problem) -> Run:
    """What makes y, where it `fits`."""
    channels, filters, groups, itemsize = problem.channels, problem.filters, problem.groups, problem.dtype.itemsize
    cells = problem.x[2] * problem.x[3]
    tile = columns(itemsize)
    tile_bytes = channels * tile * itemsize
    tiles = max(min(PANEL_BYTES // tile_bytes, PANEL_TILES), min(NEAR_BYTES // tile_bytes, LONG_PANEL_TILES), 1)
    width = min(tile * tiles, -(-cells // SLACK) * SLACK)
    panels = problem.x[0] * groups * -(-cells // width)
    share = max(-(-filters * panels // (4 * threads())), LEAST_FILTERS)
    most = max(CALL_OPERATIONS // (width * channels) // FILTERS * FILTERS, FILTERS)
    share = min(-(-share // FILTERS) * FILTERS, most, filters)
    tasks, workers = panels * -(-filters // share), threads()
    calls = max(CALL_OPERATIONS // (width * channels * share), 4 * workers)
    sizes = groups, channels, filters, cells, width, share

    def run(x: Array, w: Array, b: Array, y: Array, tick: Tick) -> None:
        x, w, b = plain(x), plain(w), plain(b)
        for first in range(0, tasks, calls):
            tick()
            _on_threads(x, w, b, y, sizes, first, min(first + calls, tasks), workers)

    return run
