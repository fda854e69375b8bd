"""Instance normalization."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer.ops.image_normalization import even_sample, operation, sample
from explorer.ops.op import Sample
from explorer.ops.statistic_sets import Sets, epsilon_field


@dataclass(frozen=True, slots=True)
class Params:
    """ε."""

    epsilon: float = epsilon_field()


def samples(rng: np.random.Generator) -> Sequence[Sample]:
    return (
        sample("Two images", rng, (2, 3, 4, 3), Params()),
        sample("Many maps", rng, (2, 5, 2, 2), Params()),
        sample("One row", rng, (1, 2, 1, 5), Params(epsilon=0.1)),
        sample("Two numbers", rng, (2, 2, 2, 1), Params(epsilon=0.1)),
        even_sample(Params(epsilon=1.0)),
    )


OP = operation(
    name="instance_norm",
    title="Instance normalization",
    formula="y[n,c,i,j] = γ[c] · (x[n,c,i,j] − μ[n,c]) / √(σ²[n,c] + ε) + β[c]",
    source="Ulyanov, Vedaldi & Lempitsky 2016; the biased variance, over H and W (a published form has (x − mμ)² in "
    "it: the m is a slip)",
    Params=Params,
    sets=lambda shape, params: Sets(shape, groups=shape[1]),
    samples=samples,
)
