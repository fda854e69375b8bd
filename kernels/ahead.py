"""Rows that will be read soon."""

from __future__ import annotations

from numba import config, types
from numba.core import cgutils
from numba.extending import intrinsic

from kernels.cache_lines import LINE_BYTES
from kernels.vector_code import Vectors, ask

__all__ = ["ask_row"]


def ask_row(x):
    """Have the cache fetch the numbers of x, contiguous with one axis: worth its while for the row after this one."""


def _emit(context, builder, signature, args):
    code = Vectors(context, builder, signature, args)
    length = context.make_array(signature.args[0])(context, builder, args[0]).nitems
    step = code.index(LINE_BYTES // code.size)
    with cgutils.for_range_slice(builder, code.index(0), length, step, code.index) as (j, _):
        ask(builder, code.data(0), j)
    return context.get_dummy_value()


if not config.DISABLE_JIT:

    @intrinsic
    def ask_row(typing, x):
        return types.void(x), _emit
