"""What users rely on in the activations: right over the whole line, in the tails too, and in both directions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.ops import (
    clip,
    elu,
    gelu,
    hard_sigmoid,
    hard_swish,
    leaky_relu,
    mish,
    operations,
    prelu,
    relu,
    sigmoid,
    softplus,
    swish,
    tanh,
)
from explorer.ops.op import Cell, Op, no_tick
from explorer.refusal import Refusal
from tests.onnx_oracle import near, run

ACTIVATIONS = [op for op in operations().values() if op.group == "Activation"]
SMOOTH = {
    "sigmoid": (sigmoid.OP, None),
    "tanh": (tanh.OP, None),
    "elu": (elu.OP, elu.Params(1.5)),
    "gelu": (gelu.OP, gelu.Params()),
    "gelu by tanh": (gelu.OP, gelu.Params("tanh")),
    "swish": (swish.OP, None),
    "softplus": (softplus.OP, None),
    "mish": (mish.OP, None),
}
every_activation = pytest.mark.parametrize("op", [pytest.param(op, id=op.name) for op in ACTIVATIONS])
every_smooth_one = pytest.mark.parametrize(("op", "params"), list(SMOOTH.values()), ids=list(SMOOTH))

_shapes = st.tuples(*[st.integers(1, 5)] * 4)
_seeds = st.integers(0, 2**32 - 1)


def _numbers(shape: tuple[int, ...], seed: int) -> Any:
    """Most near 0, some far out."""
    rng = np.random.default_rng(seed)
    return (rng.standard_normal(shape) * rng.choice((0.1, 1, 3, 20), shape)).astype(np.float32)


def _of(op: Op, x: Any, params: Any = None, weights: Any = None) -> Any:
    params = op.Params() if params is None else params
    x = np.asarray(x)
    shape = x.shape if x.ndim == 4 else (1, 1, 1, x.size)
    x = x.reshape(shape)
    weights = op.init((shape,), params, np.random.default_rng(0)) if weights is None else weights
    return op.forward((x,), weights, params, no_tick)[0][0]


def _slope(op: Op, x: Any, params: Any = None, dtype: Any = np.float64) -> Any:
    params = op.Params() if params is None else params
    x = np.asarray(x, dtype).reshape(1, 1, 1, -1)
    _, saved = op.forward((x,), op.init((x.shape,), params, np.random.default_rng(0)), params, no_tick)
    (gx,), _ = op.backward([np.ones_like(x)], saved, no_tick)
    assert gx is not None
    return gx.ravel()


_parameters = st.floats(-3, 3, width=32)

ORACLES: dict[str, tuple[Op, Callable[[float, float], tuple[Any, str, int, dict[str, Any]]]]] = {
    "relu": (relu.OP, lambda a, b: (relu.Params(), "Relu", 14, {})),
    "leaky_relu": (leaky_relu.OP, lambda a, b: (leaky_relu.Params(a), "LeakyRelu", 16, {"alpha": a})),
    "elu": (elu.OP, lambda a, b: (elu.Params(abs(a)), "Elu", 6, {"alpha": abs(a)})),
    "gelu": (gelu.OP, lambda a, b: (gelu.Params(), "Gelu", 20, {"approximate": "none"})),
    "gelu by tanh": (gelu.OP, lambda a, b: (gelu.Params("tanh"), "Gelu", 20, {"approximate": "tanh"})),
    "sigmoid": (sigmoid.OP, lambda a, b: (sigmoid.Params(), "Sigmoid", 13, {})),
    "tanh": (tanh.OP, lambda a, b: (tanh.Params(), "Tanh", 13, {})),
    "hard_swish": (hard_swish.OP, lambda a, b: (hard_swish.Params(), "HardSwish", 14, {})),
    "hard_sigmoid": (
        hard_sigmoid.OP,
        lambda a, b: (
            hard_sigmoid.Params(abs(a) + 0.125, b),
            "HardSigmoid",
            6,
            {"alpha": abs(a) + 0.125, "beta": b},
        ),
    ),
    "swish": (swish.OP, lambda a, b: (swish.Params(), "Swish", 24, {})),
    "softplus": (softplus.OP, lambda a, b: (softplus.Params(), "Softplus", 1, {})),
    "mish": (mish.OP, lambda a, b: (mish.Params(), "Mish", 18, {})),
}


@pytest.mark.parametrize("name", ORACLES)
@settings(max_examples=25)
@given(_shapes, _parameters, _parameters, _seeds)
def test_an_activation_agrees_with_onnxruntime(
    name: str, shape: tuple[int, ...], a: float, b: float, seed: int
) -> None:
    op, given_parameters = ORACLES[name]
    params, operator, opset, attributes = given_parameters(a, b)
    x = _numbers(shape, seed)
    # Its logistic function is off by some 1e-8 everywhere, which x multiplies; our own digits have tests of their own.
    absolute = 1e-6 if operator in ("Sigmoid", "Swish") else 0.0
    near(_of(op, x, params), run(operator, [x], opset=opset, **attributes)[0], absolute)


@settings(max_examples=25)
@given(_shapes, _parameters, _parameters, _seeds)
def test_clipping_agrees_with_onnxruntime(shape: tuple[int, ...], a: float, b: float, seed: int) -> None:
    low, high = sorted((a, b))
    x = _numbers(shape, seed)
    (expected,) = run("Clip", [x, np.array(low, np.float32), np.array(high, np.float32)])
    np.testing.assert_array_equal(_of(clip.OP, x, clip.Params(low, high)), expected)


@settings(max_examples=25)
@given(_shapes, st.booleans(), _seeds)
def test_the_parametric_one_agrees_with_onnxruntime(shape: tuple[int, ...], shared: bool, seed: int) -> None:
    x = _numbers(shape, seed)
    slope = np.random.default_rng(seed).standard_normal(1 if shared else shape[1]).astype(np.float32)
    params = prelu.Params("shared" if shared else "channel")
    # The oracle aligns shapes from the last axis; a slope of shape (C,) would go along the columns.
    (expected,) = run("PRelu", [x, slope.reshape(-1, 1, 1)], opset=16)
    near(_of(prelu.OP, x, params, {"slope": slope}), expected)


def _reference(name: str) -> Callable[[float], float]:
    """The function by Python's mathematics, with a form that keeps every digit far below 0."""

    def sigma(x: float) -> float:
        return 1 / (1 + math.exp(-x)) if x > 0 else math.exp(x) / (1 + math.exp(x))

    def rounded(x: float) -> float:
        return max(x, 0.0) + math.log1p(math.exp(-abs(x)))

    functions: dict[str, Callable[[float], float]] = {
        "sigmoid": sigma,
        "tanh": math.tanh,
        "elu": lambda x: x if x > 0 else 1.5 * math.expm1(x),
        "gelu": lambda x: 0.5 * x * math.erfc(-x / math.sqrt(2)),
        "gelu by tanh": lambda x: x * sigma(2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)),
        "swish": lambda x: x * sigma(x),
        "softplus": rounded,
        "mish": lambda x: x * math.tanh(rounded(x)),
    }
    return functions[name]


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize(("dtype", "bound", "least"), [(np.float64, 1e-12, 1e-290), (np.float32, 6e-7, 1.2e-38)])
def test_no_digit_is_lost_anywhere_on_the_line(name: str, dtype: Any, bound: float, least: float) -> None:
    op, params = SMOOTH[name]
    tiny = np.geomspace(1e-30, 700, 400)
    x = np.concatenate([np.linspace(-40, 40, 801), tiny, -tiny]).astype(dtype)
    expected = np.array([_reference(name)(float(each)) for each in x])
    found = _of(op, x, params).ravel()
    assert found.dtype == dtype
    normal = np.abs(expected) > least
    assert np.count_nonzero(normal) > 600
    # Near x = −40 the rounding of the reference's own exponents is all that is left of the difference.
    np.testing.assert_allclose(found[normal].astype(np.float64), expected[normal], rtol=bound)
    np.testing.assert_allclose(found[~normal].astype(np.float64), expected[~normal], atol=least)


