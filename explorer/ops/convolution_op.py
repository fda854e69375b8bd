"""The operation that a form of convolution is, made of how its parameters make a `Layer`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from explorer.ops import kernel_presets
from explorer.ops.channel_sums import channel_steps
from explorer.ops.convolution_layer import (
    Kept,
    checked,
    defined,
    group_of,
    output_shape,
    size_texts,
    weight_shape,
    window,
    window_parts,
)
from explorer.ops.convolution_method import multiplication_texts
from explorer.ops.convolution_plan import Form, convolved, gradients, planned, sum_of_bias
from explorer.ops.explanation import Part, Step
from explorer.ops.op import Array, Arrays, Cell, Op, Region, Sample, Shapes, Tick, Weights
from explorer.ops.scaled_weights import scaled
from explorer.refusal import Message, message


def convolution_op(
    *,
    name: str,
    title: str,
    formula: str,
    source: str,
    params: type,
    layer: Form,
    samples: Callable[[np.random.Generator], Sequence[Sample]],
    hint: Mapping[str, str] | None = None,
) -> Op:
    """The operation of the convolution that `layer` makes of an input shape and of parameters of type `params`."""

    def shape(shapes: Shapes, params: Any) -> Shapes:
        return (output_shape(shapes[0], layer(shapes[0], params)),)

    def init(shapes: Shapes, params: Any, rng: np.random.Generator) -> dict[str, Array]:
        of = layer(shapes[0], params)
        weights = {"w": kernel_presets.bank(of.bank, *weight_shape(shapes[0], of), rng)}
        return weights | ({"b": np.zeros(of.filters)} if of.bias else {})

    def forward(xs: Arrays, weights: Weights, params: Any, tick: Tick) -> tuple[Arrays, Any]:
        (x,) = xs
        plan = planned(layer, x.shape, x.dtype, params)
        typed = checked(weights, plan.weights, x.dtype)
        return (convolved(plan, x, typed["w"], typed.get("b"), tick),), Kept(x, typed["w"], plan.layer)

    def backward(
        gys: Sequence[Array | None], saved: Any, tick: Tick
    ) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
        x, w, of = saved
        (gy,) = gys
        gx, gw = (np.zeros_like(x), np.zeros_like(w)) if gy is None else gradients(x, w, gy, of, tick)
        return (gx,), {"w": gw} | ({"b": sum_of_bias(gy, of.filters, x.dtype)} if of.bias else {})

    def definition(xs: Arrays, weights: Weights, params: Any, cell: Cell) -> float:
        of = layer(xs[0].shape, params)
        bias = float(weights["b"][cell.index[1]]) if of.bias else 0.0
        return bias + defined(xs[0], weights["w"], of, cell.index)

    def explain(xs: Arrays, weights: Weights, params: Any, cell: Cell) -> Sequence[Step]:
        (x,), w, k = xs, weights["w"], cell.index[1]
        of = layer(x.shape, params)
        seen = group_of(of, x.shape[1], k)

        def parts(c: int) -> tuple[tuple[Part, ...], Array]:
            return window_parts(x, w[k, c], of, cell.index, seen.start + c)

        with np.errstate(invalid="ignore", over="ignore"):
            sums = np.array([parts(c)[1].sum() for c in range(w.shape[1])])
        label: Message = message("Filter {filter}", filter=k)
        return channel_steps(
            label, seen.start, sums, lambda c: parts(c)[0], float(weights["b"][k]) if of.bias else None
        )

    def reads(shapes: Shapes, params: Any, cell: Cell) -> Sequence[Region]:
        of = layer(shapes[0], params)
        seen = group_of(of, shapes[0][1], cell.index[1])
        return (window(shapes[0], of).reads(cell)._replace(channels=seen),)

    def labels(shapes: Shapes, params: Any, weights: Weights) -> tuple[str, ...]:
        return tuple(name or f"kernel {k}" for k, name in enumerate(kernel_presets.names(weights["w"])))

    def arithmetic(shapes: Shapes, params: Any) -> tuple[str, ...]:
        of = layer(shapes[0], params)
        return *size_texts(shapes[0], of), *multiplication_texts(of)

    return Op(
        name=name,
        title=title,
        group="Convolution",
        formula=formula,
        source=source,
        Params=params,
        shape=shape,
        init=init,
        forward=forward,
        backward=backward,
        definition=definition,
        explain=explain,
        reads=reads,
        labels=labels,
        arithmetic=arithmetic,
        presets=kernel_presets.presets,
        scaled=scaled,
        samples=samples,
        hint={
            "w": "Filter, channel of the group, row, column.",
            "b": "One number added to every cell of a filter's map.",
        }
        | dict(hint or {}),
    )
