"""Folding a scale and a shift of each channel into the layer before: fewer layers, the same numbers.

A layer that gives s[c]·u[c] + t[c] for every channel c of its input u = W·x + b is no work of its own:
s·(W·x + b) + t = (s·W)·x + (s·b + t). Batch normalization in inference is such a layer. In training it is not, since s
and t follow from the batch; and there a bias before it changes nothing, for the mean takes it away again.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np

from explorer.model import editing
from explorer.model.document import Document, Node
from explorer.model.plan import Planned, plan, weights_of
from explorer.ops import operations
from explorer.ops.op import Op
from explorer.refusal import Refusal


def fold(document: Document, id: str, shown: int = 0) -> Document:
    """The document without the layer, whose scale and shift stand in the weights of the layer before."""
    node = document.node(id)
    operation, planned = _running(document, node, shown)
    if operation.affine is None:
        raise Refusal(
            "{layer} is not a scale and a shift of each channel; of this kind is {titles}.",
            layer=node.name,
            titles=_titles("affine"),
        )
    before = _before(document, node)
    giver, its = _running(document, before, shown)
    if giver.scaled is None:
        raise Refusal(
            "{layer} comes after {before}, whose maps cannot be scaled by its weights; {titles} can take it in.",
            layer=node.name,
            before=before.name,
            titles=_titles("scaled"),
        )
    _check_alone(document, node, before)
    scale, shift = operation.affine(weights_of(node, planned.inputs), node.params, planned.inputs)
    with np.errstate(over="ignore", invalid="ignore"):
        weights, params = giver.scaled(weights_of(before, its.inputs), before.params, scale, shift)
    document = document.with_node(replace(before, params=params, weights=MappingProxyType({})))
    for name, array in weights.items():
        document = editing.set_weight(document, before.id, name, array)
    return editing.remove(document, id)


def _running(document: Document, node: Node, shown: int) -> tuple[Op, Planned]:
    """The operation and the shapes of a layer that is switched on and can run."""
    if not node.enabled:
        raise Refusal("{layer} is switched off.", layer=node.name, hint="Switch it on first.")
    planned = plan(document, shown)
    operation, shapes = node.operation, planned.layers.get(node.id)
    if operation is None or shapes is None:
        reason = planned.reason(node.id)
        raise Refusal(
            "{layer} cannot run now, so its weights are not known: {reason}",
            layer=node.name,
            reason=reason.message if reason else "",
        )
    return operation, shapes


def _before(document: Document, node: Node) -> Node:
    link = node.inputs[0]
    if not document.has(link.node):
        raise Refusal("{layer} takes the picture itself; no layer before it could take it in.", layer=node.name)
    before = document.node(link.node)
    if link != before.main:
        raise Refusal(
            "{layer} takes the output {port} of {before}.", layer=node.name, port=link.port, before=before.name
        )
    return before


def _check_alone(document: Document, node: Node, before: Node) -> None:
    """Refuse where another layer takes what changes, or what goes away, with the layer."""
    others = [taker for taker, _ in document.consumers(before.main) if taker.id != node.id]
    if others:
        raise Refusal(
            "{taker} takes the output of {before} too, and would get other numbers.",
            taker=others[0].name,
            before=before.name,
        )
    for taker in document:
        for link in taker.inputs:
            if link.node == node.id and link != node.main:
                raise Refusal(
                    "{taker} takes {port} from {layer}, which would go away.",
                    taker=taker.name,
                    port=link.port,
                    layer=node.name,
                )


def _titles(function: str) -> str:
    return ", ".join(op.title for op in operations().values() if getattr(op, function) is not None)