@every_smooth_one
def test_the_slope_keeps_its_digits_far_below_0(op: Op, params: Any) -> None:
    """By the exact ratio of slope and value in the tail, where both go to 0 together."""
    x = np.array([-10.0, -15.0])
    e, density = np.exp(x), np.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    tail = np.array([0.5 * math.erfc(-each / math.sqrt(2)) for each in x])
    v, dv = 2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x**3), 2 * math.sqrt(2 / math.pi) * (1 + 0.134145 * x * x)
    gate = np.exp(v) / (1 + np.exp(v))
    sigma = e / (1 + e)
    t = e * (e + 2) / (e * (e + 2) + 2)
    expected = {
        "sigmoid": sigma / (1 + e),
        "tanh": 4 * e**2 / (1 + e**2) ** 2,
        "elu": 1.5 * e,
        "gelu": tail + x * density,
        "gelu by tanh": gate * (1 + x * dv / (1 + np.exp(v))),
        "swish": sigma * (1 + x / (1 + e)),
        "softplus": sigma,
        "mish": t + x * (1 - t) * (1 + t) * sigma,
    }
    (name,) = (name for name, each in SMOOTH.items() if each == (op, params))
    np.testing.assert_allclose(_slope(op, x, params), expected[name], rtol=1e-11)


