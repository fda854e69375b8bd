"""Fast filters down the columns, as vector code: F(m, kh) along the height and the plain sum along the width.

    V[ξ] = Σ_i Bᵀ[ξ, i]·row_i        `columns_into`
    M[ξ, f] = start[ξ, f] + Σ_t U[ξ, t, f]·V[ξ][at[t] + j]        `products`
    row_i = Σ_ξ Aᵀ[i, ξ]·M[ξ]        `columns_back`

The points are few and symmetric, so that both transforms share most of their sums. One of them is 1: its column of Aᵀ
holds ones only, and what is added to that product is added to every output. So the bias begins there.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numba import config, types
from numba.extending import intrinsic

from kernels.algebra.bilinear import FilterAlgorithm
from kernels.algebra.filter_form import placed, transposed
from kernels.algebra.winograd import linear_moduli, winograd
from kernels.preset_transforms import defined, rows_of, write_rows
from kernels.tile import FILTERS, columns
from kernels.vector_code import Vectors, cases

__all__ = ["ALGORITHMS", "ONE", "POINTS", "TAPS", "columns_back", "columns_into", "columns_out", "products"]

POINTS = tuple(map(Fraction, ("0", "1", "-1", "1/2", "-1/2", "2", "-2", "3/4", "-3/4")))
"""The first m + r − 2 of them, and infinity. ¾ in place of ¼ brings the error of F(4, 7) from 1.4e-5 to 4e-6."""

ONE = POINTS.index(1)
"""The product into which the bias goes."""

_OUTPUTS = {3: 4, 5: 4, 7: 4, 9: 2}
"""m for each height of a kernel: errors stay below 1e-5 of the largest output in float32."""


def _algorithm(m: int, r: int) -> FilterAlgorithm:
    return placed(transposed(winograd(r, m, linear_moduli(POINTS[: m + r - 2]), infinity=True).convolver), "G")


ALGORITHMS = {r: _algorithm(m, r) for r, m in _OUTPUTS.items()}
"""F(m, r) by r."""

TAPS = {r: np.array(each.G, np.float64) for r, each in ALGORITHMS.items()}
"""G of each."""

_INTO = {r: each.BT for r, each in ALGORITHMS.items()}
_BACK = {r: each.AT for r, each in ALGORITHMS.items()}


def _by_height(matrices: Any, write: Any = Vectors.write) -> Any:
    """The code of an intrinsic (r, s, to, step_to, x, at, step, n), with a loop for each height of a kernel."""

    def emit(context, builder, signature, args):
        code = Vectors(context, builder, signature, args, 1)
        r, _, to, step_to, _, at, step, n = args
        for height in cases(builder, r, matrices):
            matrix = matrices[height]
            given = rows_of(code, at, step, len(matrix[0]))
            wanted = rows_of(code, to, step_to, len(matrix))
            write_rows(code, matrix, code.data(4), given, code.data(1), wanted, n, write)
        return context.get_dummy_value()

    return emit


def _emit_products(context, builder, signature, args):
    code = Vectors(context, builder, signature, args)
    index = code.index
    m, v, at, u, start = (code.data(place) for place in (0, 2, 5, 7, 9))
    _, m_begin, _, v_at, v_step, _, taps, _, u_at, _, start_at, start_step, cells = args
    vectors = columns(code.size) // code.lanes
    entry = builder.block
    cell, tap, kept, end = (builder.append_basic_block(name) for name in ("cell", "tap", "kept", "end"))

    def counted(begin, block, kind=index):
        phi = builder.phi(kind)
        phi.add_incoming(begin, block)
        return phi

    builder.branch(cell)
    builder.position_at_end(cell)
    done, m_at, weights, v_cell, start_cell = (
        counted(begin, entry) for begin in (index(0), m_begin, u_at, v_at, start_at)
    )
    begins = [code.everywhere(code.element(start, builder.add(start_cell, index(f)))) for f in range(FILTERS)]
    builder.branch(tap)

    builder.position_at_end(tap)
    t, weight = counted(index(0), cell), counted(weights, cell)
    sums = [[counted(begin, cell, code.vector) for _ in range(vectors)] for begin in begins]
    place = builder.add(v_cell, code.element(at, t))
    read = [code.read(v, builder.add(place, index(part * code.lanes))) for part in range(vectors)]
    for f in range(FILTERS):
        factor = code.everywhere(code.element(u, builder.add(weight, index(f))))
        for part in range(vectors):
            total = code.times_plus(factor, read[part], sums[f][part])
            sums[f][part].add_incoming(total, tap)
            sums[f][part] = total
    next_t, next_weight = builder.add(t, index(1)), builder.add(weight, index(FILTERS))
    t.add_incoming(next_t, tap)
    weight.add_incoming(next_weight, tap)
    builder.cbranch(builder.icmp_signed("<", next_t, taps), tap, kept)

    builder.position_at_end(kept)
    for f in range(FILTERS):
        for part in range(vectors):
            code.write(sums[f][part], m, builder.add(m_at, index((f * vectors + part) * code.lanes)))
    steps = index(1), index(FILTERS * vectors * code.lanes), None, v_step, start_step
    for phi, step in zip((done, m_at, weights, v_cell, start_cell), steps, strict=True):
        phi.add_incoming(next_weight if step is None else builder.add(phi, step), kept)
    builder.cbranch(builder.icmp_signed("<", builder.add(done, index(1)), cells), cell, end)
    builder.position_at_end(end)
    return context.get_dummy_value()


def columns_into(r, s, to, step_to, x, at, step, n):
    """s[to + ξ·step_to + j] = Σ_i Bᵀ[ξ, i]·x[at + i·step + j] for j < n, whole vectors."""
    defined(_INTO[r], s, to, step_to, x, at, step, n)


def columns_back(r, s, to, step_to, x, at, step, n):
    """s[to + i·step_to + j] = Σ_ξ Aᵀ[i, ξ]·x[at + ξ·step + j] for j < n, whole vectors."""
    defined(_BACK[r], s, to, step_to, x, at, step, n)


def columns_out(r, s, to, step_to, x, at, step, n):
    """`columns_back` past the caches: every row of s begins at an address that divides by 16 bytes."""
    columns_back(r, s, to, step_to, x, at, step, n)


def products(m, m_at, v, v_at, v_step, at, taps, u, u_at, start, start_at, start_step, cells):
    """m[m_at + (ξ·FILTERS + f)·n + j] = start[start_at + ξ·start_step + f]
                                 + Σ_t u[u_at + (ξ·taps + t)·FILTERS + f]·v[v_at + ξ·v_step + at[t] + j]

    for ξ < cells, f < FILTERS and j < n = `columns(itemsize)`. At least one tap; nothing is checked.
    """
    n = columns(m.itemsize)
    for cell in range(cells):
        for f in range(FILTERS):
            first = m_at + (cell * FILTERS + f) * n
            sums = np.full(n, start[start_at + cell * start_step + f], np.float64)
            for t in range(taps):
                place = v_at + cell * v_step + at[t]
                sums += float(u[u_at + (cell * taps + t) * FILTERS + f]) * v[place : place + n]
            m[first : first + n] = sums


if not config.DISABLE_JIT:
    _whole = types.int64

    @intrinsic
    def columns_into(typing, r, s, to, step_to, x, at, step, n):
        return types.void(_whole, s, _whole, _whole, x, *[_whole] * 3), _by_height(_INTO)

    @intrinsic
    def columns_back(typing, r, s, to, step_to, x, at, step, n):
        return types.void(_whole, s, _whole, _whole, x, *[_whole] * 3), _by_height(_BACK)

    @intrinsic
    def columns_out(typing, r, s, to, step_to, x, at, step, n):
        return types.void(_whole, s, _whole, _whole, x, *[_whole] * 3), _by_height(_BACK, Vectors.stream)

    @intrinsic
    def products(typing, m, m_at, v, v_at, v_step, at, taps, u, u_at, start, start_at, start_step, cells):
        given = m, _whole, v, _whole, _whole, at, _whole, u, _whole, start, _whole, _whole, _whole
        return types.void(*given), _emit_products
