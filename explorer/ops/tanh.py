"""The hyperbolic tangent."""

from __future__ import annotations

import math
from collections.abc import Sequence

from explorer.ops.activation import Nothing, activation, between, given, not_a_number, step
from explorer.ops.explanation import Number, Step
from explorer.refusal import message
from kernels import smooth

Params = Nothing


def value(x: float, params: Params) -> float:
    return math.tanh(x)


def explain(x: float, params: Params) -> Sequence[Step]:
    if math.isnan(x):
        return not_a_number(x)
    power = math.exp(-2 * abs(x))
    name = message("e^(−2|x|)")
    shown = Number(name, power, "product")
    first = between(message("The power of e that cannot overflow"), name, power, "exp(−2 · |", given(x), "|)")
    sign = "−" if x < 0 else ""
    title = message("The hyperbolic tangent, with the sign of x")
    return first, step(title, value(x, params), f"{sign}(1 −", shown, ") / (1 +", shown, ")")


OP = activation(
    name="tanh",
    title="Tanh",
    formula="y = tanh x = (e^x − e^−x)/(e^x + e^−x)",
    source="LeCun, Bottou, Orr & Müller 1998, Efficient BackProp",
    run=lambda x, gy, back, y, params: smooth.tanh(x, gy, back, y),
    value=value,
    explain=explain,
)
