"""The cell that is looked at: hovered or pinned; what it marks in every map, and how its number explains itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QCoreApplication, QRectF

from explorer.model.digits import number
from explorer.model.display import Maps, View, planes, shown_picture
from explorer.model.document import SOURCE, SOURCE_PORTS, Link
from explorer.model.evaluation import Evaluated
from explorer.model.gradients import Gradients
from explorer.model.receptive import Box, receptive_fields
from explorer.ops.explanation import Step
from explorer.ops.op import Cell
from explorer.ui.pipeline.cards import title_of
from explorer.ui.stage.map_grid import Place
from explorer.ui.stage.painting_maps import Mark
from explorer.ui.texts import said

_tr = QCoreApplication.translate
_MOST_VALUES = 24


@dataclass(frozen=True, slots=True)
class Probe:
    """A cell of an output of the document; stays where it is while the stage shows another layer."""

    link: Link
    place: Place
    picture: int
    pinned: bool

    @property
    def index(self) -> tuple[int, int, int, int]:
        """(n, c, i, j)."""
        return self.picture, self.place.map, self.place.row, self.place.column


def inside(evaluated: Evaluated, probe: Probe) -> bool:
    """Whether the cell still exists."""
    value = evaluated.value(probe.link)
    return value is not None and all(at < size for at, size in zip(probe.index, value.shape, strict=False))


def marks(evaluated: Evaluated, view: View, probe: Probe | None) -> dict[Link, tuple[Mark, ...]]:
    """The cell, in every map of its output, and its receptive field, as outlines in the image that is shown."""
    if probe is None or not inside(evaluated, probe):
        return {}
    return {
        link: (Mark(_rect(box), probe.pinned, None if link == probe.link else box.channels),)
        for link, box in receptive_fields(evaluated, probe.link, probe.index).items()
        if box.images[0] <= shown_picture(evaluated, view, link) < box.images[1]
    }


def source_marks(found: dict[Link, tuple[Mark, ...]]) -> tuple[Mark, ...]:
    """The outline in the picture itself."""
    return found.get(Link(SOURCE, SOURCE_PORTS[0]), ())


def _rect(box: Box) -> QRectF:
    return QRectF(box.columns[0], box.rows[0], box.columns[1] - box.columns[0], box.rows[1] - box.rows[0])


def values_text(maps: tuple[Maps, ...], place: Place) -> str:
    """The value at the same cell of every map, for the status bar."""
    parts = [f"x {place.column}  y {place.row}"]
    for each in maps:
        count, height, width = each.values.shape
        if place.row < height and place.column < width:
            column = each.values[:, place.row, place.column]
            sign = "∂" if each.gradient else ""
            parts += [f"{sign}{index}: {number(float(column[index]), 4)}" for index in _around(count, place.map)]
    return "   ".join(parts)


def _around(count: int, map: int) -> range:
    first = max(0, min(map - _MOST_VALUES // 2, count - _MOST_VALUES))
    return range(first, min(count, first + _MOST_VALUES))


@dataclass(frozen=True, slots=True)
class Explained:
    """What the strip under the maps shows of a cell."""

    title: str
    formula: str
    steps: tuple[Step, ...]
    gradient: float | None
    check: tuple[float, float] | None


def explained(evaluated: Evaluated, gradients: Gradients | None, probe: Probe) -> Explained | str:
    """The calculation of a cell, or a sentence where there is none."""
    if not inside(evaluated, probe):
        return _tr("Probe", "This cell has no value now.")
    array = evaluated.value(probe.link)
    assert array is not None
    value = float(array[probe.index])
    if probe.place.gradient and gradients is not None and (told := _explained_gradient(evaluated, gradients, probe)):
        return told
    if probe.link.node == SOURCE:
        return _tr("Probe", "{0} in the picture: the calculation begins here.").format(number(value, 6))
    node = evaluated.document.node(probe.link.node)
    result = evaluated.results[node.id]
    operation = node.operation
    if operation is None or result.handed_through:
        return _tr("Probe", "{0} hands its input through: {1}").format(node.name, number(value, 6))
    cell = Cell(result.ports.index(probe.link.port), probe.index)
    with np.errstate(all="ignore"):
        steps = tuple(operation.explain(result.xs, result.weights, node.params, cell))
        check = (operation.definition(result.xs, result.weights, node.params, cell), value) if probe.pinned else None
    slope = None
    if gradients is not None and (gradient := gradients.values.get(probe.link)) is not None:
        slope = float(planes(gradient, probe.picture)[probe.index[1:]])
    where = ", ".join(map(str, probe.index[1:]))
    title = _tr("Probe", "{0} · {1}[{2}]").format(title_of(node), probe.link.port, where)
    return Explained(title, said(operation.formula), steps, slope, check)


def _explained_gradient(evaluated: Evaluated, gradients: Gradients, probe: Probe) -> Explained | None:
    """How the gradient at a cell comes back, where one layer alone takes its output and explains it."""
    array, takers = gradients.values.get(probe.link), evaluated.document.consumers(probe.link)
    if array is None or len(takers) != 1 or gradients.origin.node == probe.link.node:
        return None
    (node, port), operation = takers[0], takers[0][0].operation
    result = evaluated.results.get(node.id)
    if operation is None or operation.explain_gradient is None or result is None or result.handed_through:
        return None
    gys = [gradients.values.get(Link(node.id, each)) for each in result.ports]
    with np.errstate(all="ignore"):
        cell = Cell(port, probe.index)
        steps = tuple(operation.explain_gradient(result.xs, result.weights, node.params, gys, cell))
    where = ", ".join(map(str, probe.index[1:]))
    title = _tr("Probe", "{0} · ∂{1}[{2}]").format(title_of(node), operation.inputs[port], where)
    check = (steps[-1].value, float(array[probe.index])) if probe.pinned else None
    return Explained(title, said(operation.gradient_formula), steps, None, check)
