"""Runs every kernel once in every type that the program uses, so that none is left to compile behind the window.

The operations' own samples do it: an operation that is added is warmed up without being listed anywhere. Run as a
process of its own, `python -m explorer.ops.warm_up`, since a compilation holds the interpreter; each line that it
prints, "done 3 of 24", is one part of the work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from explorer.ops import operations
from explorer.ops.op import Array, Op, no_tick
from kernels._jit import complete, mark_complete, read_only
from kernels.colouring import colour_maps, histograms, map_statistics


def ready() -> bool:
    """Whether the kernels are compiled already, or cannot be kept: a process that warms up would be of no use."""
    return complete()


def _run(op: Op, dtype: type) -> list[Array]:
    """Every sample there and back, with the arrays as an evaluation gives them; the outputs of the samples."""
    made: list[Array] = []
    for sample in op.samples(np.random.default_rng(0)):
        weights = sample.weights
        if weights is None:
            weights = op.init(tuple(x.shape for x in sample.xs), sample.params, np.random.default_rng(0))
        xs = tuple(read_only(x.astype(dtype) if x.dtype.kind == "f" else x) for x in sample.xs)
        typed = {name: read_only(array.astype(dtype)) for name, array in weights.items()}
        ys, saved = op.forward(xs, typed, sample.params, no_tick)
        op.backward([np.ones_like(y) if y.dtype.kind == "f" else None for y in ys], saved, no_tick)
        made += ys
    return made


def _colour(maps: Array) -> None:
    """Statistics, histogram and colours of maps (C, H, W), as the stage asks for them."""
    count, height, width = maps.shape
    statistics = np.zeros((count, 4))
    if maps.dtype.kind == "f":
        # Only maps with such values go through the kernel.
        map_statistics(np.full_like(maps, np.nan), statistics)
    map_statistics(maps, statistics)
    low, high = statistics[:, 0].copy(), statistics[:, 0] + 1
    histograms(maps, low, high, np.zeros((count, 2), np.int64))
    colour_maps(maps, low, high, np.zeros(256, np.uint32), np.uint32(0), 1, np.zeros((count, height, width), np.uint32))


def _colour_each_type(made: list[Array]) -> None:
    for y in {y.dtype: y for y in made}.values():
        _colour(y[0])


def _work() -> Iterator[Callable[[], None]]:
    for dtype in (np.float32, np.float64):
        made: list[Array] = []
        for op in operations().values():
            yield lambda op=op, dtype=dtype, made=made: made.extend(_run(op, dtype))  # type: ignore[misc]
        yield lambda made=made: _colour_each_type(made)  # type: ignore[misc]


def warm_up(done: Callable[[int, int], None] = lambda part, parts: None) -> None:
    """Compile what is missing in the cache, `done` being told after each part, and note there that it is complete."""
    work = list(_work())
    for part, run in enumerate(work, 1):
        run()
        done(part, len(work))
    mark_complete()


if __name__ == "__main__":
    warm_up(lambda part, parts: print(f"done {part} of {parts}", flush=True))