ENDS = {  # f at −∞, −1000, 1000 and ∞, then f′
    "sigmoid": ([0, 0, 1, 1], [0, 0, 0, 0]),
    "tanh": ([-1, -1, 1, 1], [0, 0, 0, 0]),
    "elu": ([-1.5, -1.5, 1000, np.inf], [0, 0, 1, 1]),
    "gelu": ([0, 0, 1000, np.inf], [0, 0, 1, 1]),
    "gelu by tanh": ([0, 0, 1000, np.inf], [0, 0, 1, 1]),
    "swish": ([0, 0, 1000, np.inf], [0, 0, 1, 1]),
    "softplus": ([0, 0, 1000, np.inf], [0, 0, 1, 1]),
    "mish": ([0, 0, 1000, np.inf], [0, 0, 1, 1]),
}


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_ends_of_the_line_are_the_limits(name: str, dtype: Any) -> None:
    op, params = SMOOTH[name]
    x = np.array([-np.inf, -1000, 1000, np.inf], dtype)
    values, slopes = ENDS[name]
    np.testing.assert_array_equal(_of(op, x, params).ravel(), values)
    np.testing.assert_array_equal(_slope(op, x, params), slopes)


@every_activation
def test_not_a_number_stays_and_nothing_else_becomes_it(op: Op) -> None:
    x = np.array([np.nan, -np.inf, -1e300, -3, -1e-300, -0.0, 0.0, 5e-324, 3, 1e300, np.inf])
    assert np.isnan(_of(op, x)).ravel().tolist() == [True] + 10 * [False]


def test_the_gradient_where_lines_meet_is_the_one_that_is_documented() -> None:
    assert _slope(leaky_relu.OP, [-0.0, 0.0], leaky_relu.Params(0.5)).tolist() == [0.5, 0.5]
    assert _slope(prelu.OP, [-0.0, 0.0]).tolist() == [0.25, 0.25]
    assert _slope(elu.OP, [-0.0, 0.0], elu.Params(2.0)).tolist() == [2, 2]
    assert _slope(clip.OP, [-1, 2], clip.Params(-1, 2)).tolist() == [1, 1]
    assert _slope(clip.OP, [0.5, 1, 1.5], clip.Params(1, 1)).tolist() == [0, 1, 0]
    assert _slope(hard_swish.OP, [-3, 3]).tolist() == [0, 1]
    assert _slope(hard_sigmoid.OP, [-1, 1], hard_sigmoid.Params(0.5, 0.5)).tolist() == [0, 0]


