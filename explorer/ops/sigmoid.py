"""The sigmoid: the logistic function."""

from __future__ import annotations

import math
from collections.abc import Sequence

from explorer.ops.activation import Nothing, activation, given, not_a_number
from explorer.ops.explanation import Step
from explorer.ops.logistic import logistic, logistic_steps
from explorer.refusal import message
from kernels import smooth

Params = Nothing


def explain(x: float, params: Params) -> Sequence[Step]:
    return not_a_number(x) if math.isnan(x) else logistic_steps(given(x), message("y"))


OP = activation(
    name="sigmoid",
    title="Sigmoid",
    formula="y = σ(x) = 1/(1 + e^−x)",
    source="Rumelhart, Hinton & Williams 1986",
    run=lambda x, gy, back, y, params: smooth.sigmoid(x, gy, back, y),
    value=lambda x, params: logistic(x),
    explain=explain,
    signed=False,
)
