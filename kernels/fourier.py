"""The discrete Fourier transform along the first axis, of many columns at once, for lengths 2^a·3^b.

    X[k, l] = Σ_j e^(−2πi·jk/n) · x[j, l],    real and imaginary parts in two arrays of rows, in place

Decimation in frequency: a pass of radix p takes blocks of n rows to p blocks of n/p, and leaves the results in the
order of turned digits. A product of spectra does not mind, and the way back takes the passes in reverse, from turned
digits to the usual order: so nothing is ever put in order. The inverse is the transform of (im, re), handed back
likewise, over n. A strip of columns that stays in the cache goes through all passes.
[Cooley & Tukey 1965; Gentleman & Sande 1966]
"""

from __future__ import annotations

from functools import lru_cache
from math import sqrt
from typing import Any, NamedTuple

import numpy as np
from numba import config, types
from numba.extending import intrinsic
from numpy.typing import NDArray

from kernels._jit import kernel
from kernels.vector_code import Vectors, cases

__all__ = ["STRIP", "Passes", "back", "forth", "passes", "turn"]

RADICES = (2, 3, 4)
_WAYS = [2 * radix + before for radix in RADICES for before in (0, 1)]
"""Cases of `_butterfly`: 2·radix, and 1 more where the rows are turned first."""

STRIP = 32
"""Columns that go through all passes together, whole vectors."""

_SQUARE = 16


class Passes(NamedTuple):
    """How a length is taken apart: the radices, and e^(−2πi·qs/n) for q < n/p, s < p of each pass, as (re, im)."""

    length: int
    radices: NDArray[np.int64]
    turns: NDArray[Any]


