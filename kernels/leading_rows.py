"""The k largest numbers of every column so far, with the rows that they stand in, a row at a time and many columns.

Lists of k keys in falling order, best[s·line + j], and their rows, places[s·line + j]. A key goes in before the first
smaller one, and pushes out the last: of equal keys the first stays ahead. Most rows push nothing out after a while, so
that each vector is first held against the last keys alone.
"""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import config, types
from numba.core import cgutils
from numba.extending import intrinsic

from kernels.vector_code import VECTOR_BYTES

__all__ = ["insert_row"]


def insert_row(keys, n, place, best, places, k, line):
    """Put keys[j] of row `place` into the lists of k, for j < n, rounded up to whole vectors; line ≥ that.

    keys and best are of one integer type, places of int64; all contiguous with one axis. Nothing is checked.
    """
    new, its_place, better = keys[:n].copy(), np.full(n, place), np.zeros(n, np.bool_)
    for s in range(0, k * line, line):
        better |= new > best[s : s + n]
        best[s : s + n], new = np.where(better, new, best[s : s + n]), np.where(better, best[s : s + n], new)
        places[s : s + n], its_place = (
            np.where(better, its_place, places[s : s + n]),
            np.where(better, places[s : s + n], its_place),
        )


def _emit(context, builder, signature, args):
    bits = signature.args[0].dtype.bitwidth
    lanes = VECTOR_BYTES * 8 // bits
    index = ir.IntType(64)
    keys_of, places_of = (ir.VectorType(ir.IntType(each), lanes) for each in (bits, 64))
    keys, best, places = (
        context.make_array(signature.args[at])(context, builder, args[at]).data for at in (0, 3, 4)
    )  # fmt: skip
    _, n, place, _, _, k, line = args

    def vector(data, offset, of):
        return builder.bitcast(builder.gep(data, [offset], inbounds=True), of.as_pointer())

    its_place = builder.insert_element(ir.Constant(places_of, ir.Undefined), place, ir.IntType(32)(0))
    nowhere = ir.Constant(ir.VectorType(ir.IntType(32), lanes), [0] * lanes)
    its_place = builder.shuffle_vector(its_place, its_place, nowhere)
    nothing = ir.Constant(ir.VectorType(ir.IntType(1), lanes), [0] * lanes)
    last = builder.mul(builder.sub(k, index(1)), line)
    with cgutils.for_range_slice(builder, index(0), n, index(lanes), index) as (j, _):
        new = builder.load(vector(keys, j, keys_of), align=bits // 8)
        least = builder.load(vector(best, builder.add(last, j), keys_of), align=bits // 8)
        some = builder.bitcast(builder.icmp_signed(">", new, least), ir.IntType(lanes))
        with builder.if_then(builder.icmp_unsigned("!=", some, ir.IntType(lanes)(0)), likely=False):
            pushed = cgutils.alloca_once_value(builder, new), cgutils.alloca_once_value(builder, its_place)
            builder.store(new, pushed[0])
            builder.store(its_place, pushed[1])
            # Whatever has been pushed out pushes out what is behind it, though that be equal.
            pushing = cgutils.alloca_once_value(builder, nothing)
            builder.store(nothing, pushing)
            with cgutils.for_range_slice(builder, index(0), builder.mul(k, line), line, index) as (s, _):
                at = builder.add(s, j)
                key, where = builder.load(pushed[0]), builder.load(pushed[1])
                old = builder.load(vector(best, at, keys_of), align=bits // 8)
                old_place = builder.load(vector(places, at, places_of), align=8)
                better = builder.or_(builder.load(pushing), builder.icmp_signed(">", key, old))
                builder.store(better, pushing)
                builder.store(builder.select(better, key, old), vector(best, at, keys_of), align=bits // 8)
                builder.store(builder.select(better, where, old_place), vector(places, at, places_of), align=8)
                builder.store(builder.select(better, old, key), pushed[0])
                builder.store(builder.select(better, old_place, where), pushed[1])
    return context.get_dummy_value()


if not config.DISABLE_JIT:
    _index = types.int64

    @intrinsic
    def insert_row(typing, keys, n, place, best, places, k, line):
        return types.void(keys, _index, _index, best, places, _index, _index), _emit
