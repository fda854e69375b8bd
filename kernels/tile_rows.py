"""A row of sums, tile after tile: what `kernels/tile.py` does for a few columns, for as many as a row has.

    y[f, j] = start[f, j] + Σ_t w[f, t] · s[at[t] + j]        f < filters, j < n

With few taps most of the time of a single tile would go into its beginning and its end, the call above all; here a
tile begins where the one before ends. The last tile of a row is as narrow as it may be, and what it has too much is
neither read nor written in y.
"""

from __future__ import annotations

from numba import config, types
from numba.extending import intrinsic

from kernels.tile import added, beginning, defined
from kernels.vector_code import MANY, VECTOR_BYTES, Vectors, cases

__all__ = ["COUNTS", "defined", "emitted_rows", "row_of_tiles", "signature"]

COUNTS = (8, 4, 3, 2, 1) if MANY else (4, 3, 2, 1)
"""Filters that a row may have; the first is FILTERS."""

_WIDTHS = {8: (3, 2, 1), 4: (3, 2, 1), 3: (4, 2, 1), 2: (6, 3, 1), 1: (8, 4, 2, 1)}
"""Vectors of the tiles of so many filters: as many sums as hide the time of an addition and as registers hold."""


def emitted_rows(widths, vector_bytes=VECTOR_BYTES):
    """The code of rows, as an intrinsic takes it; `widths` as `_WIDTHS`."""

    def emit(context, builder, signature, args):
        code = Vectors(context, builder, signature, args, 0, vector_bytes)
        filters, n = args[4], args[3]
        for count in cases(builder, filters, widths):
            _emit_row(code, count, widths[count], n)
        return context.get_dummy_value()

    return emit


def _emit_row(code, filters, widths, n):
    """Tiles of the widest kind while they fit, then narrower ones; a tile may reach past the end by its last vector."""
    builder, index = code.builder, code.index
    _, y_at, y_step, *_, w_at, w_step = code.args
    begins = [builder.add(y_at, builder.mul(y_step, index(f))) for f in range(filters)]
    weights = [builder.add(w_at, builder.mul(w_step, index(f))) for f in range(filters)]
    before, following = builder.block, builder.append_basic_block("following")
    builder.branch(following)
    builder.position_at_end(following)
    low = builder.phi(index)
    low.add_incoming(index(0), before)
    left = builder.sub(n, low)
    some, done = builder.append_basic_block("some"), builder.append_basic_block("done")
    builder.cbranch(builder.icmp_signed(">", left, index(0)), some, done)
    builder.position_at_end(some)
    for width in widths:
        tile, narrower = builder.append_basic_block(f"tile{width}"), builder.append_basic_block("narrower")
        builder.cbranch(builder.icmp_signed(">", left, index((width - 1) * code.lanes)), tile, narrower)
        builder.position_at_end(tile)
        _emit_tile(code, [builder.add(begin, low) for begin in begins], width, low, left, weights)
        low.add_incoming(builder.add(low, index(width * code.lanes)), builder.block)
        builder.branch(following)
        builder.position_at_end(narrower)
    builder.unreachable()
    builder.position_at_end(done)


def _emit_tile(code, begins, width, low, left, weights):
    """A tile at column `low`, `left` columns before the end of the row; `weights`: where those of each filter begin."""
    builder, index = code.builder, code.index
    y, start, s, at, w = (code.data(place) for place in (0, 5, 7, 9, 11))
    start_at, s_at, taps = (code.args[place] for place in (6, 8, 10))
    held = builder.sub(left, index((width - 1) * code.lanes))
    cells = [[builder.add(begin, index(v * code.lanes)) for v in range(width)] for begin in begins]

    begun = beginning(code, cells, y, start, start_at, lambda cell: code.read_some(y, cell, code.mask(held)))
    sums = added(code, begun, s, builder.add(s_at, low), at, taps, w, lambda f, t: builder.add(weights[f], t))

    for row, values in zip(cells, sums, strict=True):
        for cell, value in zip(row[:-1], values[:-1], strict=True):
            code.write(value, y, cell)
    whole, part, written = (builder.append_basic_block(name) for name in ("whole", "part", "written"))
    builder.cbranch(builder.icmp_signed(">=", held, index(code.lanes)), whole, part)
    builder.position_at_end(whole)
    for row, values in zip(cells, sums, strict=True):
        code.write(values[-1], y, row[-1])
    builder.branch(written)
    builder.position_at_end(part)
    mask = code.mask(held)
    for row, values in zip(cells, sums, strict=True):
        code.write_some(values[-1], y, row[-1], mask)
    builder.branch(written)
    builder.position_at_end(written)


def signature(y, y_at, y_step, n, filters, start, start_at, s, s_at, at, taps, w, w_at, w_step):
    """The types of a row, for those of its arrays."""
    whole = types.int64
    return types.void(y, whole, whole, whole, whole, start, whole, s, whole, at, whole, w, whole, whole)


def row_of_tiles(y, y_at, y_step, n, filters, start, start_at, s, s_at, at, taps, w, w_at, w_step):
    """y[y_at + f·y_step + j] = start[start_at + f] + Σ_t w[w_at + f·w_step + t] · s[s_at + at[t] + j], j < n.

    For `filters` in COUNTS. All arrays are contiguous with one axis, of one float type, `at` of int64; with
    `start_at` < 0 the sums begin with what y holds. Nothing is checked, and of s a vector less one number is read past
    the last column.
    """
    defined(y, y_at, y_step, start, start_at, s, s_at, at, taps, w, w_at, w_step, 1, filters, n)


if not config.DISABLE_JIT:

    @intrinsic
    def row_of_tiles(typing, y, y_at, y_step, n, filters, start, start_at, s, s_at, at, taps, w, w_at, w_step):
        types_of_row = signature(y, y_at, y_step, n, filters, start, start_at, s, s_at, at, taps, w, w_at, w_step)
        return types_of_row, emitted_rows({count: _WIDTHS[count] for count in COUNTS})
