"""What the machine can do at most, measured: float32 multiply-adds from the registers, and numbers from the memory.

    multiply-adds   the tile of registers of `kernels/tile.py` on data of the first-level cache, on every thread
    memory          a_i = b_i + s·c_i over arrays that no cache holds (the triad of STREAM, McCalpin 1995); three
                    numbers for each i; that a_i is read before it is written is not counted

Run as a process of its own, `python -m explorer.model.laboratory.peaks`, it compiles both and keeps them.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np

from explorer.model.laboratory.steps import Steps
from kernels._jit import cache_folder, parallel_kernel, prange, threads
from kernels.tile import FILTERS, columns, tile_of_filters

__all__ = ["Loads", "Peaks", "compiled_aside", "peaks"]

_ROOT = Path(__file__).resolve().parents[3]
_TAPS, _ROUNDS = 256, 1_000
_NUMBERS = 1 << 23
"""Of each array: 32 MB."""
_REPEATS = 15


@dataclass(frozen=True, slots=True)
class Peaks:
    """gflops: 10⁹ additions and multiplications a second; gigabytes: 10⁹ bytes a second; on so many threads."""

    gflops: float
    gigabytes: float
    threads: int


@parallel_kernel
def _multiply_add(y, start, s, at, w, rounds, width):  # type: ignore[no-untyped-def]
    for thread in prange(len(y)):
        for _ in range(rounds):
            tile_of_filters(y[thread], 0, width, start, 0, s, 0, at, len(at), w, 0)  # type: ignore[no-untyped-call]


@parallel_kernel
def _triad(a, b, c, scale, parts):  # type: ignore[no-untyped-def]
    share = len(a) // parts
    for part in prange(parts):
        to, one, other = (
            a[part * share : (part + 1) * share],
            b[part * share : (part + 1) * share],
            c[part * share : (part + 1) * share],
        )
        for i in range(share):
            to[i] = one[i] + scale * other[i]


class Loads:
    """Nothing but the one or the other, some milliseconds of it at a call; `flop` and `bytes` are what a call takes."""

    def __init__(self, rounds: int = _ROUNDS, numbers: int = _NUMBERS) -> None:
        width, self.threads = columns(4), threads()
        self.flop = 2.0 * self.threads * rounds * _TAPS * FILTERS * width
        self.bytes = 12.0 * numbers
        tile = np.zeros((self.threads, FILTERS * width), np.float32), np.zeros(FILTERS, np.float32)
        read = np.ones(512, np.float32), np.zeros(_TAPS, np.int64), np.ones(_TAPS * FILTERS, np.float32)
        lines = tuple(np.ones(numbers, np.float32) for _ in range(3))
        self.multiply_add: Callable[[], object] = lambda: _multiply_add(*tile, *read, rounds, width)
        self.triad: Callable[[], object] = lambda: _triad(*lines, np.float32(0.5), self.threads)


def peaks(loads: Loads, repeats: int = _REPEATS) -> Steps[Peaks]:
    """The best of some runs of each."""
    best = [0.0, 0.0]
    for number in range(repeats + 1):
        for at, (run, work) in enumerate(((loads.multiply_add, loads.flop), (loads.triad, loads.bytes))):
            began = perf_counter()
            run()
            seconds = perf_counter() - began
            if number:
                best[at] = max(best[at], work / seconds / 1e9)
            yield 2 * number + at + 1, 2 * (repeats + 1)
    return Peaks(best[0], best[1], loads.threads)


def compiled_aside(command: tuple[str, ...] = (sys.executable, "-m", __name__)) -> None:
    """Have both compiled by a process of its own, so that the window goes on; nothing where it fails."""
    if cache_folder() is not None:
        subprocess.run(command, cwd=_ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


if __name__ == "__main__":
    for _ in peaks(Loads(1, 64), 1):
        pass
