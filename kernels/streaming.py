"""Writing past the cache: a result larger than it is not fetched into it first, line by line, to be overwritten."""

from __future__ import annotations

from numba import config, types
from numba.core import cgutils
from numba.extending import intrinsic

from kernels._jit import kernel
from kernels.vector_code import Vectors

__all__ = ["CHUNK", "LARGE", "put"]

LARGE = 1 << 24
"""Bytes of a result from which it is written past the cache: whoever reads it next would not find its start there."""

CHUNK = 2_048
"""Numbers that are made before they are written, in the first-level cache."""


def _stream(y, at, made, n):
    """y[at + j] = made[j] for j < n; flat arrays."""
    y[at : at + n] = made[:n]


def _emit(context, builder, signature, args):
    code = Vectors(context, builder, signature, args)
    y, made, (_, at, _, n) = code.data(0), code.data(2), args
    # Such stores are of whole vectors at multiples of their size: the numbers before and behind go one at a time.
    place = builder.udiv(builder.ptrtoint(code.address(y, at), code.index), code.index(code.size))
    head = builder.and_(builder.neg(place), code.index(code.lanes - 1))
    head = builder.select(builder.icmp_signed("<", head, n), head, n)
    whole = builder.and_(builder.sub(n, head), code.index(-code.lanes))
    body = builder.add(head, whole)
    for first, last in ((code.index(0), head), (body, n)):
        with cgutils.for_range_slice(builder, first, last, code.index(1), code.index) as (j, _):
            builder.store(code.element(made, j), code.address(y, builder.add(at, j)))
    with cgutils.for_range_slice(builder, head, body, code.index(code.lanes), code.index) as (j, _):
        code.stream(code.read(made, j), y, builder.add(at, j))
    return context.get_dummy_value()


if not config.DISABLE_JIT:

    @intrinsic
    def _stream(typing, y, at, made, n):
        return types.void(y, types.int64, made, types.int64), _emit


@kernel
def put(made, y, at):  # type: ignore[no-untyped-def]
    """y[at + j] = made[j], past the cache where y is large; flat arrays."""
    if y.size * y.itemsize >= LARGE:
        _stream(y, at, made, made.size)
    else:
        y[at : at + made.size] = made
