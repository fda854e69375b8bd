"""A session as plain JSON values, and back.

Format 1. Arrays stand in the JSON by the names of their members; `session` puts both into one file, `autosave` into a
folder. A program that adds something raises the number and adds a migration; what a newer program of the same format
wrote into a layer is kept. A layer is inert, and nothing of it is lost, where this program knows its operation not at
all, or not with these parameters, inputs or weights: to guess other values would show numbers that nobody asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Annotated, Any, Literal

import msgspec
import numpy as np

from explorer import limits
from explorer.model.display import View
from explorer.model.document import SOURCE, Document, DType, Link, Node, Source
from explorer.model.editing import check_name, ordered
from explorer.model.pictures import Picture, Rule
from explorer.model.pictures.picture import CHANGEABLE, check_extent
from explorer.ops import parameters
from explorer.ops.op import Array
from explorer.refusal import Message, Refusal, message

FORMAT = 1
MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""From the JSON of a format to that of the next one."""

PICTURES, WEIGHTS = "pictures", "weights"
Keep = Callable[[str, Array, str | None], str]
"""(PICTURES or WEIGHTS, array, its digest where known) -> the name of the member that holds it."""
Fetch = Callable[[str], Array]
"""Name of a member -> its array, read-only."""

_ID = re.compile(r"[A-Za-z0-9_-]{1,40}")
_PLACE = re.compile(r"\{[a-z_]+\}")
_KINDS = {"image": (3, "iuf"), "tensor": (4, "f")}


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """Everything that a person comes back to. `window` holds plain JSON values of the window's own."""

    document: Document
    view: View = field(default_factory=View)
    window: Mapping[str, Any] = field(default_factory=dict)


class _Note(msgspec.Struct):
    template: str
    values: dict[str, str | int | float | bool | None] = {}


class _Picture(msgspec.Struct):
    member: str
    name: str
    white: float
    kind: Literal["image", "tensor"]
    path: str | None = None
    notes: list[_Note] = []


class _Source(msgspec.Struct):
    pictures: list[_Picture]
    rule: Rule = "crop"
    whole: bool = False


class _Node(msgspec.Struct):
    id: str
    op: str
    name: str
    params: dict[str, Any]
    inputs: Annotated[list[tuple[str, str]], msgspec.Meta(min_length=1)]
    seed: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)] = 0
    enabled: bool = True
    weights: dict[str, str] = {}


class _Session(msgspec.Struct):
    source: _Source
    nodes: list[dict[str, Any]]
    dtype: DType = "float32"
    view: Any = None
    window: dict[str, Any] = {}


def to_plain(session: Session, keep: Keep, *, pictures: bool = True) -> dict[str, Any]:
    """The session in JSON values; `keep` is handed every array. Without `pictures` it is the pipeline alone."""
    document = session.document
    source = document.source
    return {
        "format": FORMAT,
        "source": {
            "pictures": [_plain_picture(each, keep) for each in source.pictures] if pictures else [],
            "rule": source.rule,
            "whole": source.whole,
        },
        "nodes": [_plain_node(node, keep) for node in document],
        "dtype": document.dtype,
        "view": msgspec.to_builtins(session.view),
        "window": dict(session.window),
    }


def _plain_picture(picture: Picture, keep: Keep) -> dict[str, Any]:
    notes = [
        {"template": note.template, "values": {name: _scalar(value) for name, value in note.values.items()}}
        for note in picture.notes
    ]
    # The name of a file need not be valid text.
    path = None if picture.path is None else picture.path.encode("utf-8", "replace").decode()
    return {
        "member": keep(PICTURES, picture.pixels, picture.digest),
        "name": picture.name,
        "white": picture.white,
        "kind": picture.kind,
        "path": path,
        "notes": notes,
    }


def _scalar(value: object) -> str | int | float | bool | None:
    if value is None or isinstance(value, bool | int | str) or (isinstance(value, float) and np.isfinite(value)):
        return value
    return str(value)


def _plain_node(node: Node, keep: Keep) -> dict[str, Any]:
    return {
        **node.extra,
        "id": node.id,
        "op": node.op,
        "name": node.name,
        "params": node.params if isinstance(node.params, dict) else parameters.to_json(node.params),
        "inputs": [[link.node, link.port] for link in node.inputs],
        "seed": node.seed,
        "enabled": node.enabled,
        "weights": {name: keep(WEIGHTS, array, None) for name, array in node.weights.items()},
    }


def encoded(plain: dict[str, Any], name: str) -> bytes:
    """The JSON text; a Refusal above the limits that hold when it is read again."""
    text = msgspec.json.encode(plain)
    _check_size(name, len(text))
    _check_depth(name, plain)
    return text


def decoded(text: bytes, name: str) -> dict[str, Any]:
    """The JSON values of the current format; a Refusal names damage, a limit or a newer format."""
    _check_size(name, len(text))
    try:
        plain = msgspec.json.decode(text)
    except RecursionError as error:
        raise _too_deep(name) from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Refusal("{name} is a damaged session: {reason}.", name=name, reason=error) from error
    _check_depth(name, plain)
    found = plain.get("format") if isinstance(plain, dict) else None
    if not isinstance(found, int) or isinstance(found, bool) or found < 1:
        raise Refusal("{name} has the format {format}; a session has a whole number from 1.",
                      name=name, format=repr(found))  # fmt: skip
    if found > FORMAT:
        raise Refusal("{name} was saved by a newer version: its format is {format}; this version reads up to {most}.",
                      name=name, format=found, most=FORMAT)  # fmt: skip
    for number in range(found, FORMAT):
        plain = MIGRATIONS[number](plain)
    return dict(plain)


