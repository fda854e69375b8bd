"""Rows of numbers as vectors: sums of multiples of rows, rows taken apart by phase, and rows put together again.

All arrays are contiguous with one axis and of one float type, offsets count from 0; nothing is checked.
"""

from __future__ import annotations

import numpy as np
from numba import config, types
from numba.core import cgutils
from numba.extending import intrinsic

from kernels._jit import kernel
from kernels.vector_code import VECTOR_BYTES, Vectors, cases

__all__ = [
    "TERMS",
    "apart",
    "clear_row",
    "combine",
    "copy_row",
    "strided",
    "take_apart",
    "weave",
    "woven",
    "write_in_turns",
]

TERMS = 6
"""Most terms of one sum: each holds a register for its factor and one for its place."""

FOUR = 4
"""Phases of the usual tile, and lanes that are exchanged without crossing over."""

WOVEN = (2, 3, 4, 6)
"""Counts of phases that are exchanged lane by lane; with others the numbers go one at a time."""


def combine(s, to, at, w, first, terms, n):
    """s[to + j] = Σ_t w[first + t] · s[at[first + t] + j] for t < terms ≤ TERMS and j < n, whole vectors."""
    total = np.zeros(n, s.dtype)
    for t in range(first, first + terms):
        total += w[t] * s[at[t] : at[t] + n]
    s[to : to + n] = total


