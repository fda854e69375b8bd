"""Swish, which is also known as the sigmoid linear unit."""

from __future__ import annotations

import math
from collections.abc import Sequence

from explorer.ops.activation import Nothing, activation, gated, gated_steps, given
from explorer.ops.explanation import Step
from explorer.ops.logistic import logistic, logistic_steps
from explorer.refusal import message
from kernels import smooth

Params = Nothing


def explain(x: float, params: Params) -> Sequence[Step]:
    gate = logistic(x)
    return gated_steps(x, gate) if math.isnan(x) else gated_steps(x, gate, *logistic_steps(given(x), message("gate")))


OP = activation(
    name="swish",
    title="Swish (SiLU)",
    formula="y = x · σ(x), σ(x) = 1/(1 + e^−x)",
    source="Elfwing, Uchibe & Doya 2018; Ramachandran, Zoph & Le 2017 with β = 1",
    run=lambda x, gy, back, y, params: smooth.swish(x, gy, back, y),
    value=lambda x, params: gated(x, logistic(x)),
    explain=explain,
)
