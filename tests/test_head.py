"""What users rely on behind the last map: global pooling, flattening, the fully connected layer, softmax, the loss."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer import limits
from explorer.ops import dense, flatten, global_average_pool, softmax
from explorer.ops.explanation import Number, Sum
from explorer.ops.op import Cell, no_tick
from explorer.refusal import Refusal
from tests.onnx_oracle import near, run

_shapes = st.tuples(*[st.integers(1, 6)] * 4)
_seeds = st.integers(0, 2**32 - 1)


def _numbers(shape: tuple[int, ...], seed: int) -> Any:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def _output(module: Any, x: Any, params: Any, weights: Any = None) -> Any:
    return module.OP.forward((x,), weights or {}, params, no_tick)[0]


def _column(*values: float) -> Any:
    return np.array(values).reshape(1, -1, 1, 1)


@settings(max_examples=30)
@given(_shapes, _seeds)
def test_global_average_pooling_agrees_with_onnxruntime(shape: tuple[int, ...], seed: int) -> None:
    x = _numbers(shape, seed)
    near(_output(global_average_pool, x, global_average_pool.Params())[0], run("GlobalAveragePool", [x])[0])


@settings(max_examples=30)
@given(_shapes, st.integers(1, 7), _seeds)
def test_a_fully_connected_layer_agrees_with_onnxruntime(shape: tuple[int, ...], units: int, seed: int) -> None:
    x = _numbers(shape, seed)
    w, b = _numbers((units, math.prod(shape[1:])), seed + 1), _numbers((units,), seed + 2)
    (expected,) = run("Gemm", [x.reshape(shape[0], -1), w, b], transB=1)
    (y,) = _output(dense, x, dense.Params(units=units), {"w": w, "b": b})
    assert y.shape == (shape[0], units, 1, 1)
    near(y[:, :, 0, 0], expected)


@settings(max_examples=30)
@given(st.integers(1, 4), st.integers(1, 30), st.sampled_from([1, 30, 1000]), _seeds)
def test_softmax_agrees_with_onnxruntime(images: int, classes: int, scale: int, seed: int) -> None:
    x = _numbers((images, classes, 1, 1), seed) * scale
    y, _ = _output(softmax, x, softmax.Params())
    (expected,) = run("Softmax", [x[:, :, 0, 0]], axis=1)
    near(y[:, :, 0, 0], expected)


@given(_shapes, _seeds)
def test_flattening_keeps_the_order_that_a_fully_connected_layer_reads(shape: tuple[int, ...], seed: int) -> None:
    x = _numbers(shape, seed)
    weights = dense.OP.init((shape,), dense.Params(units=2), np.random.default_rng(0))
    (flat,) = _output(flatten, x, flatten.Params())
    (direct,), (behind,) = (_output(dense, each, dense.Params(units=2), weights) for each in (x, flat))
    np.testing.assert_array_equal(direct, behind)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_scores_overflow_neither_softmax_nor_its_loss(dtype: Any) -> None:
    scores = _column(1000, 1001, 1002).astype(dtype)
    y, loss = _output(softmax, scores, softmax.Params((0,)))
    np.testing.assert_allclose(y.ravel(), [0.09003057, 0.24472847, 0.66524096], rtol=1e-6)
    assert loss.item() == pytest.approx(2.40760596, rel=1e-6)


def test_the_loss_of_a_hopeless_class_stays_finite() -> None:
    scores = _column(0, 5000)
    (y, loss), saved = softmax.OP.forward((scores,), {}, softmax.Params((0,)), no_tick)
    (gradient,), _ = softmax.OP.backward([None, np.ones((1, 1, 1, 1))], saved, no_tick)
    assert y[0, 0, 0, 0] == 0
    assert loss.item() == 5000
    assert gradient.ravel().tolist() == [-1, 1]


def test_the_inspector_shows_that_the_plain_exponential_would_overflow() -> None:
    scores = _column(1000, 1001, 1002).astype(np.float32)
    steps = softmax.OP.explain((scores,), {}, softmax.Params(), Cell(0, (0, 2, 0, 0)))
    plain = steps[0].parts[-1]
    assert isinstance(plain, Number)
    assert plain.value == math.inf
    assert "float32" in str(plain.label)


def test_each_image_is_held_against_its_own_class() -> None:
    scores = np.log(np.array([[1.0, 3.0], [1.0, 3.0]])).reshape(2, 2, 1, 1)
    _, loss = _output(softmax, scores, softmax.Params((0, 1)))
    np.testing.assert_allclose(loss.ravel(), [math.log(4), math.log(4 / 3)])


@pytest.mark.parametrize(
    ("shape", "target", "named"),
    [
        ((2, 3, 4, 5), (0,), r"4 × 5; .* 1 × 1\. Flatten"),
        ((2, 3, 1, 1), (3,), "class 3 .* 0 to 2"),
        ((2, 3, 1, 1), (0, 1, 2), "3 right classes for 2 images"),
    ],
)
def test_a_loss_without_a_meaning_is_refused(shape: tuple[int, ...], target: tuple[int, ...], named: str) -> None:
    with pytest.raises(Refusal, match=named):
        softmax.OP.shape((shape,), softmax.Params(target))


def test_weights_beyond_the_limit_are_refused_before_memory_is_taken() -> None:
    before = limits.current()
    try:
        limits.change(dataclasses.replace(before, array_bytes=3 * limits.MEBI))
        dense.OP.shape(((1, 3, 128, 128),), dense.Params(units=8))
        with pytest.raises(Refusal, match="9 units on 49152 numbers take 3 MB; the limit is 3 MB"):
            dense.OP.shape(((1, 3, 128, 128),), dense.Params(units=9))
    finally:
        limits.change(before)


@settings(max_examples=5, deadline=None)
@given(_seeds)
def test_a_hundred_thousand_inputs_are_added_up_to_the_digits_of_float32(seed: int) -> None:
    x = _numbers((2, 512, 14, 14), seed)
    w, b = _numbers((3, 100_352), seed + 1), _numbers((3,), seed + 2)
    exact = x.reshape(2, -1).astype(np.float64) @ w.T.astype(np.float64) + b
    (y,) = _output(dense, x, dense.Params(units=3), {"w": w, "b": b})
    size = np.abs(x.reshape(2, -1)).astype(np.float64) @ np.abs(w).T.astype(np.float64)
    assert (np.abs(y[:, :, 0, 0] - exact) <= 1e-6 * size).all()


def test_the_gradients_of_a_fully_connected_layer_are_its_two_products() -> None:
    x, gy = _numbers((3, 4, 5, 6), 0), _numbers((3, 7, 1, 1), 1)
    w, b = _numbers((7, 120), 2), _numbers((7,), 3)
    _, saved = dense.OP.forward((x,), {"w": w, "b": b}, dense.Params(units=7), no_tick)
    (gx,), slopes = dense.OP.backward([gy], saved, no_tick)
    flat, flow = x.reshape(3, -1), gy[:, :, 0, 0]
    near(gx.reshape(3, -1), run("Gemm", [flow, w])[0])
    near(slopes["w"], run("Gemm", [flow, flat], transA=1)[0])
    near(slopes["b"], run("Gemm", [flow, np.ones((3, 1), np.float32)], transA=1)[0].ravel())


def test_he_weights_have_the_deviation_that_keeps_the_scale() -> None:
    drawn = dense.OP.init(((1, 50, 8, 8),), dense.Params(units=40), np.random.default_rng(0))
    assert drawn["w"].std() == pytest.approx(math.sqrt(2 / 3200), rel=0.01)
    assert not drawn["b"].any()


def test_the_inspector_adds_up_thousands_of_products_by_the_largest() -> None:
    x, params = np.random.default_rng(0).standard_normal((1, 10_000, 1, 1)), dense.Params(units=1)
    weights = dense.OP.init((x.shape,), params, np.random.default_rng(0))
    (step,) = dense.OP.explain((x,), weights, params, Cell(0, (0, 0, 0, 0)))
    (total,) = step.parts
    assert isinstance(total, Sum)
    assert [str(label) for label, _ in total.terms[-2:]] == ["… 9984 more", "bias"]
    assert step.value == pytest.approx(float(weights["w"][0] @ x.ravel()), rel=1e-9)


def test_global_pooling_and_flattening_show_what_they_leave_of_a_map() -> None:
    assert global_average_pool.OP.arithmetic(((1, 8, 4, 6),), global_average_pool.Params()) == (
        "1 of 4·6 = 24 numbers",
    )
    assert flatten.OP.arithmetic(((1, 8, 4, 6),), flatten.Params()) == ("8·4·6 = 192",)
    assert dense.OP.arithmetic(((1, 8, 4, 6),), dense.Params(units=10)) == ("8·4·6·10 + 10 = 1930 weights",)
