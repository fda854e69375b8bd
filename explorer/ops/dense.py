"""A fully connected layer; maps are flattened on the way in."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer import limits
from explorer.ops.brief_sum import brief_sum
from explorer.ops.explanation import Grid, Sign, Step
from explorer.ops.op import Array, Arrays, Cell, Op, Region, Sample, Shapes, Tick, Weights
from explorer.ops.parameters import choice, flag, integer
from explorer.ops.scaled_weights import scaled
from explorer.refusal import Message, Refusal, message
from kernels.bands import bands

_SHOWN = 256


@dataclass(frozen=True, slots=True)
class Params:
    """How many outputs there are and what the weights begin with."""

    units: int = integer(10, "Units", 1, limits.Limits().channels, soft=128)
    bias: bool = flag(True, "Bias")
    start: str = choice("he", "Weights begin as", (("he", "Random (He)"), ("zero", "0")))


def _features(shapes: Shapes) -> int:
    return math.prod(shapes[0][1:])


def shape(shapes: Shapes, params: Params) -> Shapes:
    size, most = params.units * _features(shapes) * 8, limits.current().array_bytes
    if size > most:
        raise Refusal(
            "The weights of {units} units on {features} numbers take {size} MB; the limit is {most} MB.",
            units=params.units,
            features=_features(shapes),
            size=size >> 20,
            most=most >> 20,
            hint="Pool first: global average pooling leaves one number of each channel.",
        )
    return ((shapes[0][0], params.units, 1, 1),)


def init(shapes: Shapes, params: Params, rng: np.random.Generator) -> dict[str, Array]:
    features = _features(shapes)
    size = params.units, features
    he = params.start == "he"
    weights = {"w": rng.standard_normal(size) * math.sqrt(2 / features) if he else np.zeros(size)}
    return weights | ({"b": np.zeros(params.units)} if params.bias else {})


def forward(xs: Arrays, weights: Weights, params: Params, tick: Tick) -> tuple[Arrays, Any]:
    (x,) = xs
    flat = x.reshape(len(x), -1)
    w = np.asarray(weights["w"], x.dtype)
    y = np.empty((len(x), len(w)), x.dtype)
    with np.errstate(invalid="ignore", over="ignore"):
        for first, last in bands(len(w), flat.size, tick):
            y[:, first:last] = flat @ w[first:last].T
        if params.bias:
            y += np.asarray(weights["b"], x.dtype)
    return (y[:, :, None, None],), (x, w, params.bias)


def backward(gys: Sequence[Array | None], saved: Any, tick: Tick) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
    x, w, bias = saved
    flat = x.reshape(len(x), -1)
    gx, gw, gb = np.zeros_like(flat), np.zeros_like(w), np.zeros(len(w), x.dtype)
    if gys[0] is not None:
        gy = np.asarray(gys[0], x.dtype).reshape(len(x), -1)
        with np.errstate(invalid="ignore", over="ignore"):
            for first, last in bands(len(w), 2 * flat.size, tick):
                gx += gy[:, first:last] @ w[first:last]
                gw[first:last] = gy[:, first:last].T @ flat
            gb = gy.sum(axis=0)
    return (gx.reshape(x.shape),), {"w": gw} | ({"b": gb} if bias else {})


def definition(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> float:
    n, k = cell.index[:2]
    total = float(weights["b"][k]) if params.bias else 0.0
    for w, x in zip(weights["w"][k], xs[0][n].ravel(), strict=True):
        total += float(w) * float(x)
    return total


def explain(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> Sequence[Step]:
    n, k = cell.index[:2]
    _, channels, height, width = xs[0].shape
    x = xs[0][n].reshape(channels, -1).astype(np.float64)
    w = np.asarray(weights["w"][k], np.float64).reshape(x.shape)
    with np.errstate(invalid="ignore", over="ignore"):
        products = w * x

    def name(m: int) -> Message:
        c, i, j = m // (height * width), m // width % height, m % width
        if height * width == 1:
            return message("w·x of channel {channel}", channel=c)
        return message("w·x of channel {channel} at ({row}, {column})", channel=c, row=i, column=j)

    bias = ((message("bias"), float(weights["b"][k])),) if params.bias else ()
    total = brief_sum(message("unit {unit}", unit=k), products.ravel(), name, *bias)
    last = Step(
        message("All products added up") if not bias else message("All products and the bias added up"),
        (total,),
        total.total,
    )
    if products.size > _SHOWN:
        return (last,)
    with np.errstate(invalid="ignore", over="ignore"):
        arrived = float(products.sum())
    grids = (
        Grid(message("Input, a row of each channel"), x, "input"),
        Sign("⊙"),
        Grid(message("Weights of unit {unit}", unit=k), w, "weight"),
        Sign("="),
        Grid(message("Products"), products, "product", adds_up=True),
    )
    return Step(message("Every number times its weight"), grids, arrived), last


def reads(shapes: Shapes, params: Params, cell: Cell) -> Sequence[Region]:
    return (Region(0, *(slice(0, size) for size in shapes[0][1:])),)


def samples(rng: np.random.Generator) -> Sequence[Sample]:
    def weights(units: int, features: int) -> dict[str, Array]:
        return {"w": rng.standard_normal((units, features)), "b": rng.standard_normal(units)}

    return (
        Sample(
            title="Two images", xs=(rng.standard_normal((2, 5, 1, 1)),), params=Params(units=3), weights=weights(3, 5)
        ),
        Sample(title="Maps", xs=(rng.standard_normal((2, 2, 3, 2)),), params=Params(units=4), weights=weights(4, 12)),
        Sample(title="One number, one unit", xs=(rng.standard_normal((1, 1, 1, 1)),), params=Params(units=1)),
        Sample(title="Without bias", xs=(rng.standard_normal((1, 20, 1, 1)),), params=Params(units=2, bias=False)),
        Sample(title="Weights of 0", xs=(rng.standard_normal((1, 3, 1, 1)),), params=Params(units=2, start="zero")),
        Sample(title="Many numbers", xs=(rng.standard_normal((1, 3, 10, 9)),), params=Params(units=2)),
    )


def arithmetic(shapes: Shapes, params: Params) -> tuple[str, ...]:
    features, units = _features(shapes), params.units
    text = "·".join(map(str, shapes[0][1:])) + f"·{units}"
    if params.bias:
        return (f"{text} + {units} = {features * units + units} weights",)
    return (f"{text} = {features * units} weights",)


OP = Op(
    name="dense",
    title="Fully connected",
    group="Head",
    formula="y[n,k] = b[k] + Σ over m of w[k,m] · x[n,m]",
    source="ONNX Gemm with transB = 1; weights of He, Zhang, Ren & Sun 2015",
    Params=Params,
    shape=shape,
    init=init,
    forward=forward,
    backward=backward,
    definition=definition,
    explain=explain,
    reads=reads,
    samples=samples,
    arithmetic=arithmetic,
    scaled=scaled,
    hint={"w": "A row of weights for each unit, in the order of flattening.", "b": "One number for each unit."},
)
