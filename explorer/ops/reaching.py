"""Which cells of a map reach one cell of a larger map, where every cell is spread over a window.

Along one axis the cell i reaches i·stride − begin + u·dilation through the place u of its window.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from explorer.ops.explanation import Number, Step
from explorer.ops.op import Array, Region
from explorer.refusal import message


class Reach(NamedTuple):
    """Along one axis: the cells that reach a place, ascending and evenly spaced, and the place in each one's window."""

    cells: Array
    taps: Array

    @property
    def step(self) -> int:
        """Cells from one to the next."""
        return int(self.cells[1] - self.cells[0]) if len(self.cells) > 1 else 1

    @property
    def span(self) -> slice:
        """The cells; there is at least one."""
        return slice(int(self.cells[0]), int(self.cells[-1]) + 1, self.step)


def reach(place: int, size: int, kernel: int, stride: int, dilation: int, begin: int) -> Reach:
    """The cells of an axis of `size` that reach `place`."""
    taps = np.arange(kernel)[::-1]
    distances = place + begin - taps * dilation
    cells = distances // stride
    reaching = (distances % stride == 0) & (cells >= 0) & (cells < size)
    return Reach(cells[reaching], taps[reaching])


def region(channels: slice, rows: Reach, columns: Reach) -> tuple[Region, ...]:
    """What a place reads of input 0; nothing where no cell reaches it."""
    return (Region(0, channels, rows.span, columns.span),) if len(rows.cells) and len(columns.cells) else ()


def reach_steps(place: tuple[int, int], rows: Reach, columns: Reach) -> tuple[Step, ...]:
    """Which rows and columns reach a place, and through which rows and columns of the window."""
    sentences = (
        "Row {place} is reached by the input rows {cells} through the window rows {taps}",
        "Column {place} is reached by the input columns {cells} through the window columns {taps}",
    )
    return tuple(
        Step(
            message(sentence, place=at, cells=_listed(along.cells), taps=_listed(along.taps)),
            (Number(message("how many"), float(len(along.cells)), "weight"),),
            float(len(along.cells)),
        )
        for sentence, at, along in zip(sentences, place, (rows, columns), strict=True)
    )


def _listed(numbers: Array) -> str:
    return ", ".join(map(str, numbers)) or "–"
