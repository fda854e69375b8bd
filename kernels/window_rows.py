"""The largest number of each window of a row, as vectors straight from the plane, for narrow windows and small strides.

    y[j] = max over u < rows and v < taps of s[at + u·step + j·stride + v],   places[j] where the first that has it is

The place of s[at] is `first`, of s[at + u·step + d] first + u·step + d. NaN is above every number.
"""

from __future__ import annotations

import numpy as np
from numba import config, types
from numba.extending import intrinsic

from kernels._jit import kernel
from kernels.placed_vectors import PlacedVectors
from kernels.vector_code import VECTOR_BYTES, ask, cases

__all__ = ["direct", "largest_of_windows"]

TAPS, STRIDES = (2, 3), (1, 2)


@kernel
def direct(taps, stride, dilation, windows, itemsize):  # type: ignore[no-untyped-def]
    """Whether `largest_of_windows` takes windows of so many columns, so many of them."""
    narrow = (taps == 2 or taps == 3) and (stride == 1 or stride == 2) and dilation == 1
    return narrow and windows * itemsize >= VECTOR_BYTES


def largest_of_windows(s, at, step, rows, taps, stride, first, smallest, y, places, to, n):
    """y[to + j] and places[to + j] for j < n, n at least a vector; with `smallest` the smallest number instead.

    s and y are of one float type, places of `PLACE`, contiguous with one axis. Nothing is checked.
    """
    cells = at + np.arange(rows)[:, None] * step + np.arange(taps)
    cells = cells.reshape(-1) + np.arange(n)[:, None] * stride
    numbers = -s[cells] if smallest else s[cells]
    best = np.argmax(numbers, 1)[:, None]
    y[to : to + n] = s[np.take_along_axis(cells, best, 1)[:, 0]]
    places[to : to + n] = np.take_along_axis(cells, best, 1)[:, 0] - at + first


def _emit(context, builder, signature, args):
    code = PlacedVectors(context, builder, signature, args)
    index, s = code.index, code.data(0)
    _, at, step, rows, taps, stride, first, smallest, _, _, to, n = args
    # A number is negated by its sign alone, on the way in and on the way out.
    sign = builder.select(smallest, code.whole.element(-1 << 8 * code.size - 1), code.whole.element(0))
    sign = code.everywhere(sign, code.whole)

    def signed(value):
        return builder.bitcast(builder.xor(builder.bitcast(value, code.whole), sign), code.vector)

    def cells(begin, taps, stride):
        """The numbers of a row of the windows, tap by tap."""
        if stride == 1:
            return [code.read(s, builder.add(begin, index(v))) for v in range(taps)]
        of = [list(range(side, 2 * code.lanes, 2)) for side in (0, 1)]
        row = code.read(s, begin, 2 * code.lanes)
        if taps == 2:
            return [code.picked(row, row, each) for each in of]
        # No number behind the last tap is read.
        behind = code.read(s, builder.add(begin, index(1)), 2 * code.lanes)
        return [code.picked(row, row, of[0]), *(code.picked(behind, behind, each) for each in of)]

    def row_of_windows(taps, stride):
        for j in code.windows(n):
            begin = builder.add(at, builder.mul(j, index(stride)))
            place = code.integer(builder.add(first, builder.mul(j, index(stride))))
            start = builder.add(
                code.everywhere(place, code.whole), code.constant(range(0, stride * code.lanes, stride), code.whole)
            )
            # What the next row of windows has beyond this one, in the order of memory, if strides are alike.
            ahead = builder.add(
                begin, builder.add(builder.mul(rows, step), builder.mul(j, index(stride * (stride - 1))))
            )
            for q in range(stride):
                ask(builder, s, builder.add(ahead, index(q * stride * code.lanes)))
            number = signed(cells(begin, taps, stride)[0])
            before = builder.block
            loop, end = builder.append_basic_block("row"), builder.append_basic_block("end")
            builder.branch(loop)
            builder.position_at_end(loop)
            u, best, found = builder.phi(index), builder.phi(code.vector), builder.phi(code.whole)
            for phi, value in ((u, index(0)), (best, number), (found, start)):
                phi.add_incoming(value, before)
            down = builder.mul(u, step)
            kept, place = best, found
            here = builder.add(start, code.everywhere(code.integer(down), code.whole))
            for v, cell in enumerate(signed(cell) for cell in cells(builder.add(begin, down), taps, stride)):
                above = code.above(kept, cell)
                kept = builder.select(above, cell, kept)
                place = builder.select(above, builder.add(here, code.constant(v, code.whole)), place)
            following = builder.add(u, index(1))
            for phi, value in ((u, following), (best, kept), (found, place)):
                phi.add_incoming(value, loop)
            builder.cbranch(builder.icmp_signed("<", following, rows), loop, end)
            builder.position_at_end(end)
            code.write(signed(kept), code.data(8), builder.add(to, j))
            code.write_places(place, 9, builder.add(to, j))

    ways = {2 * a + b: (a, b) for a in TAPS for b in STRIDES}
    for way in cases(builder, builder.add(builder.mul(taps, index(2)), stride), ways):
        row_of_windows(*ways[way])
    return context.get_dummy_value()


if not config.DISABLE_JIT:
    _index = types.int64

    @intrinsic
    def largest_of_windows(typing, s, at, step, rows, taps, stride, first, smallest, y, places, to, n):
        taken = s, _index, _index, _index, _index, _index, _index, types.boolean, y, places, _index, _index
        return types.void(*taken), _emit
