"""Rows of windows of 2 × 2 side by side, as vectors: their mean, a number drawn, and the ways back.

Window j has the cells a, b = upper[2j], upper[2j + 1] and c, d = lower[2j], lower[2j + 1]; the place of a in its plane
is first + 2j, those of the others are 1, `width` and width + 1 behind it. All rows are contiguous and count from 0;
x, y and p are of one float type, places of `PLACE`. Every function takes n windows, n ≥ `lanes(itemsize)`: the last
vector ends with the row, so that some windows may be done twice, to the same result. Nothing is checked.
"""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import config, types
from numba.core import cgutils
from numba.extending import intrinsic

from kernels.counter_random import FIRST, GAMMA, SECOND
from kernels.placed_vectors import PlacedVectors
from kernels.vector_code import ask

__all__ = ["LEAST", "MOST", "draw_pairs", "mean_pairs", "repeat_pairs", "spread_pairs"]

LEAST, MOST = 2.0**-900, 2.0**1020
"""Sums between these are drawn from as they are."""

_LONG = ir.IntType(64)


def _cells(upper, lower, n):
    return upper[0 : 2 * n : 2], upper[1 : 2 * n : 2], lower[0 : 2 * n : 2], lower[1 : 2 * n : 2]


def mean_pairs(upper, lower, share, y, n):
    """y[j] = share·((a + c) + (b + d)) in float64."""
    a, b, c, d = (cell.astype(np.float64) for cell in _cells(upper, lower, n))
    y[:n] = share * ((a + c) + (b + d))


def draw_pairs(upper, lower, first, width, state, window, y, places, p, n):
    """y[j] = a[k], places[j] = the place of k, p[j] = a[k]/Σa with a = max(x, 0) in window j; k is drawn by a/Σa.

    The random number is that of place window + j from `state` on, see `kernels.counter_random`. A window of zeros gives
    0, its first cell and p = 0. Returns whether a sum was not 0 and not between `LEAST` and `MOST`; such windows then
    hold anything.
    """
    cells = np.stack(_cells(upper, lower, n), -1).astype(np.float64)
    cells[cells < 0] = 0
    running = np.cumsum(cells, -1)
    total = running[:, 3]
    z = np.uint64(state) + (np.uint64(window + 1) + np.arange(n, dtype=np.uint64)) * GAMMA
    z = (z ^ (z >> np.uint64(30))) * FIRST
    z = (z ^ (z >> np.uint64(27))) * SECOND
    threshold = ((z ^ (z >> np.uint64(31))) >> np.uint64(11)).astype(np.float64) * 2.0**-53 * total
    at = np.where(total > 0, (running[:, :3] <= threshold[:, None]).sum(-1), 0)
    found = cells[np.arange(n), at]
    y[:n] = found
    with np.errstate(invalid="ignore"):
        p[:n] = found / np.where(total == 0, 1, total)
    places[:n] = first + 2 * np.arange(n) + at % 2 + at // 2 * width
    return bool(np.any(~((total == 0) | (total > LEAST) & (total < MOST))))


def repeat_pairs(x, share, y, n):
    """y[2j] = y[2j + 1] = share·x[j] in float64."""
    y[: 2 * n] = np.repeat(share * x[:n].astype(np.float64), 2)


def spread_pairs(x, places, first, width, upper, lower, n):
    """The cell of window j in upper and lower whose place is places[j] = x[j], the others = 0.

    Returns whether a place was outside of its window; then the rows hold anything.
    """
    away = places[:n] - (first + 2 * np.arange(n))
    for row, begin in ((upper, 0), (lower, width)):
        for side in (0, 1):
            row[side : 2 * n : 2] = np.where(away == begin + side, x[:n], 0)
    return bool(np.any((away != 0) & (away != 1) & (away != width) & (away != width + 1)))


class _Pairs(PlacedVectors):
    """Writes code on vectors of windows."""

    def cells(self, j, n):
        """The four cells of the windows from j on; asks for the next two rows, in the order of memory."""
        begin = self.builder.shl(j, self.index(1))
        ahead = self.builder.shl(self.builder.add(j, n), self.index(2))
        for place in (0, 1):
            ask(self.builder, self.data(0), self.builder.add(ahead, self.index(place * 2 * self.lanes)))
            row = self.read(self.data(place), begin, 2 * self.lanes)
            for side in (0, 1):
                yield self.picked(row, row, list(range(side, 2 * self.lanes, 2)))

    def beside(self, left, right):
        """The numbers of two vectors in turn."""
        return self.picked(left, right, [side * self.lanes + lane for lane in range(self.lanes) for side in (0, 1)])

    def place_of(self, first, j):
        """The places of the first cells of the windows from j on, as `whole`."""
        builder = self.builder
        begin = self.integer(builder.add(first, builder.shl(j, self.index(1))))
        return builder.add(self.everywhere(begin, self.whole), self.constant(range(0, 2 * self.lanes, 2), self.whole))


def _emit_mean(context, builder, signature, args):
    code = _Pairs(context, builder, signature, args)
    share = code.everywhere(args[2], code.double)
    n = args[4]
    for j in code.windows(n):
        a, b, c, d = (code.wide(cell) for cell in code.cells(j, n))
        mean = builder.fmul(share, builder.fadd(builder.fadd(a, c), builder.fadd(b, d)))
        code.write(code.narrow(mean), code.data(3), j)
    return context.get_dummy_value()


