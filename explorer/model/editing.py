"""Edits of a document: pure functions from one document to the next.

`accepted` is the gate: an edit that would leave a layer without its shapes is refused with that layer's reason, and
the document stays as it was. Layers form a chain along their first input; further inputs are found by port name.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np

from explorer import limits
from explorer.model.document import SOURCE, SOURCE_PORTS, Document, DType, Link, Node, Source, frozen
from explorer.model.pictures import Picture, Rule
from explorer.model.plan import plan, weights_of
from explorer.ops import operations
from explorer.ops.op import Array, Op
from explorer.refusal import Refusal


def accepted(old: Document, new: Document, shown: int = 0) -> Document:
    """`new`, unless a layer that could run (or was not there) cannot run now: then a Refusal with its reason."""
    before = plan(old, shown)
    after = plan(new, shown)
    for id, refusal in after.refusals.items():
        if not old.has(id) or before.reason(id) is None:
            raise Refusal(
                "{layer}: {reason}", layer=new.node(id).name, reason=refusal.message, hint=refusal.hint
            ) from refusal
    return new


def _operation(name: str) -> Op:
    found = operations().get(name)
    if found is None:
        raise Refusal(
            "There is no operation {name}; there are {known}.", name=repr(name), known=", ".join(operations())
        )
    return found


def _fresh_id(document: Document) -> str:
    numbers = [int(node.id[1:]) for node in document if node.id[:1] == "n" and node.id[1:].isdecimal()]
    return f"n{max(numbers, default=0) + 1}"


def _fresh_name(document: Document, stem: str) -> str:
    taken = {node.name for node in document}
    number = 1
    while f"{stem}{number}" in taken:
        number += 1
    return f"{stem}{number}"


def _giver(nodes: tuple[Node, ...], port: str) -> Link | None:
    """The nearest earlier layer that is switched on and has an output of this name, or the source."""
    for node in reversed(nodes):
        operation = node.operation
        if operation is not None and node.enabled and port in operation.outputs[1:]:
            return Link(node.id, port)
    return Link(SOURCE, port) if port in SOURCE_PORTS else None


def _side_inputs(operation: Op, earlier: tuple[Node, ...]) -> tuple[Link, ...]:
    """Links for all inputs but the first."""
    links = []
    for port in operation.inputs[1:]:
        link = _giver(earlier, port)
        if link is None:
            givers = [op.title for op in operations().values() if port in op.outputs[1:]]
            raise Refusal(
                "{operation} needs an input {port}, and no layer before it gives one.",
                operation=operation.title,
                port=repr(port),
                hint=f"Put {' or '.join(givers)} before it." if givers else "",
            )
        links.append(link)
    return tuple(links)


def _before(document: Document, place: int) -> Link:
    """What a layer at `place` of the chain takes as its first input."""
    return document.nodes[place - 1].main if place else Link(SOURCE, SOURCE_PORTS[0])


def _check_room(document: Document) -> None:
    most = limits.current().layers
    if len(document.nodes) >= most:
        raise Refusal("There are {count} layers already; the limit is {most}.", count=len(document.nodes), most=most)


def _inserted(document: Document, node: Node, place: int) -> Document:
    """`node` at `place`; whatever took its first input from before it as a first input takes it from `node` now."""
    before = _before(document, place)
    later = tuple(
        replace(each, inputs=(node.main, *each.inputs[1:])) if each.inputs[:1] == (before,) else each
        for each in document.nodes[place:]
    )
    node = replace(node, inputs=(before, *node.inputs[1:]))
    return replace(document, nodes=(*document.nodes[:place], node, *later))


def add(document: Document, op: str, after: str | None = None, **params: Any) -> tuple[Document, str]:
    """The document with a new layer behind `after` (None: at the end), and the id of the layer.

    Inputs beside the first come from the nearest earlier layer that has an output of that name.
    """
    operation = _operation(op)
    _check_room(document)
    place = len(document.nodes) if after is None else 0 if after == SOURCE else document.index(after) + 1
    id = _fresh_id(document)
    node = Node(
        id=id,
        op=op,
        name=_fresh_name(document, op),
        params=operation.Params(**params),
        inputs=(_before(document, place), *_side_inputs(operation, document.nodes[:place])),
        seed=int(id[1:]),
    )
    return _inserted(document, node, place), node.id


def remove(document: Document, id: str) -> Document:
    """The document without the layer; what took its main output takes its first input instead."""
    gone = document.node(id)
    rest: list[Node] = []
    for node in document:
        if id == node.id:
            continue
        links = []
        for link in node.inputs:
            if link.node == id and link != gone.main:
                other = _giver(tuple(each for each in rest if each.id != id), link.port)
                if other is None:
                    raise Refusal(
                        "{taker} takes its {port} from {layer}; no other layer gives them.",
                        taker=node.name,
                        port=link.port,
                        layer=gone.name,
                        hint=f"Remove {node.name} first.",
                    )
                links.append(other)
            else:
                links.append(gone.inputs[0] if link == gone.main else link)
        rest.append(replace(node, inputs=tuple(links)))
    return replace(document, nodes=tuple(rest))


def move(document: Document, id: str, place: int) -> Document:
    """The layer at another place of the chain (`place` counts the list without it)."""
    node = document.node(id)
    if place == document.index(id):
        return document
    detached = replace(document, nodes=tuple(each for each in document if each.id != id))
    detached = replace(
        detached,
        nodes=tuple(
            replace(each, inputs=tuple(node.inputs[0] if link == node.main else link for link in each.inputs))
            for each in detached
        ),
    )
    moved = _inserted(detached, node, max(0, min(place, len(detached.nodes))))
    return ordered(moved)


def duplicate(document: Document, id: str) -> tuple[Document, str]:
    """The document with a copy of the layer behind it, and the id of the copy."""
    _check_room(document)
    node = document.node(id)
    stem = node.name.rstrip("0123456789") or node.op
    copy = replace(node, id=_fresh_id(document), name=_fresh_name(document, stem))
    return _inserted(document, copy, document.index(id) + 1), copy.id


def ordered(document: Document) -> Document:
    """The document if every link points backwards; a Refusal that names both layers where one points forward."""
    seen = {SOURCE}
    for node in document:
        for link in node.inputs:
            if link.node not in seen:
                if not document.has(link.node):
                    raise Refusal(
                        "{layer} takes {port} from a layer that is not there.", layer=node.name, port=repr(link.port)
                    )
                raise Refusal(
                    "{layer} takes {port} from {giver}, which would stand behind it: the layers would form a cycle.",
                    layer=node.name,
                    port=repr(link.port),
                    giver=document.node(link.node).name,
                )
        seen.add(node.id)
    return document


def rewire(document: Document, id: str, port: int, link: Link) -> Document:
    """The document in which input `port` of the layer comes from `link`; links to itself or forward are cycles."""
    node = document.node(id)
    giver = None if link.node == SOURCE else document.node(link.node).operation
    ports = SOURCE_PORTS if link.node == SOURCE else giver.outputs if giver else (link.port,)
    if link.port not in ports:
        raise Refusal("There is no output {port}; there are {ports}.", port=repr(link.port), ports=", ".join(ports))
    inputs = tuple(link if place == port else each for place, each in enumerate(node.inputs))
    return ordered(document.with_node(replace(node, inputs=inputs)))


def switch(document: Document, id: str, enabled: bool) -> Document:
    """The layer switched on or off; off, it hands its first input through."""
    node = document.node(id)
    return document if node.enabled == enabled else document.with_node(replace(node, enabled=enabled))


def check_name(name: str) -> None:
    """Refuse a name that is empty, hard to read, or could be taken for a path: names name the exported files."""
    if (
        not name
        or len(name) > 60
        or not name.isprintable()
        or any(sign in name for sign in '/\\:*?"<>|')
        or (name.startswith(".") or name != name.strip())
    ):
        raise Refusal(
            "A layer cannot be called {name}.",
            name=repr(name),
            hint='A name has 1 to 60 printable characters without / \\ : * ? " < > | and no dot in front.',
        )


def rename(document: Document, id: str, name: str) -> Document:
    """The layer under another name; names are unique."""
    name = name.strip()
    check_name(name)
    if any(node.name == name and node.id != id for node in document):
        raise Refusal("There is a layer {name} already.", name=repr(name))
    return document.with_node(replace(document.node(id), name=name))


def set_params(document: Document, id: str, **changes: Any) -> Document:
    """The layer with some parameters changed."""
    node = document.node(id)
    params = replace(node.params, **changes)
    return document if params == node.params else document.with_node(replace(node, params=params))


def set_weight(document: Document, id: str, name: str, array: Array) -> Document:
    """The layer with its own values for the weight `name`; they have to be finite numbers."""
    if not np.isfinite(array).all():
        raise Refusal("{count} values of {name} are not finite.", count=int((~np.isfinite(array)).sum()), name=name)
    node = document.node(id)
    weights = MappingProxyType({**node.weights, name: frozen(array)})
    return document.with_node(replace(node, weights=weights))


def set_weight_value(
    document: Document, id: str, name: str, index: tuple[int, ...], value: float, shown: int = 0
) -> Document:
    """The layer with one number of a weight changed."""
    planned = plan(document, shown).layers.get(id)
    if planned is None:
        raise Refusal("{layer} cannot run now, so its weights are not known.", layer=document.node(id).name)
    array = np.array(weights_of(document.node(id), planned.inputs)[name])
    array[index] = value
    return set_weight(document, id, name, array)


def drawn_again(document: Document, id: str, seed: int | None = None) -> Document:
    """The layer without edited weights: all are drawn from `seed` (None: the seed it has)."""
    node = document.node(id)
    return document.with_node(replace(node, weights=MappingProxyType({}), seed=node.seed if seed is None else seed))


def set_pictures(document: Document, pictures: tuple[Picture, ...]) -> Document:
    """The document over other pictures."""
    most = limits.current().batch_images
    if len(pictures) > most:
        raise Refusal("There are {count} pictures; the limit is {most}.", count=len(pictures), most=most)
    return replace(document, source=replace(document.source, pictures=pictures))


def set_batch(document: Document, *, rule: Rule | None = None, whole: bool | None = None) -> Document:
    """How the pictures are brought to one size, and whether all go through as one batch."""
    source: Source = document.source
    return replace(
        document,
        source=replace(
            source, rule=source.rule if rule is None else rule, whole=source.whole if whole is None else whole
        ),
    )


def set_dtype(document: Document, dtype: DType) -> Document:
    """The document computed in float32 or float64."""
    return replace(document, dtype=dtype)


def givers(document: Document, id: str) -> tuple[Node, ...]:
    """The earlier layers that can give the side inputs of a layer (all inputs but the first)."""
    operation = document.node(id).operation
    if operation is None or len(operation.inputs) < 2:
        return ()
    earlier = document.nodes[: document.index(id)]
    return tuple(
        node
        for node in earlier
        if node.operation and node.enabled and set(operation.inputs[1:]) & set(node.operation.outputs[1:])
    )


def take_from(document: Document, id: str, giver: str) -> Document:
    """The layer with every side input that `giver` has an output for taken from it."""
    node, other = document.node(id), document.node(giver)
    operation, offered = node.operation, other.operation
    if operation is None or offered is None:
        raise Refusal("{layer} has no side inputs.", layer=node.name)
    links = tuple(
        Link(giver, port) if place and port in offered.outputs[1:] else link
        for place, (port, link) in enumerate(zip(operation.inputs, node.inputs, strict=True))
    )
    return ordered(document.with_node(replace(node, inputs=links)))