def test_a_minimum_above_the_maximum_is_refused_with_both() -> None:
    for low, high in ((1.0, 1.0), (1.0, 1.5)):
        assert clip.OP.shape(((1, 1, 2, 2),), clip.Params(low, high)) == ((1, 1, 2, 2),)
    with pytest.raises(Refusal, match=r"minimum is 1\.5 and the maximum 1\.0"):
        clip.OP.shape(((1, 1, 2, 2),), clip.Params(1.5, 1.0))


def test_slopes_are_one_a_channel_or_one_for_all_and_begin_at_a_quarter() -> None:
    shapes, rng = ((2, 3, 4, 5),), np.random.default_rng(0)
    assert prelu.OP.init(shapes, prelu.Params(), rng)["slope"].tolist() == [0.25] * 3
    assert prelu.OP.init(shapes, prelu.Params("shared"), rng)["slope"].tolist() == [0.25]


def test_a_slope_gathers_its_gradient_over_images_and_places() -> None:
    x = np.array([[[[-1.0, 2.0]], [[-3.0, 0.0]]], [[[4.0, -5.0]], [[6.0, 7.0]]]])
    for params, expected in ((prelu.Params(), [-6.0, -3.0]), (prelu.Params("shared"), [-9.0])):
        weights = prelu.OP.init((x.shape,), params, np.random.default_rng(0))
        _, saved = prelu.OP.forward((x,), weights, params, no_tick)
        assert prelu.OP.backward([np.ones_like(x)], saved, no_tick)[1]["slope"].tolist() == expected


@pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="one processor has one number of threads")
@every_activation
def test_where_the_threads_divide_an_odd_number_of_cells_changes_no_bit(op: Op) -> None:
    x = np.random.default_rng(0).standard_normal((1, 1, 1, 4099)).astype(np.float32) * 4
    found = []
    for threads in (1, 2):
        numba.set_num_threads(threads)
        try:
            found.append(_of(op, x).tobytes())
        finally:
            numba.set_num_threads(numba.config.NUMBA_NUM_THREADS)
    assert found[0] == found[1]


def test_an_explanation_shows_the_numbers_of_its_formula() -> None:
    x = np.array([-2.0]).reshape(1, 1, 1, 1)
    cell = Cell(0, (0, 0, 0, 0))
    (leaky,) = leaky_relu.OP.explain((x,), {}, leaky_relu.Params(0.5), cell)
    assert [getattr(part, "value", None) for part in leaky.parts] == [0.5, None, -2.0, None, -1.0]
    power, y = sigmoid.OP.explain((x,), {}, sigmoid.Params(), cell)
    assert power.value == math.exp(-2)
    assert y.value == pytest.approx(1 / (1 + math.exp(2)))
    curve, stretched = elu.OP.explain((x,), {}, elu.Params(3.0), cell)
    assert (curve.value, stretched.value) == (math.expm1(-2), 3 * math.expm1(-2))


@pytest.mark.parametrize("name", SMOOTH)
def test_the_slope_in_float32_is_that_of_float64_to_its_last_digits(name: str) -> None:
    """Down to the least normal number; where the slope changes its sign, to the last digits of its two parts."""
    op, params = SMOOTH[name]
    tiny = np.geomspace(1e-30, 40, 400)
    x = np.concatenate([np.linspace(-40, 40, 801), tiny, -tiny, [-np.inf, -0.0, np.inf, np.nan]]).astype(np.float32)
    found, expected = _slope(op, x, params, np.float32), _slope(op, x, params)
    assert found.dtype == np.float32
    changes = (np.abs(expected) < 0.05) & (x > -2) & (x < 0)
    np.testing.assert_allclose(found[~changes], expected[~changes], rtol=8e-7, atol=3e-45)
    np.testing.assert_allclose(found[changes], expected[changes], atol=1e-7)
