"""The exponential functions of the kernels against Python's mathematics, over the whole line."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from kernels.exponential import (
    bell,
    exp,
    exp_single,
    expm1_negative,
    expm1_negative_single,
    log1p_unit,
    log_from_1,
    normal_tail,
)

SMALLEST = 2.0**-1022


def _both(function: Any, reference: Any, numbers: Any) -> tuple[Any, Any]:
    return (
        np.array([function(float(x)) for x in numbers]),
        np.array([reference(float(x)) for x in numbers]),
    )


def test_the_exponential_function_is_right_to_the_last_digits_from_end_to_end() -> None:
    rng = np.random.default_rng(0)
    around = np.concatenate([np.nextafter(n * math.log(2) / 2, [-np.inf, np.inf]) for n in range(-2040, 2040, 7)])
    x = np.concatenate([rng.uniform(-745, 709.7, 4000), rng.uniform(-1, 1, 1000), around])
    found, expected = _both(exp, math.exp, x)
    normal = expected >= SMALLEST
    np.testing.assert_allclose(found[normal], expected[normal], rtol=4e-16)
    assert np.abs(found[~normal] - expected[~normal]).max() <= 5e-324  # one step among the subnormal numbers


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (-np.inf, 0.0),
        (-1e300, 0.0),
        (-746.0, 0.0),
        (-745.2, 0.0),
        (-745.1, 5e-324),
        (-0.0, 1.0),
        (0.0, 1.0),
        (5e-324, 1.0),
        (709.79, np.inf),
        (1e300, np.inf),
        (np.inf, np.inf),
    ],
)
def test_the_exponential_function_ends_in_0_and_in_infinity(x: float, expected: float) -> None:
    assert exp(x) == expected


def test_the_largest_number_is_reached_without_an_overflow_on_the_way() -> None:
    assert exp(709.78) == pytest.approx(math.exp(709.78), rel=4e-16)


def test_not_a_number_stays_not_a_number() -> None:
    assert all(math.isnan(function(math.nan)) for function in (exp, expm1_negative, log1p_unit, bell))
    assert math.isnan(normal_tail(math.nan, bell(math.nan)))


def test_the_differences_from_1_keep_their_digits_near_0() -> None:
    small = np.geomspace(1e-320, 1, 1500)
    for function, reference, numbers in (
        (expm1_negative, math.expm1, np.concatenate([-small, np.linspace(-60, -0.1, 3000), [-np.inf, -1e300]])),
        (log1p_unit, math.log1p, np.concatenate([small, np.linspace(0, 1, 3000)])),
    ):
        found, expected = _both(function, reference, numbers)
        np.testing.assert_allclose(found, expected, rtol=6e-16, atol=1e-323)


def test_the_tail_of_the_normal_distribution_keeps_its_digits() -> None:
    x = np.concatenate([np.linspace(0, 37, 3000), np.geomspace(1e-300, 1, 300)])
    found, expected = _both(lambda x: normal_tail(x, bell(x)), lambda x: 0.5 * math.erfc(x / math.sqrt(2)), x)
    # The rounding of x/√2 alone is worth x²·1.1e-16 in the reference.
    assert (np.abs(found / expected - 1) <= 1e-15 + 3e-16 * x * x).all()
    assert normal_tail(math.inf, bell(math.inf)) == 0


def test_the_bell_curve_is_even_and_exact_where_its_exponent_is() -> None:
    x = np.linspace(0, 37, 1480)  # steps of 1/40
    squares = np.arange(0, 37, 0.5)  # x²/2 is a number without rounding
    found, expected = _both(bell, lambda x: math.exp(-x * x / 2), squares)
    np.testing.assert_allclose(found, expected, rtol=8e-16)
    assert [bell(float(-each)) for each in x] == [bell(float(each)) for each in x]


def test_the_exponential_function_in_float32_is_right_to_its_last_digits() -> None:
    x = np.concatenate([np.linspace(-87.3, 0, 5000), -np.geomspace(1e-30, 1, 500)]).astype(np.float32)
    found, expected = _both(lambda x: exp_single(np.float32(x)), math.exp, x)
    np.testing.assert_allclose(found, expected, rtol=2.5e-7)
    small = np.linspace(-110, -87.4, 500).astype(np.float32)
    found, expected = _both(lambda x: exp_single(np.float32(x)), math.exp, small)
    assert np.abs(found - expected).max() <= 3e-45
    assert exp_single(np.float32(-np.inf)) == 0
    assert math.isnan(exp_single(np.float32(np.nan)))


def test_the_logarithm_of_numbers_from_1_on_keeps_its_digits() -> None:
    x = np.concatenate([1 + np.geomspace(2.0**-52, 1, 1000), np.geomspace(1, 1e300, 3000)])
    found, expected = _both(log_from_1, math.log, x)
    np.testing.assert_allclose(found, expected, rtol=5e-16)
    assert math.isnan(log_from_1(np.nan))


def test_the_difference_from_1_in_float32_keeps_its_digits_near_0() -> None:
    small = np.geomspace(1e-37, 1, 1500)
    x = np.concatenate([-small, np.linspace(-120, 0, 6000), [-np.inf]]).astype(np.float32)
    found, expected = _both(lambda x: expm1_negative_single(np.float32(x)), math.expm1, x)
    np.testing.assert_allclose(found, expected, rtol=3e-7)
    assert math.isnan(expm1_negative_single(np.float32(np.nan)))
