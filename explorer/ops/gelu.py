"""The Gaussian error linear unit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from explorer.ops.activation import activation, between, gated, gated_steps, given
from explorer.ops.explanation import Number, Step
from explorer.ops.logistic import logistic, logistic_steps
from explorer.ops.op import Array
from explorer.ops.parameters import choice
from explorer.refusal import message
from kernels import smooth


@dataclass(frozen=True, slots=True)
class Params:
    """The normal distribution itself or the formula that stands in for it."""

    approximate: str = choice(
        "none",
        "Calculate Φ",
        (("none", "Exact, by erfc"), ("tanh", "By tanh")),
        hint="Φ(x): the chance that a normal number is below x.",
    )


def run(x: Array, gy: Array, back: bool, y: Array, params: Params) -> None:
    kernel = smooth.gelu if params.approximate == "none" else smooth.gelu_tanh
    kernel(x, gy, back, y)


def _inside(x: float) -> float:
    """v with ½(1 + tanh(v/2)) = σ(v)."""
    return 2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)


def _gate(x: float, params: Params) -> float:
    # 1 + erf and 1 + tanh would lose every digit far below 0.
    return 0.5 * math.erfc(-x / math.sqrt(2)) if params.approximate == "none" else logistic(_inside(x))


def value(x: float, params: Params) -> float:
    return gated(x, _gate(x, params))


def explain(x: float, params: Params) -> Sequence[Step]:
    if not math.isfinite(x):
        return gated_steps(x, _gate(x, params))
    gate = message("gate")
    if params.approximate == "none":
        title = message("Φ(x), the chance that a normal number is below x")
        steps = (between(title, gate, _gate(x, params), "½ erfc(−", given(x), "/√2)"),)
        return gated_steps(x, _gate(x, params), *steps)
    name, v = message("v"), _inside(x)
    parts = "2√(2/π) · (", given(x), "+ 0.044715 ·", given(x), "³)"
    first = between(message("½(1 + tanh(v/2)) is σ(v), with v from x"), name, v, *parts)
    return gated_steps(x, _gate(x, params), first, *logistic_steps(Number(name, v, "product"), gate))


OP = activation(
    name="gelu",
    title="GELU",
    formula="y = x · Φ(x), Φ(x) = ½ erfc(−x/√2)",
    source="Hendrycks & Gimpel 2016, with its approximation by tanh",
    Params=Params,
    run=run,
    value=value,
    explain=explain,
    cases={"Exact": Params(), "By tanh": Params("tanh")},
)
