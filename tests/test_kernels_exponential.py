"""The exponential functions of the kernels against Python's mathematics, over the whole line."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from kernels import exponential
from kernels import exponential_single as single
from kernels.exponential import bell_times, exp, exp_times, expm1_negative, log1p_unit, log_from_1, tail_by_bell

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
    for given in (math.nan, np.float32(math.nan)):
        functions = single if isinstance(given, np.float32) else exponential
        for name in ("exp", "expm1_negative", "log1p_unit", "tail_by_bell"):
            assert math.isnan(getattr(functions, name)(given))
        assert math.isnan(functions.bell_times(type(given)(1), given))
        assert math.isnan(functions.exp_times(type(given)(1), given, type(given)(0)))


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
    found, expected = _both(lambda x: bell_times(tail_by_bell(x), x), lambda x: 0.5 * math.erfc(x / math.sqrt(2)), x)
    # The rounding of x/√2 alone is worth x²·1.1e-16 in the reference.
    assert (np.abs(found / expected - 1) <= 1e-15 + 3e-16 * x * x).all()
    assert bell_times(tail_by_bell(math.inf), math.inf) == 0


def test_the_tail_of_the_normal_distribution_in_float32_is_right_to_its_last_digits() -> None:
    def tail(x: float) -> float:
        given = np.float32(x)
        # What compiled code hands back is Python's.
        return float(single.bell_times(np.float32(single.tail_by_bell(given)), given))

    x = np.concatenate([np.linspace(0, 12.9, 5000), np.geomspace(1e-40, 1, 300)]).astype(np.float32)
    found, expected = _both(tail, lambda x: 0.5 * math.erfc(x / math.sqrt(2)), x)
    np.testing.assert_allclose(found, expected, rtol=5e-7)
    assert tail(math.inf) == 0


def test_the_bell_curve_is_exact_where_its_exponent_is() -> None:
    squares = np.arange(0, 37, 0.5)  # x²/2 is a number without rounding
    found, expected = _both(lambda x: bell_times(1.0, x), lambda x: math.exp(-x * x / 2), squares)
    np.testing.assert_allclose(found, expected, rtol=8e-16)
    near = np.linspace(0, 13, 3000).astype(np.float32)
    found, expected = _both(
        lambda x: single.bell_times(np.float32(1), np.float32(x)), lambda x: math.exp(-x * x / 2), near
    )
    np.testing.assert_allclose(found, expected, rtol=2.5e-7)


def test_a_factor_of_the_exponential_function_meets_it_before_it_is_rounded() -> None:
    assert exp_times(3.0, -2.0, 0.0) == pytest.approx(3 * math.exp(-2), rel=4e-16)
    for factor, x, more in ((100.0, -90.0, 1e-6), (1e-30, -0.5, -1e-8), (750.0, -120.0, 0.0), (-2.0, -1e30, 0.0)):
        found = single.exp_times(np.float32(factor), np.float32(x), np.float32(more))
        expected = float(np.float32(factor)) * math.exp(x + float(np.float32(more)))
        assert found == pytest.approx(expected, rel=2.5e-7, abs=1e-45)


def test_the_exponential_function_in_float32_is_right_to_its_last_digits() -> None:
    x = np.concatenate([np.linspace(-87.3, 0, 5000), -np.geomspace(1e-30, 1, 500)]).astype(np.float32)
    found, expected = _both(lambda x: single.exp(np.float32(x)), math.exp, x)
    np.testing.assert_allclose(found, expected, rtol=2.5e-7)
    small = np.linspace(-110, -87.4, 500).astype(np.float32)
    found, expected = _both(lambda x: single.exp(np.float32(x)), math.exp, small)
    assert np.abs(found - expected).max() <= 3e-45
    assert single.exp(np.float32(-np.inf)) == 0
    assert math.isnan(single.exp(np.float32(np.nan)))


def test_the_logarithm_of_numbers_from_1_on_keeps_its_digits() -> None:
    x = np.concatenate([1 + np.geomspace(2.0**-52, 1, 1000), np.geomspace(1, 1e300, 3000)])
    found, expected = _both(log_from_1, math.log, x)
    np.testing.assert_allclose(found, expected, rtol=5e-16)
    assert math.isnan(log_from_1(np.nan))


def test_the_difference_from_1_in_float32_keeps_its_digits_near_0() -> None:
    small = np.geomspace(1e-37, 1, 1500)
    x = np.concatenate([-small, np.linspace(-120, 0, 6000), [-np.inf]]).astype(np.float32)
    found, expected = _both(lambda x: single.expm1_negative(np.float32(x)), math.expm1, x)
    np.testing.assert_allclose(found, expected, rtol=3e-7)
    assert math.isnan(single.expm1_negative(np.float32(np.nan)))


def test_the_logarithm_in_float32_keeps_its_digits_near_0() -> None:
    x = np.concatenate([np.geomspace(1e-44, 1, 3000), np.linspace(0, 1, 3000)]).astype(np.float32)
    found, expected = _both(lambda x: single.log1p_unit(np.float32(x)), math.log1p, x)
    np.testing.assert_allclose(found, expected, rtol=3e-7, atol=1e-45)
