"""What users rely on in the forms of convolution: depthwise, separable, pointwise, along rows, kernels turned."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.ops import conv, depthwise_conv, pointwise_conv, row_conv, separable_conv
from explorer.ops.explanation import Grid, Number, Sign
from explorer.ops.op import Cell, Op, no_tick
from explorer.refusal import Refusal
from tests.onnx_oracle import near, run

_small = st.integers(1, 3)
_pairs = st.tuples(_small, _small)
_seeds = st.integers(0, 2**32 - 1)
_moves = st.fixed_dictionaries(
    {"kernel": _pairs, "stride": _pairs, "dilation": _pairs, "pads": st.tuples(*[st.integers(0, 4)] * 4)}
)


def made(op: Op, params: Any, shape: tuple[int, ...], seed: int) -> tuple[Any, Any, Any]:
    """Input, weights and output of a layer, drawn from a normal distribution."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(shape).astype(np.float32)
    drawn = op.init((shape,), params, rng)
    weights = {name: rng.standard_normal(array.shape).astype(np.float32) for name, array in drawn.items()}
    return x, weights, op.forward((x,), weights, params, no_tick)[0][0]


def _attributes(moves: dict[str, Any]) -> dict[str, Any]:
    return {"strides": moves["stride"], "dilations": moves["dilation"], "pads": moves["pads"]}


@settings(max_examples=40)
@given(_moves, st.integers(1, 4), st.integers(1, 3), st.integers(9, 12), _seeds)
def test_depthwise_convolution_agrees_with_onnxruntime(
    moves: dict[str, Any], channels: int, multiplier: int, size: int, seed: int
) -> None:
    params = depthwise_conv.Params(multiplier=multiplier, padding="numbers", **moves)
    x, weights, y = made(depthwise_conv.OP, params, (2, channels, size, size - 2), seed)
    (expected,) = run("Conv", [x, weights["w"], weights["b"]], group=channels, **_attributes(moves))
    near(y, expected)


@settings(max_examples=40)
@given(_moves, st.integers(1, 4), st.integers(1, 3), st.integers(1, 5), st.integers(9, 12), _seeds)
def test_separable_convolution_agrees_with_two_convolutions_of_onnxruntime(
    moves: dict[str, Any], channels: int, multiplier: int, filters: int, size: int, seed: int
) -> None:
    params = separable_conv.Params(filters=filters, multiplier=multiplier, padding="numbers", **moves)
    x, weights, y = made(separable_conv.OP, params, (2, channels, size, size - 2), seed)
    (between,) = run("Conv", [x, weights["w"]], group=channels, **_attributes(moves))
    (expected,) = run("Conv", [between, weights["p"], weights["b"]])
    near(y, expected)


@settings(max_examples=40)
@given(st.integers(1, 3), _pairs, _pairs, st.booleans(), st.tuples(st.integers(1, 9), st.integers(1, 9)), _seeds)
def test_pointwise_convolution_agrees_with_onnxruntime(
    groups: int, each: tuple[int, int], stride: tuple[int, int], bias: bool, size: tuple[int, int], seed: int
) -> None:
    params = pointwise_conv.Params(filters=groups * each[0], stride=stride, groups=groups, bias=bias)
    x, weights, y = made(pointwise_conv.OP, params, (2, groups * each[1], *size), seed)
    (expected,) = run("Conv", [x, *weights.values()], group=groups, strides=stride)
    near(y, expected)


@settings(max_examples=40)
@given(st.integers(1, 4), _small, _small, st.tuples(st.integers(0, 4), st.integers(0, 4)), st.booleans(), _seeds)
def test_row_convolution_agrees_with_the_1d_convolution_of_onnxruntime(
    kernel: int, stride: int, dilation: int, pads: tuple[int, int], wide: bool, seed: int
) -> None:
    padding = "wide" if wide else "numbers"
    params = row_conv.Params(filters=3, kernel=kernel, stride=stride, dilation=dilation, padding=padding, pads=pads)
    x, weights, y = made(row_conv.OP, params, (2, 2, 3, 11), seed)
    around = (dilation * (kernel - 1),) * 2 if wide else pads
    for row in range(3):
        line = np.ascontiguousarray(x[:, :, row])
        (expected,) = run(
            "Conv", [line, weights["w"][:, :, 0], weights["b"]], strides=(stride,), dilations=(dilation,), pads=around
        )
        near(y[:, :, row], expected)


