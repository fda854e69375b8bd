"""Clipping: numbers outside of an interval become its ends."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from explorer.ops.activation import activation, given, not_a_number, step
from explorer.ops.explanation import Number, Step
from explorer.ops.op import Array
from explorer.ops.parameters import real
from explorer.refusal import Refusal, message
from kernels import pointwise

_MOST = 1e6


@dataclass(frozen=True, slots=True)
class Params:
    """The ends of the interval; 0 and 6 make ReLU6."""

    low: float = real(0.0, "Minimum", -_MOST, _MOST, soft=10.0)
    high: float = real(6.0, "Maximum", -_MOST, _MOST, soft=10.0)


def check(params: Params) -> None:
    if params.low > params.high:
        raise Refusal(
            "The minimum is {low} and the maximum {high}; the minimum is at most the maximum.",
            low=params.low,
            high=params.high,
        )


def run(x: Array, gy: Array, back: bool, y: Array, params: Params) -> None:
    pointwise.clip(x, gy, back, params.low, params.high, y)


def value(x: float, params: Params) -> float:
    return x if math.isnan(x) else min(max(x, params.low), params.high)


def explain(x: float, params: Params) -> Sequence[Step]:
    if math.isnan(x):
        return not_a_number(x)
    title = message("A number between the minimum and the maximum stays")
    if x < params.low:
        title = message("What lies below the minimum becomes the minimum")
    elif x > params.high:
        title = message("What lies above the maximum becomes the maximum")
    low = Number(message("minimum"), params.low, "weight")
    high = Number(message("maximum"), params.high, "weight")
    return (step(title, value(x, params), "min(max(", given(x), ",", low, "),", high, ")"),)


OP = activation(
    name="clip",
    title="Clip",
    formula="y = min(max(x, minimum), maximum)",
    source="ONNX Clip; ReLU6 of Krizhevsky 2010; the gradient at both ends is 1",
    Params=Params,
    run=run,
    value=value,
    explain=explain,
    cases={"Two images": Params(), "Both sides": Params(-1.5, 2.0), "An interval of one number": Params(1.0, 1.0)},
    kinks=lambda params: (params.low, params.high),
    check=check,
)
