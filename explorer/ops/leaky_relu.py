"""The leaky rectified linear unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer.ops.activation import activation
from explorer.ops.explanation import Step
from explorer.ops.op import Array
from explorer.ops.parameters import real
from explorer.ops.sloped import sloped, sloped_steps
from kernels import pointwise


@dataclass(frozen=True, slots=True)
class Params:
    """The slope on the negative side."""

    slope: float = real(
        0.01, "Slope", -100.0, 100.0, soft=1.0, hint="What a number that is not positive is multiplied by."
    )


def run(x: Array, gy: Array, back: bool, y: Array, params: Params) -> None:
    pointwise.prelu(x[None], gy[None], back, np.array([params.slope]), y[None])


def explain(x: float, params: Params) -> Sequence[Step]:
    return sloped_steps(x, params.slope)


OP = activation(
    name="leaky_relu",
    title="Leaky ReLU",
    formula="y = x where x > 0, slope · x elsewhere",
    source="Maas, Hannun & Ng 2013; the gradient at x = 0 is the slope",
    Params=Params,
    run=run,
    value=lambda x, params: sloped(x, params.slope),
    explain=explain,
    cases={"Two images": Params(0.1), "A falling line": Params(-0.5)},
    kinks=lambda params: (0.0,),
)
