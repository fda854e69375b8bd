"""The arrays of an evaluated document that are exported, and what there is to say about their numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.model.document import SOURCE, SOURCE_PORTS, Link, Node
from explorer.model.evaluation import Evaluated, Result
from explorer.model.exporting.naming import Names
from explorer.model.gradients import Gradients
from explorer.ops.op import Array

GRADIENT = "gradient"


@dataclass(frozen=True, slots=True, eq=False)
class Exported:
    """One array.

    name    <layer>, <layer>.<port>, <layer>.gradient, <layer>.<port>.gradient, <layer>.<weight>.gradient or
            source.gradient; safe as a file name, unique in its picture
    layer   name of the layer, or "source"
    part    "values", "gradient" or "gradient of a weight"
    labels  a name for each map, or ()
    """

    name: str
    layer: str
    part: str
    array: Array
    labels: tuple[str, ...] = ()


def exported(
    nodes: Sequence[Node], evaluated: Evaluated, gradients: Gradients | None, *, activations: bool
) -> Iterator[Exported]:
    """The arrays of `nodes` in order, then the gradient at the picture."""
    names = Names()
    for node in nodes:
        result = evaluated.results[node.id]
        for port, array in zip(result.ports, result.ys, strict=True):
            link = Link(node.id, port)
            label = node.name if link == node.main else f"{node.name}.{port}"
            if activations and holds_numbers(array):
                labels = map_labels(node, result, port)
                yield Exported(names.take(label), node.name, "values", array, labels)
            if gradients is not None and link in gradients.values:
                yield Exported(names.take(f"{label}.{GRADIENT}"), node.name, GRADIENT, gradients.values[link])
        for weight, array in (gradients.weights.get(node.id, {}) if gradients else {}).items():
            name = names.take(f"{node.name}.{weight}.{GRADIENT}")
            yield Exported(name, node.name, "gradient of a weight", array)
    source = gradients.values.get(Link(SOURCE, SOURCE_PORTS[0])) if gradients else None
    if source is not None:
        yield Exported(names.take(f"{SOURCE}.{GRADIENT}"), SOURCE, GRADIENT, source)


def holds_numbers(array: Array) -> bool:
    """False for one number that is spread over a shape: there the shape is the message."""
    return any(array.strides)


def map_labels(node: Node, result: Result, port: str) -> tuple[str, ...]:
    """What the operation calls the maps of its first output, or ()."""
    operation = node.operation
    if operation is None or result.handed_through or port != operation.outputs[0]:
        return ()
    labels = operation.labels(tuple(x.shape for x in result.xs), node.params, result.weights)
    return tuple(labels) if len(labels) == result.ys[0].shape[1] else ()


def described(array: Array) -> dict[str, Any]:
    """Shape, type, least and greatest finite value (None without one), and how many are NaN or infinite."""
    low, high = array.min(), array.max()
    nans = infinities = 0
    if not (np.isfinite(low) and np.isfinite(high)):
        nans, infinities = int(np.isnan(array).sum()), int(np.isinf(array).sum())
        finite = array[np.isfinite(array)]
        low, high = (finite.min(), finite.max()) if finite.size else (None, None)
    return {
        "shape": list(array.shape),
        "dtype": array.dtype.name,
        "minimum": None if low is None else low.item(),
        "maximum": None if high is None else high.item(),
        "nan": nans,
        "infinite": infinities,
    }
