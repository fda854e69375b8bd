"""Where the side inputs of a layer (all but its first) come from.

A port that its operation names in `joins` takes the first output of any earlier layer, or the picture. The other side
inputs are taken together, from one earlier layer that has further outputs of their names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from explorer.model.document import SOURCE, SOURCE_PORTS, Document, Link, Node
from explorer.model.plan import Plan
from explorer.ops.op import Op, Shape
from explorer.refusal import Refusal

Links = tuple[Link | None, ...]
Offer = tuple[Link, ...]
"""What a giver gives: a link for each port that is taken together."""


@dataclass(frozen=True, slots=True)
class Giver:
    """A layer, or the source, that a side input can come from; `reason` is why it does not fit."""

    node: str
    shape: Shape | None
    reason: Refusal | None


@dataclass(frozen=True, slots=True)
class SideInput:
    """Ports that are taken together, the layer (or source) that gives them, and all that could, in their order."""

    ports: tuple[str, ...]
    taken: str
    givers: tuple[Giver, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """Links for all inputs of a layer; `misfit` is why its operation does not take them, if it does not."""

    links: tuple[Link, ...]
    misfit: Refusal | None = None


def taken_together(operation: Op) -> tuple[tuple[str, ...], ...]:
    """The side inputs, those that are taken from one giver beside each other."""
    side = operation.inputs[1:]
    named = tuple(port for port in side if port not in operation.joins)
    return tuple(filter(None, (named, *((port,) for port in side if port in operation.joins))))


def offer(operation: Op, ports: tuple[str, ...], giver: Node | None) -> Offer | None:
    """What a layer (None: the source) gives for ports that are taken together, or None if it has not got it."""
    if ports[0] in operation.joins:
        return (Link(SOURCE, SOURCE_PORTS[0]) if giver is None else giver.main,)
    if giver is None:
        return tuple(Link(SOURCE, port) for port in ports) if set(ports) <= set(SOURCE_PORTS) else None
    if giver.operation is None or not giver.enabled or not set(ports) <= set(giver.operation.outputs[1:]):
        return None
    return tuple(Link(giver.id, port) for port in ports)


def put(operation: Op, links: Sequence[Link | None], ports: tuple[str, ...], offered: Offer) -> Links:
    """The links of all inputs, with `offered` for these ports."""
    given = dict(zip(ports, offered, strict=True))
    return tuple(given.get(port, link) for port, link in zip(operation.inputs, links, strict=True))


def _misfit(operation: Op, params: Any, links: Links, shapes: Mapping[Link, Shape]) -> Refusal | None:
    """Why the operation does not take these inputs; None also where that cannot be known yet."""
    if links[0] not in shapes:
        return None
    if not all(link in shapes for link in links):
        return Refusal("It cannot run now.")
    try:
        operation.shape(tuple(shapes[link] for link in links if link is not None), params)
    except Refusal as refusal:
        return refusal
    return None


def choose(
    operation: Op,
    params: Any,
    links: Links,
    earlier: Sequence[Node],
    shapes: Mapping[Link, Shape],
    heir: str | None = None,
) -> Choice | None:
    """`links` with every None filled: by `heir` if it fits, else the nearest layer before that does, or the source.

    A join prefers what goes into the layer before it, which it then skips, as in a residual block, and does not take
    what comes as first input already. Where nothing fits, the best that there is; None where there is nothing.
    """
    missing = {port for port, link in zip(operation.inputs, links, strict=True) if link is None}
    wanted = [ports for ports in taken_together(operation) if missing & set(ports)]
    found = [_offers(operation, ports, links[0], earlier, heir) for ports in wanted]
    best: Choice | None = None
    for offers in product(*found):
        filled = links
        for ports, offered in zip(wanted, offers, strict=True):
            filled = put(operation, filled, ports, offered)
        misfit = _misfit(operation, params, filled, shapes)
        whole = tuple(link for link in filled if link is not None)
        if misfit is None:
            return Choice(whole)
        best = best or Choice(whole, misfit)
    return best


def _offers(
    operation: Op, ports: tuple[str, ...], main: Link | None, earlier: Sequence[Node], heir: str | None
) -> list[Offer]:
    """Everything on offer, the best first."""
    layers = {node.id: node for node in earlier}
    wanted = [] if heir is None else [layers.get(heir)]
    near = [*(node for node in reversed(earlier) if node.enabled), None]
    if ports[0] in operation.joins and main is not None:
        skipped = layers[main.node].inputs[0].node if main.node in layers else None
        near.sort(key=lambda node: (SOURCE if node is None else node.id) != skipped)
        near = [node for node in near if (SOURCE if node is None else node.id) != main.node]
    offers = (offer(operation, ports, node) for node in (*wanted, *near))
    return list(dict.fromkeys(each for each in offers if each is not None))


def side_inputs(document: Document, plan: Plan, id: str) -> tuple[SideInput, ...]:
    """The side inputs of a layer that a person can choose."""
    node = document.node(id)
    operation = node.operation
    if operation is None:
        return ()
    earlier = document.nodes[: document.index(id)]
    found = []
    for ports in taken_together(operation):
        taken = node.inputs[operation.inputs.index(ports[0])].node
        givers = []
        for giver in (None, *earlier):
            offered = offer(operation, ports, giver)
            if offered is None or (giver is not None and not giver.enabled and giver.id != taken):
                continue
            reason = _misfit(operation, node.params, put(operation, node.inputs, ports, offered), plan.shapes)
            givers.append(Giver(offered[0].node, plan.shapes.get(offered[0]), reason))
        if any(giver.node != SOURCE for giver in givers) or ports[0] in operation.joins:
            found.append(SideInput(ports, taken, tuple(givers)))
    return tuple(found)
