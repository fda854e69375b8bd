"""The k largest numbers of every column of some rows, with the rows that they stand in: many columns side by side.

Lists of k keys in falling order, best[s·line + j], and their rows, places[s·line + j]. A key goes in before the first
smaller one, and pushes out the last: of equal keys the first stays ahead. As the list b falls,

    b'[s] = max(b[s], min(b[s − 1], key)),

and the rows follow by the truth of key > b[s], which no s has to wait for. Lists stay in registers for all of the rows.
"""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import config, types
from numba.core import cgutils
from numba.extending import intrinsic

from kernels.vector_code import VECTOR_BYTES, ask, cases

__all__ = ["insert_rows"]


def insert_rows(x, limits, at, step, rows, place, best, places, k, line, n):
    """Put the keys of x[at + q·step + j] into the lists of k ≤ itemsize as row place + q, for q < rows in order, j < n.

    Keys are those of `kernels.selection`. x, limits, best and places are of one integer type, contiguous with one axis;
    n is a number of whole vectors. Nothing is checked.
    """
    for q in range(rows):
        numbers = x[at + q * step : at + q * step + n]
        size = numbers & limits[0]
        new = np.where(size > limits[1], limits[1] + 1, np.where(numbers >= 0, size, -size))
        its_place, better = np.full(n, place + q, x.dtype), np.zeros(n, np.bool_)
        for s in range(0, k * line, line):
            better |= new > best[s : s + n]
            for kept, pushed in ((best, new), (places, its_place)):
                old = kept[s : s + n].copy()
                kept[s : s + n] = np.where(better, pushed, old)
                pushed[:] = np.where(better, old, pushed)


def _emit(context, builder, signature, args):
    bits = signature.args[0].dtype.bitwidth
    lanes = VECTOR_BYTES * 8 // bits
    index, number = ir.IntType(64), ir.IntType(bits)
    vector = ir.VectorType(number, lanes)
    x, limits, best, places = (
        context.make_array(signature.args[at])(context, builder, args[at]).data for at in (0, 1, 6, 7)
    )
    _, _, at, step, rows, place, _, _, k, line, n = args

    def everywhere(value):
        one = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.IntType(32)(0))
        return builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(ir.IntType(32), lanes), [0] * lanes))

    def pointer(data, offset):
        return builder.bitcast(builder.gep(data, [offset], inbounds=True), vector.as_pointer())

    def read(data, offset):
        return builder.load(pointer(data, offset), align=bits // 8)

    def larger(one, other):
        return builder.select(builder.icmp_signed(">", one, other), one, other)

    def smaller(one, other):
        return builder.select(builder.icmp_signed("<", one, other), one, other)

    most, infinity = (everywhere(builder.load(builder.gep(limits, [index(t)]))) for t in (0, 1))
    not_a_number = builder.add(infinity, ir.Constant(vector, [1] * lanes))
    signs = ir.Constant(vector, [bits - 1] * lanes)
    as_number = (lambda value: value) if bits == 64 else (lambda value: builder.trunc(value, number))

    def key(value):
        size = builder.and_(value, most)
        negative = builder.and_(
            builder.ashr(value, signs), builder.sext(builder.icmp_signed("<=", size, infinity), vector)
        )
        return builder.sub(builder.xor(smaller(size, not_a_number), negative), negative)

    for count in cases(builder, k, range(1, bits // 8 + 1)):
        with cgutils.for_range_slice(builder, index(0), n, index(lanes), index) as (j, _):
            lists = [builder.add(builder.mul(line, index(s)), j) for s in range(count)]
            begun = [read(data, offset) for data in (best, places) for offset in lists]
            before = builder.block
            loop, body, done = (builder.append_basic_block(name) for name in ("row", "body", "done"))
            builder.branch(loop)
            builder.position_at_end(loop)
            q = builder.phi(index)
            q.add_incoming(index(0), before)
            kept = [builder.phi(vector) for _ in begun]
            for phi, value in zip(kept, begun, strict=True):
                phi.add_incoming(value, before)
            builder.cbranch(builder.icmp_signed("<", q, rows), body, done)
            builder.position_at_end(body)
            here = builder.add(builder.add(at, j), builder.mul(q, step))
            ask(builder, x, builder.add(here, builder.mul(rows, step)))
            new = key(read(x, here))
            its_place = everywhere(as_number(builder.add(place, q)))
            b, p = kept[:count], kept[count:]
            better = [builder.icmp_signed(">", new, each) for each in b]
            b = [larger(b[0], new), *(larger(b[s], smaller(b[s - 1], new)) for s in range(1, count))]
            p = [
                builder.select(better[s], builder.select(better[s - 1], p[s - 1], its_place) if s else its_place, p[s])
                for s in range(count)
            ]
            for phi, value in zip(kept, [*b, *p], strict=True):
                phi.add_incoming(value, body)
            q.add_incoming(builder.add(q, index(1)), body)
            builder.branch(loop)
            builder.position_at_end(done)
            for s, offset in enumerate(lists):
                builder.store(kept[s], pointer(best, offset), align=bits // 8)
                builder.store(kept[count + s], pointer(places, offset), align=bits // 8)
    return context.get_dummy_value()


if not config.DISABLE_JIT:
    _index = types.int64

    @intrinsic
    def insert_rows(typing, x, limits, at, step, rows, place, best, places, k, line, n):
        return types.void(
            x, limits, _index, _index, _index, _index, best, places, _index, _index, _index
        ), _emit  # fmt: skip
