"""Dynamic k-max pooling: k falls from layer to layer with the length of the axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer import limits
from explorer.ops import largest_of_lines as lines
from explorer.ops.explanation import Number, Sign, Step
from explorer.ops.op import Arrays, Cell, Op, Sample, Shape, Shapes, Weights
from explorer.ops.parameters import integer
from explorer.ops.pooled_places import HINTS, OUTPUTS, backward
from explorer.refusal import Refusal, message

_MOST = limits.Limits().layers


@dataclass(frozen=True, slots=True)
class Params:
    """Which of how many layers this is, and how many numbers the last one keeps."""

    layer: int = integer(1, "Layer l", 1, _MOST, soft=8, hint="The number of the convolution before this, from 1.")
    layers: int = integer(2, "Layers L", 1, _MOST, soft=8, hint="Convolutions in all.")
    k_top: int = integer(
        4,
        "k at the top",
        1,
        limits.Limits().extent,
        soft=32,
        hint="Numbers that the last layer keeps, and any layer at least.",
    )
    axis: str = lines.axis_field()
    length: int = integer(
        0,
        "Input length s",
        0,
        limits.Limits().extent,
        soft=256,
        hint="Cells of the axis in the input of the network, as in the paper; 0 counts from the axis of this layer.",
    )


def _length(shape: Shape, params: Params) -> int:
    return params.length or lines.size_of(shape, params)


def _k(shape: Shape, params: Params) -> int:
    """k_l = max(k_top, ⌈(L − l)·s/L⌉) in whole numbers."""
    if params.layer > params.layers:
        raise Refusal(
            "Layer l is {layer}; there are {layers} layers.",
            layer=params.layer,
            layers=params.layers,
            hint="The last layer is l = L.",
        )
    rest = (params.layers - params.layer) * _length(shape, params)
    return max(params.k_top, -(-rest // params.layers))


def shape(shapes: Shapes, params: Params) -> Shapes:
    k = _k(shapes[0], params)
    return lines.outputs(shapes[0], params, k, "k at the top" if k == params.k_top else "k of this layer")


def _formula(shape: Shape, params: Params) -> str:
    length = _length(shape, params)
    return f"max({params.k_top}, ⌈({params.layers} − {params.layer})·{length}/{params.layers}⌉)"


def explain(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> Sequence[Step]:
    k = _k(xs[0].shape, params)
    steps = lines.explain(xs, params, k, cell)
    if cell.port == 2:
        return steps
    rest = (params.layers - params.layer) * _length(xs[0].shape, params)
    top = Number(message("k at the top"), float(params.k_top), "weight")
    share = Number(message("⌈(L − l)·s/L⌉"), float(-(-rest // params.layers)), "weight")
    title = message("How many numbers this layer keeps: {formula}", formula=_formula(xs[0].shape, params))
    parts = (Sign("max"), top, share, Sign("="), Number(message("k"), float(k)))
    return Step(title, parts, float(k)), *steps


def samples(rng: np.random.Generator) -> Sequence[Sample]:
    def last(k: int, axis: str) -> Params:
        return Params(layer=3, layers=3, k_top=k, axis=axis)

    return (
        Sample(title="First of two layers", xs=(rng.standard_normal((2, 2, 2, 18)),), params=Params(k_top=3)),
        Sample(
            title="Second of three, rounded up",
            xs=(rng.standard_normal((1, 2, 7, 3)),),
            params=Params(layer=2, layers=3, k_top=1, axis="height"),
        ),
        Sample(
            title="Second of three, counted from the input",
            xs=(rng.standard_normal((1, 1, 2, 12)),),
            params=Params(layer=2, layers=3, k_top=3, length=18),
        ),
        *lines.samples(rng, last),
    )


OP = Op(
    name="dynamic_kmax_pool",
    title="Dynamic k-max pooling",
    group="Pooling",
    formula="k-max pooling with k = max(k_top, ⌈(L − l)·s/L⌉), s the length of the axis here or in the input",
    source="Kalchbrenner, Grefenstette & Blunsom 2014, A Convolutional Neural Network for Modelling Sentences",
    Params=Params,
    shape=shape,
    forward=lambda xs, weights, params, tick: lines.forward(xs, shape((xs[0].shape,), params)[0], params, tick),
    backward=backward,
    definition=lambda xs, weights, params, cell: lines.definition(xs, params, _k(xs[0].shape, params), cell),
    explain=explain,
    reads=lines.reads,
    samples=samples,
    outputs=OUTPUTS,
    arithmetic=lambda shapes, params: (f"{_formula(shapes[0], params)} = {_k(shapes[0], params)}",),
    smooth=False,
    hint=HINTS,
)
