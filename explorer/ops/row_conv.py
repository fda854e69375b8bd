"""Convolution in one dimension, along the rows of a map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer import limits
from explorer.ops.convolution_layer import (
    Layer,
    bank_field,
    bias_field,
    filters_field,
    groups_field,
    kind_field,
    sampled,
)
from explorer.ops.convolution_op import convolution_op
from explorer.ops.op import Sample, Shape
from explorer.ops.padding import span
from explorer.ops.parameters import choice, integer, integers

_MOST = limits.Limits().extent
_PADDINGS = (("same", "Same"), ("valid", "None"), ("wide", "Wide"), ("numbers", "Numbers"))
_PADDING_HINT = "Wide: every window that holds at least one cell of the row, so that the row grows (Kalchbrenner 2014)."


@dataclass(frozen=True, slots=True)
class Params:
    """How many filters of what length, and how they move along a row."""

    filters: int = filters_field()
    kernel: int = integer(3, "Kernel", 1, _MOST, soft=15)
    stride: int = integer(1, "Stride", 1, _MOST, soft=8)
    padding: str = choice("same", "Padding", _PADDINGS, hint=_PADDING_HINT)
    pads: tuple[int, int] = integers(
        (0, 0), "Cells of padding", 0, _MOST, ("left", "right"), soft=16, when=("padding", "numbers")
    )
    dilation: int = integer(
        1, "Dilation", 1, _MOST, soft=8, hint="The distance between neighbouring cells of a window."
    )
    groups: int = groups_field()
    bias: bool = bias_field()
    bank: str = bank_field()
    kind: str = kind_field()


def _layer(shape: Shape, params: Params) -> Layer:
    wide = params.padding == "wide"
    left, right = (span(params.kernel, params.dilation) - 1,) * 2 if wide else params.pads
    return Layer(
        params.filters,
        (1, params.kernel),
        (1, params.stride),
        "numbers" if wide else params.padding,
        (0, left, 0, right),
        (1, params.dilation),
        params.groups,
        params.bias,
        params.bank,
        params.kind == "convolution",
    )


def samples(rng: np.random.Generator) -> Sequence[Sample]:
    def sample(title: str, *shape: int, **params: Any) -> Sample:
        return sampled(_layer, rng, title, shape, Params(**{"filters": 2} | params))

    return (
        sample("Three channels, two images", 2, 3, 2, 6, filters=5),
        sample("Wide", 1, 1, 3, 4, padding="wide", kernel=4),
        sample("Wide, true convolution, dilation", 1, 2, 2, 4, padding="wide", dilation=2, kind="convolution"),
        sample("Stride, uneven padding", 1, 2, 2, 7, stride=3, padding="numbers", pads=(2, 0), bias=False),
        sample("Two groups", 1, 4, 1, 5, groups=2, padding="valid"),
        sample("One pixel", 1, 1, 1, 1),
        Sample(title="Classic kernels", xs=(rng.standard_normal((1, 1, 2, 9)),), params=Params(filters=6, kernel=5)),
    )


OP = convolution_op(
    name="row_conv",
    title="Row convolution (1-D)",
    formula="y[n,k,i,j] = b[k] + Σ over c, v of w[k,c,0,v] · x[n, c, i, j·s − p + v·d]",
    source="Waibel et al. 1989 (time delay); wide form: Kalchbrenner, Grefenstette & Blunsom 2014",
    params=Params,
    layer=_layer,
    samples=samples,
)
