"""The rectified linear unit."""

from __future__ import annotations

import math
from collections.abc import Sequence

from explorer.ops.activation import Nothing, activation, given, not_a_number, step
from explorer.ops.explanation import Step
from explorer.refusal import message
from kernels import pointwise

Params = Nothing


def value(x: float, params: Params) -> float:
    return x if math.isnan(x) else max(x, 0.0)


def explain(x: float, params: Params) -> Sequence[Step]:
    if math.isnan(x):
        return not_a_number(x)
    title = message("A positive number stays") if x > 0 else message("What is not positive becomes 0")
    return (step(title, value(x, params), "max(", given(x), ", 0)"),)


OP = activation(
    name="relu",
    title="ReLU",
    formula="y = max(x, 0)",
    source="Nair & Hinton 2010; the gradient at x = 0 is 0",
    run=lambda x, gy, back, y, params: pointwise.relu(x, gy, back, y),
    value=value,
    explain=explain,
    kinks=lambda params: (0.0,),
    signed=False,
)
