"""The sigmoid made of three straight lines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from explorer.ops.activation import activation, between, given, not_a_number, step
from explorer.ops.explanation import Number, Step
from explorer.ops.op import Array
from explorer.ops.parameters import real
from explorer.refusal import message
from kernels import pointwise


@dataclass(frozen=True, slots=True)
class Params:
    """The line between the two flat ends."""

    alpha: float = real(0.2, "α", 1e-3, 100.0, soft=1.0, hint="The slope of the line: 0.2 in ONNX, 1/6 in PyTorch.")
    beta: float = real(0.5, "β", -100.0, 100.0, soft=1.0, hint="The height of the line at 0.")


def run(x: Array, gy: Array, back: bool, y: Array, params: Params) -> None:
    pointwise.hard_sigmoid(x, gy, back, params.alpha, params.beta, y)


def value(x: float, params: Params) -> float:
    return x if math.isnan(x) else min(max(params.alpha * x + params.beta, 0.0), 1.0)


def explain(x: float, params: Params) -> Sequence[Step]:
    if math.isnan(x):
        return not_a_number(x)
    height = params.alpha * x + params.beta
    alpha, beta = (
        Number(message(name), number, "weight") for name, number in (("α", params.alpha), ("β", params.beta))
    )
    line = between(message("The line"), message("α·x + β"), height, alpha, "·", given(x), "+", beta)
    title = message("Cut off below 0 and above 1")
    return line, step(title, value(x, params), "min(max(", Number(message("α·x + β"), height, "product"), ", 0), 1)")


OP = activation(
    name="hard_sigmoid",
    title="Hard sigmoid",
    formula="y = min(max(α · x + β, 0), 1)",
    source="Courbariaux, Bengio & David 2015; ONNX HardSigmoid; the gradient at both corners is 0",
    Params=Params,
    run=run,
    value=value,
    explain=explain,
    cases={"Two images": Params(), "Another line": Params(0.5, 0.25)},
    kinks=lambda params: (-params.beta / params.alpha, (1 - params.beta) / params.alpha),
    signed=False,
)
