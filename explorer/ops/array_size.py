"""The limit on the size of an array that an operation makes."""

from __future__ import annotations

import math

from explorer import limits
from explorer.ops.op import Shape
from explorer.refusal import Refusal


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
