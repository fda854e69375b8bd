"""A tile of sums that stays in the registers: what convolutions of every kind are made of.

    y[f, j] = start[f, j] + Σ_t w[t, f] · s[at[t] + j]        f < FILTERS, j < a few vectors

Loops that are left to the vectoriser end at half of what a processor can do: they read and write their sums again and
again. Here the vectors are written down, in LLVM's own language: FILTERS × VECTORS sums, one load for each vector and
tap, one weight for each filter and tap. Where a tap reads is a table, so one compiled loop serves every kernel size,
dilation and stride, a product of matrices included.

How large a vector is and how many sums fit is the host's: AVX-512 and ARM have 32 registers, AVX2 has 16.
"""

from __future__ import annotations

import numpy as np
from numba import config, types
from numba.extending import intrinsic

from kernels.vector_code import MANY, VECTOR_BYTES, Vectors

__all__ = ["FILTERS", "columns", "defined", "emitted", "signature", "tile_of_filters"]


FILTERS, VECTORS = (8, 3) if MANY else (4, 3)


def columns(itemsize: int) -> int:
    """Columns of a tile of `FILTERS` filters."""
    return VECTORS * (VECTOR_BYTES // itemsize)


def defined(y, y_at, y_step, start, start_at, s, s_at, at, taps, w, w_at, w_step, tap_step, filters, n):
    """What a tile of `filters` filters and `n` columns computes, but for rounding: here once, at the end.

    Weight t of filter f is w[w_at + f·w_step + t·tap_step].
    """
    for f in range(filters):
        row = y[y_at + f * y_step : y_at + f * y_step + n]
        sums = np.full(n, start[start_at + f], np.float64) if start_at >= 0 else row.astype(np.float64)
        for t in range(taps):
            sums += float(w[w_at + f * w_step + t * tap_step]) * s[s_at + at[t] : s_at + at[t] + n]
        row[:] = sums


def entering(code, *sources):
    """A table of vectors at the beginning of a block, as it comes from each of some (block, table)."""
    (_, table), *_ = sources
    made = [[code.builder.phi(code.vector) for _ in row] for row in table]
    for block, values in sources:
        for phis, row in zip(made, values, strict=True):
            for phi, value in zip(phis, row, strict=True):
                phi.add_incoming(value, block)
    return made


def beginning(code, cells, y, start, start_at, kept_of=None):
    """start[start_at + f] for each f, or what `cells` of y hold for start_at < 0; the last of a row by `kept_of`."""
    builder, index = code.builder, code.index
    fresh, kept, ready = (builder.append_basic_block(name) for name in ("fresh", "kept", "ready"))
    builder.cbranch(builder.icmp_signed(">=", start_at, index(0)), fresh, kept)
    builder.position_at_end(fresh)
    given = [code.everywhere(code.element(start, builder.add(start_at, index(f)))) for f in range(len(cells))]
    builder.branch(ready)
    builder.position_at_end(kept)
    last = kept_of or (lambda cell: code.read(y, cell))
    before = [[*(code.read(y, cell) for cell in row[:-1]), last(row[-1])] for row in cells]
    builder.branch(ready)
    builder.position_at_end(ready)
    return entering(code, (fresh, [[each] * len(cells[0]) for each in given]), (kept, before))


def added(code, first, s, s_at, at, taps, w, place_of_weight):
    """The loop over the taps: first[f][v] + Σ_t w[place_of_weight(f, t)] · s[s_at + at[t] + v·lanes + …]."""
    builder, index = code.builder, code.index
    filters, vectors = len(first), len(first[0])
    before = builder.block
    loop, body, end = (builder.append_basic_block(name) for name in ("tap", "body", "end"))
    builder.branch(loop)
    builder.position_at_end(loop)
    t = builder.phi(index)
    t.add_incoming(index(0), before)
    sums = entering(code, (before, first))
    builder.cbranch(builder.icmp_signed("<", t, taps), body, end)
    builder.position_at_end(body)
    place = builder.add(s_at, code.element(at, t))

    def read(v):
        return code.read(s, builder.add(place, index(v * code.lanes)))

    def factor(f):
        return code.everywhere(code.element(w, place_of_weight(f, t)))

    # The fewer of the two stay in registers, the others come one at a time.
    if filters < vectors:
        factors = [factor(f) for f in range(filters)]
        pairs = ((f, v, factors[f], part) for v in range(vectors) for part in (read(v),) for f in range(filters))
    else:
        parts = [read(v) for v in range(vectors)]
        pairs = ((f, v, each, parts[v]) for f in range(filters) for each in (factor(f),) for v in range(vectors))
    for f, v, each, part in pairs:
        sums[f][v].add_incoming(code.times_plus(each, part, sums[f][v]), body)
    t.add_incoming(builder.add(t, index(1)), body)
    builder.branch(loop)
    builder.position_at_end(end)
    return sums


def emitted(filters, vectors, vector_bytes=VECTOR_BYTES):
    """The code of a tile of these counts, as an intrinsic takes it."""

    def emit(context, builder, signature, args):
        code = Vectors(context, builder, signature, args, 0, vector_bytes)
        index, lanes = code.index, code.lanes
        y, start, s, at, w = (code.data(place) for place in (0, 3, 5, 7, 9))
        _, y_at, y_step, _, start_at, _, s_at, _, taps, _, w_at = args

        cells = [
            [builder.add(y_at, builder.add(builder.mul(y_step, index(f)), index(v * lanes))) for v in range(vectors)]
            for f in range(filters)
        ]

        def place_of_weight(f, t):
            return builder.add(builder.add(w_at, builder.mul(t, index(filters))), index(f))

        begun = beginning(code, cells, y, start, start_at)
        sums = added(code, begun, s, s_at, at, taps, w, place_of_weight)
        for f in range(filters):
            for v in range(vectors):
                code.write(sums[f][v], y, cells[f][v])
        return context.get_dummy_value()

    return emit


def signature(y, y_at, y_step, start, start_at, s, s_at, at, taps, w, w_at):
    """The types of a tile, for those of its arrays."""
    whole = types.int64
    return types.void(y, whole, whole, start, whole, s, whole, at, whole, w, whole)


def tile_of_filters(y, y_at, y_step, start, start_at, s, s_at, at, taps, w, w_at):
    """y[y_at + f·y_step + j] = start[start_at + f] + Σ_t w[w_at + t·FILTERS + f] · s[s_at + at[t] + j].

    All arrays are contiguous with one axis, of one float type, `at` of int64; with `start_at` < 0 the sums begin with
    what y holds. Nothing is checked: j goes over `columns(itemsize)` cells.
    """
    defined(
        y, y_at, y_step, start, start_at, s, s_at, at, taps, w, w_at, 1, FILTERS, FILTERS, columns(y.itemsize)
    )  # fmt: skip


if not config.DISABLE_JIT:

    @intrinsic
    def tile_of_filters(typing, y, y_at, y_step, start, start_at, s, s_at, at, taps, w, w_at):
        return signature(y, y_at, y_step, start, start_at, s, s_at, at, taps, w, w_at), emitted(FILTERS, VECTORS)
