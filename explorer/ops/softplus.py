"""Softplus: the logarithm of one plus an exponential function."""

from __future__ import annotations

import math
from collections.abc import Sequence

from explorer.ops.activation import Nothing, activation, between, given, not_a_number, step
from explorer.ops.explanation import Number, Step
from explorer.refusal import message
from kernels import smooth

Params = Nothing


def softplus(x: float) -> float:
    """ln(1 + e^x), with max(x, 0) taken out so that nothing overflows."""
    return x if math.isnan(x) else max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def softplus_steps(x: float) -> tuple[Step, Step]:
    """How ln(1 + e^x) comes to its number."""
    power = math.exp(-abs(x))
    name = message("e^−|x|")
    first = between(message("The power of e that cannot overflow"), name, power, "exp(−|", given(x), "|)")
    larger = Number(message("max(x, 0)"), max(x, 0.0), "product")
    title = message("The logarithm, with the part that grows like x taken out")
    return first, step(title, softplus(x), larger, "+ ln(1 +", Number(name, power, "product"), ")")


def explain(x: float, params: Params) -> Sequence[Step]:
    return not_a_number(x) if math.isnan(x) else softplus_steps(x)


OP = activation(
    name="softplus",
    title="Softplus",
    formula="y = ln(1 + e^x)",
    source="Dugas, Bengio, Bélisle, Nadeau & Garcia 2001",
    run=lambda x, gy, back, y, params: smooth.softplus(x, gy, back, y),
    value=lambda x, params: softplus(x),
    explain=explain,
    signed=False,
)
