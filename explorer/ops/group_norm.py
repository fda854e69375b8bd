"""Group normalization."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer import limits
from explorer.ops.grouping import check_groups
from explorer.ops.image_normalization import even_sample, operation, sample
from explorer.ops.op import Sample, Shape
from explorer.ops.parameters import integer
from explorer.ops.statistic_sets import Sets, epsilon_field


@dataclass(frozen=True, slots=True)
class Params:
    """How many groups there are, and ε."""

    groups: int = integer(
        1,
        "Groups",
        1,
        limits.Limits().channels,
        soft=32,
        hint="1 is layer normalization, as many as channels instance normalization.",
    )
    epsilon: float = epsilon_field()


def sets(shape: Shape, params: Params) -> Sets:
    """One set for each image and group; a number of groups that does not divide the channels is refused."""
    check_groups("channels of the input", shape[1], params.groups)
    return Sets(shape, params.groups)


def samples(rng: np.random.Generator) -> Sequence[Sample]:
    return (
        sample("Two images, three groups", rng, (2, 6, 3, 4), Params(3)),
        sample("Eight sets", rng, (2, 8, 2, 2), Params(4)),
        sample("One group", rng, (1, 4, 3, 2), Params(1)),
        sample("As many groups as channels", rng, (1, 3, 2, 5), Params(3)),
        sample("Two numbers", rng, (2, 4, 1, 1), Params(2, epsilon=0.1)),
        even_sample(Params(2, epsilon=1.0)),
    )


OP = operation(
    name="group_norm",
    title="Group normalization",
    formula="y[n,c,i,j] = γ[c] · (x[n,c,i,j] − μ[n,g]) / √(σ²[n,g] + ε) + β[c],  g = ⌊c · G/C⌋",
    source="Wu & He 2018; the biased variance, over the channels of a group, H and W, as ONNX from opset 21 on",
    Params=Params,
    sets=sets,
    samples=samples,
)
