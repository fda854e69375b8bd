"""The exponential linear unit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from explorer.ops.activation import activation, between, given, not_a_number, step
from explorer.ops.explanation import Number, Step
from explorer.ops.op import Array
from explorer.ops.parameters import real
from explorer.refusal import message
from kernels import smooth


@dataclass(frozen=True, slots=True)
class Params:
    """How far down the negative side goes."""

    alpha: float = real(1.0, "α", -100.0, 100.0, soft=4.0, hint="The function goes to −α far below 0.")


def run(x: Array, gy: Array, back: bool, y: Array, params: Params) -> None:
    smooth.elu(x, gy, back, params.alpha, y)


def value(x: float, params: Params) -> float:
    return x if x >= 0 else params.alpha * math.expm1(x)


def explain(x: float, params: Params) -> Sequence[Step]:
    if math.isnan(x):
        return not_a_number(x)
    if x >= 0:
        return (step(message("A number that is not negative stays"), x, given(x)),)
    name = message("e^x − 1")
    curve = between(
        message("The exponential function, moved to go through 0"), name, math.expm1(x), "exp(", given(x), ") − 1"
    )
    alpha = Number(message("α"), params.alpha, "weight")
    return curve, step(message("Stretched by α"), value(x, params), alpha, "·", Number(name, math.expm1(x), "product"))


OP = activation(
    name="elu",
    title="ELU",
    formula="y = x where x ≥ 0, α · (e^x − 1) elsewhere",
    source="Clevert, Unterthiner & Hochreiter 2016; the gradient at x = 0 is α",
    Params=Params,
    run=run,
    value=value,
    explain=explain,
    cases={"Two images": Params(2.0), "Smooth at 0": Params()},
    kinks=lambda params: (0.0,),
)
