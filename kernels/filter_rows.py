"""A row of every filter: the widest tiles that there are, filter after filter."""

from __future__ import annotations

from kernels._jit import kernel
from kernels.tile_rows import COUNTS, row_of_tiles
from kernels.vector_code import VECTOR_BYTES

SLACK = VECTOR_BYTES // 4
"""Numbers that the last vector of a row may read past its end; what comes of them is not kept."""

CALL_OPERATIONS = 200_000_000
"""Multiplications between two ticks: some milliseconds of work."""


@kernel
def _of_tile(filters):
    """How many of so many filters go into the next tile."""
    for count in COUNTS:
        if count <= filters:
            return count
    return 1


@kernel
def add_taps(y, y_at, y_step, width, first, last, bias, fresh, s, s_at, at, w, w_step, w_from):
    """A row of y, which begins at y_at in filter 0, for the filters `first` … `last` − 1.

    It is bias[f] where `fresh`, else itself, plus the taps. The weights of filter f begin at f·w_step + w_from.
    """
    f = first
    while f < last:
        count = _of_tile(last - f)
        start_at = f if fresh else -1
        row_of_tiles(
            y, y_at + f * y_step, y_step, width, count, bias, start_at, s, s_at, at, len(at), w,
            f * w_step + w_from, w_step,
        )  # fmt: skip
        f += count
