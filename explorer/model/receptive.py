"""Which cells of every earlier output go into one cell: the receptive field, as a bounding box."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from explorer.model.document import Link
from explorer.model.evaluation import Evaluated
from explorer.ops.op import Cell, Op, Region, Shape


@dataclass(frozen=True, slots=True)
class Box:
    """Half-open ranges of channels, rows and columns; rows and columns may reach over the edge into the padding."""

    channels: tuple[int, int]
    rows: tuple[int, int]
    columns: tuple[int, int]

    def joined(self, other: Box) -> Box:
        """The smallest box around both."""
        return Box(
            *(
                (min(a[0], b[0]), max(a[1], b[1]))
                for a, b in ((self.channels, other.channels), (self.rows, other.rows), (self.columns, other.columns))
            )
        )

    def clipped(self, shape: Shape) -> Box:
        """The part of the box that lies inside of N, C, H, W."""
        return Box(
            *(
                (min(max(low, 0), size - 1), max(min(high, size), 1))
                for (low, high), size in zip((self.channels, self.rows, self.columns), shape[1:], strict=True)
            )
        )


def receptive_fields(evaluated: Evaluated, link: Link, index: tuple[int, ...]) -> dict[Link, Box]:
    """For every output that goes into the cell `index` = (n, c, i, j) of `link`, the box of cells; `link` included."""
    _, channel, row, column = index
    boxes = {link: Box((channel, channel + 1), (row, row + 1), (column, column + 1))}
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
            for channel, row, column in _visited(inside, operation):
                cell = Cell(place, (index[0], channel, row, column))
                for region in operation.reads(shapes, node.params, cell):
                    _join(boxes, node.inputs[region.port], _box(region))
    return boxes


def _visited(box: Box, operation: Op) -> Iterator[tuple[int, int, int]]:
    """Cells of the box that together read as far as all of them: the first and the last.

    Where an operation folds, also one of each row and column between them; where it joins inputs, those of each
    channel, which may come from another input.
    """
    channels, rows, columns = (range(*axis) for axis in (box.channels, box.rows, box.columns))
    for some in [range(each, each + 1) for each in channels] if operation.joins else [channels]:
        last = max(map(len, (some, rows, columns))) - 1
        for place in range(last + 1) if operation.folds else {0, last}:
            channel, row, column = (axis[min(place, len(axis) - 1)] for axis in (some, rows, columns))
            yield channel, row, column


def _box(region: Region) -> Box:
    return Box(*((each.start, each.stop) for each in (region.channels, region.rows, region.columns)))


def _join(boxes: dict[Link, Box], link: Link, box: Box) -> None:
    boxes[link] = boxes[link].joined(box) if link in boxes else box