def _emit_draw(context, builder, signature, args):
    code = _Pairs(context, builder, signature, args)
    _, _, first, width, state, window, _, _, _, n = args
    doubles, longs = code.double, ir.VectorType(_LONG, code.lanes)
    strange = cgutils.alloca_once_value(builder, ir.IntType(1)(0))

    def mixed(z, shift, factor=None):
        z = builder.xor(z, builder.lshr(z, code.constant(shift, longs)))
        return z if factor is None else builder.mul(z, code.constant(int(factor), longs))

    for j in code.windows(n):
        zero = code.zeros()
        a, b, c, d = (builder.select(builder.fcmp_ordered("<", cell, zero), zero, cell) for cell in code.cells(j, n))
        running = [code.wide(a)]
        for cell in (b, c, d):
            running.append(builder.fadd(running[-1], code.wide(cell)))
        total = running.pop()
        begin = builder.add(builder.add(window, j), _LONG(1))
        z = builder.add(
            code.everywhere(builder.add(state, builder.mul(begin, _LONG(int(GAMMA)))), longs),
            code.constant([lane * int(GAMMA) % 2**64 for lane in range(code.lanes)], longs),
        )
        z = mixed(mixed(mixed(z, 30, FIRST), 27, SECOND), 31)
        random = builder.uitofp(builder.lshr(z, code.constant(11, longs)), doubles)
        threshold = builder.fmul(builder.fmul(random, code.constant(2.0**-53, doubles)), total)
        none = code.constant(0.0, doubles)
        some = builder.fcmp_ordered(">", total, none)
        found, number = a, code.constant(0, code.whole)
        right, below = code.constant(1, code.whole), code.everywhere(code.integer(width), code.whole)
        steps = right, below, builder.add(below, right)
        for sum_before, cell, step in zip(running, (b, c, d), steps, strict=True):
            passed = builder.and_(some, builder.fcmp_ordered("<=", sum_before, threshold))
            found, number = builder.select(passed, cell, found), builder.select(passed, step, number)
        code.write(found, code.data(6), j)
        code.write_places(builder.add(code.place_of(first, j), number), 7, j)
        p = builder.select(some, builder.fdiv(code.wide(found), total), none)
        code.write(code.narrow(p), code.data(8), j)
        plain = builder.and_(
            builder.fcmp_ordered(">", total, code.constant(LEAST, doubles)),
            builder.fcmp_ordered("<", total, code.constant(MOST, doubles)),
        )
        plain = builder.or_(plain, builder.fcmp_ordered("==", total, none))
        here = code.any(builder.not_(plain))
        builder.store(builder.or_(builder.load(strange), here), strange)
    return builder.load(strange)


def _emit_repeat(context, builder, signature, args):
    code = _Pairs(context, builder, signature, args)
    share, n = code.everywhere(args[1], code.double), args[3]
    for j in code.windows(n):
        twice = builder.shl(j, code.index(1))
        ask(builder, code.data(2), builder.add(twice, builder.shl(n, code.index(2))))
        part = code.narrow(builder.fmul(share, code.wide(code.read(code.data(0), j))))
        code.write(code.beside(part, part), code.data(2), twice)
    return context.get_dummy_value()


def _emit_spread(context, builder, signature, args):
    code = _Pairs(context, builder, signature, args)
    _, _, first, width, _, _, n = args
    outside = ir.VectorType(ir.IntType(1), code.lanes)
    stray = cgutils.alloca_once_value(builder, ir.Constant(outside, [0] * code.lanes))
    one, down = code.constant(1, code.whole), code.everywhere(code.integer(width), code.whole)

    def here(j, begin):
        """Whether the places of the windows from j on are `begin`, or one behind it, away from the first cells."""
        # Planes are too small for a difference that overflows to become one of these.
        away = builder.sub(code.read_places(1, j), code.place_of(first, j))
        return [builder.icmp_signed("==", away, step) for step in (begin, builder.add(begin, one))]

    def write(row, j, found):
        x, zero = code.read(code.data(0), j), code.zeros()
        left, right = (builder.select(each, x, zero) for each in found)
        code.write(code.beside(left, right), code.data(row), builder.shl(j, code.index(1)))

    # One row after the other, since memory takes one stream of numbers faster than two.
    for j in code.windows(n):
        for place in (0, 1):
            ask(builder, code.data(place), builder.add(j, n))
        above, below = here(j, code.constant(0, code.whole)), here(j, down)
        inside = builder.or_(builder.or_(*above), builder.or_(*below))
        builder.store(builder.or_(builder.load(stray), builder.not_(inside)), stray)
        write(4, j, above)
    for j in code.windows(n):
        write(5, j, here(j, down))
    return code.any(builder.load(stray))


if not config.DISABLE_JIT:
    _index = types.int64

    @intrinsic
    def mean_pairs(typing, upper, lower, share, y, n):
        return types.void(upper, lower, types.float64, y, _index), _emit_mean

    @intrinsic
    def draw_pairs(typing, upper, lower, first, width, state, window, y, places, p, n):
        taken = upper, lower, _index, _index, types.uint64, _index, y, places, p, _index
        return types.boolean(*taken), _emit_draw

    @intrinsic
    def repeat_pairs(typing, x, share, y, n):
        return types.void(x, types.float64, y, _index), _emit_repeat

    @intrinsic
    def spread_pairs(typing, x, places, first, width, upper, lower, n):
        return types.boolean(x, places, _index, _index, upper, lower, _index), _emit_spread
