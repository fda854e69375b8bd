"""What `run` does with one input, in this process or in another one."""

from __future__ import annotations

import signal
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from explorer.model import editing
from explorer.model.document import Document
from explorer.model.evaluation import Evaluation
from explorer.model.exporting import Wanted, check, export_one
from explorer.model.exporting.naming import Names
from explorer.model.gradients import Origin
from explorer.model.memory import keep_freed_memory
from explorer.model.pictures import Picture, open_pictures
from explorer.model.pictures.archive import ZIP_MAGICS
from explorer.model.pictures.arrays import NPY_MAGIC
from explorer.model.pictures.picture import label
from explorer.model.plan import plan, weights_of
from explorer.model.session import load
from explorer.ops.parameters import showing
from explorer.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Request:
    """What every process needs to know."""

    pipeline: Path
    folder: Path
    wanted: Wanted
    gradient: str | None


@dataclass(frozen=True, slots=True)
class Input:
    """A file, its hash, and the name of what is made of it."""

    path: Path
    sha256: str
    name: str


@dataclass(slots=True)
class Outcome:
    """What came of a file: entries for the manifest, and why there are not more."""

    entries: list[dict[str, Any]] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    unwritable: bool = False


class Worker:
    """The pipeline, ready to run on one file after the other."""

    def __init__(self, request: Request) -> None:
        self.request = request
        session, self.warnings = load(request.pipeline)
        self._pipeline = session.document
        document = replace(session.document, source=replace(session.document.source, pictures=(), whole=False))
        origin = None
        if request.gradient is not None:
            document, origin = _with_gradient(document, request.gradient)
        self.document = document
        self.wanted = replace(request.wanted, gradient=origin)
        check(self.wanted, document)
        self._evaluation = Evaluation(memo_bytes=0)

    def outcome(self, each: Input) -> Outcome:
        """Export every picture of a file."""
        outcome = Outcome()
        pictures, refusals = open_pictures([each.path])
        outcome.refusals += refusals
        count = len(pictures) + len(refusals)
        names = Names()
        archive = _start(each.path).startswith(ZIP_MAGICS)
        for picture in pictures:
            name = f"{each.name}/{names.take(picture.name.partition(':')[2])}" if archive else each.name
            try:
                entry = self._exported(picture, each.path, name)
            except Refusal as refusal:
                outcome.refusals.append(
                    Refusal("{name}: {reason}", name=picture.name, reason=refusal.message, hint=refusal.hint)
                )
                if isinstance(refusal.__cause__, OSError):
                    outcome.unwritable = True
                    break
            else:
                about = {"input": picture.name, "file": label(each.path), "sha256": each.sha256}
                outcome.entries.append(about | {"pictures_in_file": count} | entry)
        return outcome

    def _exported(self, picture: Picture, path: Path, name: str) -> dict[str, Any]:
        if picture.kind != "tensor" and _start(path).startswith((NPY_MAGIC, *ZIP_MAGICS)):
            raise Refusal(
                "An array is taken as a tensor N, C, H, W; this one has the shape {shape}.",
                shape=" × ".join(map(str, picture.pixels.shape)),
            )
        document = replace(self.document, source=replace(self.document.source, pictures=(picture,)))
        _check_weights(self._pipeline, document)
        steps = export_one(document, 0, self.request.folder, name, self.wanted, self._evaluation)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                entry: dict[str, Any] = end.value
                return entry


def _start(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(8)
    except (OSError, ValueError):
        return b""


def _check_weights(pipeline: Document, document: Document) -> None:
    """Refuse an input of another size than edited or loaded weights were made for."""
    own, needed = plan(pipeline).layers, plan(document).layers
    for node in document:
        if not node.weights or node.id not in needed:
            continue
        made_for = weights_of(node, own[node.id].inputs) if node.id in own else node.weights
        for name, array in weights_of(node, needed[node.id].inputs).items():
            if name in node.weights and made_for[name].shape != array.shape:
                raise Refusal(
                    "{layer}: its weights {name} have the shape {shape}; this input needs {needed}.",
                    layer=node.name, name=name, shape=" × ".join(map(str, made_for[name].shape)),
                    needed=" × ".join(map(str, array.shape)),
                )  # fmt: skip


def _with_gradient(document: Document, text: str) -> tuple[Document, Origin]:
    """The document and where its gradients start: CLASS or LAYER:C,Y,X."""
    name, colon, place = text.rpartition(":")
    if not colon:
        return _towards_class(document, text)
    node = document.named(name)
    index = place.split(",")
    if len(index) != 3 or not all(_is_whole(each) for each in index):
        raise Refusal("The unit {unit} is not C,Y,X: three whole numbers from 0.", unit=repr(place))
    return document, Origin(node.id, node.main.port, "unit", tuple(map(int, index)))


def _towards_class(document: Document, text: str) -> tuple[Document, Origin]:
    if not _is_whole(text):
        raise Refusal(
            "The gradient {text} is neither a class, a whole number from 0, nor a unit LAYER:C,Y,X.", text=repr(text)
        )
    for node in reversed(document.nodes):
        operation = node.operation
        if operation is None or not node.enabled or "loss" not in operation.outputs:
            continue
        if "target" in (each.name for each in fields(operation.Params)):
            wanted = {"target": (int(text),)} | showing(node.params, "target")
            return editing.set_params(document, node.id, **wanted), Origin(node.id, "loss")
    raise Refusal("No layer of the pipeline has a loss, so there is no gradient of a class.")


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10


_worker: Worker | None = None


def begin(request: Request) -> None:
    """A process of its own gets ready."""
    global _worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    keep_freed_memory()
    _worker = Worker(request)


def work(each: Input) -> Outcome:
    """`Worker.outcome` in a process that has begun."""
    assert _worker is not None
    return _worker.outcome(each)