@settings(max_examples=40)
@given(st.integers(1, 9), st.integers(1, 7), _seeds)
def test_wide_true_convolution_of_a_row_is_the_one_of_mathematics(size: int, kernel: int, seed: int) -> None:
    params = row_conv.Params(filters=1, kernel=kernel, padding="wide", bias=False, kind="convolution")
    x, weights, y = made(row_conv.OP, params, (1, 1, 1, size), seed)
    near(y[0, 0, 0], np.convolve(x[0, 0, 0].astype(np.float64), weights["w"][0, 0, 0].astype(np.float64)))


@settings(max_examples=40)
@given(_pairs, st.tuples(st.integers(1, 6), st.integers(1, 6)), _seeds)
def test_true_convolution_of_maps_is_the_one_of_mathematics(
    kernel: tuple[int, int], size: tuple[int, int], seed: int
) -> None:
    pads = (kernel[0] - 1, kernel[1] - 1) * 2
    params = conv.Params(1, kernel, padding="numbers", pads=pads, bias=False, kind="convolution")
    x, weights, y = made(conv.OP, params, (1, 1, *size), seed)
    w = weights["w"][0, 0]
    expected = np.zeros((size[0] + kernel[0] - 1, size[1] + kernel[1] - 1))
    for (i, j), value in np.ndenumerate(x[0, 0]):
        expected[i : i + kernel[0], j : j + kernel[1]] += float(value) * w
    near(y[0, 0], expected)


def test_true_convolution_commutes_and_correlation_does_not() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.standard_normal((2, 1, 1, 3, 3))

    def full(x: Any, w: Any, kind: str) -> Any:
        params = conv.Params(1, (3, 3), padding="numbers", pads=(2, 2, 2, 2), bias=False, kind=kind)
        return conv.OP.forward((x,), {"w": w}, params, no_tick)[0][0]

    np.testing.assert_allclose(full(one, other, "convolution"), full(other, one, "convolution"), atol=1e-13)
    assert np.abs(full(one, other, "correlation") - full(other, one, "correlation")).max() > 0.1


def test_the_turned_kernel_stands_beside_the_kernel() -> None:
    x, w = np.arange(9.0).reshape(1, 1, 3, 3), np.arange(9.0).reshape(1, 1, 3, 3)
    cell = Cell(0, (0, 0, 1, 1))
    params = conv.Params(1, bias=False, kind="convolution")
    step = conv.OP.explain((x,), {"w": w}, params, cell)[0]
    shown = [part.values.ravel().tolist() for part in step.parts if isinstance(part, Grid) and part.role == "weight"]
    assert shown == [list(range(9)), list(range(8, -1, -1))]
    assert Sign("↻") in step.parts
    assert step.value == sum(k * (8 - k) for k in range(9))
    plain = conv.OP.explain((x,), {"w": w}, conv.Params(1, bias=False), cell)[0]
    assert Sign("↻") not in plain.parts
    assert plain.value == sum(k * k for k in range(9))


def test_a_separable_layer_shows_each_filtered_map_with_its_weight() -> None:
    x = np.ones((1, 2, 1, 1))
    weights = {"w": np.array([2.0, 3.0]).reshape(2, 1, 1, 1), "p": np.array([10.0, 100.0]).reshape(1, 2, 1, 1)}
    params = separable_conv.Params(filters=1, kernel=(1, 1), bias=False)
    steps = separable_conv.OP.explain((x,), weights, params, Cell(0, (0, 0, 0, 0)))
    assert [[part.value for part in step.parts if isinstance(part, Number)] for step in steps[:2]] == [
        [2, 10],
        [3, 100],
    ]
    assert [step.value for step in steps] == [20, 300, 320]


def test_weights_of_a_separable_layer_that_do_not_fit_are_refused() -> None:
    params = separable_conv.Params(filters=2, multiplier=2)
    fitting = separable_conv.OP.init(((1, 3, 4, 4),), params, np.random.default_rng(0))
    assert {name: array.shape for name, array in fitting.items()} == {"w": (6, 1, 3, 3), "p": (2, 6, 1, 1), "b": (2,)}
    for name, array in fitting.items():
        with pytest.raises(Refusal, match=f"weights {name} are"):
            separable_conv.OP.forward((np.zeros((1, 3, 4, 4)),), fitting | {name: array[:-1]}, params, no_tick)


def test_a_wide_row_grows_by_the_span_of_the_kernel_less_one() -> None:
    params = row_conv.Params(filters=1, kernel=3, dilation=2, padding="wide")
    assert row_conv.OP.shape(((1, 1, 4, 5),), params) == ((1, 1, 4, 9),)
