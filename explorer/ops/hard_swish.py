"""Swish with a gate made of three straight lines."""

from __future__ import annotations

import math
from collections.abc import Sequence

from explorer.ops.activation import Nothing, activation, between, given, not_a_number, step
from explorer.ops.explanation import Number, Step
from explorer.refusal import message
from kernels import pointwise

Params = Nothing


def value(x: float, params: Params) -> float:
    if x <= -3:
        return 0.0
    return x if math.isnan(x) or x >= 3 else x * (x + 3) / 6


def explain(x: float, params: Params) -> Sequence[Step]:
    if math.isnan(x):
        return not_a_number(x)
    gate = min(max(x + 3, 0.0), 6.0) / 6
    line = between(message("The gate"), message("gate"), gate, "min(max(", given(x), "+ 3, 0), 6)/6")
    title = message("What the gate lets through")
    return line, step(title, value(x, params), given(x), "·", Number(message("gate"), gate, "product"))


OP = activation(
    name="hard_swish",
    title="Hard swish",
    formula="y = x · min(max(x + 3, 0), 6)/6",
    source="Howard et al. 2019, MobileNetV3; the gradient at −3 is 0 and at 3 it is 1",
    run=lambda x, gy, back, y, params: pointwise.hard_swish(x, gy, back, y),
    value=value,
    explain=explain,
    kinks=lambda params: (-3.0, 3.0),
)
