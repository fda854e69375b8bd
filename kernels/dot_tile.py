"""A tile of dot products that stays in the registers: what gradients of weights are made of.

    sums[f, t] = Σ_b Σ_j g[f, b, j] · s[at[t] + b, j]        b < rows, j < n

The sums of FILTERS × TAPS products are vectors along the rows, and are added up in float64 at the very end.
"""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import config, types
from numba.core import cgutils
from numba.extending import intrinsic

from kernels.tile import FILTERS
from kernels.vector_code import Vectors

__all__ = ["TAPS", "TAPS_OF_ONE", "defined", "dots_of_filters", "dots_of_one", "emitted", "signature"]

TAPS = 3
TAPS_OF_ONE = 9
"""Taps of a tile of one filter: a kernel of 3×3 at once."""


def defined(sums, g, g_at, g_step, g_row, filters, s, s_at, s_row, at, first, count, rows, n, all_filters, all_taps):
    """What a tile of `all_filters` × `all_taps` products computes: beyond `filters` and `count` the last again."""
    for f in range(all_filters):
        for t in range(all_taps):
            total = 0.0
            for b in range(rows):
                g_from = g_at + min(f, filters - 1) * g_step + b * g_row
                s_from = s_at + at[first + min(t, count - 1)] + b * s_row
                total += np.sum(g[g_from : g_from + n] * s[s_from : s_from + n], dtype=np.float64)
            sums[f * all_taps + t] = total


def emitted(all_filters, all_taps, vector_bytes=0):
    """The code of a tile of these counts, as an intrinsic takes it."""

    def emit(context, builder, signature, args):
        code = Vectors(context, builder, signature, args, 1, vector_bytes)
        index, lanes = code.index, code.lanes
        out, g, s, at = (code.data(place) for place in (0, 1, 6, 9))
        _, _, g_at, g_step, g_row, filters, _, s_at, s_row, _, first, count, rows, n = args

        def least(value, bound):
            last = builder.sub(bound, index(1))
            return builder.select(builder.icmp_signed("<", index(value), last), index(value), last)

        g_begins = [builder.add(g_at, builder.mul(g_step, least(f, filters))) for f in range(all_filters)]
        s_begins = []
        for t in range(all_taps):
            place = builder.gep(at, [builder.add(first, least(t, count))], inbounds=True)
            s_begins.append(builder.add(s_at, builder.load(place)))
        sums = [[cgutils.alloca_once_value(builder, code.zeros()) for _ in s_begins] for _ in g_begins]
        for row in sums:
            for each in row:
                builder.store(code.zeros(), each)

        def add(given, read):
            for f, one in enumerate(given):
                for t, other in enumerate(read):
                    builder.store(code.times_plus(one, other, builder.load(sums[f][t])), sums[f][t])

        rest = builder.srem(n, index(lanes))
        whole = builder.sub(n, rest)
        wide = ir.VectorType(ir.IntType(64), lanes)
        limit = code.everywhere(builder.sub(index(lanes), rest), wide)
        new = builder.icmp_signed(">=", code.constant(range(lanes), wide), limit)
        with cgutils.for_range(builder, rows) as loop:
            g_rows = [builder.add(begin, builder.mul(loop.index, g_row)) for begin in g_begins]
            s_rows = [builder.add(begin, builder.mul(loop.index, s_row)) for begin in s_begins]
            for j in code.along(whole):
                read = [code.read(s, builder.add(begin, j)) for begin in s_rows]
                add([code.read(g, builder.add(begin, j)) for begin in g_rows], read)
            left = builder.icmp_signed("!=", rest, index(0))
            long = builder.icmp_signed(">", whole, index(0))
            both = (g, g_rows), (s, s_rows)
            with builder.if_then(builder.and_(left, long)):
                # The last vector once more, with zeros where it has been counted.
                j = builder.sub(n, index(lanes))
                add(*(
                    [builder.select(new, code.read(data, builder.add(begin, j)), code.zeros()) for begin in begins]
                    for data, begins in both
                ))  # fmt: skip
            with builder.if_then(builder.and_(left, builder.not_(long))), cgutils.for_range(builder, n) as one:
                add(*(
                    [
                        builder.insert_element(
                            code.zeros(), code.element(data, builder.add(begin, one.index)), ir.IntType(32)(0)
                        )
                        for begin in begins
                    ]
                    for data, begins in both
                ))  # fmt: skip
        double = ir.DoubleType()
        for f, row in enumerate(sums):
            for t, each in enumerate(row):
                total = builder.load(each)
                if code.size == 4:
                    total = builder.fpext(total, ir.VectorType(double, lanes))
                half = lanes
                while half > 1:
                    half //= 2
                    total = builder.fadd(
                        code.picked(total, total, list(range(half))),
                        code.picked(total, total, list(range(half, 2 * half))),
                    )
                value = builder.extract_element(total, ir.IntType(32)(0))
                builder.store(value, code.address(out, index(f * all_taps + t)))
        return context.get_dummy_value()

    return emit


def signature(sums, g, s, at):
    """The types of a tile, for those of its arrays."""
    i = types.int64
    return types.void(sums, g, i, i, i, i, s, i, i, at, i, i, i, i)


def dots_of_filters(sums, g, g_at, g_step, g_row, filters, s, s_at, s_row, at, first, count, rows, n):
    """sums[f·TAPS + t] = Σ_b Σ_j g[g_at + f·g_step + b·g_row + j] · s[s_at + at[first + t] + b·s_row + j].

    For b < rows and j < n. `g` and `s` are contiguous with one axis and of one float type, `sums` of float64, `at` of
    int64. Nothing is checked. Sums for f ≥ filters or t ≥ count are those of the last.
    """
    defined(sums, g, g_at, g_step, g_row, filters, s, s_at, s_row, at, first, count, rows, n, FILTERS, TAPS)


def dots_of_one(sums, g, g_at, g_step, g_row, filters, s, s_at, s_row, at, first, count, rows, n):
    """The tile of one filter, with more taps: sums[t]."""
    defined(sums, g, g_at, g_step, g_row, filters, s, s_at, s_row, at, first, count, rows, n, 1, TAPS_OF_ONE)


if not config.DISABLE_JIT:

    @intrinsic
    def dots_of_filters(typing, sums, g, g_at, g_step, g_row, filters, s, s_at, s_row, at, first, count, rows, n):
        return signature(sums, g, s, at), emitted(FILTERS, TAPS)

    @intrinsic
    def dots_of_one(typing, sums, g, g_at, g_step, g_row, filters, s, s_at, s_row, at, first, count, rows, n):
        return signature(sums, g, s, at), emitted(1, TAPS_OF_ONE)
