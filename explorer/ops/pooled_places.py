"""Places that pooling took its numbers from: the ports `switches` and `plane`, which unpooling takes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from explorer.ops.explanation import Number, Step, Sum
from explorer.ops.op import Array, Shape
from explorer.refusal import message

HINTS = {
    "switches": "Where each number of y stood, counted in row order in its map; unpooling puts numbers back there.",
    "plane": "The size of the maps before pooling, for unpooling. It holds no numbers.",
}


def plane_of(shape: Shape) -> Array:
    """The size of the maps that switches point into; a view of one zero carries it for nothing."""
    return np.broadcast_to(np.int8(0), shape)


def explain_plane(shape: Shape) -> Sequence[Step]:
    """The steps of a cell of `plane`."""
    text = message("The size of the maps before pooling, {height} × {width}", height=shape[2], width=shape[3])
    return (Step(text, (Number(message("placeholder"), 0.0),), 0.0),)


def place_step(row: int, column: int, width: int) -> Step:
    """The step from a cell to its switch."""
    terms = (
        (message("row {row} · width {width}", row=row, width=width), float(row * width)),
        (message("column"), float(column)),
    )
    place = terms[0][1] + terms[1][1]
    return Step(message("Its place in the map, counted in row order"), (Sum(message("place"), terms, place),), place)
