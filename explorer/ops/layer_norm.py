"""Layer normalization of whole images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer.ops.image_normalization import even_sample, operation, sample
from explorer.ops.op import Sample
from explorer.ops.parameters import choice
from explorer.ops.statistic_sets import Sets, epsilon_field


@dataclass(frozen=True, slots=True)
class Params:
    """ε, and what has a scale and a shift of its own."""

    epsilon: float = epsilon_field()
    affine: str = choice(
        "channel",
        "Scale and shift",
        (("channel", "Of each channel"), ("element", "Of each element")),
        hint="PyTorch's LayerNorm and ONNX have one for each element, which ties the weights to the size of the maps.",
    )


def samples(rng: np.random.Generator) -> Sequence[Sample]:
    element = Params(affine="element")
    return (
        sample("Two images", rng, (2, 3, 4, 3), Params()),
        sample("Two images, by element", rng, (2, 3, 2, 3), element, by_element=True),
        sample("One cell of each channel", rng, (1, 4, 1, 1), Params(epsilon=0.1)),
        sample("Two numbers", rng, (2, 1, 2, 1), Params(epsilon=0.1)),
        even_sample(Params(epsilon=1.0)),
        even_sample(Params(epsilon=0.5, affine="element")),
    )


OP = operation(
    name="layer_norm",
    title="Layer normalization",
    formula="y[n,c,i,j] = γ · (x[n,c,i,j] − μ[n]) / √(σ²[n] + ε) + β",
    source="Ba, Kiros & Hinton 2016; the biased variance, over C, H and W: ONNX LayerNormalization with axis 1",
    Params=Params,
    sets=lambda shape, params: Sets(shape, groups=1),
    by_element=lambda params: bool(params.affine == "element"),
    each="each channel, or of each element",
    samples=samples,
)
