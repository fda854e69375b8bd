"""A small case of every operation, computed by the operation itself: what goes in and what comes out, as maps.

Nothing here knows an operation by its name. What a side input needs is found by the names of ports, as in an edit of
the pipeline: an earlier operation that gives an output of that name, or else another photograph. An operation that
takes none of this is shown on the first of its own samples.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any

import numpy as np

from explorer.model.display import Maps, View, coloured, planes
from explorer.model.document import SOURCE_PORTS, Link, frozen
from explorer.model.pictures import sample
from explorer.ops import operations
from explorer.ops.op import Array, Arrays, Cell, Op, Shape, Shapes, Tick, Weights, no_tick
from explorer.refusal import Message, Refusal, message
from kernels._jit import read_only

SIDE = 80
"""Rows and columns of the photographs: a face is known again, and a cell of it is still seen."""
MOST_CELLS = 1 << 20
"""Of one output; a case that needs more is too large for a picture of this size."""
_CROPS = (("astronaut", 20, 150), ("chelsea", 50, 110), ("coffee", 60, 210))
_CHANNELS = (3, 4, 1, 2, 6, 8, 16)
"""Channels of the photograph, tried in this order until the operation takes them: groups want counts that divide."""
_COLOURS = ("red", "green", "blue")
_ORDER = (
    "Input", "Convolution", "Normalization", "Activation", "Regularization", "Pooling", "Upsampling", "Shape", "Join",
    "Head",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Port:
    """What stands at one input or output: its shape, and the maps of its first image, or None where only the size
    counts."""

    name: str
    shape: Shape
    maps: Maps | None


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """What an operation is shown on; `of` says in words what goes in, `labels` name the maps of the inputs."""

    xs: Arrays
    params: Any
    weights: Weights
    of: Message
    labels: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Illustration:
    """A case with its result: `weights` are shapes by name."""

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    weights: Mapping[str, Shape]
    params: Any
    of: Message


def grouped() -> tuple[tuple[str, tuple[Op, ...]], ...]:
    """All operations by group, in the order in which a network uses them; a group that is new stands at the end."""
    order = {group: place for place, group in enumerate(_ORDER)}
    by_group = sorted(
        operations().values(), key=lambda op: (order.get(op.group, len(order)), op.group, op.title.casefold())
    )
    return tuple((group, tuple(found)) for group, found in groupby(by_group, key=lambda op: op.group))


def illustration(op: Op, *, dark: bool = False, tick: Tick = no_tick) -> Illustration:
    """What goes into an operation and what comes out, in the colours of the stage. Runs kernels."""
    case, ys = computed(op, tick)
    shapes = tuple(x.shape for x in case.xs)
    view = View(dark=dark)
    labels = (tuple(op.labels(shapes, case.params, case.weights)), *((),) * (len(ys) - 1))

    def ports(names: tuple[str, ...], arrays: Arrays, labels: tuple[tuple[str, ...], ...]) -> tuple[Port, ...]:
        named = zip(names, arrays, labels, strict=True)
        return tuple(_port(Link(op.name, name), array, labels, view) for name, array, labels in named)

    return Illustration(
        ports(op.inputs, case.xs, case.labels),
        ports(op.outputs, ys, labels),
        {name: array.shape for name, array in case.weights.items()},
        case.params,
        case.of,
    )


def _port(link: Link, array: Array, labels: tuple[str, ...], view: View) -> Port:
    if array.ndim and not any(array.strides):  # A view of one number everywhere: it stands for a size.
        return Port(link.port, array.shape, None)
    values = np.ascontiguousarray(planes(array, 0))
    named = labels if len(labels) == len(values) else ("",) * len(values)
    return Port(link.port, array.shape, coloured(values, named, view, link))


def computed(op: Op, tick: Tick = no_tick) -> tuple[Case, Arrays]:
    """The first case that an operation takes, and its outputs."""
    for case in _cases(op, tick):
        try:
            if any(int(np.prod(shape)) > MOST_CELLS for shape in op.shape(_shapes(case.xs), case.params)):
                continue
            ys, _ = op.forward(case.xs, case.weights, case.params, tick)
        except Refusal:
            continue
        return case, ys
    raise Refusal("{operation} takes neither a photograph nor its own samples.", operation=op.title)


def _cases(op: Op, tick: Tick) -> Iterator[Case]:
    """Photographs with more and more channels, and at the end what the operation names as its own samples."""
    params = op.Params()
    for channels in _CHANNELS:
        for xs, of in _inputs(op, channels, tick):
            try:
                outputs = op.shape(_shapes(xs), params)
                weights = _weights(op, xs, params)
            except Refusal:
                continue
            if len(xs) == 1 and not op.preprocesses and _pointwise(op, _shapes(xs), outputs, params):
                xs = tuple(_standardised(x) for x in xs)
                of = message("A photograph, brought to mean 0 and deviation 1")
            yield Case(xs, params, weights, of, tuple(_names(x) for x in xs))
    for own in op.samples(np.random.default_rng(0)):
        xs = tuple(_typed(x) for x in own.xs)
        try:
            weights = own.weights or _weights(op, xs, own.params)
        except Refusal:
            continue
        typed = {name: _typed(array) for name, array in weights.items()}
        yield Case(xs, own.params, typed, message("A small case: {title}", title=own.title), ((),) * len(xs))


def _inputs(op: Op, channels: int, tick: Tick) -> Iterator[tuple[Arrays, Message]]:
    """Inputs by port, and what they are: from the source, from another operation by that name, or photographs."""
    photos = _photographs(channels)
    raw = {"x": frozen(photos[0] * 255), "white": frozen(np.full((1, 1, 1, 1), 255, np.float32))}
    if op.preprocesses:
        of = message("A photograph in the numbers of its file")
        yield tuple(raw.get(port, photos[0]) for port in op.inputs), of
        return
    sides = [port for port in op.inputs[1:] if port not in SOURCE_PORTS]
    for giver in _givers(op, sides):
        try:
            ys, _ = giver.forward(photos[:1], _weights(giver, photos[:1], giver.Params()), giver.Params(), tick)
        except Refusal:
            continue
        given = raw | dict(zip(giver.outputs[1:], map(read_only, ys[1:]), strict=True))
        of = message("A photograph after another operation: {giver}", giver=giver.title)
        yield (read_only(ys[0]), *(given[port] for port in op.inputs[1:])), of
    others = [photos[place % len(photos)] for place in range(1, len(op.inputs))]
    of = message("Photographs, values from 0 to 1") if others else message("A photograph, values from 0 to 1")
    yield (photos[0], *others), of
    if others:
        means = [frozen(other.mean((2, 3), keepdims=True)) for other in others]
        yield (photos[0], *means), message("A photograph, and a number for each of its channels")


def _givers(op: Op, ports: list[str]) -> list[Op]:
    """Other operations with one input and an output for each of `ports`, those that `op` speaks of first."""
    spoken = " ".join((op.source, op.formula, *op.hint.values())).casefold()
    found = [
        each
        for each in operations().values()
        if ports and each is not op and len(each.inputs) == 1 and set(ports) <= set(each.outputs[1:])
    ]
    return sorted(found, key=lambda each: each.title.casefold() not in spoken)


def _pointwise(op: Op, inputs: Shapes, outputs: Shapes, params: Any) -> bool:
    """Whether a number depends on the number at its own place alone: what it does is seen on both signs."""
    if any(shape != inputs[0] for shape in (*inputs, *outputs[:1])):
        return False
    n, c, i, j = 0, 0, inputs[0][2] // 2, inputs[0][3] // 2
    own = slice(c, c + 1), slice(i, i + 1), slice(j, j + 1)
    return all(
        (each.channels, each.rows, each.columns) == own for each in op.reads(inputs, params, Cell(0, (n, c, i, j)))
    )


def _weights(op: Op, xs: Arrays, params: Any) -> Weights:
    drawn = op.init(_shapes(xs), params, np.random.default_rng(0))
    return {name: _typed(array) for name, array in drawn.items()}


def _typed(array: Array) -> Array:
    """In the type that the window computes in, read-only as everywhere."""
    return frozen(array.astype(np.float32)) if array.dtype.kind == "f" else read_only(array)


def _shapes(xs: Arrays) -> Shapes:
    return tuple(x.shape for x in xs)


def _names(x: Array) -> tuple[str, ...]:
    if x.dtype.kind != "f" or x.shape[2:] != (SIDE, SIDE):
        return ()
    return {1: ("grey",), 3: _COLOURS, 4: (*_COLOURS, "grey")}.get(x.shape[1], ())


def _standardised(x: Array) -> Array:
    wide = x.astype(np.float64)
    return frozen(((wide - wide.mean()) / wide.std()).astype(x.dtype))


@lru_cache(maxsize=16)
def _photographs(channels: int) -> Arrays:
    """Photographs of values 0 to 1 with so many channels: colours, then grey, then the colours of the others."""
    colours = [_colours(*crop) for crop in _CROPS]
    greys = [each.mean(0, keepdims=True) for each in colours]
    found = []
    for place in range(len(colours)):
        turned = [*range(place, len(colours)), *range(place)]
        parts = [colours[place], greys[place], *(colours[other] for other in turned[1:])]
        stack = np.concatenate([greys[other] for other in turned] if channels < 3 else parts)
        while len(stack) < channels:
            stack = np.concatenate([stack, stack[:, ::-1]])
        found.append(frozen(stack[None, :channels].astype(np.float32)))
    return tuple(found)


def _colours(name: str, top: int, left: int) -> Array:
    """A part of a sample of twice the side, each 2 × 2 pixels averaged: (3, SIDE, SIDE), values 0 to 1."""
    picture = sample(name)
    part = picture.pixels[top : top + 2 * SIDE, left : left + 2 * SIDE].astype(np.float64) / picture.white
    averaged: Array = part.reshape(SIDE, 2, SIDE, 2, 3).mean((1, 3)).transpose(2, 0, 1)
    return averaged
