"""Depthwise convolution: every channel has filters of its own, and no filter sees another channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.ops.convolution_layer import CHANNELS, Layer, bank_field, bias_field, sampled
from explorer.ops.convolution_op import convolution_op
from explorer.ops.op import Sample, Shape
from explorer.ops.padding import dilation_field, kernel_field, padding_field, pads_field, stride_field
from explorer.ops.parameters import integer


@dataclass(frozen=True, slots=True)
class Params:
    """How many filters a channel has, of what size, and how they move."""

    multiplier: int = integer(1, "Filters a channel", 1, CHANNELS, soft=8)
    kernel: tuple[int, int] = kernel_field((3, 3))
    stride: tuple[int, int] = stride_field()
    padding: str = padding_field("same")
    pads: tuple[int, int, int, int] = pads_field()
    dilation: tuple[int, int] = dilation_field()
    bias: bool = bias_field()
    bank: str = bank_field()


def layer(shape: Shape, params: Params) -> Layer:
    """The convolution that it is: one group a channel."""
    return Layer(
        shape[1] * params.multiplier,
        params.kernel,
        params.stride,
        params.padding,
        params.pads,
        params.dilation,
        groups=shape[1],
        bias=params.bias,
        bank=params.bank,
    )


def samples(rng: np.random.Generator) -> Sequence[Sample]:
    def sample(title: str, *shape: int, **params: Any) -> Sample:
        return sampled(layer, rng, title, shape, Params(**params))

    return (
        sample("One filter a channel, two images", 2, 3, 5, 4),
        sample("Two filters a channel", 1, 3, 4, 5, multiplier=2),
        sample("One channel is a convolution", 1, 1, 4, 4, multiplier=3, bias=False),
        sample("Stride and dilation", 1, 2, 9, 8, stride=(2, 3), dilation=(3, 2), kernel=(2, 3)),
        sample("Uneven padding", 1, 2, 4, 5, padding="numbers", pads=(0, 2, 1, 3)),
        sample("One pixel", 1, 2, 1, 1),
        # Wide enough for any processor's vectors: such maps have a kernel of their own.
        sample("A wide map", 1, 2, 5, 17),
    )


OP = convolution_op(
    name="depthwise_conv",
    title="Depthwise convolution",
    formula="y[n,k,i,j] = b[k] + Σ over u, v of w[k,0,u,v] · x[n, ⌊k/m⌋, i·s − p + u·d, j·s − p + v·d]",
    source="Sifre 2014; Chollet 2017; one group a channel, as in all frameworks",
    params=Params,
    layer=layer,
    samples=samples,
    hint={"w": "Filter (channel · filters a channel + its number), 0, row, column."},
)
