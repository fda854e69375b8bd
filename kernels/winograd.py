"""Convolution by fast filters F(m, r) in two directions: Y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A on every tile of the image.

    V[ξ, c, t] = (Bᵀ d_{c,t} B)_ξ,   U[ξ, k, c] = (G g_{k,c} Gᵀ)_ξ,   M[ξ, k, t] = Σ_c U[ξ, k, c] · V[ξ, c, t]
    y_{k,t} = Aᵀ M_{k,t} A + b_k

Tiles t overlap by r − 1 cells and begin m apart; ξ goes over the (m + r − 1)² cells of a transformed tile. With that the
sum over channels is a product of matrices for each ξ, which the tile of registers does [Lavin & Gray 2015].

The transforms are straight-line programs (`algebra/straight_line.py`), carried out operation by operation on long rows
that hold one cell of many tiles. So any algorithm that can be derived runs here, and none of them is compiled.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel, parallel_kernel, prange, read_only
from kernels.algebra.bilinear import FilterAlgorithm
from kernels.algebra.straight_line import Program, program
from kernels.convolution import Array, Pads, Tick, add_taps, packed
from kernels.taps import fill
from kernels.tile import FILTERS, columns

CHUNK_BYTES = 1 << 22
"""Transformed tiles, of the input and of the output, that are held at a time."""

LANES = 32

_ADD, _SUBTRACT, _SCALE, _COPY, _CLEAR = range(5)
_GIVEN, _WANTED, _BETWEEN = range(3)


class Steps(NamedTuple):
    """A straight-line program as numbers: (kind, left, right, result), each place as (space, index), and the factors."""

    operations: NDArray[np.int64]
    factors: NDArray[np.float64]
    between: int


class FastFilter(NamedTuple):
    """What the kernels need of F(m, r): the programs of Bᵀ and Aᵀ, and G, with `f` multiplied in."""

    m: int
    r: int
    into: Steps
    back: Steps
    g: NDArray[np.float64]


def fast_filter(algorithm: FilterAlgorithm) -> FastFilter:
    """The numbers of an algorithm."""
    f = algorithm.f or (Fraction(1),) * algorithm.multiplications
    g = [[float(factor * each) for each in row] for factor, row in zip(f, algorithm.G, strict=True)]
    return FastFilter(
        algorithm.m, algorithm.r, _steps(program(algorithm.BT)), _steps(program(algorithm.AT)), np.array(g, np.float64)
    )


def _steps(of: Program) -> Steps:
    """Where every value lies: an output is written in its place at once, what is an input or twice an output is copied."""
    place = {value: (_GIVEN, value) for value in range(of.inputs)}
    copies = []
    for output, value in enumerate(of.outputs):
        if value < 0:
            copies.append((_CLEAR, 0, 0, 0, 0, _WANTED, output, 0.0))
        elif value in place:
            copies.append((_COPY, *place[value], *place[value], _WANTED, output, 1.0))
        else:
            place[value] = _WANTED, output
    between = 0
    rows = []
    for at, each in enumerate(of.operations):
        value = of.inputs + at
        if value not in place:
            place[value] = _BETWEEN, between
            between += 1
        kind = {"add": _ADD, "subtract": _SUBTRACT, "scale": _SCALE}[each.kind]
        right = each.left if each.kind == "scale" else each.right
        rows.append((kind, *place[each.left], *place[right], *place[value], float(each.factor)))
    rows += copies
    numbers = np.array([row[:7] for row in rows], np.int64).reshape(len(rows), 7)
    return Steps(numbers, np.array([row[7] for row in rows], np.float64), between)


@kernel
def _whole(n):
    """n rounded up: what is left over of a row would go one number at a time. What stands there is never looked at."""
    return (n + LANES - 1) // LANES * LANES


@kernel
def _run(operations, factors, given, given_at, given_step, wanted, wanted_at, wanted_step, between, n):
    """Carry out a program on rows of n numbers: input i begins at given_at + i·given_step, output i likewise."""
    for o in range(len(operations)):
        kind, left_space, left, right_space, right, space, result = operations[o]
        if space == _WANTED:
            to = wanted[wanted_at + result * wanted_step : wanted_at + result * wanted_step + n]
        else:
            to = between[result * n : result * n + n]
        if kind == _CLEAR:
            to[:] = 0
            continue
        if left_space == _GIVEN:
            a = given[given_at + left * given_step : given_at + left * given_step + n]
        elif left_space == _WANTED:
            a = wanted[wanted_at + left * wanted_step : wanted_at + left * wanted_step + n]
        else:
            a = between[left * n : left * n + n]
        if kind == _COPY:
            for j in range(n):
                to[j] = a[j]
            continue
        if kind == _SCALE:
            factor = given.dtype.type(factors[o])
            for j in range(n):
                to[j] = factor * a[j]
            continue
        if right_space == _GIVEN:
            b = given[given_at + right * given_step : given_at + right * given_step + n]
        elif right_space == _WANTED:
            b = wanted[wanted_at + right * wanted_step : wanted_at + right * wanted_step + n]
        else:
            b = between[right * n : right * n + n]
        if kind == _ADD:
            for j in range(n):
                to[j] = a[j] + b[j]
        else:
            for j in range(n):
                to[j] = a[j] - b[j]


@parallel_kernel
def _transform_input(x, c0, top, left, sizes, rows, row_factors, cols, col_factors, v, v_step):
    """V[ξ, c] for the channels c0 … of x (C, H, W): a row of v for each cell of a tile, with all tiles side by side."""
    (m, r, m_across, r_across, down, across, spare, channels) = sizes
    alpha, beta, n = m + r - 1, m_across + r_across - 1, _whole(down * across)
    lines = down * m + r - 1
    run = across + (beta - 1) // m_across
    phases = np.arange(m_across)
    for c in prange(channels):
        scratch = np.empty((1, lines, run * m_across), x.dtype)
        fill(x[c0 + c : c0 + c + 1], top, left, phases, run, m_across, scratch)
        d, half, between = (
            np.empty(alpha * beta * n, x.dtype),
            np.empty(alpha * beta * n, x.dtype),
            np.empty(spare * n, x.dtype),
        )
        for i in range(alpha):
            for j in range(beta):
                for t in range(down):
                    to = d[(i * beta + j) * n + t * across : (i * beta + j) * n + (t + 1) * across]
                    source = scratch[0, t * m + i, j % m_across * run + j // m_across :]
                    for q in range(across):
                        to[q] = source[q]
            _run(cols, col_factors, d, i * beta * n, n, half, i * beta * n, n, between, n)
        for j in range(beta):
            _run(
                rows,
                row_factors,
                half,
                j * n,
                beta * n,
                v,
                (j * channels + c) * v_step,
                beta * channels * v_step,
                between,
                n,
            )


@parallel_kernel
def _multiply(u, v, m, v_step, n, cells, channels, filters, zeros, shape):
    """M[ξ, k] = Σ_c U[ξ, k, c]·V[ξ, c], for every cell ξ and, so that many threads have work, for parts of the filters."""
    at = np.arange(channels) * v_step
    for cell in prange(cells):
        sums = np.empty(max(shape[2] * shape[0], shape[1]), v.dtype)
        w = u[cell * filters * channels : (cell + 1) * filters * channels]
        add_taps(
            m, cell * filters * v_step, v_step, n, 0, filters, zeros, True, v, cell * channels * v_step, at, w, channels,
            0, shape[:2], sums,
        )  # fmt: skip


@parallel_kernel
def _transform_output(m, k0, y, bias, first, sizes, rows, row_factors, cols, col_factors, m_step):
    """y (K, H', W') from the row of tiles `first` on, for the filters k0 …: Aᵀ M A + b, and what lies outside is left."""
    (size, r, size_across, r_across, down, across, spare, filters) = sizes
    beta, n = size_across + r_across - 1, _whole(down * across)
    height, width = y.shape[1], y.shape[2]
    for k in prange(filters):
        half, out = np.empty(size * beta * n, y.dtype), np.empty(size * size_across * n, y.dtype)
        between = np.empty(spare * n, y.dtype)
        for j in range(beta):
            _run(
                rows,
                row_factors,
                m,
                (j * filters + k) * m_step,
                beta * filters * m_step,
                half,
                j * n,
                beta * n,
                between,
                n,
            )
        for i in range(size):
            _run(cols, col_factors, half, i * beta * n, n, out, i * size_across * n, n, between, n)
        b = bias[k0 + k]
        for t in range(down):
            for i in range(min(size, height - (first + t) * size)):
                row = y[k0 + k, (first + t) * size + i]
                for j in range(size_across):
                    source = out[(i * size_across + j) * n + t * across :]
                    to = row[j:]
                    for q in range((width - j + size_across - 1) // size_across):
                        to[q * size_across] = source[q] + b


def transformed_kernels(w: Array, down: FastFilter, across: FastFilter) -> Array:
    """U[ξ], flat and packed for the tile of registers, from w (K, C, r, r')."""
    filters, channels = w.shape[:2]
    order = packed(np.arange(filters * channels).reshape(filters, channels), 1)
    flat = w.reshape(filters * channels, -1)[order].astype(np.float64)
    u = np.kron(down.g, across.g) @ flat.T
    return read_only(np.ascontiguousarray(u, w.dtype).ravel())


def convolve(
    x: Array, w: Array, b: Array, y: Array, pads: Pads, groups: int, down: FastFilter, across: FastFilter, tick: Tick
) -> None:
    """y: (N, K, H', W') from x (N, C, H, W) and w (K, C/groups, r, r'), with stride and dilation 1.

    down, across  F(m, r) along the columns and F(m', r') along the rows; ValueError where r and r' are not those of w
    """
    if w.shape[2:] != (down.r, across.r):
        raise ValueError(f"a kernel of {w.shape[2:]} for filters of {down.r} and {across.r} taps")
    x, b = read_only(x), read_only(b)
    channels, filters = w.shape[1], w.shape[0] // groups
    tiles_down, tiles_across = -(-y.shape[2] // down.m), -(-y.shape[3] // across.m)
    alpha, beta = down.m + down.r - 1, across.m + across.r - 1
    row_bytes = alpha * beta * (channels + filters) * tiles_across * x.itemsize
    most = max(1, min(tiles_down, CHUNK_BYTES // row_bytes))
    shape = (*columns(x.itemsize), FILTERS)
    zeros = np.zeros(filters, x.dtype)
    kernels = [transformed_kernels(w[g * filters : (g + 1) * filters], down, across) for g in range(groups)]
    step = _odd_lines(most * tiles_across, x.itemsize)
    v = np.empty(alpha * beta * channels * step + max(shape), x.dtype)
    m = np.empty(alpha * beta * filters * step, x.dtype)
    v[-max(shape) :] = 0
    for n in range(x.shape[0]):
        for g in range(groups):
            for first in range(0, tiles_down, most):
                tick()
                rows = min(most, tiles_down - first)
                sizes = (down.m, down.r, across.m, across.r, rows, tiles_across)
                into, back = down.into, down.back
                _transform_input(
                    x[n], g * channels, first * down.m - pads[0], -pads[1],
                    (*sizes, max(into.between, across.into.between), channels),
                    into.operations, into.factors, across.into.operations, across.into.factors, v, step,
                )  # fmt: skip
                _multiply(kernels[g], v, m, step, rows * tiles_across, alpha * beta, channels, filters, zeros, shape)
                _transform_output(
                    m, g * filters, y[n], b, first, (*sizes, max(back.between, across.back.between), filters),
                    back.operations, back.factors, across.back.operations, across.back.factors, step,
                )  # fmt: skip
    tick()


def _odd_lines(n: int, itemsize: int) -> int:
    """n rounded up to an odd number of cache lines: rows a power of two apart would push each other out of the cache."""
    line = 64 // itemsize
    lines = -(-(-(-n // LANES) * LANES) // line)
    return (lines + 1 - lines % 2) * line
