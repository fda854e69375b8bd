"""What the person works on: pictures and a directed graph of layers, as frozen values.

The layers stand in an order in which every link points backwards, so the tuple is a topological order and the list in
the window is the same tuple. Nothing here is computed from pixels; `plan` derives shapes, `evaluation` the numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from explorer.model.pictures import Common, Picture, Rule, common
from explorer.model.pictures.picture import Kind
from explorer.ops import operations
from explorer.ops.op import Array, Op
from explorer.refusal import Refusal

SOURCE = "source"
SOURCE_PORTS = ("x", "white")
"""Ports of the source: raw values of the pictures, and the value that stands for white in each."""

DType = Literal["float32", "float64"]


@dataclass(frozen=True, slots=True)
class Link:
    """An output port of a layer, or of the source."""

    node: str
    port: str


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A layer.

    params   the record of its operation, or a plain dict where this program does not understand the operation or its
             parameters (kept and saved untouched)
    weights  only what was edited or loaded; the rest is drawn by the operation's `init` from `seed`
    inputs   one link an input port, in the operation's order
    enabled  a layer that is switched off hands its first input through
    """

    id: str
    op: str
    name: str
    params: Any
    inputs: tuple[Link, ...]
    seed: int = 0
    weights: Mapping[str, Array] = field(default_factory=lambda: MappingProxyType({}))
    enabled: bool = True
    extra: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """Fields of a newer program, kept for the round trip."""

    @property
    def operation(self) -> Op | None:
        """The operation, or None where this program does not know it or does not understand its parameters."""
        return None if isinstance(self.params, dict) else operations().get(self.op)

    @property
    def main(self) -> Link:
        """The first output of this layer."""
        operation = self.operation
        return Link(self.id, operation.outputs[0] if operation else "y")


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """The pictures, and how they are brought to one size.

    whole  True: all pictures go through the layers as one batch; False: the one that is shown
    """

    pictures: tuple[Picture, ...] = ()
    rule: Rule = "crop"
    whole: bool = False

    @property
    def kind(self) -> Kind:
        """Whether the pictures are images or tensors, which are taken as they are."""
        return self.pictures[0].kind if self.pictures else "image"

    @property
    def common(self) -> Common:
        """What the pictures are brought to; a Refusal where they have nothing in common."""
        return _common(self.pictures)

    def clamped(self, shown: int) -> int:
        """`shown`, or the last picture where there are fewer."""
        return max(0, min(shown, len(self.pictures) - 1))

    def chosen(self, shown: int) -> tuple[Picture, ...]:
        """The pictures that go through the layers: all, or the one that is shown, not brought to one size yet."""
        place = self.clamped(shown)
        return self.pictures if self.whole else self.pictures[place : place + 1]

    def shape(self, shown: int) -> tuple[int, int, int, int]:
        """N, C, H, W of what goes through the layers."""
        to = self.common
        images = sum(each.pixels.shape[0] if to.kind == "tensor" else 1 for each in self.chosen(shown))
        return images, to.channels, to.height, to.width


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """Pictures, layers and the number format of the computation."""

    source: Source = field(default_factory=Source)
    nodes: tuple[Node, ...] = ()
    dtype: DType = "float32"

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    def node(self, id: str) -> Node:
        """The layer with this id; KeyError where there is none."""
        for node in self.nodes:
            if node.id == id:
                return node
        raise KeyError(id)

    def has(self, id: str) -> bool:
        """Whether there is a layer with this id."""
        return any(node.id == id for node in self.nodes)

    def index(self, id: str) -> int:
        """The place of a layer in the list."""
        return [node.id for node in self.nodes].index(id)

    def named(self, name: str) -> Node:
        """The layer with this name, or a Refusal that lists the names."""
        for node in self.nodes:
            if node.name == name:
                return node
        raise Refusal(
            "There is no layer {name}; there are {names}.",
            name=repr(name),
            names=", ".join(node.name for node in self.nodes) or "none",
        )

    def with_node(self, node: Node) -> Document:
        """The document in which `node` stands for the layer of the same id."""
        return replace(self, nodes=tuple(node if each.id == node.id else each for each in self.nodes))

    def consumers(self, link: Link) -> tuple[tuple[Node, int], ...]:
        """Every layer, with the number of its input, that takes `link`."""
        return tuple((node, place) for node in self.nodes for place, each in enumerate(node.inputs) if each == link)


@lru_cache(maxsize=8)
def _common(pictures: tuple[Picture, ...]) -> Common:
    return common(pictures)


def frozen(array: Array) -> Array:
    """A read-only C-contiguous copy (the array itself where it is that already)."""
    if array.flags.writeable or not array.flags.c_contiguous:
        array = np.array(array, order="C")
        array.flags.writeable = False
    return array
