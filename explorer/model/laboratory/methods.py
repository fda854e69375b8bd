"""Every way to compute a layer, on its own input and weights: what it costs by count, how long it takes, how it rounds.

    multiplications  general products for each output and input channel: k·k′ by the sum, products/(m·m′) by F(m×m′)
    transforms       additions and constants of the transforms, shared out likewise: data/K + outputs/C + taps/tiles
    error            |y − y*|, y* the sum over the taps in float64 from the same rounded numbers

Tiles are taken as whole, as where filters are derived. A product of the spectra counts 4, and half of them are formed;
a real transform of n cells takes 5/2·n·log₂n operations, an estimate [Frigo & Johnson, Proc. IEEE 93, 2005].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log2, prod
from typing import Any, TypeVar

import numpy as np

from explorer.model.algorithms import directions_of
from explorer.model.derivation.cost import operations
from explorer.model.laboratory.steps import Steps
from explorer.model.laboratory.timing import timed
from explorer.model.memory import free_memory
from explorer.model.methods import Way, chosen_by_auto, misfit, of_way, ways
from explorer.ops.exact.filters import Direction, algorithm_of
from explorer.ops.op import Array, Arrays, Op, Shape, Tick, Weights, no_tick
from explorer.refusal import Refusal
from kernels.algebra.counting import Counts, count_filter, count_nested
from kernels.column_tile import ALGORITHMS
from kernels.fft_convolution import length_of_tile

__all__ = ["Cost", "Measured", "Row", "compared", "cost"]

T = TypeVar("T")

ROUNDS = (3, 9)
"""How often every way is run at least and at most."""
SECONDS = 1.5
"""What the rounds take together where there are more than the fewest."""


@dataclass(frozen=True, slots=True)
class Cost:
    """For each output and input channel."""

    multiplications: float
    transforms: float


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds as median and quartiles; the largest error over all outputs, and its mean."""

    seconds: float
    quartiles: tuple[float, float]
    largest: float
    mean: float


@dataclass(frozen=True, slots=True)
class Row:
    """A way with what was found, or why it does not apply; `takes` is what "auto" chose, whose numbers it has."""

    way: Way
    found: tuple[Cost, Measured] | Refusal
    takes: Way | None = None


def compared(operation: Op, xs: Arrays, weights: Weights, params: Any, tick: Tick = no_tick) -> Steps[tuple[Row, ...]]:
    """The table of a layer; one run is one step. Refusal where float64 needs more memory than there is."""
    shapes = tuple(x.shape for x in xs)
    listed = ways(params)
    refused = {way: misfit(operation, shapes, params, way) for way in listed}
    takes = chosen_by_auto(operation, shapes, params)
    able = dict.fromkeys([way for way in listed if refused[way] is None and way.method != "auto"])
    if refused[Way("auto")] is None:
        able.setdefault(takes)
    (y,) = operation.shape(shapes, of_way(params, Way("direct")))
    _check_memory(shapes, y)

    def run(way: Way) -> Array:
        with np.errstate(invalid="ignore", over="ignore"):
            return operation.forward(xs, weights, of_way(params, way), tick)[0][0]

    exact = operation.forward(
        tuple(x.astype(np.float64) for x in xs),
        {name: each.astype(np.float64) for name, each in weights.items()},
        of_way(params, Way("direct")),
        tick,
    )[0][0]
    yield 1, 20
    errors = {}
    for number, way in enumerate(able, 1):
        errors[way] = error(run(way), exact, tick)
        # The runs and errors are a half of it, the times the other.
        yield 5 + 5 * number // len(able), 20
    del exact
    times = yield from _times({way: (lambda way=way: run(way)) for way in able})
    known: dict[Way, tuple[Cost, Measured]] = {}
    for way, (median, quartiles) in times.items():
        found = cost(shapes[0], y, of_way(params, way))
        known[way] = found, Measured(median, quartiles, *errors[way])
    rows = []
    for way in listed:
        refusal = refused[way]
        of = takes if way.method == "auto" else way
        rows.append(Row(way, refusal or known[of], takes if way.method == "auto" else None))
    return tuple(rows)


def error(y: Array, exact: Array, tick: Tick = no_tick) -> tuple[float, float]:
    """The largest and the mean |y − exact|, plane by plane; NaN where one of them is no number."""
    largest, total = 0.0, 0.0
    for index in np.ndindex(*y.shape[:2]):
        tick()
        with np.errstate(invalid="ignore"):
            apart = np.abs(y[index].astype(np.float64) - exact[index])
        largest = float(np.maximum(largest, apart.max()))
        total += float(apart.sum())
    return largest, total / y.size


