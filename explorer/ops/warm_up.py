"""Runs every kernel once in every type that the program uses, so that none is left to compile behind the window.

The operations' own samples do it: an operation that is added is warmed up without being listed anywhere. Run as a
process of its own, `python -m explorer.ops.warm_up`, since a compilation holds the interpreter. A line that it reads,
such as "conv float32", is a part that is wanted first; a line that it prints is a part that is done.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from explorer.ops import operations
from explorer.ops.op import Op, no_tick
from kernels._jit import complete, mark_complete, read_only
from kernels.colouring import colour_maps, histograms, map_statistics
from kernels.place import PLACE

Part = tuple[str, str]
"""An operation by its name, `COLOURS` or `METHODS`, and a number format."""

COLOURS = "colours"
METHODS = "methods"
"""Layers that are not computed by the plain sum: most documents begin without one, and they take long to compile."""
FORMATS = ("float32", "float64")
NICER = 10


def ready() -> bool:
    """Whether the kernels are compiled already, or cannot be kept: a process that warms up would be of no use."""
    return complete()


def parts() -> tuple[Part, ...]:
    """All there is to compile, what is used first in front."""
    return tuple((name, dtype) for dtype in FORMATS for name in (COLOURS, *operations(), METHODS))


def parts_of(names: Iterable[str], dtype: str) -> tuple[Part, ...]:
    """What operations need, and the maps of their results; names that are no operations' are passed over."""
    known = (name for name in dict.fromkeys(names) if name == METHODS or name in operations())
    return ((COLOURS, dtype), *((name, dtype) for name in known))


def by_a_method(params: object) -> bool:
    """Whether a layer is computed otherwise than by the plain sum."""
    return getattr(params, "method", "direct") != "direct"


def run(part: Part) -> None:
    """Compile one part, or load it where it is compiled already."""
    name, dtype = part
    if name == COLOURS:
        for each in (dtype, PLACE):
            _colour(np.dtype(each))
    elif name == METHODS:
        for op in operations().values():
            _there_and_back(op, np.dtype(dtype), by_methods=True)
    else:
        _there_and_back(operations()[name], np.dtype(dtype), by_methods=False)


def _there_and_back(op: Op, dtype: np.dtype[np.generic], *, by_methods: bool) -> None:
    """The samples of an operation that are computed by methods, or all others; with the arrays of an evaluation."""
    for sample in op.samples(np.random.default_rng(0)):
        if by_a_method(sample.params) != by_methods:
            continue
        weights = sample.weights
        if weights is None:
            weights = op.init(tuple(x.shape for x in sample.xs), sample.params, np.random.default_rng(0))
        xs = tuple(read_only(x.astype(dtype) if x.dtype.kind == "f" else x) for x in sample.xs)
        typed = {name: read_only(array.astype(dtype)) for name, array in weights.items()}
        ys, saved = op.forward(xs, typed, sample.params, no_tick)
        op.backward([np.ones_like(y) if y.dtype.kind == "f" else None for y in ys], saved, no_tick)


def _colour(dtype: np.dtype[np.generic]) -> None:
    """Statistics, histogram and colours of maps (C, H, W), as the stage asks for them."""
    maps = np.zeros((1, 2, 2), dtype)
    statistics = np.zeros((1, 4))
    if dtype.kind == "f":
        # Only maps with such values go through the kernel.
        map_statistics(np.full_like(maps, np.nan), statistics)
    low, high = np.zeros(1), np.ones(1)
    histograms(maps, low, high, np.zeros((1, 2), np.int64))
    colour_maps(maps, low, high, np.zeros(256, np.uint32), np.uint32(0), np.zeros((1, 2, 2), np.uint32))


def warm_up(done: Callable[[Part], None] = lambda part: None, wishes: Sequence[Part] | deque[Part] = ()) -> None:
    """Compile what is missing in the cache, and note there that it is complete.

    done    told of each part
    wishes  the parts to take first; it may grow meanwhile
    """
    left = dict.fromkeys(parts())
    while left:
        part = next((wish for wish in tuple(wishes) if wish in left), next(iter(left)))
        run(part)
        del left[part]
        done(part)
    mark_complete()


def _serve() -> None:
    wishes: deque[Part] = deque()

    def listen() -> None:
        for line in sys.stdin:
            name, _, dtype = line.strip().partition(" ")
            wishes.append((name, dtype))

    with contextlib.suppress(AttributeError, OSError):
        os.nice(NICER)
    threading.Thread(target=listen, daemon=True).start()
    warm_up(lambda part: print(*part, flush=True), wishes)


if __name__ == "__main__":
    _serve()