def _check_size(name: str, size: int) -> None:
    most = limits.current().json_bytes
    if size > most:
        raise Refusal("The JSON of {name} has {size} bytes; the limit is {most}.", hint=CHANGEABLE,
                      name=name, size=size, most=most)  # fmt: skip


def _check_depth(name: str, plain: Any) -> None:
    most = limits.current().json_depth
    depth = 0
    level = [plain]
    while level:
        level = [
            child
            for each in level
            if isinstance(each, dict | list)
            for child in (each.values() if isinstance(each, dict) else each)
            if isinstance(child, dict | list)
        ]
        depth += 1
        if depth > most:
            raise _too_deep(name)


def _too_deep(name: str) -> Refusal:
    return Refusal("The JSON of {name} is nested more than {most} levels deep.", hint=CHANGEABLE,
                   name=name, most=limits.current().json_depth)  # fmt: skip


def from_plain(plain: dict[str, Any], fetch: Fetch, name: str) -> tuple[Session, tuple[Refusal, ...]]:
    """The session, and a warning for everything in it that could not be taken as it was."""
    warnings: list[Refusal] = []
    try:
        record = msgspec.convert(plain, _Session)
        pictures = tuple(_picture(each, fetch) for each in record.source.pictures)
        nodes = tuple(_node(each, fetch, warnings) for each in record.nodes)
    except msgspec.ValidationError as error:
        raise Refusal("{name} is no sound session: {reason}.", name=name, reason=error) from error
    document = Document(Source(pictures, record.source.rule, record.source.whole), nodes, record.dtype)
    try:
        _check_document(document)
    except Refusal as refusal:
        raise Refusal("{name} is no sound session: {reason}", name=name, reason=refusal) from refusal
    try:
        view = _view(record.view)
    except (msgspec.ValidationError, ValueError) as error:
        view = View()
        warnings.append(Refusal("What was looked at is not known any more: {reason}.", reason=error))
    return Session(document, view, MappingProxyType(record.window)), tuple(warnings)


def _picture(record: _Picture, fetch: Fetch) -> Picture:
    pixels = fetch(record.member)
    dimensions, types = _KINDS[record.kind]
    if pixels.ndim != dimensions or pixels.dtype.kind not in types or pixels.dtype == np.float16:
        raise Refusal(
            "The picture {name} is no {kind}: {member} has the shape {shape} and the type {type}.",
            name=record.name, kind=record.kind, member=record.member, shape=pixels.shape, type=pixels.dtype,
        )  # fmt: skip
    if record.kind == "image":
        check_extent(record.name, *pixels.shape[:2])
    if not 0 < record.white < np.inf:
        raise Refusal("The white of the picture {name} is {white}; it is a positive number.",
                      name=record.name, white=record.white)  # fmt: skip
    notes = tuple(_note(each) for each in record.notes)
    return Picture.of(pixels, record.name, white=record.white, kind=record.kind, path=record.path, notes=notes)


def _note(record: _Note) -> Message:
    """A sentence from a file: only plain places are filled, for format strings can reach into objects."""
    rest = _PLACE.sub("", record.template)
    if "{" in rest or "}" in rest or any(place[1:-1] not in record.values for place in _PLACE.findall(record.template)):
        return message("{text}", text=record.template)
    return message(record.template, **record.values)


def _node(raw: dict[str, Any], fetch: Fetch, warnings: list[Refusal]) -> Node:
    record = msgspec.convert(raw, _Node)
    known = {each.name for each in msgspec.structs.fields(_Node)}
    node = Node(
        id=record.id,
        op=record.op,
        name=record.name,
        params=record.params,
        inputs=tuple(Link(*link) for link in record.inputs),
        seed=record.seed,
        weights=MappingProxyType({name: fetch(member) for name, member in record.weights.items()}),
        enabled=record.enabled,
        extra=MappingProxyType({name: value for name, value in raw.items() if name not in known}),
    )
    try:
        return _live(node)
    except Refusal as refusal:
        warnings.append(Refusal("{layer} is kept but cannot run. {reason}", layer=node.name, reason=refusal))
        return node


def _live(node: Node) -> Node:
    """The layer with the parameter record of its operation; a Refusal where this program cannot run it."""
    operation = replace(node, params=None).operation
    if operation is None:
        raise Refusal("The operation {op} is unknown to this version.", op=repr(node.op))
    if len(node.inputs) != len(operation.inputs):
        raise Refusal("It has {count} inputs; {operation} takes {wanted}.", count=len(node.inputs),
                      operation=operation.title, wanted=len(operation.inputs))  # fmt: skip
    for name, array in node.weights.items():
        if array.dtype.kind != "f" or not np.isfinite(array).all():
            raise Refusal("Its weights {name} are not all finite real numbers.", name=name)
    return replace(node, params=parameters.from_json(operation.Params, node.params))


def _check_document(document: Document) -> None:
    limit = limits.current()
    for what, count, most in (
        ("layers", len(document.nodes), limit.layers),
        ("pictures", len(document.source.pictures), limit.batch_images),
    ):
        if count > most:
            raise Refusal("It has {count} {what}; the limit is {most}.", count=count, what=what, most=most,
                          hint=CHANGEABLE)  # fmt: skip
    ids: set[str] = {SOURCE}
    names: set[str] = set()
    for node in document:
        check_name(node.name)
        if node.id in ids or node.name in names or not _ID.fullmatch(node.id):
            raise Refusal("The layer {name} with the id {id} is there twice, or its id is no plain word.",
                          name=repr(node.name), id=repr(node.id))  # fmt: skip
        ids.add(node.id)
        names.add(node.name)
    ordered(document)


def _view(raw: Any) -> View:
    if raw is None:
        return View()
    view = msgspec.convert(raw, View)
    if min(view.shown, view.first, view.count, *view.pixels) < 0:
        raise ValueError("a number is negative")
    return view
