"""A line with another slope on its negative side, as the leaky and the parametric rectified linear unit have it."""

from __future__ import annotations

import math

from explorer.ops.activation import given, not_a_number, step
from explorer.ops.explanation import Number, Step
from explorer.refusal import message


def sloped(x: float, slope: float) -> float:
    """x where x > 0, slope · x elsewhere."""
    return x if x > 0 else slope * x


def sloped_steps(x: float, slope: float) -> tuple[Step, ...]:
    """How `sloped` comes to its number."""
    if math.isnan(x):
        return not_a_number(x)
    if x > 0:
        return (step(message("A positive number stays"), x, given(x)),)
    title = message("What is not positive is multiplied by the slope")
    return (step(title, sloped(x, slope), Number(message("slope"), slope, "weight"), "·", given(x)),)
