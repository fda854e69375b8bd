"""Where the taps of a window read, and the padded scratch that they read from.

Convolution and its input gradient are one relation between an output cell o and an input cell m along each axis:

    m = (step·o + offset_u)/spread   for every tap u for which this is whole

    convolution     step = stride, spread = 1,      offset_u = u·dilation − begin
    input gradient  step = 1,      spread = stride, offset_u = begin − u·dilation

With o = spread·b + r, the taps of residue r read m = step·b + e_u, where e_u = (step·r + offset_u)/spread is whole for
exactly one residue. So each tap belongs to one residue (r, q) of rows and columns, and within a residue the reads are
a convolution without gaps. Columns step·b + e with step > 1 are brought side by side in the scratch, one run for each
value of e modulo step, so that the innermost loop always reads neighbours.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel

Integers = NDArray[np.int64]


class Axis(NamedTuple):
    """One axis: `extent` output cells, `taps` offsets begin + u·between, and the `step` and `spread` of the module."""

    extent: int
    step: int
    spread: int
    begin: int
    between: int
    taps: int


class Taps(NamedTuple):
    """The taps of a window, ordered by residue.

    order       (T,) place of each tap in the flat kernel, row-major
    rows        (T,) e_u of the row, counted from `top`
    columns     (T,) where its run begins in a scratch line
    starts      (R, Q) first tap of residue (r, q); `stops` the one after its last
    siblings    (T,) first tap of the residue that each tap belongs to, and `family` how many it has
    runs        (·,) values of e modulo step, counted from `left`, in the order of the runs of a scratch line
    run         cells of a run; `line` cells of all runs
    top, left   the input cell that the first scratch cell of block 0 holds
    height      scratch rows that one output row reads from, first to last
    blocks      values of b over the rows; `width` over the columns
    """

    order: Integers
    rows: Integers
    columns: Integers
    starts: Integers
    stops: Integers
    siblings: Integers
    family: Integers
    runs: Integers
    run: int
    line: int
    top: int
    height: int
    left: int
    blocks: int
    width: int
    row_step: int
    row_spread: int
    column_step: int
    column_spread: int


def _residues(axis: Axis) -> tuple[Integers, Integers]:
    offsets = axis.begin + axis.between * np.arange(axis.taps)
    residues = -offsets % axis.spread
    return residues, (axis.step * residues + offsets) // axis.spread


@lru_cache(maxsize=64)
def taps(rows: Axis, columns: Axis) -> Taps:
    """The table of a window. One of `step` and `spread` is 1 on each axis."""
    row_residue, row_offset = _residues(rows)
    column_residue, column_offset = _residues(columns)
    top, left = int(row_offset.min()), int(column_offset.min())
    row_offset, column_offset = row_offset - top, column_offset - left
    runs, in_run = np.unique(column_offset % columns.step, return_inverse=True)
    width = -(-columns.extent // columns.spread)
    run = width + int(column_offset.max()) // columns.step
    start_of_run = in_run * run + column_offset // columns.step
    keys = (row_residue[:, None] * columns.spread + column_residue[None, :]).ravel()
    order = np.argsort(keys, kind="stable")
    _, first, of_tap, counts = np.unique(keys[order], return_index=True, return_inverse=True, return_counts=True)
    met_rows, met_columns = min(rows.spread, rows.extent), min(columns.spread, columns.extent)
    wanted = np.arange(met_rows)[:, None] * columns.spread + np.arange(met_columns)[None, :]
    return Taps(
        order=order,
        rows=np.repeat(row_offset, columns.taps)[order],
        columns=np.tile(start_of_run, rows.taps)[order],
        starts=np.searchsorted(keys[order], wanted, "left"),
        stops=np.searchsorted(keys[order], wanted, "right"),
        siblings=first[of_tap],
        family=counts[of_tap],
        runs=runs,
        run=run,
        line=run * len(runs),
        top=top,
        height=int(row_offset.max()) + 1,
        left=left,
        blocks=-(-rows.extent // rows.spread),
        width=width,
        row_step=rows.step,
        row_spread=rows.spread,
        column_step=columns.step,
        column_spread=columns.spread,
    )


@kernel
def fill(x, top, left, runs, run, step, scratch):
    """scratch[c, i, r·run + j] = x[c, top + i, left + runs[r] + step·j], and 0 outside of x. x: (C, H, W)."""
    channels, height, width = x.shape
    lines = scratch.shape[1]
    for c in range(channels):
        for i in range(lines):
            row = top + i
            line = scratch[c, i]
            if row < 0 or row >= height:
                line[:] = 0
                continue
            for r in range(len(runs)):
                part = line[r * run : (r + 1) * run]
                begin = left + runs[r]
                low = min(max(-(begin // step), 0), run)
                high = min(max((width - begin + step - 1) // step, low), run)
                part[:low] = 0
                part[high:] = 0
                inside = part[low:high]
                source = x[c, row, begin + step * low :]
                if step == 1:
                    for j in range(len(inside)):
                        inside[j] = source[j]
                elif step == 2:
                    # A number that the compiler knows becomes vectors.
                    for j in range(len(inside)):
                        inside[j] = source[2 * j]
                else:
                    for j in range(len(inside)):
                        inside[j] = source[step * j]


@kernel
def reads(rows, columns, channels, lines, line, at):
    """at[c·T + t] = where tap t of channel c begins in a scratch of `lines` lines a channel."""
    count = len(rows)
    for c in range(channels):
        for t in range(count):
            at[c * count + t] = (c * lines + rows[t]) * line + columns[t]


def places(channels: int, table: Taps) -> Integers:
    """(C·T,) which cell of a flat kernel (C, kh, kw) each weight is: residue by residue, in one channel by channel."""
    channel = np.arange(channels)[:, None]
    place = np.empty(channels * len(table.order), np.int64)
    rank = np.arange(len(table.order)) - table.siblings
    place[channels * table.siblings + channel * table.family + rank] = channel * len(table.order) + table.order
    return place
