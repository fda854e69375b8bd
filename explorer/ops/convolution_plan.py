"""What follows from a layer of filters and the shape of its maps, worked out once; and the layer run on numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from explorer import limits
from explorer.ops.convolution_layer import Layer, output_shape, weight_shape, window
from explorer.ops.convolution_method import Measured, computed_by, measured
from explorer.ops.op import Array, Shape, Tick
from kernels import convolution
from kernels._jit import read_only
from kernels.cache_lines import on_lines
from kernels.convolution_problem import Problem, Run
from kernels.convolution_weights import bias_gradient, weight_gradient

Form = Callable[[Shape, Any], Layer]
"""The layer that parameters make for maps of a shape."""


class Plan(NamedTuple):
    """What a layer comes to on maps of one shape and type: all that is known before the numbers are.

    weights  the shapes of its weights, by their names; `zeros` is the bias of a layer without one
    run      makes the output
    """

    layer: Layer
    output: Shape
    weights: Mapping[str, Shape]
    zeros: Array
    run: Run


def planned(form: Form, shape: Shape, dtype: Any, params: Any) -> Plan:
    """The plan of a layer for maps of `shape` (N, C, H, W), or a Refusal."""
    return _planned(form, shape, dtype, params, limits.current().array_bytes, measured())


@lru_cache(maxsize=64)
def _planned(form: Form, shape: Shape, dtype: Any, params: Any, most_bytes: int, found: Measured) -> Plan:
    """What is in force, the last two, is asked for where it counts; it stands here so that a change makes new plans."""
    layer = form(shape, params)
    output = output_shape(shape, layer)
    weights: dict[str, Shape] = {"w": weight_shape(shape, layer)} | ({"b": (layer.filters,)} if layer.bias else {})
    problem = _problem(shape, output, dtype, layer)
    if layer.method == "direct":
        run = convolution.plan(problem)
    else:
        # With the exact algebra behind them they would cost every start a fiftieth of a second.
        from kernels import convolution_methods

        run = convolution_methods.plan(problem, *computed_by(layer))
    return Plan(layer, output, weights, read_only(np.zeros(layer.filters, dtype)), run)


@lru_cache(maxsize=64)
def _planned_back(shape: Shape, flow: Shape, dtype: Any, layer: Layer, found: Measured) -> Run:
    """What makes the gradient of an input of a shape from that of the output."""
    problem = _problem(shape, flow, dtype, layer)
    if layer.method == "direct":
        return convolution.gradient_plan(problem)
    from kernels import convolution_gradients

    return convolution_gradients.plan(problem, *computed_by(layer))


def _problem(shape: Shape, output: Shape, dtype: Any, layer: Layer) -> Problem:
    around = window(shape, layer).pads
    return Problem(
        shape, weight_shape(shape, layer), output, layer.stride, layer.dilation, around, layer.groups, dtype
    )  # fmt: skip


def convolved(plan: Plan, x: Array, w: Array, b: Array | None, tick: Tick) -> Array:
    """The maps of a layer, with kernels and bias of the type of x."""
    y = on_lines(plan.output, x.dtype)
    plan.run(x, plan.layer.laid(w), plan.zeros if b is None else b, y, tick)
    return y


def input_gradient(gy: Array, w: Array, gx: Array, layer: Layer, tick: Tick) -> None:
    """The gradient of x into gx, by the method of the layer; `w` as it is laid on the map."""
    run = _planned_back(gx.shape, gy.shape, gx.dtype, layer, measured())
    run(gy, w, np.zeros(gx.shape[1], gx.dtype), gx, tick)


def gradients(x: Array, w: Array, gy: Array, layer: Layer, tick: Tick) -> tuple[Array, Array]:
    """The gradients of x and of w."""
    gy = np.ascontiguousarray(gy, x.dtype)
    gx, gw = on_lines(x.shape, x.dtype), np.empty_like(w)
    input_gradient(gy, layer.laid(w), gx, layer, tick)
    weight_gradient(x, gy, gw, layer.stride, layer.dilation, window(x.shape, layer).pads, layer.groups, tick)
    return gx, np.ascontiguousarray(layer.laid(gw))


def sum_of_bias(gy: Array | None, count: int, dtype: Any) -> Array:
    """The gradient of a bias: the sum of gy over each map, 0 where nothing flows back."""
    gb = np.zeros(count, dtype)
    if gy is not None:
        bias_gradient(np.ascontiguousarray(gy, dtype), gb)
    return gb
