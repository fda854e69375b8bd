"""Pointwise convolution: every cell's channels are mixed, and no cell sees another one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.ops.convolution_layer import (
    Layer,
    bank_field,
    bias_field,
    filters_field,
    groups_field,
    sampled,
)
from explorer.ops.convolution_op import convolution_op
from explorer.ops.op import Sample, Shape
from explorer.ops.padding import stride_field


@dataclass(frozen=True, slots=True)
class Params:
    """How many mixtures of the channels, and which cells are left out."""

    filters: int = filters_field()
    stride: tuple[int, int] = stride_field()
    groups: int = groups_field()
    bias: bool = bias_field()
    bank: str = bank_field("random")


def _layer(shape: Shape, params: Params) -> Layer:
    return Layer(
        params.filters, (1, 1), params.stride, groups=params.groups, bias=params.bias, bank=params.bank
    )  # fmt: skip


def samples(rng: np.random.Generator) -> Sequence[Sample]:
    def sample(title: str, *shape: int, **params: Any) -> Sample:
        return sampled(_layer, rng, title, shape, Params(**{"filters": 2} | params))

    return (
        sample("Three channels, two images", 2, 3, 2, 3, filters=5),
        sample("Stride", 1, 2, 5, 4, stride=(2, 3)),
        sample("Two groups without bias", 1, 4, 2, 2, groups=2, bias=False),
        sample("One pixel", 1, 1, 1, 1),
        Sample(title="Classic", xs=(rng.standard_normal((1, 2, 2, 2)),), params=Params(filters=3, bank="classic")),
    )


OP = convolution_op(
    name="pointwise_conv",
    title="Pointwise convolution (1 × 1)",
    formula="y[n,k,i,j] = b[k] + Σ over c of w[k,c,0,0] · x[n, c, i·s, j·s]",
    source="Lin, Chen & Yan 2014 (network in network); Szegedy et al. 2015",
    params=Params,
    layer=_layer,
    samples=samples,
)
