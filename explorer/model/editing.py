"""Edits of a document: pure functions from one document to the next.

`accepted` is the gate: an edit that would leave a layer without its shapes is refused with that layer's reason, and
the document stays as it was. Layers form a chain along their first input; `givers` says where further inputs come from.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np

from explorer import limits
from explorer.model.document import SOURCE, SOURCE_PORTS, Document, DType, Link, Node, Source, frozen
from explorer.model.givers import Links, choose, offer, put, taken_together
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


def _chosen(document: Document, operation: Op, params: Any, main: Link, place: int) -> tuple[Link, ...]:
    """Links for all inputs of a new layer at `place` that takes `main` first."""
    if len(operation.inputs) == 1:
        return (main,)
    links = (main, *(None for _ in operation.inputs[1:]))
    choice = choose(operation, params, links, document.nodes[:place], plan(document).shapes)
    if choice is None:
        ports = operation.inputs[1:]
        givers = [op.title for op in operations().values() if set(ports) <= set(op.outputs[1:])]
        raise Refusal(
            "{operation} needs an input {port}, and no layer before it gives one.",
            operation=operation.title,
            port=", ".join(map(repr, ports)),
            hint=f"Put {' or '.join(givers)} before it."
            if givers
            else "Put it behind another layer."
            if operation.joins
            else "",
        )
    if choice.misfit is not None and operation.joins:
        raise Refusal(
            "{operation}: no earlier layer fits beside {main}. With {giver}: {reason}",
            operation=operation.title,
            main=_called(document, main),
            giver=_called(document, choice.links[operation.inputs.index(operation.joins[0])]),
            reason=choice.misfit.message,
            hint=choice.misfit.hint,
        )
    return choice.links


def _called(document: Document, link: Link) -> str:
    return "the picture" if link.node == SOURCE else document.node(link.node).name


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

    Its inputs beside the first come from the nearest earlier layer that fits: see `givers.choose`.
    """
    operation = _operation(op)
    _check_room(document)
    place = len(document.nodes) if after is None else 0 if after == SOURCE else document.index(after) + 1
    id = _fresh_id(document)
    values = operation.Params(**params)
    node = Node(
        id=id,
        op=op,
        name=_fresh_name(document, op),
        params=values,
        inputs=_chosen(document, operation, values, _before(document, place), place),
        seed=int(id[1:]),
    )
    return _inserted(document, node, place), node.id


def remove(document: Document, id: str) -> Document:
    """The document without the layer; what took its main output takes its first input instead.

    A side input that it gave comes from what went into it where that fits, else from the nearest layer that does.
    """
    gone = document.node(id)
    rest: tuple[Node, ...] = ()
    for node in document:
        if node.id != id:
            inputs = _without(replace(document, nodes=rest), node, gone)
            rest = (*rest, node if inputs == node.inputs else replace(node, inputs=inputs))
    return replace(document, nodes=rest)


def _without(before: Document, node: Node, gone: Node) -> tuple[Link, ...]:
    """What `node` takes when a layer has gone; `before` is what stands before it then."""
    heir, operation = gone.inputs[0], node.operation
    links: Links = tuple(
        link if link.node != gone.id else heir if place == 0 or (operation is None and link == gone.main) else None
        for place, link in enumerate(node.inputs)
    )
    lost = [each.port for each, link in zip(node.inputs, links, strict=True) if link is None]
    if lost:
        choice = None
        if operation is not None:
            lost = [port for port, link in zip(operation.inputs, links, strict=True) if link is None]
            choice = choose(operation, node.params, links, before.nodes, plan(before).shapes, heir.node)
        if choice is None or choice.misfit is not None:
            raise Refusal(
                "{taker} takes its {port} from {layer}; no other layer before it fits.",
                taker=node.name,
                port=", ".join(lost),
                layer=gone.name,
                hint=f"Remove {node.name} first.",
            )
        return choice.links
    return tuple(link for link in links if link is not None)


def move(document: Document, id: str, place: int) -> Document:
    """The layer at another place of the chain (`place` counts the list without it).

    Side inputs stay with the layers that were chosen for them; one that would have to come from behind is refused.
    """
    node = document.node(id)
    if place == document.index(id):
        return document
    detached = replace(document, nodes=tuple(each for each in document if each.id != id))
    detached = replace(
        detached,
        nodes=tuple(
            replace(each, inputs=(node.inputs[0], *each.inputs[1:])) if each.inputs[:1] == (node.main,) else each
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
        for place, link in enumerate(node.inputs):
            if link.node not in seen:
                port = repr(node.operation.inputs[place] if node.operation else link.port)
                if not document.has(link.node):
                    raise Refusal("{layer} takes {port} from a layer that is not there.", layer=node.name, port=port)
                raise Refusal(
                    "{layer} takes {port} from {giver}, which would stand behind it: the layers would form a cycle.",
                    layer=node.name,
                    port=port,
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


def take_from(document: Document, id: str, port: str, giver: str) -> Document:
    """The layer with its side input `port`, and those that are taken with it, from another layer or the source."""
    node = document.node(id)
    operation = node.operation
    ports = next((each for each in taken_together(operation) if port in each), ()) if operation else ()
    if operation is None or not ports:
        raise Refusal("{layer} has no side input {port}.", layer=node.name, port=repr(port))
    other = None if giver == SOURCE else document.node(giver)
    offered = offer(operation, ports, other)
    if offered is None:
        raise Refusal(
            "{layer} takes {ports}, and {giver} does not give them.",
            layer=node.name,
            ports=", ".join(ports),
            giver="the picture" if other is None else other.name,
        )
    links = tuple(link for link in put(operation, node.inputs, ports, offered) if link is not None)
    return ordered(document.with_node(replace(node, inputs=links)))
