"""What global poolings have in common: nothing to choose, and one number that reads the whole map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from explorer.ops.op import Cell, Region, Shapes


@dataclass(frozen=True, slots=True)
class Params:
    """Nothing to choose."""


def pooled(shapes: Shapes) -> tuple[int, ...]:
    """The shape of one number for each map."""
    return *shapes[0][:2], 1, 1


def reads(shapes: Shapes, params: Params, cell: Cell) -> Sequence[Region]:
    c = cell.index[1]
    return (Region(0, slice(c, c + 1), slice(0, shapes[0][2]), slice(0, shapes[0][3])),)


def arithmetic(shapes: Shapes, params: Params) -> tuple[str, ...]:
    _, _, h, w = shapes[0]
    return (f"1 of {h}·{w} = {h * w} numbers",)
