"""Padding: cells around a map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.ops import gathered
from explorer.ops.explanation import Number, Step, Sum
from explorer.ops.gathered import Sources, backward
from explorer.ops.op import Array, Arrays, Cell, Op, Region, Sample, Shape, Shapes, Tick, Weights
from explorer.ops.padding import amounts_field
from explorer.ops.parameters import choice, real
from explorer.refusal import Refusal, message

_MODES = (("constant", "A constant"), ("reflect", "Mirrored"), ("edge", "The edge repeated"))


@dataclass(frozen=True, slots=True)
class Params:
    """How many cells go around the map, and what stands in them."""

    amounts: tuple[int, int, int, int] = amounts_field((1, 1, 1, 1), "Cells of padding")
    mode: str = choice(
        "constant", "Filled with", _MODES, hint="Mirrored: about the outermost cell, which is not repeated."
    )
    value: float = real(0.0, "Value", -1e6, 1e6, soft=10.0, when=("mode", "constant"))


def _sources(size: int, begin: int, end: int, mode: str) -> Array:
    places: Array = np.arange(-begin, size + end)
    if mode == "edge":
        places = places.clip(0, size - 1)
    elif mode == "reflect":
        places = size - 1 - np.abs(size - 1 - np.abs(places))
    else:
        places[(places < 0) | (places >= size)] = -1
    return places


def sources(shape: Shape, params: Params) -> Sources:
    """Where each row and column of the padded map comes from, or a Refusal: a mirror needs more cells than it fills."""
    sides = zip(("top", "left", "bottom", "right"), params.amounts, shape[2:] * 2, strict=True)
    for side, amount, size in sides:
        if params.mode == "reflect" and amount >= size:
            raise Refusal(
                "The padding at the {side} is {amount} and the map has {size} cells in that direction; a mirror fills "
                "at most {most}.",
                side=side,
                amount=amount,
                size=size,
                most=size - 1,
                hint="Less padding, or the edge repeated, fits.",
            )
    top, left, bottom, right = params.amounts
    return Sources(_sources(shape[2], top, bottom, params.mode), _sources(shape[3], left, right, params.mode))


def forward(xs: Arrays, weights: Weights, params: Params, tick: Tick) -> tuple[Arrays, Any]:
    return gathered.forward(xs[0], sources(xs[0].shape, params), params.value, tick)


def definition(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> float:
    n, c, i, j = cell.index
    height, width = xs[0].shape[2:]
    row, column = i - params.amounts[0], j - params.amounts[1]
    if params.mode == "reflect":
        row, column = (
            -at if at < 0 else (2 * (size - 1) - at if at >= size else at)
            for at, size in ((row, height), (column, width))
        )
    if params.mode == "edge":
        row, column = min(max(row, 0), height - 1), min(max(column, 0), width - 1)
    if 0 <= row < height and 0 <= column < width:
        return float(xs[0][n, c, row, column])
    return params.value


def _way(name: str, place: int, begin: int, size: int, mode: str) -> Step:
    """From a row or column of the padded map to the one that it comes from."""
    at = place - begin
    terms = [(message("{name} of the padded map", name=name), float(place))]
    terms.append((message("padding before it, taken away"), float(-begin)))
    source = at
    if 0 <= at < size:
        title = message("The {name} lies inside of the map", name=name)
    elif mode == "constant":
        title = message("The {name} lies in the padding", name=name)
    elif mode == "edge":
        source = min(max(at, 0), size - 1)
        title = message("The {name} lies in the padding: the nearest one is {source}", name=name, source=source)
    else:
        mirror = 0 if at < 0 else size - 1
        source = 2 * mirror - at
        title = message(
            "The {name} lies in the padding: mirrored about {mirror} it is 2·{mirror} − {at} = {source}",
            name=name,
            mirror=mirror,
            at=f"({at})" if at < 0 else at,
            source=source,
        )
    if source != at:
        terms.append((message("from there to {name} {source}", name=name, source=source), float(source - at)))
    return Step(title, (Sum(message("{name} of the map", name=name), tuple(terms), float(source)),), float(source))


def explain(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> Sequence[Step]:
    (x,) = xs
    _, _, i, j = cell.index
    found = sources(x.shape, params)
    ways = (
        _way("row", i, params.amounts[0], x.shape[2], params.mode),
        _way("column", j, params.amounts[1], x.shape[3], params.mode),
    )
    if min(found.of(cell)) < 0:
        title = message("A cell of the padding holds the constant")
        return *ways, Step(title, (Number(message("value"), params.value, "weight"),), params.value)
    return *ways, found.copied(x, cell)


def reads(shapes: Shapes, params: Params, cell: Cell) -> Sequence[Region]:
    if params.mode == "constant":
        # A cell of the padding reads its own place outside of the map, so that boxes around several cells reach it.
        _, c, i, j = cell.index
        row, column = i - params.amounts[0], j - params.amounts[1]
        return (Region(0, slice(c, c + 1), slice(row, row + 1), slice(column, column + 1)),)
    return sources(shapes[0], params).reads(cell)


def arithmetic(shapes: Shapes, params: Params) -> tuple[str, ...]:
    _, _, h, w = shapes[0]
    top, left, bottom, right = params.amounts
    return f"{h} + {top} + {bottom} = {h + top + bottom}", f"{w} + {left} + {right} = {w + left + right}"


def samples(rng: np.random.Generator) -> Sequence[Sample]:
    def numbers(*extents: int) -> Array:
        return rng.standard_normal(extents)

    holes = numbers(1, 1, 2, 2)
    holes[0, 0, 0] = np.nan, np.inf
    return (
        Sample(title="Zeros around", xs=(numbers(2, 3, 4, 5),), params=Params()),
        Sample(title="A constant, uneven", xs=(numbers(1, 2, 3, 2),), params=Params((0, 3, 2, 1), value=-1.5)),
        Sample(title="Mirrored", xs=(numbers(2, 2, 4, 3),), params=Params((3, 2, 2, 0), "reflect")),
        Sample(title="Mirrored on both sides of two cells", xs=(numbers(1, 1, 2, 2),), params=Params(mode="reflect")),
        Sample(title="Edge repeated", xs=(numbers(2, 2, 3, 4),), params=Params((2, 0, 1, 5), "edge")),
        Sample(title="Edge of one cell", xs=(numbers(1, 1, 1, 1),), params=Params((1, 2, 3, 0), "edge")),
        Sample(title="Nothing around", xs=(numbers(1, 1, 2, 3),), params=Params((0, 0, 0, 0), "reflect")),
        Sample(title="Not a number, and infinity", xs=(holes,), params=Params(mode="edge"), ties=True),
    )


OP = Op(
    name="pad",
    title="Pad",
    group="Shape",
    formula="y[n,c,i,j] = x[n,c, r(i − top), r(j − left)], r mirrors or holds what lies outside; or a constant there",
    source="ONNX Pad: constant, reflect and edge",
    Params=Params,
    shape=lambda shapes, params: (sources(shapes[0], params).shape(shapes[0]),),
    forward=forward,
    backward=backward,
    definition=definition,
    explain=explain,
    reads=reads,
    arithmetic=arithmetic,
    samples=samples,
    folds=True,
)
