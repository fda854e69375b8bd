"""Mish."""

from __future__ import annotations

import math
from collections.abc import Sequence

from explorer.ops.activation import Nothing, activation, between, gated, gated_steps, given
from explorer.ops.explanation import Number, Step
from explorer.ops.softplus import softplus
from explorer.refusal import message
from kernels import smooth

Params = Nothing


def explain(x: float, params: Params) -> Sequence[Step]:
    rounded = Number(message("softplus"), softplus(x), "product")
    gate = math.tanh(rounded.value)
    first = between(message("Softplus"), rounded.label, rounded.value, "ln(1 + exp(", given(x), "))")
    second = between(message("The gate"), message("gate"), gate, "tanh(", rounded, ")")
    return gated_steps(x, gate, first, second)


OP = activation(
    name="mish",
    title="Mish",
    formula="y = x · tanh(ln(1 + e^x))",
    source="Misra 2020",
    run=lambda x, gy, back, y, params: smooth.mish(x, gy, back, y),
    value=lambda x, params: gated(x, math.tanh(softplus(x))),
    explain=explain,
)
