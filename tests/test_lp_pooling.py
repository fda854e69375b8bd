"""What users rely on in Lp pooling."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.ops import lp_pool
from explorer.ops.op import Cell
from explorer.ops.parameters import check
from explorer.refusal import Refusal
from tests.onnx_oracle import near, run
from tests.pooling_cases import accepted, attributes, gradient, numbers, pooled, seeds, shapes, windows

_LARGE, _SMALL = 1e38, 1e-44


def _norm(values: list[float], dtype: Any = np.float32, **params: Any) -> Any:
    x = np.array(values, dtype).reshape(1, 1, 1, -1)
    return pooled(lp_pool.OP, x, lp_pool.Params(kernel=(1, len(values)), **params))[0].item()


@settings(max_examples=80)
@given(shapes, windows, st.integers(1, 7), seeds)
def test_lp_pooling_agrees_with_onnxruntime(shape: tuple[int, ...], window: dict[str, Any], p: int, seed: int) -> None:
    params = lp_pool.Params(padding="numbers", p=float(p), **window)
    attributes_of = attributes(window)
    accepted(lp_pool.OP, shape, params)
    x = numbers(shape, seed)
    (expected,) = run("LpPool", [x], opset=18, p=p, **attributes_of)
    near(pooled(lp_pool.OP, x, params)[0], expected)


@settings(max_examples=40)
@given(shapes, windows, st.floats(1, 20), st.booleans(), seeds)
def test_lp_pooling_with_a_real_p_is_the_formula(
    shape: tuple[int, ...], window: dict[str, Any], p: float, mean: bool, seed: int
) -> None:
    params = lp_pool.Params(padding="numbers", p=p, mean=mean, **window)
    accepted(lp_pool.OP, shape, params)
    x = numbers(shape, seed)
    (y,) = pooled(lp_pool.OP, x, params)
    top, left, bottom, right = window["pads"]
    late = [window["stride"][axis] + window["kernel"][axis] * window["dilation"][axis] for axis in (0, 1)]
    around = ((0, 0), (0, 0), (top, bottom + late[0]), (left, right + late[1]))
    sizes = np.pad(np.abs(x.astype(np.float64)), around, constant_values=np.nan)
    for n, c, i, j in np.ndindex(y.shape):
        rows, columns = (
            place * window["stride"][axis] + np.arange(window["kernel"][axis]) * window["dilation"][axis]
            for axis, place in enumerate((i, j))
        )
        taken = sizes[n, c][np.ix_(rows, columns)]
        taken = taken[~np.isnan(taken)]
        expected = ((taken**p).mean() if mean else (taken**p).sum()) ** (1 / p)
        np.testing.assert_allclose(y[n, c, i, j], expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("values", "p", "expected"),
    [
        ([3 * _LARGE / 2, 2 * _LARGE], 2.0, 2.5 * _LARGE),
        ([30 * _SMALL, 40 * _SMALL], 2.0, 50 * _SMALL),
        ([_LARGE, _LARGE], 1000.0, _LARGE * 2**0.001),
        ([_SMALL, -_SMALL], 1.0, 2 * _SMALL),
        ([0.0, 0.0], 3.0, 0.0),
        ([3.0, 4.0, 0.0], 1000.0, 4.0),
    ],
)
def test_no_power_overflows_or_underflows_in_float32(values: list[float], p: float, expected: float) -> None:
    stored = np.float32(expected)
    assert abs(_norm(values, p=p) - stored) <= max(2e-7 * stored, 3e-45)


@pytest.mark.parametrize("scale", [2.0**-1070, 2.0**-1020, 2.0**-600, 2.0**600, 2.0**1020])
@pytest.mark.parametrize("p", [1.0, 2.0, 2.5, 300.0])
def test_the_norm_and_its_gradient_follow_the_scale_to_the_ends_of_float64(scale: float, p: float) -> None:
    values = [1.0, -2.0, 3.0]
    precision = 1e-12 if scale > 2.0**-1000 else 2.0**-4
    np.testing.assert_allclose(
        _norm([scale * value for value in values], np.float64, p=p) / scale, _norm(values, np.float64, p=p), precision
    )
    if scale > 2.0**-1000:
        x, params = np.array(values).reshape(1, 1, 1, 3), lp_pool.Params(kernel=(1, 3), p=p)
        np.testing.assert_allclose(
            gradient(lp_pool.OP, scale * x, params, [1]), gradient(lp_pool.OP, x, params, [1]), rtol=1e-11
        )


def test_a_norm_past_the_range_of_float32_is_infinite() -> None:
    assert _norm([3e38, 3e38]) == np.inf
    assert _norm([1.0, -np.inf]) == np.inf
    assert np.isnan(_norm([np.inf, np.nan, 1.0]))


@pytest.mark.parametrize("p", [1.0, 1.5, 2.0, 50.0])
@pytest.mark.parametrize("mean", [False, True])
def test_a_window_of_zeros_gives_0_and_has_the_gradient_0(p: float, mean: bool) -> None:
    params = lp_pool.Params(p=p, mean=mean)
    x = np.zeros((1, 1, 2, 2))
    assert pooled(lp_pool.OP, x, params)[0].item() == 0
    assert not gradient(lp_pool.OP, x, params, [7]).any()


@pytest.mark.parametrize(
    ("p", "mean", "expected"),
    [
        (1.0, False, [10, -10, 0]),
        (1.0, True, [10 / 3, -10 / 3, 0]),
        (2.0, False, [6, -8, 0]),
        (2.0, True, [6 / 3**0.5, -8 / 3**0.5, 0]),
        (1000.0, False, [0, -10, 0]),
    ],
)
def test_the_gradient_is_the_sign_times_the_share_to_the_power_of_p_less_1(
    p: float, mean: bool, expected: list[float]
) -> None:
    x = np.array([3.0, -4.0, 0.0]).reshape(1, 1, 1, 3)
    gx = gradient(lp_pool.OP, x, lp_pool.Params(kernel=(1, 3), p=p, mean=mean), [10])
    np.testing.assert_allclose(gx.ravel(), expected, rtol=1e-12, atol=1e-12)


def test_the_power_mean_of_equal_numbers_is_that_number_and_the_norm_is_not() -> None:
    for p in (1.0, 2.0, 7.5, 1000.0):
        assert abs(_norm([5.0] * 4, p=p, mean=True) - 5) < 1e-6
        assert abs(_norm([5.0] * 4, p=p) - 5 * 4 ** (1 / p)) < 1e-5


def test_padding_is_no_cell_of_the_power_mean() -> None:
    params = lp_pool.Params(kernel=(2, 2), padding="numbers", pads=(1, 1, 0, 0), mean=True)
    assert pooled(lp_pool.OP, np.full((1, 1, 1, 1), -3.0), params)[0].item() == 3


def test_p_is_refused_below_1_and_past_1000_and_taken_at_both() -> None:
    for p in (1.0, 1000.0):
        check(lp_pool.Params(p=p))
    for p in (0.999, 1000.1, float("inf")):
        with pytest.raises(Refusal, match=r"^p is "):
            check(lp_pool.Params(p=p))


def test_the_inspector_divides_by_the_largest_only_where_powers_would_leave_the_range() -> None:
    x = np.array([3.0, -4.0]).reshape(1, 1, 1, 2)
    cell = Cell(0, (0, 0, 0, 0))
    plain = lp_pool.OP.explain((x,), {}, lp_pool.Params(kernel=(1, 2)), cell)
    assert [step.value for step in plain] == [25, 5]
    assert "divide the sum by the number of cells" in str(plain[-1].title)
    scaled = lp_pool.OP.explain((x,), {}, lp_pool.Params(kernel=(1, 2), p=1000.0), cell)
    assert [step.value for step in scaled] == [4, 1, 4]
    averaged = lp_pool.OP.explain((x,), {}, lp_pool.Params(kernel=(1, 2), mean=True), cell)
    assert [step.value for step in averaged] == [25, 12.5, 12.5**0.5]