@lru_cache(maxsize=64)
def passes(length: int, dtype: str) -> Passes:
    """The passes of a length; ValueError where it has a prime beyond 3."""
    radices, rest = [], length
    for radix in (4, 2, 3):
        while rest % radix == 0:
            radices.append(radix)
            rest //= radix
    if rest != 1:
        raise ValueError(f"a transform of {length} numbers, not 2^a·3^b")
    turns, n = [np.empty(0)], length
    for radix in radices:
        angles = -2 * np.pi * np.outer(np.arange(n // radix), np.arange(radix)) / n
        turns.append(np.stack([np.cos(angles), np.sin(angles)], -1).ravel())
        n //= radix
    return Passes(length, np.array(radices, np.int64), np.concatenate(turns).astype(dtype))


def _butterfly(re, im, at, step, turns, turn, radix, turned_first, n):
    """One transform of `radix` rows at + p·step of n numbers, each result s, or each row before it, times turn s."""
    rows = np.array([re[at + p * step :][:n] + 1j * im[at + p * step :][:n] for p in range(radix)])
    factors = np.array([[turns[turn + 2 * s] + 1j * turns[turn + 2 * s + 1]] for s in range(radix)])
    roots = np.exp(-2j * np.pi * np.outer(np.arange(radix), np.arange(radix)) / radix)
    made = roots @ (rows * factors) if turned_first else (roots @ rows) * factors
    for p in range(radix):
        re[at + p * step :][:n] = made[p].real
        im[at + p * step :][:n] = made[p].imag


def _emit(context, builder, signature, args):
    code = Vectors(context, builder, signature, args)
    re, im, turns = code.data(0), code.data(1), code.data(4)
    _, _, at, step, _, turn, radix, turned_first, n = args

    def turned(value, factor):
        """A product of complex numbers."""
        (a, b), (c, d) = value, factor
        return (
            code.times_plus(a, c, builder.fneg(builder.fmul(b, d))),
            code.times_plus(a, d, builder.fmul(b, c)),
        )

    def plus(one, other):
        return tuple(builder.fadd(a, b) for a, b in zip(one, other, strict=True))

    def minus(one, other):
        return tuple(builder.fsub(a, b) for a, b in zip(one, other, strict=True))

    def quarter(value):
        """−i times it."""
        return value[1], builder.fneg(value[0])

    def transformed(rows):
        if len(rows) == 2:
            return [plus(*rows), minus(*rows)]
        if len(rows) == 3:
            a, b, c = rows
            total = plus(b, c)
            half = code.constant(-0.5)
            height = code.constant(sqrt(0.75))
            middle = tuple(code.times_plus(half, t, each) for t, each in zip(total, a, strict=True))
            side = quarter(tuple(builder.fmul(height, each) for each in minus(b, c)))
            return [plus(a, total), plus(middle, side), minus(middle, side)]
        a, b, c, d = rows
        even, odd, across, along = plus(a, c), minus(a, c), plus(b, d), quarter(minus(b, d))
        return [plus(even, across), plus(odd, along), minus(even, across), minus(odd, along)]

    for way in cases(builder, builder.add(builder.mul(radix, code.index(2)), turned_first), _WAYS):
        count, before = divmod(way, 2)
        places = [builder.add(at, builder.mul(step, code.index(p))) for p in range(count)]
        factors = [
            tuple(code.everywhere(code.element(turns, builder.add(turn, code.index(2 * s + part)))) for part in (0, 1))
            for s in range(count)
        ]
        for j in code.along(n):
            here = [builder.add(place, j) for place in places]
            rows = [(code.read(re, place), code.read(im, place)) for place in here]
            if before:
                rows = [rows[0], *(turned(*both) for both in zip(rows[1:], factors[1:], strict=True))]
            made = transformed(rows)
            if not before:
                made = [made[0], *(turned(*both) for both in zip(made[1:], factors[1:], strict=True))]
            for place, (a, b) in zip(here, made, strict=True):
                code.write(a, re, place)
                code.write(b, im, place)
    return context.get_dummy_value()


if not config.DISABLE_JIT:
    _index = types.int64

    @intrinsic
    def _butterfly(typing, re, im, at, step, turns, turn, radix, turned_first, n):
        return types.void(re, im, _index, _index, turns, _index, _index, _index, _index), _emit


@kernel
def forth(re, im, line, columns, radices, turns):
    """The transform of rows of `columns` numbers, `line` apart, into the order of turned digits; re and im flat.

    Columns are rounded up to whole vectors.
    """
    length = 1
    for radix in radices:
        length *= radix
    for low in range(0, columns, STRIP):
        n, turn, width = length, 0, min(STRIP, columns - low)
        for radix in radices:
            part = n // radix
            for begin in range(0, length, n):
                for q in range(part):
                    at = (begin + q) * line + low
                    _butterfly(re, im, at, part * line, turns, turn + 2 * radix * q, radix, 0, width)
            turn += 2 * n
            n = part


@kernel
def back(re, im, line, columns, radices, turns):
    """From turned digits to the usual order, the passes in reverse; of (im, re) it is the inverse, n times."""
    length, turn = 1, 0
    for radix in radices:
        length *= radix
    for low in range(0, columns, STRIP):
        part, turn, width = 1, len(turns), min(STRIP, columns - low)
        for back_from in range(len(radices) - 1, -1, -1):
            radix = radices[back_from]
            n = part * radix
            turn -= 2 * n
            for begin in range(0, length, n):
                for q in range(part):
                    at = (begin + q) * line + low
                    _butterfly(re, im, at, part * line, turns, turn + 2 * radix * q, radix, 1, width)
            part = n


@kernel
def turn(x, line, rows, columns, y, y_line):
    """y[j, i] = x[i, j], flat with rows `line` and `y_line` apart, in squares that fit the nearest cache."""
    for top in range(0, rows, _SQUARE):
        for left in range(0, columns, _SQUARE):
            high, wide = min(_SQUARE, rows - top), min(_SQUARE, columns - left)
            for j in range(wide):
                to = y[(left + j) * y_line + top :][:high]
                source = x[top * line + left + j :]
                for i in range(high):
                    to[i] = source[i * line]