def apart(s, to, step, x, at, phases, n):
    """s[to + p·step + q] = x[at + q·phases + p] for q < n, whole vectors, phases in WOVEN; x may be s."""
    n = -(-n * s.itemsize // VECTOR_BYTES) * VECTOR_BYTES // s.itemsize
    read = x[at : at + n * phases].copy()
    for p in range(phases):
        s[to + p * step : to + p * step + n] = read[p::phases]


def _together(s, to, at, step, phases, n):
    """s[to + q·phases + p] = s[at + p·step + q] for q < n, whole vectors, phases in WOVEN."""
    n = -(-n * s.itemsize // VECTOR_BYTES) * VECTOR_BYTES // s.itemsize
    made = np.empty(n * phases, s.dtype)
    for p in range(phases):
        made[p::phases] = s[at + p * step : at + p * step + n]
    s[to : to + n * phases] = made


def copy_row(s, to, x, at, n):
    """s[to + j] = x[at + j] for j < n."""
    s[to : to + n] = x[at : at + n]


def clear_row(s, to, n):
    """s[to + j] = 0 for j < n."""
    s[to : to + n] = 0


def _emit_copy(context, builder, signature, args):
    code = Vectors(context, builder, signature, args)
    to, read = code.address(code.data(0), args[1]), code.address(code.data(2), args[3])
    cgutils.raw_memcpy(builder, to, read, args[4], code.size)
    return context.get_dummy_value()


def _emit_clear(context, builder, signature, args):
    code = Vectors(context, builder, signature, args)
    cgutils.memset(builder, code.address(code.data(0), args[1]), builder.mul(args[2], code.index(code.size)), 0)
    return context.get_dummy_value()


def _emit_sum(context, builder, signature, args):
    code = Vectors(context, builder, signature, args)
    s, at, w = (code.data(place) for place in (0, 2, 3))
    _, to, _, _, first, terms, n = args
    for count in cases(builder, terms, range(TERMS + 1)):
        places = [builder.add(first, code.index(t)) for t in range(count)]
        begins = [builder.load(builder.gep(at, [place], inbounds=True)) for place in places]
        factors = [code.everywhere(code.element(w, place)) for place in places]
        for j in code.along(n):
            total = code.zeros()
            for t, (begin, factor) in enumerate(zip(begins, factors, strict=True)):
                read = code.read(s, builder.add(begin, j))
                total = code.times_plus(factor, read, total) if t else builder.fmul(factor, read)
            code.write(total, s, builder.add(to, j))
    return context.get_dummy_value()


def _for_each_count(emit):
    """The code of an intrinsic (s, to, …, phases, n) with a loop for each count of phases in WOVEN."""

    def emit_all(context, builder, signature, args):
        code = Vectors(context, builder, signature, args)
        *places, phases, n = args
        for count in cases(builder, phases, WOVEN):
            for q in code.along(n):
                emit(builder, code, count, q, *places[1:])
        return context.get_dummy_value()

    return emit_all


@_for_each_count
def _emit_apart(builder, code, count, q, to, step, _, at):
    parts = strided(code, code.data(3), builder.add(at, builder.mul(q, code.index(count))), count, 0)
    for p, part in enumerate(parts):
        code.write(part, code.data(0), builder.add(builder.add(to, q), builder.mul(step, code.index(p))))


@_for_each_count
def _emit_together(builder, code, count, q, to, at, step):
    begins = [builder.add(builder.add(at, q), builder.mul(step, code.index(p))) for p in range(count)]
    parts = [code.read(code.data(0), begin) for begin in begins]
    write_in_turns(code, parts, code.data(0), builder.add(to, builder.mul(q, code.index(count))))


def write_in_turns(code, parts, data, at):
    """The lanes of vectors in turns, written at `at`: the first of each, the second of each, …"""
    if len(parts) == FOUR and code.lanes % FOUR == 0:
        tiles = turned_fours(code, parts)
        for group in range(0, code.lanes, FOUR):
            for k in (0, 2):
                pair = [side * code.lanes + group + p for side in (0, 1) for p in range(FOUR)]
                place = code.builder.add(at, code.index((group + k) * FOUR))
                code.write(code.picked(*tiles[k : k + 2], pair), data, place)
        return
    made = parts[0]
    for p, part in enumerate(parts[1:], 1):
        # Side by side: both as long as what is there, the lanes of `part` behind it.
        held = p * code.lanes
        wide = code.picked(part, part, [min(lane, code.lanes - 1) for lane in range(held)])
        made = code.picked(made, wide, list(range(held + code.lanes)))
    order = [j % len(parts) * code.lanes + j // len(parts) for j in range(len(parts) * code.lanes)]
    code.write(code.picked(made, made, order), data, at)


def turned_fours(code, rows, count=FOUR):
    """The first `count` columns of four vectors as rows, in each group of four lanes for itself.

    Written out in steps that processors have: left to itself LLVM takes twice as many for the same.
    """
    lanes = range(0, code.lanes, FOUR)

    def zipped(one, other, places):
        return code.picked(one, other, [group + p + side * code.lanes for group in lanes for p, side in places])

    made = []
    for begin in range(0, count, 2):
        pairs = [zipped(*rows[k : k + 2], [(begin + p, side) for p in (0, 1) for side in (0, 1)]) for k in (0, 2)]
        made += [zipped(*pairs, [(p, side) for side in (0, 1) for p in (half, half + 1)]) for half in (0, 2)]
    return made[:count]


def strided(code, x, at, phases, more):
    """x[at + q·phases + p] for lanes q: a vector for each p < phases + more ≤ 2·phases."""
    builder, lanes = code.builder, code.lanes
    if phases == FOUR and lanes % FOUR == 0:
        # Tile k of every four, and the first of the next four.
        tiles = []
        for k in range(FOUR + (more > 0)):
            made = None
            for group in range(0, lanes, FOUR):
                part = code.read(x, builder.add(at, code.index((group + k) * FOUR)), FOUR)
                made = part if made is None else beside(code, made, part, group)
            tiles.append(made)
        return turned_fours(code, tiles[:FOUR]) + turned_fours(code, tiles[1:], more)
    read = []
    for begin in range(0, phases + more, phases):
        wide = code.read(x, builder.add(at, code.index(begin)), phases * lanes)
        count = min(phases, phases + more - begin)
        read += [code.picked(wide, wide, [lane * phases + p for lane in range(lanes)]) for p in range(count)]
    return read


def beside(code, made, part, held):
    """`held` numbers with FOUR more behind them."""
    wide = code.picked(part, part, [min(lane, FOUR - 1) for lane in range(held)])
    return code.picked(made, wide, list(range(held + FOUR)))


if not config.DISABLE_JIT:
    _whole = types.int64

    @intrinsic
    def combine(typing, s, to, at, w, first, terms, n):
        return types.void(s, _whole, at, w, _whole, _whole, _whole), _emit_sum

    @intrinsic
    def copy_row(typing, s, to, x, at, n):
        return types.void(s, _whole, x, _whole, _whole), _emit_copy

    @intrinsic
    def clear_row(typing, s, to, n):
        return types.void(s, _whole, _whole), _emit_clear

    @intrinsic
    def apart(typing, s, to, step, x, at, phases, n):
        return types.void(s, _whole, _whole, x, _whole, _whole, _whole), _emit_apart

    @intrinsic
    def _together(typing, s, to, at, step, phases, n):
        return types.void(s, _whole, _whole, _whole, _whole, _whole), _emit_together


@kernel
def woven(phases):
    """Whether so many phases are exchanged lane by lane."""
    return phases == 2 or phases == 3 or phases == 4 or phases == 6


@kernel
def take_apart(s, to, step, x, at, phases, n):
    """s[to + p·step + q] = x[at + q·phases + p], p < phases, q < n, rounded up to whole vectors; x may be s."""
    if woven(phases):
        apart(s, to, step, x, at, phases, n)
    else:
        for p in range(phases):
            for q in range(n):
                s[to + p * step + q] = x[at + q * phases + p]


@kernel
def weave(s, to, at, step, phases, n):
    """s[to + q·phases + p] = s[at + p·step + q], p < phases, q < n, rounded up to whole vectors."""
    if woven(phases):
        _together(s, to, at, step, phases, n)
    else:
        for p in range(phases):
            for q in range(n):
                s[to + q * phases + p] = s[at + p * step + q]
