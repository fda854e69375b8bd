"""Convolution as networks define it: the kernel is laid over the input unturned (cross-correlation), or turned."""

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
    kind_field,
    sampled,
)
from explorer.ops.convolution_method import algorithm_field, method_field, tile_field
from explorer.ops.convolution_op import convolution_op
from explorer.ops.op import Sample, Shape
from explorer.ops.padding import dilation_field, kernel_field, padding_field, pads_field, stride_field


@dataclass(frozen=True, slots=True)
class Params:
    """How many filters of what size, how they move, and what they begin with."""

    filters: int = filters_field()
    kernel: tuple[int, int] = kernel_field((3, 3))
    stride: tuple[int, int] = stride_field()
    padding: str = padding_field("same")
    pads: tuple[int, int, int, int] = pads_field()
    dilation: tuple[int, int] = dilation_field()
    groups: int = groups_field()
    bias: bool = bias_field()
    bank: str = bank_field()
    kind: str = kind_field()
    method: str = method_field()
    tile: int = tile_field()
    algorithm: str = algorithm_field()


def _layer(shape: Shape, params: Params) -> Layer:
    return Layer(
        params.filters,
        params.kernel,
        params.stride,
        params.padding,
        params.pads,
        params.dilation,
        params.groups,
        params.bias,
        params.bank,
        params.kind == "convolution",
        params.method,
        params.tile,
        params.algorithm,
    )


def samples(rng: np.random.Generator) -> Sequence[Sample]:
    def sample(title: str, images: int, channels: int, height: int, width: int, **params: Any) -> Sample:
        chosen: dict[str, Any] = {"bank": "random", "filters": 2}
        return sampled(_layer, rng, title, (images, channels, height, width), Params(**chosen | params))

    numbers: dict[str, Any] = {"padding": "numbers"}
    turned: dict[str, Any] = {"kind": "convolution"}
    return (
        sample("3 × 3 on three channels, two images", 2, 3, 6, 7, filters=5),
        sample("Five filters, odd width, valid", 1, 1, 5, 9, filters=5, padding="valid"),
        sample("1 × 1", 1, 3, 2, 3, kernel=(1, 1)),
        sample("Rectangular kernel", 1, 2, 5, 6, kernel=(2, 5), bias=False),
        sample("Stride 2 × 3", 1, 2, 7, 8, stride=(2, 3)),
        sample("Dilation 2 × 3", 1, 2, 7, 8, dilation=(2, 3)),
        sample("Stride and dilation", 1, 1, 9, 8, stride=(3, 2), dilation=(2, 3), padding="valid", kernel=(2, 3)),
        sample("Two groups", 1, 4, 4, 5, groups=2, filters=6),
        sample("Depthwise", 1, 3, 5, 4, groups=3, filters=3),
        sample("Uneven padding", 1, 1, 4, 5, pads=(0, 2, 1, 3), **numbers),
        sample("Padding wider than the kernel", 1, 1, 2, 3, kernel=(2, 2), pads=(4, 3, 2, 5), **numbers),
        sample("A stride longer than the kernel", 1, 1, 7, 9, kernel=(2, 2), stride=(3, 5)),
        sample("One pixel", 1, 1, 1, 1),
        sample("A kernel as large as the padded input", 1, 2, 3, 4, kernel=(4, 6), pads=(0, 1, 1, 1), **numbers),
        sample("Ten channels", 1, 10, 3, 3, filters=1),
        # From so many on, gradients of weights are products of matrices.
        sample("Sixteen channels and filters", 1, 16, 2, 4, filters=16, kernel=(1, 3)),
        sample("True convolution", 1, 2, 4, 5, **turned),
        sample("True convolution, even kernel, stride", 1, 4, 5, 6, kernel=(2, 4), stride=(2, 1), groups=2, **turned),
        sample("As a product of matrices", 2, 3, 6, 7, filters=5, method="im2col", stride=(2, 1), groups=1),
        sample("Winograd, F(2 × 2, 3 × 3)", 1, 3, 6, 7, filters=5, method="winograd", tile=2),
        # Enough images for all threads: each then takes some of them, where it would share in one.
        sample("Winograd, sixteen images", 16, 1, 3, 4, filters=1, method="winograd", tile=2),
        sample(
            "Winograd, rectangular, true convolution",
            1,
            4,
            9,
            8,
            kernel=(2, 5),
            groups=2,
            method="winograd",
            tile=2,
            **turned,
        ),
        sample(
            "Derived, by moduli along the columns",
            1,
            2,
            7,
            8,
            kernel=(3, 2),
            method="derived",
            algorithm="F(2, 3) mod x, x^2 + 1, inf with fractions in A; F(3, 2) at 0, 1, -1/2, inf",
        ),
        sample(
            "Derived, down the columns only",
            2,
            2,
            7,
            6,
            kernel=(3, 2),
            groups=2,
            filters=6,
            method="derived",
            algorithm="F(4, 3) at 0, 1, -1, 1/2, -1/2, inf; F(1, 2) at 0, inf",
        ),
        sample("By the Fourier transform", 1, 2, 9, 8, kernel=(3, 4), dilation=(1, 2), groups=2, method="fft"),
        sample("Automatic", 1, 2, 9, 8, method="auto"),
        Sample(title="Classic kernels", xs=(rng.standard_normal((1, 3, 5, 5)),), params=Params(filters=9)),
    )


OP = convolution_op(
    name="conv",
    title="Convolution",
    formula="y[n,k,i,j] = b[k] + Σ over c, u, v of w[k,c,u,v] · x[n,c, i·s − p + u·d, j·s − p + v·d]",
    source="LeCun et al. 1989; cross-correlation as in all frameworks (Dumoulin & Visin 2016)",
    params=Params,
    layer=_layer,
    samples=samples,
)
