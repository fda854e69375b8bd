"""Products of matrices by tiles of registers, whose last columns are a narrower tile instead of a wide one in vain.

    m[m_at + f·m_step + j] = Σ_c u[u_at + (f div F)·C·F + c·F + f mod F] · v[v_at + c·v_step + j]        F = FILTERS

Unlike the tile that sums taps (`kernels/tile.py`) this one reads its rows at even steps and begins with nothing. A tile
of one vector takes twice the filters, so that there are sums enough to keep the processor's units busy.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import config, types
from numba.extending import intrinsic

from kernels._jit import kernel
from kernels.tile import FILTERS, VECTORS
from kernels.vector_code import VECTOR_BYTES, Vectors, cases

__all__ = ["PRODUCTS", "product", "product_rows"]

PRODUCTS = ((FILTERS, VECTORS), (FILTERS, 2), (2 * FILTERS, 1), (FILTERS, 1))
"""Filters and vectors of each kind of tile."""


def product(kind, m, m_at, m_step, v, v_at, v_step, channels, u, u_at):
    """One tile of a kind, at least one channel; all arrays contiguous with one axis, and nothing is checked."""
    filters, vectors = PRODUCTS[kind]
    n = vectors * VECTOR_BYTES // m.itemsize
    for f in range(filters):
        sums = np.zeros(n)
        for c in range(channels):
            factor = u[u_at + (f // FILTERS * channels + c) * FILTERS + f % FILTERS]
            sums += float(factor) * v[v_at + c * v_step : v_at + c * v_step + n]
        m[m_at + f * m_step : m_at + f * m_step + n] = sums


def _emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    code = Vectors(context, builder, signature, args, 1)
    index = code.index
    m, v, u = (code.data(place) for place in (1, 4, 8))
    kind, _, m_at, m_step, _, v_at, v_step, channels, _, u_at = args
    of_filters = builder.mul(channels, index(FILTERS))
    for each in cases(builder, kind, range(len(PRODUCTS))):
        filters, vectors = PRODUCTS[each]
        before, loop, end = builder.block, builder.append_basic_block("channel"), builder.append_basic_block("kept")
        builder.branch(loop)
        builder.position_at_end(loop)
        c, place, weight = (builder.phi(index) for _ in range(3))
        sums = [[builder.phi(code.vector) for _ in range(vectors)] for _ in range(filters)]
        for phi, begin in ((c, index(0)), (place, v_at), (weight, u_at)):
            phi.add_incoming(begin, before)
        read = [code.read(v, builder.add(place, index(part * code.lanes))) for part in range(vectors)]
        made = []
        for f, row in enumerate(sums):
            at = builder.add(weight, builder.mul(of_filters, index(f // FILTERS)))
            factor = code.everywhere(code.element(u, builder.add(at, index(f % FILTERS))))
            made.append([code.times_plus(factor, part, total) for part, total in zip(read, row, strict=True)])
            for phi, total in zip(row, made[-1], strict=True):
                phi.add_incoming(code.zeros(), before)
                phi.add_incoming(total, loop)
        for phi, step in ((c, index(1)), (place, v_step), (weight, index(FILTERS))):
            phi.add_incoming(builder.add(phi, step), loop)
        builder.cbranch(builder.icmp_signed("<", builder.add(c, index(1)), channels), loop, end)
        builder.position_at_end(end)
        for f, row in enumerate(made):
            to = builder.add(m_at, builder.mul(m_step, index(f)))
            for part, total in enumerate(row):
                code.write(total, m, builder.add(to, index(part * code.lanes)))
    return context.get_dummy_value()


if not config.DISABLE_JIT:

    @intrinsic
    def product(typing, kind, m, m_at, m_step, v, v_at, v_step, channels, u, u_at):
        whole = types.int64
        return types.void(whole, m, whole, whole, v, whole, whole, whole, u, whole), _emit


@kernel
def product_rows(m, m_at, m_step, v, v_at, v_step, n, lanes, channels, u, u_at, quads):
    """The products for `quads` times FILTERS filters and n columns, whole vectors."""
    weights, rows = channels * FILTERS, FILTERS * m_step
    column = 0
    while column < n:
        vectors = min((n - column) // lanes, VECTORS)
        to, read, q = m_at + column, v_at + column, 0
        if vectors == 1:
            for _ in range(quads // 2):
                product(2, m, to + q * rows, m_step, v, read, v_step, channels, u, u_at + q * weights)
                q += 2
        kind = 0 if vectors == VECTORS else 1 if vectors == 2 else 3
        for each in range(q, quads):
            product(kind, m, to + each * rows, m_step, v, read, v_step, channels, u, u_at + each * weights)
        column += vectors * lanes
