"""Unpooling: every number back to the place that its maximum came from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.ops.brief_sum import brief_sum
from explorer.ops.explanation import Grid, Number, Sign, Step
from explorer.ops.op import Array, Arrays, Cell, Op, Region, Sample, Shapes, Tick, Weights, times
from explorer.ops.parameters import choice
from explorer.refusal import Refusal, message
from kernels import unpooling
from kernels._jit import read_only
from kernels.bands import bands


@dataclass(frozen=True, slots=True)
class Params:
    """What happens where overlapping windows name one place."""

    overlap: str = choice("last", "Where windows overlap", (("last", "The last one stays"), ("sum", "They add up")))


def shape(shapes: Shapes, params: Params) -> Shapes:
    x, switches, plane = shapes
    if x != switches:
        raise Refusal(
            "The input is {x} and its switches are {switches}; they have the same shape.",
            x=times(x),
            switches=times(switches),
            hint="Take the switches of the pooling that made maps of this size.",
        )
    if x[:2] != plane[:2]:
        raise Refusal(
            "The input has {x} images × channels and the maps before pooling {plane}; they are the same.",
            x=times(x[:2]),
            plane=times(plane[:2]),
        )
    return (plane,)


def forward(xs: Arrays, weights: Weights, params: Params, tick: Tick) -> tuple[Arrays, Any]:
    x, switches, plane = xs
    cells = plane.shape[2] * plane.shape[3]
    # An index out of range would write outside of the array.
    low, high = int(switches.min()), int(switches.max())
    if low < 0 or high >= cells:
        raise Refusal(
            "The switches hold the place {place}; the places of a map of {height} × {width} are 0 to {last}.",
            place=low if low < 0 else high,
            height=plane.shape[2],
            width=plane.shape[3],
            last=cells - 1,
        )
    planes = x.shape[0] * x.shape[1]
    flat = read_only(x.reshape(planes, -1))
    places = read_only(np.ascontiguousarray(switches, np.int64).reshape(flat.shape))
    y = np.zeros((planes, cells), x.dtype)
    kernel = unpooling.put if params.overlap == "last" else unpooling.put_sum
    for first, last in bands(flat.shape[1], planes, tick):
        kernel(flat, places, first, last, y)
    return (y.reshape(plane.shape),), (x.shape, x.dtype, places, params.overlap)


def backward(gys: Sequence[Array | None], saved: Any, tick: Tick) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
    shape, dtype, places, overlap = saved
    gx = np.zeros(places.shape, dtype)
    if gys[0] is not None:
        gy = read_only(np.ascontiguousarray(gys[0], dtype).reshape(len(places), -1))
        ranges = bands(places.shape[1], len(places), tick)
        if overlap == "sum":
            for first, last in ranges:
                unpooling.take(gy, places, first, last, gx)
        else:
            taken = np.zeros(gy.shape, np.bool_)
            for first, last in ranges:
                stop = places.shape[1] - first
                unpooling.take_last(gy, places, places.shape[1] - last, stop, taken, gx)
    return (gx.reshape(shape), None, None), {}


def _sources(xs: Arrays, cell: Cell) -> Array:
    """Places k of the pooled map, in row order, whose switch names this cell."""
    n, c, i, j = cell.index
    return np.flatnonzero(xs[1][n, c].ravel() == i * xs[2].shape[3] + j)


def definition(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> float:
    n, c, i, j = cell.index
    x, switches, plane = xs
    result = 0.0
    for row in range(x.shape[2]):
        for column in range(x.shape[3]):
            if switches[n, c, row, column] == i * plane.shape[3] + j:
                value = float(x[n, c, row, column])
                result = value if params.overlap == "last" else result + value
    return result


def explain(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> Sequence[Step]:
    n, c, i, j = cell.index
    width, columns = xs[2].shape[3], xs[0].shape[3]
    place = i * width + j
    address = Step(
        message("The place of this cell in the map, counted in row order"),
        (Number(message("{row} · {width} + {column}", row=i, width=width, column=j), float(place), "weight"),),
        float(place),
    )
    sources = _sources(xs, cell)
    if not sources.size:
        title = message("No switch names the place {place}: it stays 0", place=place)
        return address, Step(title, (Number(message("result"), 0.0),), 0.0)
    values = xs[0][n, c].ravel()[sources].astype(np.float64)
    if params.overlap == "sum":
        total = brief_sum(
            message("sum"),
            values,
            lambda k: message("({row}, {column})", row=int(sources[k]) // columns, column=int(sources[k]) % columns),
        )
        return address, Step(
            message("The numbers whose switch names the place {place} added up", place=place), (total,), total.total
        )
    row, column = divmod(int(sources[-1]), columns)
    grid = Grid(
        message("Numbers whose switch is {place}", place=place),
        values[None],
        "input",
        marked=((0, values.size - 1),),
        where=(0, c, row, column) if values.size == 1 else None,
    )
    title = message("The number whose switch is {place}; the last where several are", place=place)
    last = float(values[-1])
    return address, Step(
        title, (grid, Sign("→"), Number(message("from ({row}, {column})", row=row, column=column), last)), last
    )


def reads(shapes: Shapes, params: Params, cell: Cell) -> Sequence[Region]:
    channel = slice(cell.index[1], cell.index[1] + 1)
    return tuple(Region(port, channel, slice(0, shapes[port][2]), slice(0, shapes[port][3])) for port in (0, 1))


def samples(rng: np.random.Generator) -> Sequence[Sample]:
    def case(title: str, pooled: tuple[int, ...], plane: tuple[int, ...], overlap: str = "last") -> Sample:
        cells = plane[2] * plane[3]
        per_map = pooled[2] * pooled[3]
        places = [rng.choice(cells, per_map, replace=per_map > cells) for _ in range(math.prod(pooled[:2]))]
        switches = np.stack(places).astype(np.int64).reshape(pooled)
        view = np.broadcast_to(np.int8(0), plane)
        return Sample(title=title, xs=(rng.standard_normal(pooled), switches, view), params=Params(overlap))

    return (
        case("Back from 2 × 2", (2, 2, 2, 3), (2, 2, 4, 6)),
        case("One cell", (1, 1, 1, 1), (1, 1, 1, 1)),
        case("Odd size", (1, 1, 2, 3), (1, 1, 5, 7)),
        case("Overlap: the last stays", (1, 2, 4, 4), (1, 2, 3, 3)),
        case("Overlap: they add up", (1, 2, 4, 4), (1, 2, 3, 3), "sum"),
    )


OP = Op(
    name="max_unpool",
    title="Unpooling",
    group="Pooling",
    formula="y[n,c, switches[n,c,i,j]] = x[n,c,i,j], 0 elsewhere",
    source="Zeiler & Fergus 2014, with the switches of max pooling",
    Params=Params,
    inputs=("x", "switches", "plane"),
    shape=shape,
    forward=forward,
    backward=backward,
    definition=definition,
    explain=explain,
    reads=reads,
    samples=samples,
    hint={
        "switches": "The places that the maxima came from, from the pooling that this undoes.",
        "plane": "The size of the maps before that pooling.",
    },
)
