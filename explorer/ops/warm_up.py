"""Runs every kernel once in every type that the program uses, so that none is left to compile behind the window.

The operations' own samples do it: an operation that is added is warmed up without being listed anywhere. Run as a
process of its own, `python -m explorer.ops.warm_up`, since a compilation holds the interpreter: it prints a line for
each part that is done. With `--asked` it does the parts whose lines it reads, such as "conv float32" or "conv gradient
float32", and no others.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from queue import SimpleQueue

import numpy as np

from explorer.ops import operations
from explorer.ops.op import Op, no_tick
from kernels._jit import complete, mark_complete, read_only
from kernels.colouring import colour_maps, histograms, map_statistics
from kernels.place import PLACE

Part = tuple[str, str]
"""An operation by its name, `COLOURS`, `METHODS`, or the gradient of one of them, and a number format."""

COLOURS = "colours"
METHODS = "methods"
"""Layers that are not computed by the plain sum: most documents begin without one, and they take long to compile."""
FORMATS = ("float32", "float64")
PLACES = np.dtype(PLACE).name
"""The format of places: a map of them has only colours."""
_GRADIENT = " gradient"
NICER = 10


def ready() -> bool:
    """Whether the kernels are compiled already, or cannot be kept: a process that warms up would be of no use."""
    return complete()


def parts() -> tuple[Part, ...]:
    """All there is to compile, what is used first in front: gradients take as long as the way forward."""
    found: list[Part] = []
    for dtype in FORMATS:
        there = [(name, dtype) for name in (*operations(), METHODS)]
        found += [(COLOURS, dtype), *there, *map(gradient_of, there)]
    return (*found, (COLOURS, PLACES))


def gradient_of(part: Part) -> Part:
    """The way back through what a part computes."""
    return part[0] + _GRADIENT, part[1]


def parts_of(names: Iterable[str], dtype: str, *, gradients: bool = False) -> tuple[Part, ...]:
    """What operations need, and the maps of their results; names that are no operations' are passed over."""
    known = [(name, dtype) for name in dict.fromkeys(names) if name == METHODS or name in operations()]
    return ((COLOURS, dtype), *known, *(map(gradient_of, known) if gradients else ()))


def by_a_method(params: object) -> bool:
    """Whether a layer is computed otherwise than by the plain sum."""
    return getattr(params, "method", "direct") != "direct"


def run(part: Part) -> None:
    """Compile one part, or load it where it is compiled already."""
    name, dtype = part[0].removesuffix(_GRADIENT), np.dtype(part[1])
    back = part[0] != name
    if name == COLOURS:
        _colour(dtype)
    elif name == METHODS:
        for op in operations().values():
            _run_samples(op, dtype, by_methods=True, back=back)
    else:
        _run_samples(operations()[name], dtype, by_methods=False, back=back)


def _run_samples(op: Op, dtype: np.dtype[np.generic], *, by_methods: bool, back: bool) -> None:
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
        if back:
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


def warm_up(done: Callable[[Part], None] = lambda part: None) -> None:
    """Compile what is missing in the cache, telling `done` of each part, and note there that it is complete."""
    for part in parts():
        run(part)
        done(part)
    mark_complete()


def written(part: Part) -> str:
    """The line that stands for a part."""
    return " ".join(part)


def _tell(part: Part) -> None:
    print(written(part), flush=True)


def _asked() -> Iterator[Part]:
    """The parts that are read. What reads them ends the process when there are no more, in the middle of its work."""
    lines: SimpleQueue[str] = SimpleQueue()

    def listen() -> None:
        for line in sys.stdin:
            lines.put(line)
        os._exit(0)

    threading.Thread(target=listen, daemon=True).start()
    while True:
        name, _, dtype = lines.get().strip().rpartition(" ")
        yield name, dtype


def _serve(asked: bool) -> None:
    with contextlib.suppress(AttributeError, OSError):
        os.nice(NICER)
    if not asked:
        warm_up(_tell)
        return
    for part in _asked():
        run(part)
        _tell(part)


if __name__ == "__main__":
    _serve("--asked" in sys.argv[1:])
