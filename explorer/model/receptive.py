"""Which cells of every earlier output go into one cell: the receptive field, as a bounding box."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from explorer.model.document import Link
from explorer.model.evaluation import Evaluated
from explorer.ops.op import Cell, Op, Region, Shape


@dataclass(frozen=True, slots=True)
class Box:
    """Half-open ranges of images, channels, rows and columns; rows and columns may reach into the padding."""

    images: tuple[int, int]
    channels: tuple[int, int]
    rows: tuple[int, int]
    columns: tuple[int, int]

    @property
    def axes(self) -> tuple[tuple[int, int], ...]:
        """The ranges in the order N, C, H, W."""
        return self.images, self.channels, self.rows, self.columns

    def joined(self, other: Box) -> Box:
        """The smallest box around both."""
        return Box(*((min(a[0], b[0]), max(a[1], b[1])) for a, b in zip(self.axes, other.axes, strict=True)))

    def clipped(self, shape: Shape) -> Box:
        """The part of the box that lies inside of N, C, H, W."""
        return Box(
            *(
                (min(max(low, 0), size - 1), max(min(high, size), 1))
                for (low, high), size in zip(self.axes, shape, strict=True)
            )
        )


def receptive_fields(evaluated: Evaluated, link: Link, index: tuple[int, ...]) -> dict[Link, Box]:
    """For every output that goes into the cell `index` = (n, c, i, j) of `link`, the box of cells; `link` included."""
    boxes = {link: Box(*((at, at + 1) for at in index))}
    if link.node not in evaluated.results:
        return boxes
    for node in reversed(evaluated.document.nodes[: evaluated.document.index(link.node) + 1]):
        result = evaluated.results.get(node.id)
        operation = node.operation
        if result is None or operation is None:
            continue
        for place, port in enumerate(result.ports):
            box = boxes.get(Link(node.id, port))
            if box is None:
                continue
            if result.handed_through:
                _join(boxes, node.inputs[0], box)
                continue
            shapes = tuple(x.shape for x in result.xs)
            inside = box.clipped(result.ys[place].shape)
            for corner in _visited(inside, operation):
                for region in operation.reads(shapes, node.params, Cell(place, corner)):
                    _join(boxes, node.inputs[region.port], _box(region, corner[0]))
    return boxes


def _visited(box: Box, operation: Op) -> Iterator[tuple[int, ...]]:
    """Cells (n, c, i, j) of the box that together read as far as all of them: the first and the last.

    Where an operation folds, also one of each row and column between them; where it joins inputs, those of each
    channel, which may come from another input.
    """
    images, channels, rows, columns = (range(*axis) for axis in box.axes)
    for some in [range(each, each + 1) for each in channels] if operation.joins else [channels]:
        axes = images, some, rows, columns
        last = max(map(len, axes)) - 1
        for place in range(last + 1) if operation.folds else {0, last}:
            yield tuple(axis[min(place, len(axis) - 1)] for axis in axes)


def _box(region: Region, image: int) -> Box:
    images = region.images or slice(image, image + 1)
    return Box(*((each.start, each.stop) for each in (images, region.channels, region.rows, region.columns)))


def _join(boxes: dict[Link, Box], link: Link, box: Box) -> None:
    boxes[link] = boxes[link].joined(box) if link in boxes else box
