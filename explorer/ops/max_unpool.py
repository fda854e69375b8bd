"""Unpooling: every number back to the place that its maximum came from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from explorer.ops.array_size import check_places, check_size
from explorer.ops.brief_sum import brief_sum
from explorer.ops.explanation import Grid, Number, Sign, Step
from explorer.ops.op import Array, Arrays, Cell, Op, Region, Sample, Shape, Shapes, Tick, Weights, times
from explorer.ops.parameters import choice, pair
from explorer.ops.pooled_places import put_into_pairs
from explorer.refusal import Refusal, message
from kernels import unpooling
from kernels._jit import read_only
from kernels.bands import bands
from kernels.place import PLACE

_MOST = 1 << 16
_SIZE = "Switches count the cells of this size in row order: another width takes them to other cells."


@dataclass(frozen=True, slots=True)
class Params:
    """What happens where overlapping windows name one place, and the size of the output."""

    overlap: str = choice("last", "Where windows overlap", (("last", "The last one stays"), ("sum", "They add up")))
    output: str = choice("plane", "Output size", (("plane", "As before pooling"), ("numbers", "Numbers")))
    extents: tuple[int, int] = pair(
        (64, 64), "Height and width", 1, _MOST, soft=512, when=("output", "numbers"), hint=_SIZE
    )


def shape(shapes: Shapes, params: Params) -> Shapes:
    x, switches, plane = shapes
    if x != switches:
        raise Refusal(
            "The input is {x} and its switches are {switches}; they have the same shape.",
            x=times(x),
            switches=times(switches),
            hint="Take the switches of the pooling that made maps of this size.",
        )
    if params.output == "numbers":
        output = *x[:2], *params.extents
        check_size("A smaller height or width needs less.", output=output)
        check_places(*params.extents)
        return (output,)
    if x[:2] != plane[:2]:
        raise Refusal(
            "The input has {x} images × channels and the maps before pooling {plane}; they are the same.",
            x=times(x[:2]),
            plane=times(plane[:2]),
        )
    check_places(*plane[2:])
    return (plane,)


def forward(xs: Arrays, weights: Weights, params: Params, tick: Tick) -> tuple[Arrays, Any]:
    x, switches, _ = xs
    (output,) = shape(tuple(each.shape for each in xs), params)
    planes = x.shape[0] * x.shape[1]
    numbers = read_only(x.reshape(planes, *x.shape[2:]))
    if switches.dtype != PLACE:
        # A narrower type would hold another place than one that is too large for it.
        _check_inside(switches, params, output)
    places = read_only(np.ascontiguousarray(switches, PLACE).reshape(numbers.shape))
    y = np.empty((planes, *output[2:]), x.dtype)
    apart = put_into_pairs(numbers, places, y, tick)
    if not apart:
        # An index out of range would write outside of the array.
        _check_inside(places, params, output)
        _put_anywhere(numbers, places, params, y, tick)
    last_stays = params.overlap == "last" and not apart
    return (y.reshape(output),), (x.shape, x.dtype, places.reshape(planes, -1), last_stays)


def _check_inside(switches: Array, params: Params, output: Shape) -> None:
    """Refuse a place that is outside of the map."""
    height, width = output[2:]
    low, high = int(switches.min()), int(switches.max())
    if low < 0 or high >= height * width:
        raise Refusal(
            "The switches hold the place {place}; the places of a map of {height} × {width} are 0 to {last}.",
            place=low if low < 0 else high,
            height=height,
            width=width,
            last=height * width - 1,
            hint="" if params.output == "plane" else "Switches count the cells of the output in row order.",
        )


def _put_anywhere(x: Array, switches: Array, params: Params, y: Array, tick: Tick) -> None:
    """Unpooling whatever the places."""
    y[:] = 0
    kernel = unpooling.put if params.overlap == "last" else unpooling.put_sum
    flat, places, result = (each.reshape(len(y), -1) for each in (x, switches, y))
    for first, last in bands(flat.shape[1], len(y), tick):
        kernel(flat, places, first, last, result)


def backward(gys: Sequence[Array | None], saved: Any, tick: Tick) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
    shape, dtype, places, last_stays = saved
    gx = np.zeros(places.shape, dtype)
    if gys[0] is not None:
        gy = read_only(np.ascontiguousarray(gys[0], dtype).reshape(len(places), -1))
        ranges = bands(places.shape[1], len(places), tick)
        if last_stays:
            taken = np.zeros(gy.shape, np.bool_)
            for first, last in ranges:
                stop = places.shape[1] - first
                unpooling.take_last(gy, places, places.shape[1] - last, stop, taken, gx)
        else:
            for first, last in ranges:
                unpooling.take(gy, places, first, last, gx)
    return (gx.reshape(shape), None, None), {}


def _width(xs: Arrays, params: Params) -> int:
    """Cells of a row of the output, in which the switches count."""
    return params.extents[1] if params.output == "numbers" else int(xs[2].shape[3])


def definition(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> float:
    n, c, i, j = cell.index
    x, switches, _ = xs
    result = 0.0
    for row in range(x.shape[2]):
        for column in range(x.shape[3]):
            if switches[n, c, row, column] == i * _width(xs, params) + j:
                value = float(x[n, c, row, column])
                result = value if params.overlap == "last" else result + value
    return result


def explain(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> Sequence[Step]:
    n, c, i, j = cell.index
    width, columns = _width(xs, params), xs[0].shape[3]
    place = i * width + j
    address = Step(
        message("The place of this cell in the output of {width} columns, counted in row order", width=width),
        (Number(message("{row} · {width} + {column}", row=i, width=width, column=j), float(place), "weight"),),
        float(place),
    )
    sources = np.flatnonzero(xs[1][n, c].ravel() == place)
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
    def case(title: str, pooled: tuple[int, ...], plane: tuple[int, ...], **params: Any) -> Sample:
        cells = plane[2] * plane[3]
        per_map = pooled[2] * pooled[3]
        places = [rng.choice(cells, per_map, replace=per_map > cells) for _ in range(math.prod(pooled[:2]))]
        switches = np.stack(places).astype(PLACE).reshape(pooled)
        view = np.broadcast_to(np.int8(0), plane)
        return Sample(title=title, xs=(rng.standard_normal(pooled), switches, view), params=Params(**params))

    def side_by_side(title: str, pooled: tuple[int, ...], plane: tuple[int, ...], **params: Any) -> Sample:
        rows, columns = (2 * np.arange(size) for size in pooled[2:])
        down, right = rng.integers(0, 2, (2, *pooled))
        switches = (rows[:, None] + down) * plane[3] + columns + right
        sample = case(title, pooled, plane, **params)
        return replace(sample, xs=(sample.xs[0], switches.astype(PLACE), sample.xs[2]))

    return (
        case("Back from 2 × 2", (2, 2, 2, 3), (2, 2, 4, 6)),
        case("One cell", (1, 1, 1, 1), (1, 1, 1, 1)),
        side_by_side("Windows side by side", (1, 2, 2, 17), (1, 2, 5, 35)),
        side_by_side("Windows side by side, each the sum", (1, 1, 3, 16), (1, 1, 6, 32), overlap="sum"),
        case("Odd size", (1, 1, 2, 3), (1, 1, 5, 7)),
        case("Overlap: the last stays", (1, 2, 4, 4), (1, 2, 3, 3)),
        case("Overlap: they add up", (1, 2, 4, 4), (1, 2, 3, 3), overlap="sum"),
        case("Another size", (1, 2, 2, 2), (1, 2, 4, 4), output="numbers", extents=(3, 7)),
    )


OP = Op(
    name="max_unpool",
    title="Unpooling",
    group="Upsampling",
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
