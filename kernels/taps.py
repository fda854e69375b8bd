"""Where the taps of a window read, and the padded scratch that they read from.

Convolution and its input gradient are one relation between an output cell o and an input cell m along each axis:

    m = (step·o + offset_u)/spread   for every tap u for which this is whole

    convolution     step = stride, spread = 1,      offset_u = u·dilation − begin
    input gradient  step = 1,      spread = stride, the same by kernels turned round, begin as `Problem.turned` has it

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
from kernels.ahead import ask_row
from kernels.vector_code import VECTOR_BYTES
from kernels.vector_rows import apart, clear_row, copy_row, woven

Integers = NDArray[np.int64]

WHOLE = VECTOR_BYTES // 4
"""Numbers that a run of several is made up to, so that whole vectors of a row can be taken apart."""

SHORT_BYTES = 1 << 14
"""Rows of one channel that are asked for before they are copied: a few pages of memory, in each of which a processor
begins anew to look ahead."""

AHEAD = 2
"""How many rows ahead."""


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
    run         cells of a run, whole vectors where there are several; `line` cells of all runs
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
    if columns.step > 1:
        run = -(-run // WHOLE) * WHOLE
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
    """scratch[c, i, r·run + j] = x[c, top + i, left + runs[r] + step·j], and 0 outside of x. x: (C, H, W).

    Where there is a run for every remainder, a row is taken apart for all of them at once, with what lies beside it in
    memory; the cells of that become 0 after it. Short pieces of many channels are asked for: the processor looks ahead
    in long ones only.
    """
    channels, height, width = x.shape
    lines, line = scratch.shape[1:]
    flat_x, flat = x.reshape(x.size), scratch.reshape(scratch.size)
    low, high = np.empty(len(runs), np.int64), np.empty(len(runs), np.int64)
    for r in range(len(runs)):
        begin = left + runs[r]
        low[r] = min(max(-(begin // step), 0), run)
        high[r] = min(max((width - begin + step - 1) // step, low[r]), run)
    exchanged = len(runs) == step > 1 and woven(step) and run % (VECTOR_BYTES // x.itemsize) == 0
    short = lines * width * x.itemsize < SHORT_BYTES
    for c in range(channels):
        for i in range(lines):
            if short:
                following = c * lines + i + AHEAD
                if following < channels * lines and 0 <= top + following % lines < height:
                    ask_row(x[following // lines, top + following % lines])
            row, to = top + i, (c * lines + i) * line
            if row < 0 or row >= height:
                clear_row(flat, to, line)
                continue
            begin = (c * height + row) * width + left
            at_once = exchanged and begin >= 0 and begin + step * run <= x.size
            if at_once:
                apart(flat, to, run, flat_x, begin, step, run)
            for r in range(len(runs)):
                at, source = to + r * run, begin + runs[r]
                clear_row(flat, at, low[r])
                clear_row(flat, at + high[r], run - high[r])
                if step == 1:
                    copy_row(flat, at + low[r], flat_x, source + low[r], high[r] - low[r])
                elif not at_once:
                    for j in range(low[r], high[r]):
                        flat[at + j] = flat_x[source + step * j]


@kernel
def reads(rows, columns, channels, lines, line, at):
    """at[c·T + t] = where tap t of channel c begins in a scratch of `lines` lines a channel."""
    count = len(rows)
    for c in range(channels):
        for t in range(count):
            at[c * count + t] = (c * lines + rows[t]) * line + columns[t]


@kernel
def by_residue(w, order, siblings, family):
    """w (K, C, kh, kw) of which each filter has its taps residue by residue, in one channel by channel.

    The tables are those of `Taps`; where there is one residue nothing would change.
    """
    filters, channels, taps = w.shape[0], w.shape[1], len(order)
    made = np.empty(w.shape, w.dtype)
    source, to = w.reshape(w.size), made.reshape(w.size)
    for k in range(filters):
        for c in range(channels):
            for t in range(taps):
                place = channels * siblings[t] + c * family[t] + t - siblings[t]
                to[k * channels * taps + place] = source[(k * channels + c) * taps + order[t]]
    return made
