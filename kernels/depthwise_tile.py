"""Rows of a map under one 3×3 filter, read in place: what depthwise convolution is made of.

    y[r, j] = bias + Σ_u Σ_v w[u, v] · s[r + u, j + v]        r < ROWS, j < n, u, v < 3

A sum of nine products costs less than to fetch its numbers, so nothing is copied: ROWS rows are walked along together,
and every vector that is read serves the three rows that it lies under. s[·, j] is column j − left of the map. Where
that is none of its `width` columns it counts as 0; only the first and the last vector of a row look.
"""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import config, types
from numba.core import cgutils
from numba.extending import intrinsic

from kernels.vector_code import Vectors

__all__ = ["ROWS", "SIDE", "defined", "emitted", "rows_of_nine", "signature"]

SIDE = 3
ROWS = 4
"""With the nine weights in registers so many sums are left in sixteen of them."""


def defined(y, y_at, y_row, n, s, s_at, s_row, left, width, w, w_at, bias, k):
    """What a tile of ROWS rows computes; n is at least one vector."""
    column = np.arange(n) - left
    for r in range(ROWS):
        sums = np.full(n, bias[k], y.dtype)
        for u in range(SIDE):
            for v in range(SIDE):
                at = s_at + (r + u) * s_row + v
                inside = (column + v >= 0) & (column + v < width)
                sums += w[w_at + u * SIDE + v] * np.where(inside, s[at : at + n], 0)
        y[y_at + r * y_row : y_at + r * y_row + n] = sums


def emitted(vector_bytes=0):
    """The code of the tile, as an intrinsic takes it."""

    def emit(context, builder, signature, args):
        code = Vectors(context, builder, signature, args, 0, vector_bytes)
        index, lanes = code.index, code.lanes
        y, s, w, bias = (code.data(place) for place in (0, 4, 9, 11))
        _, y_at, y_row, n, _, s_at, s_row, left, width, _, w_at, _, k = args
        factors = [code.everywhere(code.element(w, builder.add(w_at, index(t)))) for t in range(SIDE * SIDE)]
        begin = code.everywhere(code.element(bias, k))
        s_rows = [builder.add(s_at, builder.mul(s_row, index(q))) for q in range(ROWS + SIDE - 1)]
        y_rows = [builder.add(y_at, builder.mul(y_row, index(r))) for r in range(ROWS)]
        wide = ir.VectorType(index, lanes)

        def spread(value):
            one = builder.insert_element(ir.Constant(wide, ir.Undefined), value, ir.IntType(32)(0))
            return code.picked(one, one, [0] * lanes)

        def add_up(j, inside):
            """The sums of a vector of columns from j on; `inside[v]` says which lanes of column j + v are there."""
            sums = [begin] * ROWS
            for q, row in enumerate(s_rows):
                for v in range(SIDE):
                    read = code.read(s, builder.add(builder.add(row, j), index(v)))
                    if inside:
                        read = builder.select(inside[v], read, code.zeros())
                    for r in range(max(0, q - SIDE + 1), min(ROWS, q + 1)):
                        sums[r] = code.times_plus(factors[SIDE * (q - r) + v], read, sums[r])
            for row, total in zip(y_rows, sums, strict=True):
                code.write(total, y, builder.add(row, j))

        last = builder.sub(n, index(lanes))
        with cgutils.for_range_slice(builder, index(lanes), last, index(lanes), index) as (j, _):
            add_up(j, ())
        edges = cgutils.alloca_once_value(builder, index(0))
        # One piece of code for the first vector of the row and for the last, which may share columns with others.
        with cgutils.for_range(builder, index(2)):
            j = builder.load(edges)
            first = builder.sub(j, left)
            columns = builder.add(spread(first), ir.Constant(wide, list(range(lanes))))
            inside = []
            for v in range(SIDE):
                column = builder.add(columns, ir.Constant(wide, [v] * lanes))
                inside.append(builder.icmp_unsigned("<", column, spread(width)))
            add_up(j, inside)
            builder.store(last, edges)
        return context.get_dummy_value()

    return emit


def signature(y, s, w, bias):
    """The types of a tile, for those of its arrays."""
    i = types.int64
    return types.void(y, i, i, i, s, i, i, i, i, w, i, bias, i)


def rows_of_nine(y, y_at, y_row, n, s, s_at, s_row, left, width, w, w_at, bias, k):
    """y[y_at + r·y_row + j] = bias[k] + Σ_u Σ_v w[w_at + 3u + v] · s[s_at + (r + u)·s_row + j + v].

    For r < ROWS and j < n. Cells of s with j + v − left outside of 0 … width − 1 are read and count as 0. All arrays
    are contiguous with one axis and of one float type. Nothing is checked: n is at least a vector, and at most so many
    columns are outside on either side.
    """
    defined(y, y_at, y_row, n, s, s_at, s_row, left, width, w, w_at, bias, k)


if not config.DISABLE_JIT:

    @intrinsic
    def rows_of_nine(typing, y, y_at, y_row, n, s, s_at, s_row, left, width, w, w_at, bias, k):
        return signature(y, s, w, bias), emitted()
