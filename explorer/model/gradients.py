"""Gradients of one number with respect to every layer, every weight and the picture.

The number, the origin, is the mean of an output (the loss), the mean of one map, or a single unit. Where a value goes
into several layers, the gradients that come back are added.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from explorer.model.document import SOURCE, Link
from explorer.model.evaluation import Evaluated
from explorer.ops.op import Array, Tick, no_tick
from explorer.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a gradient starts.

    kind   "mean": the mean of the whole output; "map": the mean over rows and columns of map `index[0]`;
           "unit": the cell `index` = (channel, row, column). Of a batch, `picture` is the image of map and unit.
    """

    node: str
    port: str
    kind: Literal["mean", "map", "unit"] = "mean"
    index: tuple[int, ...] = ()
    picture: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Gradients:
    """∂origin/∂value by link (outputs of layers and of the source), and by layer and weight name."""

    origin: Origin
    value: float
    values: Mapping[Link, Array]
    weights: Mapping[str, Mapping[str, Array]]


def loss_origin(evaluated: Evaluated) -> Origin | None:
    """The loss of the last layer that has one, or None."""
    for node in reversed(evaluated.document.nodes):
        result = evaluated.results.get(node.id)
        if result is not None and "loss" in result.ports:
            return Origin(node.id, "loss")
    return None


def seed_of(origin: Origin, output: Array) -> Array:
    """∂origin/∂output: 1/size everywhere, 1/(H·W) on one map, or 1 on one cell."""
    seed = np.zeros_like(output)
    if origin.kind == "mean":
        seed[...] = 1 / output.size
        return seed
    place = (origin.picture, *origin.index)
    if len(place) != (4 if origin.kind == "unit" else 2) or any(
        not 0 <= at < size for at, size in zip(place, output.shape, strict=False)
    ):
        raise Refusal(
            "The unit {index} is outside of the shape {shape}.",
            index=list(place),
            shape=" × ".join(map(str, output.shape)),
        )
    seed[place] = 1 if origin.kind == "unit" else 1 / (output.shape[2] * output.shape[3])
    return seed


def gradients(evaluated: Evaluated, origin: Origin, tick: Tick = no_tick) -> Gradients:
    """Back from the origin through every layer that it follows from."""
    start = Link(origin.node, origin.port)
    output = evaluated.value(start)
    if output is None:
        raise Refusal("The gradient starts at a layer that has no result.")
    if output.dtype.kind != "f":
        raise Refusal("The output {port} holds positions; it has no gradient.", port=repr(origin.port))
    seed = seed_of(origin, output)
    chosen = seed != 0  # a NaN elsewhere is not part of the number
    value = float((output[chosen].astype(np.float64) * seed[chosen]).sum())
    flowing: dict[Link, Array] = {start: seed}
    weights: dict[str, Mapping[str, Array]] = {}
    place = -1 if origin.node == SOURCE else evaluated.document.index(origin.node)
    for node in reversed(evaluated.document.nodes[: place + 1]):
        result = evaluated.results.get(node.id)
        if result is None:
            continue
        gys = [flowing.get(Link(node.id, port)) for port in result.ports]
        operation = node.operation
        if all(gy is None for gy in gys):
            continue
        tick()
        if operation is None or result.handed_through:
            gxs: tuple[Array | None, ...] = tuple(gys)
        else:
            gxs, gweights = operation.backward(gys, result.saved, tick)
            weights[node.id] = MappingProxyType(gweights)
        for link, gx in zip(node.inputs, gxs, strict=False):
            if gx is not None:
                flowing[link] = flowing[link] + gx if link in flowing else gx
    return Gradients(origin, value, MappingProxyType(flowing), MappingProxyType(weights))
