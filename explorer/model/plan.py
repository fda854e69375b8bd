"""What a document will compute: the shape of every output and the weights of every layer, or why it cannot be."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np

from explorer import limits
from explorer.model.document import SOURCE, Document, Link, Node
from explorer.model.memory import free_memory
from explorer.ops import operations, parameters
from explorer.ops.op import Array, Shape, Shapes, Weights
from explorer.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Planned:
    """A layer whose shapes are known. `inputs` and `outputs` are shapes by port, in the operation's order."""

    inputs: Shapes
    outputs: Shapes


@dataclass(frozen=True, slots=True)
class Plan:
    """Shapes of the layers that can run, and the reason for each that cannot. `blocked` ones wait for another.

    `shapes` are those of all outputs, the source's included.
    """

    layers: Mapping[str, Planned]
    refusals: Mapping[str, Refusal]
    blocked: Mapping[str, Refusal]
    shapes: Mapping[Link, Shape] = field(default_factory=lambda: MappingProxyType({}))

    def reason(self, id: str) -> Refusal | None:
        """Why the layer cannot run, or None."""
        return self.refusals.get(id) or self.blocked.get(id)


def plan(document: Document, shown: int = 0) -> Plan:
    """Shapes of all layers for the picture `shown`, or for the whole batch where the document asks for it."""
    return _plan(document, shown, limits.current())


@lru_cache(maxsize=8)
def _plan(document: Document, shown: int, most_of: limits.Limits) -> Plan:
    """Remembered, since an edit, the panels and the evaluation each ask for the plan of one document."""
    known: dict[Link, Shape] = {}
    tensor = False
    source: Refusal | None = None
    if document.source.pictures:
        try:
            shape = document.source.shape(shown)
        except Refusal as refusal:
            source = refusal
        else:
            tensor = document.source.kind == "tensor"
            known |= {Link(SOURCE, "x"): shape, Link(SOURCE, "white"): (shape[0], 1, 1, 1)}
    layers: dict[str, Planned] = {}
    refusals: dict[str, Refusal] = {}
    blocked: dict[str, Refusal] = {}
    cells = sum(math.prod(shape) for shape in known.values())
    most = free_memory() * most_of.free_memory_percent // 100
    size = np.dtype(document.dtype).itemsize
    for node in document:
        try:
            planned = _planned(node, document, known, tensor, source)
            cells += sum(math.prod(shape) for shape in planned.outputs)
            if cells * size > most:
                raise Refusal(
                    "The layers up to here need {needed} MB; the limit is {most} MB, {percent} % of the free memory.",
                    needed=cells * size >> 20,
                    most=most >> 20,
                    percent=most_of.free_memory_percent,
                    hint="A smaller picture, fewer filters or a larger stride needs less.",
                )
        except _Waits as waits:
            blocked[node.id] = waits.refusal
        except Refusal as refusal:
            refusals[node.id] = refusal
        else:
            layers[node.id] = planned
            known |= dict(zip(_outputs(node), planned.outputs, strict=True))
    return Plan(layers, refusals, blocked, known)


class _Waits(Exception):
    def __init__(self, refusal: Refusal) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


def _outputs(node: Node) -> tuple[Link, ...]:
    operation = node.operation
    if operation is None or not node.enabled:
        return (node.main,)
    return tuple(Link(node.id, port) for port in operation.outputs)


def hands_through(node: Node, tensor: bool) -> bool:
    """Whether the layer gives its first input unchanged: switched off, or preprocessing before a tensor."""
    operation = node.operation
    return not node.enabled or (tensor and operation is not None and operation.preprocesses)


def _planned(
    node: Node, document: Document, known: Mapping[Link, Shape], tensor: bool, source: Refusal | None
) -> Planned:
    operation = node.operation
    if operation is None and node.enabled:
        raise Refusal(
            "The operation {op} or its parameters are unknown to this version; the layer is kept as it is.",
            op=repr(node.op),
        )
    links = node.inputs[:1] if hands_through(node, tensor) else node.inputs
    inputs = tuple(_known(link, document, known, source) for link in links)
    if not node.enabled or operation is None:
        return Planned(inputs, inputs)
    if hands_through(node, tensor):
        others = tuple((1,) for _ in operation.outputs[1:])
        return Planned(inputs, inputs + others)
    parameters.check(node.params)
    return Planned(inputs, operation.shape(inputs, node.params))


def _known(link: Link, document: Document, known: Mapping[Link, Shape], source: Refusal | None) -> Shape:
    if link in known:
        return known[link]
    if link.node == SOURCE:
        if source is not None:
            raise source
        raise _Waits(Refusal("There is no picture yet."))
    if not document.has(link.node):
        raise Refusal("The input {port} comes from a layer that is not there.", port=link.port)
    giver = document.node(link.node)
    if not giver.enabled:
        raise Refusal(
            "{giver} is switched off and gives no {port}.",
            giver=giver.name,
            port=link.port,
            hint="Switch it on, or take the input from another layer.",
        )
    raise _Waits(Refusal("Waits for {giver}.", giver=giver.name))


def weights_of(node: Node, inputs: Shapes) -> Weights:
    """The weights that the layer runs with: drawn from its seed, and over them whatever was edited or loaded.

    Edited weights of another shape (the layer has got more filters since) keep the part that both have.
    """
    operation = node.operation
    if operation is None or not node.enabled:
        return MappingProxyType({})
    drawn = _drawn(operation.name, node.params, inputs, node.seed)
    return MappingProxyType({name: _fitted(array, node.weights.get(name)) for name, array in drawn.items()})


@lru_cache(maxsize=64)
def _drawn(name: str, params: Any, inputs: Shapes, seed: int) -> Mapping[str, Array]:
    drawn = operations()[name].init(inputs, params, np.random.default_rng(seed))
    for array in drawn.values():
        array.flags.writeable = False
    return drawn


def _fitted(drawn: Array, kept: Array | None) -> Array:
    if kept is None or kept.ndim != drawn.ndim:
        return drawn
    if kept.shape == drawn.shape:
        return kept
    both = tuple(slice(0, min(pair)) for pair in zip(kept.shape, drawn.shape, strict=True))
    result = drawn.copy()
    result[both] = kept[both]
    result.flags.writeable = False
    return result
