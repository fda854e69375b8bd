"""Cropping: a part of a map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.ops import gathered
from explorer.ops.explanation import Step, Sum
from explorer.ops.gathered import Sources, backward
from explorer.ops.op import Array, Arrays, Cell, Op, Region, Sample, Shape, Shapes, Tick, Weights
from explorer.ops.padding import amounts_field
from explorer.ops.parameters import choice, pair
from explorer.refusal import Refusal, message

_MOST = 1 << 16
_MODES = (("amounts", "What is cut off"), ("centre", "The centre"))


@dataclass(frozen=True, slots=True)
class Params:
    """What is cut off at each side, or the size of the centre that stays."""

    mode: str = choice("amounts", "Given by", _MODES)
    amounts: tuple[int, int, int, int] = amounts_field((1, 1, 1, 1), "Cells to cut off", when=("mode", "amounts"))
    size: tuple[int, int] = pair(
        (8, 8), "Size", 1, _MOST, soft=512, when=("mode", "centre"), hint="An odd cell too many goes at the end."
    )


def _ends(shape: Shape, params: Params) -> tuple[tuple[int, int], tuple[int, int]]:
    """Rows and columns to cut off before and behind what stays, or a Refusal: nothing would stay."""
    ends = []
    for axis, (name, extent) in enumerate(zip(("height", "width"), shape[2:], strict=True)):
        begin, end = params.amounts[axis], params.amounts[axis + 2]
        if params.mode == "centre":
            if params.size[axis] > extent:
                raise Refusal(
                    "The {name} of the centre is {size}; the map has {extent}.",
                    name=name,
                    size=params.size[axis],
                    extent=extent,
                )
            begin = (extent - params.size[axis]) // 2
            end = extent - params.size[axis] - begin
        elif begin + end >= extent:
            raise Refusal(
                "Of the {name} {extent}, {begin} + {end} cells are cut off; at least 1 stays.",
                name=name,
                extent=extent,
                begin=begin,
                end=end,
            )
        ends.append((begin, end))
    return ends[0], ends[1]


def sources(shape: Shape, params: Params) -> Sources:
    """Where each row and column of the part comes from."""
    (top, bottom), (left, right) = _ends(shape, params)
    return Sources(np.arange(top, shape[2] - bottom), np.arange(left, shape[3] - right))


def forward(xs: Arrays, weights: Weights, params: Params, tick: Tick) -> tuple[Arrays, Any]:
    return gathered.forward(xs[0], sources(xs[0].shape, params), 0.0, tick)


def definition(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> float:
    n, c, i, j = cell.index
    (top, _), (left, _) = _ends(xs[0].shape, params)
    return float(xs[0][n, c, i + top, j + left])


def explain(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> Sequence[Step]:
    (x,) = xs
    steps = []
    for axis, name in enumerate(("row", "column")):
        place, begin = cell.index[axis + 2], _ends(x.shape, params)[axis][0]
        here = message("{name} of the part", name=name), float(place)
        total = Sum(
            message("{name} of the map", name=name),
            (here, (message("cut off before it"), float(begin))),
            0.0 + place + begin,
        )
        steps.append(Step(message("The {name} of the map that it comes from", name=name), (total,), total.total))
    return *steps, sources(x.shape, params).copied(x, cell)


def reads(shapes: Shapes, params: Params, cell: Cell) -> Sequence[Region]:
    return sources(shapes[0], params).reads(cell)


def arithmetic(shapes: Shapes, params: Params) -> tuple[str, ...]:
    sides = zip(shapes[0][2:], _ends(shapes[0], params), strict=True)
    return tuple(f"{extent} − {begin} − {end} = {extent - begin - end}" for extent, (begin, end) in sides)


def samples(rng: np.random.Generator) -> Sequence[Sample]:
    def numbers(*extents: int) -> Array:
        return rng.standard_normal(extents)

    holes = numbers(1, 1, 3, 3)
    holes[0, 0, 1] = np.nan, np.inf, -np.inf
    return (
        Sample(title="A frame cut off", xs=(numbers(2, 3, 5, 6),), params=Params()),
        Sample(title="Uneven", xs=(numbers(2, 1, 4, 5),), params=Params(amounts=(0, 3, 2, 1))),
        Sample(title="Down to one cell", xs=(numbers(1, 2, 3, 3),), params=Params()),
        Sample(title="Nothing cut off", xs=(numbers(1, 1, 1, 1),), params=Params(amounts=(0, 0, 0, 0))),
        Sample(title="The centre, uneven", xs=(numbers(1, 2, 6, 5),), params=Params("centre", size=(3, 2))),
        Sample(title="Not a number, and infinity", xs=(holes,), params=Params(amounts=(1, 0, 0, 0)), ties=True),
    )


OP = Op(
    name="crop",
    title="Crop",
    group="Shape",
    formula="y[n,c,i,j] = x[n,c, i + top, j + left]",
    source="ONNX Slice and CenterCropPad",
    Params=Params,
    shape=lambda shapes, params: (sources(shapes[0], params).shape(shapes[0]),),
    forward=forward,
    backward=backward,
    definition=definition,
    explain=explain,
    reads=reads,
    arithmetic=arithmetic,
    samples=samples,
)
