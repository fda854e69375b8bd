"""How much an export will write, before anything is computed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from explorer.model.document import SOURCE, Document, Link, Node
from explorer.model.evaluation import Evaluated
from explorer.model.exporting import Wanted
from explorer.model.exporting.archives import TOGETHER
from explorer.model.exporting.values import holds_numbers
from explorer.model.plan import Plan

_BYTES_OF_CSV = 28
"""A line with four indices and a number."""


@dataclass(frozen=True, slots=True)
class _Array:
    """An array to be written: how many numbers, bytes of each in memory, and how many maps."""

    numbers: int
    bytes: int
    maps: int


@dataclass(frozen=True, slots=True)
class Size:
    """Bytes, roughly, and files."""

    bytes: int
    files: int


def export_size(
    document: Document,
    shown: int,
    plan: Plan,
    wanted: Wanted,
    *,
    all_pictures: bool,
    evaluated: Evaluated | None = None,
) -> Size:
    """What an export writes. `evaluated` tells which outputs hold numbers and of which type; without it all do."""
    arrays = list(_arrays(document, plan, wanted, evaluated))
    source = document.source
    if not source.pictures:
        return Size(0, 0)
    share, count = 1.0, 1
    if all_pictures and not source.whole:
        count = len(source.pictures)
        share = sum(source.shape(each)[0] for each in range(count)) / source.shape(shown)[0]
    files = 1 if wanted.format in TOGETHER else sum(
        each.maps if wanted.format == "png" else 1 for each in arrays
    )  # fmt: skip
    width = {"tiff": 4, "png": 2, "csv": _BYTES_OF_CSV}
    total = sum(each.numbers * width.get(wanted.format, each.bytes) for each in arrays)
    return Size(round(total * share), files * count + 1)


def _arrays(document: Document, plan: Plan, wanted: Wanted, evaluated: Evaluated | None) -> Iterator[_Array]:
    size = np.dtype(wanted.dtype or document.dtype).itemsize
    origin = wanted.gradient
    last = -1
    if origin is not None and document.has(origin.node):
        last = document.index(origin.node)
    for node in wanted.nodes(document):
        planned = plan.layers.get(node.id)
        if planned is None:
            continue
        if wanted.activations:
            for port, shape in zip(_ports(node), planned.outputs, strict=False):
                array = evaluated.value(Link(node.id, port)) if evaluated is not None else None
                if array is not None and not holds_numbers(array):
                    continue
                yield _array(shape, size if array is None or array.dtype.kind == "f" else array.itemsize)
        if document.index(node.id) <= last:
            yield _array(planned.outputs[0], size)
    source = evaluated.value(Link(SOURCE, "x")) if evaluated is not None else None
    if origin is not None and source is not None:
        yield _array(source.shape, size)


def _ports(node: Node) -> tuple[str, ...]:
    operation = node.operation
    return operation.outputs if operation is not None and node.enabled else (node.main.port,)


def _array(shape: tuple[int, ...], size: int) -> _Array:
    return _Array(math.prod(shape), size, math.prod(shape[:2]))


def bytes_text(count: int) -> str:
    """A number of bytes with its unit, to two or three digits: 840 bytes, 12 kB, 1.3 GB."""
    value, unit = float(count), "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < 999.5:
            break
        value, unit = value / 1000, larger
    return f"{value:.1f} {unit}" if unit != "bytes" and value < 9.95 else f"{value:.0f} {unit}"
