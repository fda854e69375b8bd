"""The limits on the size of an array that an operation makes, and of a map whose places are counted."""

from __future__ import annotations

import math

from explorer import limits
from explorer.ops.op import Shape
from explorer.refusal import Refusal
from kernels.place import MOST_CELLS


def check_size(hint: str, /, **shapes: Shape) -> None:
    """Refuse arrays beyond the limit, by what they are, before memory is taken for them."""
    most = limits.current().array_bytes
    for what, shape in shapes.items():
        cells = math.prod(shape)
        if cells * 4 > most:
            raise Refusal(
                "The {what} would have {cells} numbers, {size} MB or more; the limit is {most} MB.",
                what=what,
                cells=cells,
                size=cells * 4 >> 20,
                most=most >> 20,
                hint=hint,
            )


def check_places(height: int, width: int) -> None:
    """Refuse a map of more cells than the type of places is meant for, whatever the other limits were changed to."""
    if height * width >= MOST_CELLS:
        raise Refusal(
            "A map of {height} × {width} has {cells} cells; their places are counted up to {limit}.",
            height=height,
            width=width,
            cells=height * width,
            limit=MOST_CELLS - 1,
            hint="A smaller picture or a larger stride before it makes smaller maps.",
        )
