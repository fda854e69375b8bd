"""From where on a method of convolution is quicker than another, measured on this machine.

Each crossover is looked for downwards: the least size from which on the quicker one stays so. Two methods are run in
turn on the same small layer: the median of the ratios of their times says which is quicker.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from explorer.model.laboratory.steps import Steps, counting
from explorer.model.laboratory.timing import timed
from explorer.ops.convolution_method import NEVER
from explorer.ops.op import Tick, no_tick
from kernels.convolution_methods import FFT_CHANNELS, Crossovers, convolve_by, usual_filter

__all__ = ["Case", "Faster", "calibrated", "measured"]

ROUNDS = 9
CLOSE = 1.2
"""Ratio of two times up to which they are taken again: another program may have run beside one of them."""
SQUARES = (2, 3, 4, 6, 8, 12, 16, 24, 32)
"""Channels and filters alike, and channels alone."""
CHANNELS = (1, 2, 3, 4, 5, 6, 8, 12, 16)
EXTENTS = (4, 6, 8, 10, 12, 16, 24, 32, 48, 64)
FIELDS = (8, 16, 24, 32, 48, 64, 96, 128)
KERNELS = (5, 7, 9, 11, 13, 17, 21, 25, 29, 33)
_MAP, _CHANNELS = 64, 32
"""Of the layers in which nothing is looked for but something else."""
_PICTURE = {1: 256, FFT_CHANNELS: 128}
"""Rows and columns for the Fourier transform, by channels."""
_COLUMNS = 16, 8
"""Channels and filters for fast filters down the columns."""
_TALL = 3
"""Rows and columns of a kernel where neither is looked for."""
_SEARCHES = 8


@dataclass(frozen=True, slots=True)
class Case:
    """A layer of C channels, K filters of taps×taps and extent×extent outputs, and the two ways that run in it.

    A way is a method, with m of F(m×m) or 0.
    """

    channels: int
    filters: int
    extent: int
    taps: int
    way: tuple[str, int]
    against: tuple[str, int] = ("direct", 0)


Faster = Callable[[Case], Steps[bool]]
"""Whether the first way is quicker, in steps."""


def calibrated(faster: Faster) -> Steps[Crossovers]:
    """All crossovers, each as `faster` finds it. The share of them that are found is the progress."""

    def down(channels: int) -> tuple[Case, ...]:
        return (Case(channels, _COLUMNS[1], FIELDS[-1], _TALL, ("columns", 0)),)

    def field_of(extent: int) -> tuple[Case, ...]:
        return (Case(*_COLUMNS, extent, _TALL, ("columns", 0)),)

    deep = yield from _least(CHANNELS, down, faster, 0)
    field = yield from _least(FIELDS if deep < NEVER else (), field_of, faster, 1)

    def otherwise(of: int, extent: int) -> tuple[str, int]:
        """What "auto" takes for so many channels and rows where it takes nothing that is looked for here."""
        return ("columns", 0) if of >= deep and extent >= field else ("direct", 0)

    def winograd(channels: int, of: int) -> Case:
        return Case(channels, of, _MAP, _TALL, ("winograd", 4), otherwise(channels, _MAP))

    def both(channels: int) -> tuple[Case, ...]:
        more = -(-(square * square) // channels)
        return winograd(channels, more), winograd(more, channels)

    def fourier(channels: int) -> Callable[[int], tuple[Case, ...]]:
        return lambda taps: (Case(channels, channels, _PICTURE[channels], taps, ("fft", 0)),)

    def large(extent: int) -> tuple[Case, ...]:
        return (Case(_CHANNELS, _CHANNELS, extent, _TALL, ("winograd", 4), ("winograd", 2)),)

    def either(extent: int) -> tuple[Case, ...]:
        way = ("winograd", 4 if extent >= tiles else 2)
        return (Case(_CHANNELS, _CHANNELS, extent, _TALL, way, otherwise(_CHANNELS, extent)),)

    square = yield from _least(SQUARES, lambda size: (winograd(size, size),), faster, 2)
    fewer = [size for size in SQUARES if size <= square < NEVER]
    channels = yield from _least(fewer, both, faster, 3)
    tiles = yield from _least(EXTENTS, large, faster, 4)
    extent = yield from _least(EXTENTS, either, faster, 5)
    one = yield from _least(KERNELS, fourier(1), faster, 6)
    more = yield from _least(KERNELS, fourier(FFT_CHANNELS), faster, 7)
    return Crossovers(
        min(channels, square),
        min(square * square, NEVER),
        min(_CHANNELS * extent, NEVER),
        tiles,
        min(one * one, NEVER),
        min(more * more, NEVER),
        min(_TALL * deep, NEVER),
        field,
    )


def _least(sizes: Sequence[int], cases: Callable[[int], Sequence[Case]], faster: Faster, number: int) -> Steps[int]:
    """The least size from which on the way is quicker in all its cases, or NEVER; the search `number` of all."""
    found = NEVER
    for place, size in enumerate(reversed(sizes)):
        for case in cases(size):
            quicker = yield from counting(faster(case), number * len(sizes) + place, _SEARCHES * len(sizes))
            if not quicker:
                return found
        found = size
    return found


def measured(tick: Tick = no_tick, clock: Callable[[], float] = perf_counter) -> Faster:
    """By the clock: a few runs in turn, in float32."""

    def faster(case: Case) -> Steps[bool]:
        rng = np.random.default_rng(0)
        pad = case.taps // 2
        x = rng.standard_normal((1, case.channels, case.extent, case.extent)).astype(np.float32)
        w = rng.standard_normal((case.filters, case.channels, case.taps, case.taps)).astype(np.float32)
        b, y = np.zeros(case.filters, np.float32), np.empty((1, case.filters, case.extent, case.extent), np.float32)

        def run(way: tuple[str, int]) -> Callable[[], Any]:
            method, m = way
            filters = (usual_filter(m, case.taps),) * 2 if m else None
            moves = (1, 1), (1, 1), (pad, pad, pad, pad), 1
            return lambda: convolve_by(method, x, w, b, y, *moves, tick, filters)

        ways = {"against": run(case.against), "way": run(case.way)}
        _, way = yield from timed(ways, rounds=ROUNDS, clock=clock)
        if 1 <= way.ratio < CLOSE:
            _, way = yield from timed(ways, rounds=ROUNDS, clock=clock)
        return way.ratio < 1

    return faster
