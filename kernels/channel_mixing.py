"""Convolution of 1 × 1 that sees every cell once: a product of matrices for each image and group.

    y[n, k, j] = b[k] + Σ_c w[k, c] · x[n, g·C + c, j]        j over the cells of a map, whatever its rows are

A task is a panel of columns, copied once with all channels of the group, and the filters that run over it. The panel
stays in the caches nearest to the processor while every filter reads it; read in place its rows could all fall on the
same lines of the cache, since maps are often as long as a power of two. Tasks are small and taken one by one
(`kernels/task_queue.py`); each cell is summed by one of them in one order, so the result does not depend on who does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel, parallel_kernel, prange, read_only, threads
from kernels.filter_rows import CALL_OPERATIONS, SLACK, add_taps, packed
from kernels.task_queue import next_task, queue
from kernels.tile import FILTERS, columns

Array = NDArray[Any]
Tick = Callable[[], None]

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


@kernel
def _mix(x, w, bias, y, sizes, tasks, last):
    """The tasks that this thread gets of those before `last`; x, w (as `packed` has them) and y are flat."""
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
            to, source = panel[c * width : c * width + count], x[begin : begin + count]
            for j in range(len(to)):
                to[j] = source[j]
        g = of_group % groups
        first = g * filters + task % shares * share
        stop = min(first + share, (g + 1) * filters)
        y_at = (of_group - g) * filters * cells + low
        add_taps(y, y_at, cells, count, first, stop, bias, True, panel, 0, at, w, channels, 0)


@parallel_kernel
def _on_threads(x, w, bias, y, sizes, tasks, last, workers):
    for _ in prange(workers):
        _mix(x, w, bias, y, sizes, tasks, last)


def mix(x: Array, w: Array, b: Array, y: Array, groups: int, tick: Tick) -> None:
    """y: (N, K, H, W) from x (N, G·C, H, W), w (K, C, 1, 1), b (K,), all contiguous and of one float type."""
    channels, filters = w.shape[1], len(w) // groups
    cells = x.shape[2] * x.shape[3]
    tile = columns(x.itemsize)
    tile_bytes = channels * tile * x.itemsize
    tiles = max(min(PANEL_BYTES // tile_bytes, PANEL_TILES), min(NEAR_BYTES // tile_bytes, LONG_PANEL_TILES), 1)
    width = min(tile * tiles, -(-cells // SLACK) * SLACK)
    panels = x.shape[0] * groups * -(-cells // width)
    share = max(-(-filters * panels // (4 * threads())), LEAST_FILTERS)
    most = max(CALL_OPERATIONS // (width * channels) // FILTERS * FILTERS, FILTERS)
    share = min(-(-share // FILTERS) * FILTERS, most, filters)
    last = panels * -(-filters // share)
    calls = max(CALL_OPERATIONS // (width * channels * share), 4 * threads())
    weights = read_only(packed(w.reshape(len(w), channels), groups))
    flat_x, bias, flat_y = read_only(x.reshape(-1)), read_only(b), y.reshape(-1)
    sizes = groups, channels, filters, cells, width, share
    for first in range(0, last, calls):
        tick()
        _on_threads(flat_x, weights, bias, flat_y, sizes, queue(first), min(first + calls, last), threads())
