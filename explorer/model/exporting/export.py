"""The export: a generator of steps, so that it can run on the compute thread between live requests."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from explorer.model.document import SOURCE, SOURCE_PORTS, Document, Link
from explorer.model.evaluation import Evaluated, Evaluation
from explorer.model.exporting.archives import TOGETHER
from explorer.model.exporting.formats import SEPARATE
from explorer.model.exporting.manifest import Entry, Manifest
from explorer.model.exporting.values import Exported, described, exported
from explorer.model.exporting.wanted import Wanted, check
from explorer.model.gradients import Gradients, gradients
from explorer.model.pictures import Picture
from explorer.model.writing import made_folder, written
from explorer.ops.op import Tick, no_tick
from explorer.refusal import Refusal

Steps = Iterator[tuple[int, int]]
_PARTS = 100


def export(document: Document, folder: Path, wanted: Wanted, tick: Tick = no_tick) -> Steps:
    """Write what is wanted of every picture of the document, or of the batch where they go through together.

    Yields (done, total), in hundredths of a picture, after each array. A picture that cannot be exported does not
    stop the others; a Refusal names the first of them at the end. `tick` may raise to stop within a layer.
    """
    check(wanted, document)
    pictures = document.source.pictures
    if not pictures:
        raise Refusal("There is no picture to export.")
    manifest = Manifest(folder, document, wanted)
    evaluation = Evaluation(memo_bytes=0)
    count = 1 if document.source.whole else len(pictures)
    failures: list[tuple[str, Refusal]] = []
    try:
        for shown in range(count):
            label = "batch" if count < len(pictures) else pictures[shown].name
            name = manifest.names.take(label if ":" in label else Path(label).stem)
            steps = export_one(document, shown, folder, name, wanted, evaluation, tick)
            try:
                entry = yield from _within(steps, shown, count)
            except Refusal as refusal:
                failures.append((label, refusal))
            else:
                manifest.add({"input": label} | entry)
            yield (shown + 1) * _PARTS, count * _PARTS
    finally:
        manifest.write()
    if failures:
        label, reason = failures[0]
        raise Refusal(
            "{failed} of {count} pictures are not exported. {name}: {reason}",
            failed=len(failures), count=count, name=label, reason=reason.message, hint=reason.hint,
        )  # fmt: skip


def _within(
    steps: Generator[tuple[int, int], None, Entry], shown: int, count: int
) -> Generator[tuple[int, int], None, Entry]:
    while True:
        try:
            done, total = next(steps)
        except StopIteration as end:
            entry: Entry = end.value
            return entry
        yield shown * _PARTS + done * _PARTS // total, count * _PARTS


def export_one(
    document: Document,
    shown: int,
    folder: Path,
    name: str,
    wanted: Wanted,
    evaluation: Evaluation,
    tick: Tick = no_tick,
) -> Generator[tuple[int, int], None, Entry]:
    """Write one picture's arrays to `folder`/`name`…, the parts of which are safe names; gives its entry.

    npz and safetensors are the file `name`.npz; the others the folder `name` with a file for each array.
    A Refusal where a layer that is asked for has no result; then nothing is written.
    """
    document = replace(document, dtype=wanted.dtype or document.dtype)
    evaluation.clear()
    evaluated = evaluation.run(document, shown, tick)
    nodes = wanted.nodes(document)
    for node in nodes:
        reason = evaluated.reason(node.id)
        if reason is not None:
            raise Refusal("{layer}: {reason}", layer=node.name, reason=reason.message, hint=reason.hint)
    back = gradients(evaluated, wanted.gradient, tick) if wanted.gradient else None
    arrays = list(exported(nodes, evaluated, back, activations=wanted.activations))
    yield 1, len(arrays) + 1
    entry = _described(evaluated, shown, name, back)
    write = _together if wanted.format in TOGETHER else _separately
    with closing(write(folder, name, wanted.format, arrays, entry["arrays"])) as writing:
        for done, _ in enumerate(writing, 2):
            tick()
            yield done, len(arrays) + 1
    return entry


def _together(
    folder: Path, name: str, suffix: str, arrays: list[Exported], abouts: dict[str, Any]
) -> Generator[None, None, None]:
    path = folder / f"{name}.{suffix}"
    made_folder(path.parent)
    with written(path) as stream, closing(TOGETHER[suffix](stream, arrays)) as steps:
        for each, _ in zip(arrays, steps, strict=True):
            abouts[each.name] = _about(each) | {"files": [path.relative_to(folder).as_posix()]}
            yield


def _separately(
    folder: Path, name: str, suffix: str, arrays: list[Exported], abouts: dict[str, Any]
) -> Generator[None, None, None]:
    inside = made_folder(folder / name)
    for each in arrays:
        about = _about(each)
        paths = SEPARATE[suffix](inside, each, about)
        abouts[each.name] = about | {"files": [path.relative_to(folder).as_posix() for path in paths]}
        yield


def _about(each: Exported) -> dict[str, Any]:
    labels = {"labels": list(each.labels)} if each.labels else {}
    return {"layer": each.layer, "part": each.part} | described(each.array) | labels


def _described(evaluated: Evaluated, shown: int, name: str, back: Gradients | None) -> Entry:
    source = evaluated.document.source
    chosen = source.pictures if source.whole else source.pictures[shown : shown + 1]
    x = evaluated.value(Link(SOURCE, SOURCE_PORTS[0]))
    origin = {"value": back.value if math.isfinite(back.value) else None} if back else None
    return {
        "name": name,
        "pictures": [_picture(each) for each in chosen],
        "shape": None if x is None else list(x.shape),
        "gradient": origin,
        "arrays": {},
    }


def _picture(picture: Picture) -> dict[str, Any]:
    return {
        "name": picture.name,
        "path": picture.path,
        "blake2b": picture.digest,
        "kind": picture.kind,
        "shape": list(picture.pixels.shape),
        "dtype": picture.pixels.dtype.name,
        "white": picture.white,
        "notes": [str(note) for note in picture.notes],
    }