def _times(runs: dict[Way, Any]) -> Steps[dict[Way, tuple[float, tuple[float, float]]]]:
    """Median and quartiles of each. What was run before has loaded every kernel."""
    named = {str(number): run for number, run in enumerate(runs.values())}
    first = yield from _shared(timed(named, rounds=1, warm_up=0), 10, 12, 20)
    once = sum(each.median for each in first)
    rounds = int(np.clip(SECONDS / max(once, 1e-9), *ROUNDS))
    found = yield from _shared(timed(named, rounds=rounds, warm_up=0), 12, 20, 20)
    return {way: (each.median, each.quartiles) for way, each in zip(runs, found, strict=True)}


def _shared(steps: Steps[T], begin: int, end: int, total: int) -> Steps[T]:
    """Steps whose progress goes from `begin` to `end` of `total`."""
    while True:
        try:
            done, of = next(steps)
        except StopIteration as ended:
            result: T = ended.value
            return result
        yield begin + (end - begin) * done // of, total


def cost(x: Shape, y: Shape, params: Any) -> Cost:
    """What the way of `params` costs a layer from x (N, C, H, W) to y (N, K, H′, W′)."""
    inputs, outputs = x[1] // params.groups, y[1] // params.groups
    directions = directions_of(params)
    if directions is not None:
        counts = _counted(*directions)
        m = directions[0].m, directions[1].m
        tiles = y[0] * prod(-(-y[2 + a] // m[a]) for a in (0, 1))
        shared = (
            operations(counts.data) / outputs + operations(counts.outputs) / inputs + operations(counts.taps) / tiles
        )
        return Cost(counts.multiplications / prod(m), shared / prod(m))
    if params.method == "columns":
        return _down_columns(y, inputs, outputs, params)
    if params.method == "fft":
        return _by_fft(y, inputs, outputs, params)
    return Cost(float(prod(params.kernel)), 0.0)


@lru_cache(maxsize=64)
def _counted(down: Direction, across: Direction) -> Counts:
    return count_nested(algorithm_of(down), algorithm_of(across))


def _down_columns(y: Shape, inputs: int, outputs: int, params: Any) -> Cost:
    # Of each column once, whatever the kernel's columns are; of each of the kernel's columns once.
    algorithm = ALGORITHMS[params.kernel[0]]
    counts = count_filter(algorithm)
    columns = params.kernel[1]
    tiles = y[0] * -(-y[2] // algorithm.m) * y[3]
    data, back, taps = (operations(each) for each in (counts.data, counts.outputs, counts.taps))
    shared = data * params.stride[1] / outputs + back / inputs + taps * columns / tiles
    return Cost(counts.multiplications * columns / algorithm.m, shared / algorithm.m)


def _by_fft(y: Shape, inputs: int, outputs: int, params: Any) -> Cost:
    # Every place of the stride is computed, and those between are dropped.
    places = [(y[2 + a] - 1) * params.stride[a] + 1 for a in (0, 1)]
    taps = [(params.kernel[a] - 1) * params.dilation[a] + 1 for a in (0, 1)]
    lengths = [length_of_tile(places[a], taps[a]) for a in (0, 1)]
    steps = [lengths[a] - taps[a] + 1 for a in (0, 1)]
    tiles = y[0] * prod(-(-places[a] // steps[a]) for a in (0, 1))
    # Of a tile as large as the map no more than the map is kept.
    kept = prod(min(steps[a], places[a]) for a in (0, 1)) / prod(params.stride)
    cells = prod(lengths)
    transform = 2.5 * cells * log2(cells)
    formed = 4 * lengths[0] * (lengths[1] // 2 + 1)
    return Cost(formed / kept, transform * (1 / outputs + 1 / inputs + 1 / tiles) / kept)


def _check_memory(shapes: Sequence[Shape], y: Shape) -> None:
    needed = 8 * (sum(map(prod, shapes)) + 2 * prod(y))
    most = free_memory() // 2
    if needed > most:
        raise Refusal(
            "The comparison with float64 needs {needed} MB; the limit is {most} MB, half of the free memory.",
            needed=needed >> 20,
            most=most >> 20,
            hint="A smaller picture or fewer filters needs less.",
        )
