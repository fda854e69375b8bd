"""The line that makes the same export on the command line."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path

from explorer.model.document import Document, Source
from explorer.model.exporting import Wanted
from explorer.model.gradients import Origin
from explorer.model.pictures import Picture
from explorer.ops.parameters import showing
from explorer.refusal import Refusal

UNSAVED = "session.kscope"
"""Stands for a session that has no file yet."""


def export_command(
    document: Document, shown: int, wanted: Wanted, folder: Path, *, all_pictures: bool, session: Path | None = None
) -> str:
    """`kernelscope run …`, quoted for the shell of this system; a Refusal where the command line cannot do the same."""
    if document.source.whole:
        raise Refusal("The command line takes pictures one by one, not as a batch.")
    if not wanted.activations:
        raise Refusal("The command line writes gradients only together with values.")
    pictures = document.source.pictures
    if not all_pictures:
        pictures = pictures[shown : shown + 1]
    _check_sizes(document.source, pictures)
    words = ["kernelscope", "run", str(session or UNSAVED)]
    words += dict.fromkeys(each.path or each.name for each in pictures)
    words += ["-o", str(folder)]
    if wanted.outputs_only:
        words += ["--layers", "outputs"]
    elif wanted.layers is not None:
        odd = [name for name in wanted.layers if "," in name or name in ("all", "outputs")]
        if odd:
            raise Refusal("The command line cannot name the layer {name}.", name=repr(odd[0]), hint="Rename it.")
        words += ["--layers", ",".join(wanted.layers)]
    words += ["--format", wanted.format]
    if wanted.dtype is not None:
        words += ["--dtype", wanted.dtype]
    if wanted.gradient is not None:
        words += ["--gradient", _gradient(document, wanted.gradient)]
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)


def _check_sizes(source: Source, pictures: Sequence[Picture]) -> None:
    """The command line takes every picture in its own size."""
    if source.pictures and source.kind == "image":
        to = source.common
        for each in pictures:
            if each.pixels.shape != (to.height, to.width, to.channels):
                raise Refusal(
                    "{name} is brought to {height} × {width} here; the command line takes pictures in their own size.",
                    name=each.name, height=to.height, width=to.width,
                )  # fmt: skip


def _gradient(document: Document, origin: Origin) -> str:
    """CLASS or LAYER:C,Y,X."""
    node = document.node(origin.node)
    if origin.kind == "unit" and origin.port == node.main.port:
        return f"{node.name}:{','.join(map(str, origin.index))}"
    if origin == loss_origin(document):
        classes = set(getattr(node.params, "target", ()))
        if len(classes) == 1 and not showing(node.params, "target"):
            return str(classes.pop())
    raise Refusal("The command line starts gradients at the loss of one class, or at a single unit.")


def loss_origin(document: Document) -> Origin | None:
    """The loss of the last layer that has one, or None."""
    for node in reversed(document.nodes):
        operation = node.operation
        if operation is not None and node.enabled and "loss" in operation.outputs:
            return Origin(node.id, "loss")
    return None
