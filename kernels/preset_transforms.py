"""The transforms of the usual filters F(m, 3) as vector code: one pass over the rows, every sum between in registers.

    into   Bᵀ of F(m, 3), m + 2 rows from m + 2        back   Aᵀ, m rows from m + 2        taps   G, m + 2 rows from 3

    s[to + o·step_to + j] = Σ_i T[o][i] · x[at + i·step + j]        j < n

Along a row the numbers lie side by side: `transform_across` takes them apart in the registers, and `weave_back` puts m
rows together. What is written down is the straight-line program of the exact matrix (`algebra/straight_line.py`), where
a constant times a value goes into the addition that takes it. Fast filters with other matrices go by tables
(`kernels/fast_filter.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from llvmlite import ir
from numba import config, types
from numba.extending import intrinsic

from kernels.algebra.bilinear import FilterAlgorithm
from kernels.algebra.filter_form import transposed
from kernels.algebra.matrix import Matrix
from kernels.algebra.points import ACCURATE
from kernels.algebra.straight_line import program
from kernels.algebra.winograd import linear_moduli, winograd
from kernels.vector_code import VECTOR_BYTES, Vectors, cases
from kernels.vector_rows import strided, write_in_turns

__all__ = [
    "PRESETS",
    "TAPS",
    "defined",
    "preset",
    "rows_of",
    "transform_across",
    "transform_back",
    "transform_into",
    "transform_taps",
    "usual_algorithm",
    "weave_back",
    "write_rows",
]

TAPS = 3
PRESETS = (2, 4, 6)
"""The m whose transforms are written down: each costs a tenth of a second of compiling."""


def usual_algorithm(m: int, r: int) -> FilterAlgorithm:
    """F(m, r) at the points of least error. ValueError where there are not enough of them."""
    if m + r - 2 > len(ACCURATE):
        raise ValueError(f"F({m}, {r}) takes {m + r - 2} points, {len(ACCURATE)} are known")
    moduli = linear_moduli(ACCURATE[: m + r - 2])
    return transposed(winograd(r, m, moduli, infinity=True).convolver)


_USUAL = {m: usual_algorithm(m, TAPS) for m in PRESETS}


def preset(algorithm: FilterAlgorithm) -> int:
    """m where the transforms of an algorithm are written down, else 0."""
    return algorithm.m if _USUAL.get(algorithm.m) == algorithm else 0


def applied(code: Vectors, matrix: Matrix, values: list[Any]) -> list[Any]:
    """The matrix times vectors of numbers, as values of LLVM."""
    of = program(matrix)
    builder = code.builder
    # A value is a factor and what it multiplies, which are multiplied where they are needed.
    made: list[tuple[Fraction, Any]] = [(Fraction(1), value) for value in values]

    def whole(value: int) -> Any:
        factor, of_what = made[value]
        if factor != 1:
            made[value] = Fraction(1), builder.fmul(_constant(code, factor), of_what)
        return made[value][1]

    for each in of.operations:
        if each.kind == "scale":
            made.append((each.factor, whole(each.left)))
            continue
        sign = 1 if each.kind == "add" else -1
        (left, one), (right, other) = made[each.left], made[each.right]
        if right != 1:
            total = code.times_plus(_constant(code, sign * right), other, whole(each.left))
        elif left != 1:
            rest = other if sign > 0 else builder.fneg(other)
            total = code.times_plus(_constant(code, left), one, rest)
        else:
            total = builder.fadd(one, other) if sign > 0 else builder.fsub(one, other)
        made.append((Fraction(1), total))
    return [whole(each) if each >= 0 else code.zeros() for each in of.outputs]


def _constant(code: Vectors, factor: Fraction) -> Any:
    return code.constant(float(factor))


def rows_of(code: Vectors, at: Any, step: Any, count: int) -> list[Any]:
    """Where `count` rows begin."""
    return [code.builder.add(at, code.builder.mul(step, code.index(i))) for i in range(count)]


def write_rows(code: Vectors, matrix: Matrix, x: Any, given: list[Any], s: Any, wanted: list[Any], n: Any, write: Any):
    """A loop over n columns: the matrix times those of the rows of x that begin at `given`, into those of s."""
    for j in code.along(n):
        read = [code.read(x, code.builder.add(place, j)) for place in given]
        for place, value in zip(wanted, applied(code, matrix, read), strict=True):
            write(code, value, s, code.builder.add(place, j))


def _emitted(matrices: dict[int, Matrix]) -> Callable[..., Any]:
    """The code of an intrinsic (m, s, to, step_to, x, at, step, n)."""

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        code = Vectors(context, builder, signature, args, 4)
        m, _, to, step_to, _, at, step, n = args
        number = signature.args[1].dtype

        def write(code: Vectors, value: Any, s: Any, place: Any) -> None:
            if number != signature.args[4].dtype:
                value = builder.fptrunc(value, ir.VectorType(ir.FloatType(), code.lanes))
            pointer = builder.bitcast(code.address(s, place), value.type.as_pointer())
            builder.store(value, pointer, align=number.bitwidth // 8)

        for each in cases(builder, m, PRESETS):
            matrix = matrices[each]
            given, wanted = rows_of(code, at, step, len(matrix[0])), rows_of(code, to, step_to, len(matrix))
            write_rows(code, matrix, code.data(4), given, code.data(1), wanted, n, write)
        return context.get_dummy_value()

    return emit


def _emit_across(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    code = Vectors(context, builder, signature, args, 1)
    m, _, to, step_to, _, at, n = args
    for each in cases(builder, m, PRESETS):
        matrix = _INTO[each]
        wanted = rows_of(code, to, step_to, len(matrix))
        for j in code.along(n):
            begin = builder.add(at, builder.mul(j, code.index(each)))
            read = strided(code, code.data(4), begin, each, len(matrix[0]) - each)
            for place, value in zip(wanted, applied(code, matrix, read), strict=True):
                code.write(value, code.data(1), builder.add(place, j))
    return context.get_dummy_value()


def _emit_woven(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    code = Vectors(context, builder, signature, args, 1)
    m, _, to, b, _, at, step, n = args
    for each in cases(builder, m, PRESETS):
        matrix = _BACK[each]
        given = rows_of(code, at, step, len(matrix[0]))
        bias = code.everywhere(b)
        for j in code.along(n):
            read = [code.read(code.data(4), builder.add(place, j)) for place in given]
            made = [builder.fadd(value, bias) for value in applied(code, matrix, read)]
            write_in_turns(code, made, code.data(1), builder.add(to, builder.mul(j, code.index(each))))
    return context.get_dummy_value()


_INTO = {m: each.BT for m, each in _USUAL.items()}
_BACK = {m: each.AT for m, each in _USUAL.items()}
_TAPS = {m: each.G for m, each in _USUAL.items()}


def defined(matrix: Matrix, s: Any, to: int, step_to: int, x: Any, at: int, step: int, n: int):
    """What an intrinsic computes with a matrix."""
    n = -(-n * x.itemsize // VECTOR_BYTES) * VECTOR_BYTES // x.itemsize
    read = np.stack([x[at + i * step : at + i * step + n] for i in range(len(matrix[0]))])
    for o, made in enumerate(np.array(matrix, np.float64) @ read):
        s[to + o * step_to : to + o * step_to + n] = made


def transform_into(m, s, to, step_to, x, at, step, n):
    """Bᵀ of F(m, 3), m in PRESETS, on rows of x, whole vectors; x may be s, but nothing that is written is read."""
    defined(_INTO[m], s, to, step_to, x, at, step, n)


def transform_across(m, s, to, step_to, x, at, n):
    """Bᵀ of F(m, 3) along a row: s[to + o·step_to + j] = Σ_i Bᵀ[o][i] · x[at + j·m + i], j < n, whole vectors."""
    lanes = VECTOR_BYTES // s.itemsize
    n = -(-n // lanes) * lanes
    read = np.stack([x[at + i : at + i + (n - 1) * m + 1 : m] for i in range(m + 2)])
    for o, made in enumerate(np.array(_INTO[m], np.float64) @ read):
        s[to + o * step_to : to + o * step_to + n] = made


def transform_back(m, s, to, step_to, x, at, step, n):
    """Aᵀ of F(m, 3), likewise."""
    defined(_BACK[m], s, to, step_to, x, at, step, n)


def transform_taps(m, s, to, step_to, x, at, step, n):
    """G of F(m, 3), likewise, on vectors of the numbers of x; those of s may be narrower."""
    defined(_TAPS[m], s, to, step_to, x, at, step, n)


def weave_back(m, s, to, b, x, at, step, n):
    """s[to + j·m + o] = b + Σ_i Aᵀ[o][i] · x[at + i·step + j], j < n, whole vectors."""
    n = -(-n * s.itemsize // VECTOR_BYTES) * VECTOR_BYTES // s.itemsize
    made = np.empty(n * m, s.dtype)
    defined(_BACK[m], made, 0, n, x, at, step, n)
    s[to : to + n * m] = made.reshape(m, n).T.ravel() + b


if not config.DISABLE_JIT:
    _whole = types.int64

    @intrinsic
    def transform_into(typing, m, s, to, step_to, x, at, step, n):
        return types.void(_whole, s, _whole, _whole, x, *[_whole] * 3), _emitted(_INTO)

    @intrinsic
    def transform_across(typing, m, s, to, step_to, x, at, n):
        return types.void(_whole, s, _whole, _whole, x, _whole, _whole), _emit_across

    @intrinsic
    def transform_back(typing, m, s, to, step_to, x, at, step, n):
        return types.void(_whole, s, _whole, _whole, x, *[_whole] * 3), _emitted(_BACK)

    @intrinsic
    def transform_taps(typing, m, s, to, step_to, x, at, step, n):
        return types.void(_whole, s, _whole, _whole, x, *[_whole] * 3), _emitted(_TAPS)

    @intrinsic
    def weave_back(typing, m, s, to, b, x, at, step, n):
        return types.void(_whole, s, _whole, s.dtype, x, _whole, _whole, _whole), _emit_woven
