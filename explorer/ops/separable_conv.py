"""Depthwise separable convolution: each channel filtered on its own, then the channels mixed cell by cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.ops import depthwise_conv, kernel_presets
from explorer.ops.channel_sums import channel_steps
from explorer.ops.convolution_layer import (
    Layer,
    checked,
    defined,
    filters_field,
    output_shape,
    size_texts,
    weight_shape,
    window,
    window_parts,
)
from explorer.ops.convolution_plan import convolved, gradients, planned, sum_of_bias
from explorer.ops.explanation import Number, Part, Sign, Step
from explorer.ops.op import Array, Arrays, Cell, Op, Region, Sample, Shape, Shapes, Tick, Weights
from explorer.refusal import message


@dataclass(frozen=True, slots=True)
class Params(depthwise_conv.Params):
    """The depthwise filters, how they move, and how many mixtures of their maps there are."""

    filters: int = filters_field(label="Pointwise filters")


def _depthwise(shape: Shape, params: Params) -> Layer:
    return depthwise_conv.layer(shape, params)._replace(bias=False)


def _pointwise(shape: Shape, params: Params) -> Layer:
    """The layer behind the depthwise one; it alone has a bias."""
    mixed = "zero" if params.bank == "zero" else "random"
    return Layer(params.filters, (1, 1), bias=params.bias, bank=mixed)


def _layers(shape: Shape, params: Params) -> tuple[Layer, Layer]:
    return _depthwise(shape, params), _pointwise(shape, params)


def _wanted(shape: Shape, params: Params) -> dict[str, Shape]:
    depthwise, pointwise = _layers(shape, params)
    between = output_shape(shape, depthwise)
    weights: dict[str, Shape] = {"w": weight_shape(shape, depthwise), "p": weight_shape(between, pointwise)}
    return weights | ({"b": (params.filters,)} if params.bias else {})


def shape(shapes: Shapes, params: Params) -> Shapes:
    depthwise, pointwise = _layers(shapes[0], params)
    return (output_shape(output_shape(shapes[0], depthwise), pointwise),)


def init(shapes: Shapes, params: Params, rng: np.random.Generator) -> dict[str, Array]:
    wanted = _wanted(shapes[0], params)
    depthwise, pointwise = _layers(shapes[0], params)
    w = kernel_presets.bank(depthwise.bank, *weight_shape(shapes[0], depthwise), rng)
    p = kernel_presets.bank(pointwise.bank, *weight_shape(output_shape(shapes[0], depthwise), pointwise), rng)
    return {"w": w, "p": p} | ({"b": np.zeros(wanted["b"])} if params.bias else {})


def forward(xs: Arrays, weights: Weights, params: Params, tick: Tick) -> tuple[Arrays, Any]:
    (x,) = xs
    each = planned(_depthwise, x.shape, x.dtype, params)
    mixed = planned(_pointwise, each.output, x.dtype, params)
    wanted = {"w": each.weights["w"], "p": mixed.weights["w"]} | ({"b": (params.filters,)} if params.bias else {})
    typed = checked(weights, wanted, x.dtype)
    between = convolved(each, x, typed["w"], None, tick)
    y = convolved(mixed, between, typed["p"], typed.get("b"), tick)
    return (y,), (x, between, typed["w"], typed["p"], each.layer, mixed.layer)


def backward(gys: Sequence[Array | None], saved: Any, tick: Tick) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
    x, between, w, p, depthwise, pointwise = saved
    (gy,) = gys
    gx, gw, gp = np.zeros_like(x), np.zeros_like(w), np.zeros_like(p)
    if gy is not None:
        flow, gp = gradients(between, p, gy, pointwise, tick)
        gx, gw = gradients(x, w, flow, depthwise, tick)
    return (gx,), {"w": gw, "p": gp} | ({"b": sum_of_bias(gy, len(p), x.dtype)} if pointwise.bias else {})


def definition(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> float:
    n, k, i, j = cell.index
    depthwise, _ = _layers(xs[0].shape, params)
    total = float(weights["b"][k]) if params.bias else 0.0
    for m in range(depthwise.filters):
        total += float(weights["p"][k, m, 0, 0]) * defined(xs[0], weights["w"], depthwise, (n, m, i, j))
    return total


def explain(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> Sequence[Step]:
    (x,), (n, k, i, j) = xs, cell.index
    depthwise, _ = _layers(x.shape, params)
    mix = weights["p"][k, :, 0, 0].astype(np.float64)

    def filtered(m: int) -> tuple[tuple[Part, ...], Array]:
        return window_parts(x, weights["w"][m, 0], depthwise, (n, m, i, j), m // params.multiplier)

    with np.errstate(invalid="ignore", over="ignore"):
        between = np.array([filtered(m)[1].sum() for m in range(depthwise.filters)])
        sums = between * mix

    def parts(m: int) -> tuple[Part, ...]:
        return (
            *filtered(m)[0],
            Sign("Σ"),
            Number(message("Depthwise map {map}", map=m), float(between[m]), "product"),
            Sign("·"),
            Number(message("Its weight in filter {filter}", filter=k), float(mix[m]), "weight"),
        )

    bias = float(weights["b"][k]) if params.bias else None
    return channel_steps(message("Filter {filter}", filter=k), 0, sums, parts, bias)


def reads(shapes: Shapes, params: Params, cell: Cell) -> Sequence[Region]:
    depthwise, _ = _layers(shapes[0], params)
    return (window(shapes[0], depthwise).reads(cell)._replace(channels=slice(0, shapes[0][1])),)


def arithmetic(shapes: Shapes, params: Params) -> tuple[str, ...]:
    return size_texts(shapes[0], _layers(shapes[0], params)[0])


def samples(rng: np.random.Generator) -> Sequence[Sample]:
    def sample(title: str, *shape: int, **params: Any) -> Sample:
        chosen: dict[str, Any] = {"filters": 2}
        given = Params(**chosen | params)
        x = rng.standard_normal(shape)
        weights = {name: rng.standard_normal(size) for name, size in _wanted(shape, given).items()}
        return Sample(title=title, xs=(x,), params=given, weights=weights)

    return (
        sample("3 × 3 on three channels, two images", 2, 3, 4, 5, filters=4),
        sample("Two depthwise filters a channel", 1, 2, 4, 4, multiplier=2, bias=False),
        sample("Stride, dilation, uneven padding", 1, 2, 6, 7, stride=(2, 3), dilation=(2, 1), pads=(0, 1, 2, 3),
               padding="numbers"),
        sample("Ten channels", 1, 10, 2, 2, filters=1),
        sample("One pixel", 1, 1, 1, 1),
        Sample(title="Classic kernels", xs=(rng.standard_normal((1, 3, 4, 4)),), params=Params(filters=2)),
    )  # fmt: skip


OP = Op(
    name="separable_conv",
    title="Separable convolution",
    group="Convolution",
    formula="y[n,k,i,j] = b[k] + Σ over m, u, v of p[k,m] · w[m,0,u,v] · x[n, ⌊m/q⌋, i·s − p + u·d, j·s − p + v·d]",
    source="Sifre 2014; Chollet 2017 (depthwise separable convolution, nothing between its two parts)",
    Params=Params,
    shape=shape,
    init=init,
    forward=forward,
    backward=backward,
    definition=definition,
    explain=explain,
    reads=reads,
    arithmetic=arithmetic,
    presets=kernel_presets.presets,
    samples=samples,
    hint={
        "w": "Depthwise: channel · filters a channel + its number, 0, row, column.",
        "p": "Pointwise: filter, depthwise map, 0, 0.",
        "b": "One number added to every cell of a filter's map.",
    },
)
