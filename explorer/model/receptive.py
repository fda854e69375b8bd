"""Which cells of every earlier output go into one cell: the receptive field, as a bounding box."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from explorer.model.document import Link
from explorer.model.evaluation import Evaluated
from explorer.ops.op import Cell, Region, Shape


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
            for channel, row, column in _corners(inside, each_channel=bool(operation.joins)):
                cell = Cell(place, (index[0], channel, row, column))
                for region in operation.reads(shapes, node.params, cell):
                    _join(boxes, node.inputs[region.port], _box(region))
    return boxes


def _corners(box: Box, *, each_channel: bool) -> Iterator[tuple[int, int, int]]:
    """The first cell of the box and the last; those of each channel where channels may come from several inputs."""
    first, last = box.channels
    for low in range(first, last) if each_channel else (first,):
        high = low if each_channel else last - 1
        yield from {(low, box.rows[0], box.columns[0]), (high, box.rows[1] - 1, box.columns[1] - 1)}


def _box(region: Region) -> Box:
    return Box(*((each.start, each.stop) for each in (region.channels, region.rows, region.columns)))


def _join(boxes: dict[Link, Box], link: Link, box: Box) -> None:
    boxes[link] = boxes[link].joined(box) if link in boxes else box
