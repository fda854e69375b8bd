"""What users rely on in stochastic pooling."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from explorer.ops import counter_random, max_unpool, mean_pool, stochastic_pool
from explorer.ops.explanation import Grid, Sum
from explorer.ops.op import Cell, no_tick
from explorer.ops.parameters import check
from explorer.ops.stochastic_pool import Params
from explorer.refusal import Refusal
from kernels import counter_random as compiled
from tests.pooling_cases import accepted, gradient, numbers, pooled, seeds, shapes, windows

OP = stochastic_pool.OP
EXPECTED = Params(mode="inference")


def _tiled(window: list[float], rows: int, columns: int, planes: int = 1, dtype: Any = np.float32) -> Any:
    """Maps made of copies of one window of 2 × 2."""
    return np.tile(np.array(window, dtype).reshape(2, 2), (1, planes, rows, columns))


def _drawn(window: list[float], rows: int, columns: int, seed: int, planes: int = 1) -> Any:
    """Which of the four cells was drawn in every window, (planes, rows, columns)."""
    x = _tiled(window, rows, columns, planes)
    switches = pooled(OP, x, Params(seed=seed))[1][0]
    return switches // x.shape[3] % 2 * 2 + switches % x.shape[3] % 2


def _bound(count: int, comparisons: int) -> float:
    """Hoeffding: a frequency of `count` draws is farther than this from its probability once in 10⁹ such tests."""
    return math.sqrt(math.log(2 * comparisons / 1e-9) / (2 * count))


@pytest.mark.parametrize("window", [[1, 2, 3, 4], [0, 1, 0, 1], [1, 1, 1, 1], [1000, 1, 1, 1e-30]])
@pytest.mark.parametrize("seed", [0, 1, 2**31 - 1])
def test_numbers_are_drawn_as_often_as_their_share_of_the_sum(window: list[float], seed: int) -> None:
    drawn = _drawn(window, 300, 300, seed, planes=3)
    frequencies = np.bincount(drawn.ravel(), minlength=4) / drawn.size
    probabilities = np.array(window) / sum(window)
    assert (np.abs(frequencies - probabilities) <= _bound(drawn.size, 4)).all()
    assert not frequencies[probabilities == 0].any()


@pytest.mark.parametrize("pair", ["columns", "rows", "planes", "seeds"])
def test_draws_of_neighbouring_windows_maps_and_seeds_are_independent(pair: str) -> None:
    drawn = _drawn([1, 2, 3, 4], 200, 200, 5, planes=4)
    first, second = {
        "columns": (drawn[:, :, ::2], drawn[:, :, 1::2]),
        "rows": (drawn[:, ::2], drawn[:, 1::2]),
        "planes": (drawn[::2], drawn[1::2]),
        "seeds": (drawn, _drawn([1, 2, 3, 4], 200, 200, 6, planes=4)),
    }[pair]
    together = np.bincount((4 * first + second).ravel(), minlength=16).reshape(4, 4) / first.size
    p = np.array([1, 2, 3, 4]) / 10
    assert (np.abs(together - np.outer(p, p)) <= _bound(first.size, 16)).all()


def test_the_mean_of_many_draws_is_the_expected_number_and_not_the_mean() -> None:
    window = [0.0, 1.0, 2.0, 7.0]
    drawn = pooled(OP, _tiled(window, 300, 300), Params(seed=3))[0]
    (expected,) = {float(y) for y in pooled(OP, _tiled(window, 2, 2), EXPECTED)[0].ravel()}
    assert abs(expected - (1 + 4 + 49) / 10) < 1e-6
    assert abs(drawn.mean(dtype=np.float64) - expected) <= 7 * _bound(drawn.size, 1)
    (mean,) = {float(y) for y in pooled(mean_pool.OP, _tiled(window, 2, 2), mean_pool.Params())[0].ravel()}
    assert abs(expected - (mean + np.var(window) / mean)) < 1e-6
    assert expected > 2 * mean


@settings(max_examples=40)
@given(shapes, windows, seeds)
def test_what_is_expected_is_the_sum_of_squares_over_the_sum(
    shape: tuple[int, ...], window: dict[str, Any], seed: int
) -> None:
    accepted(OP, shape, Params(padding="numbers", **window))
    x = np.abs(numbers(shape, seed))
    y, _, _, largest = pooled(OP, x, Params(mode="inference", padding="numbers", **window))
    drawn, switches, plane, p = pooled(OP, x, Params(seed=seed % 99, padding="numbers", **window))
    # Mean pooling that counts no padding gives Σa/count and Σa²/count.
    means = mean_pool.Params(padding="numbers", **window)
    sums, squares = (pooled(mean_pool.OP, each.astype(np.float64), means)[0] for each in (x, x.astype(np.float64) ** 2))
    np.testing.assert_allclose(y, squares / sums, rtol=1e-5)
    assert plane.shape == x.shape
    taken = x.reshape(*shape[:2], -1)
    np.testing.assert_array_equal(
        drawn, np.take_along_axis(taken, switches.reshape(*shape[:2], -1), axis=2).reshape(drawn.shape)
    )
    assert (p <= largest * (1 + 1e-6)).all()


def test_the_compiled_random_numbers_are_those_of_splitmix64() -> None:
    published = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431]
    assert [counter_random.member(1234567, place) for place in range(4)] == published
    state = np.uint64(1234567)
    assert [int(compiled.member(state, place)) for place in range(4)] == published
    for seed, plane, window in ((0, 0, 0), (2**31 - 1, 7, 123_456_789)):
        state = compiled.member(compiled.member(np.uint64(0), seed), plane)
        assert compiled.uniform(state, window) == counter_random.uniform(seed, plane, window)


def test_the_same_seed_draws_the_same_and_another_seed_does_not() -> None:
    x = _tiled([1, 2, 3, 4], 20, 20)
    first, again, other = (pooled(OP, x, Params(seed=seed))[1] for seed in (7, 7, 8))
    np.testing.assert_array_equal(first, again)
    assert (first != other).mean() > 0.5


def test_a_map_draws_the_same_whatever_stands_behind_it() -> None:
    x = np.random.default_rng(0).random((2, 3, 8, 8))
    whole = pooled(OP, x, Params(seed=4))
    for y, alone in zip(whole, pooled(OP, x[:1], Params(seed=4)), strict=True):
        np.testing.assert_array_equal(y[:1], alone)


@pytest.mark.parametrize("params", [Params(), EXPECTED])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_window_of_zeros_gives_0_and_no_gradient(params: Params, dtype: Any) -> None:
    x = np.zeros((1, 1, 2, 2), dtype)
    y, switches, _, p = pooled(OP, x, params)
    assert (y.item(), switches.item(), p.item()) == (0, 0, 0)
    _, saved = OP.forward((x,), {}, params, no_tick)
    one = np.ones((1, 1, 1, 1), dtype)
    assert not OP.backward([one, None, None, one], saved, no_tick)[0][0].any()


@pytest.mark.parametrize("params", [Params(), EXPECTED])
def test_a_negative_number_is_refused_by_its_value_and_place(params: Params) -> None:
    x = np.ones((2, 3, 4, 5), np.float32)
    x[0, 0, 0, 0], x[1, 2, 3, 1], x[1, 2, 3, 4] = np.nan, -0.25, -7
    with pytest.raises(Refusal, match=r"Image 1, channel 2, row 3, column 1 is -0\.25.*ReLU"):
        pooled(OP, x, params)
    x[x < 0] = -0.0
    pooled(OP, x, params)


@pytest.mark.parametrize("mode", ["training", "inference"])
def test_rectifying_is_the_same_as_a_relu_before_it(mode: str) -> None:
    x = np.random.default_rng(1).standard_normal((2, 2, 9, 9))
    around: dict[str, Any] = {"kernel": (3, 3), "stride": (2, 2), "mode": mode}
    params = Params(**around, rectify=True)
    positive = np.maximum(x, 0)
    for found, expected in zip(pooled(OP, x, params), pooled(OP, positive, Params(**around)), strict=True):
        np.testing.assert_array_equal(found, expected)
    gy = np.random.default_rng(2).standard_normal((2, 2, 4, 4))
    masked = gradient(OP, positive, Params(**around), gy) * (x > 0)
    np.testing.assert_allclose(gradient(OP, x, params, gy), masked, rtol=1e-12)


def test_the_gradient_goes_to_the_drawn_number_alone() -> None:
    x = np.random.default_rng(3).uniform(0.1, 1, (1, 2, 6, 6))
    params = Params(kernel=(3, 3), stride=(1, 1), seed=9)
    switches = pooled(OP, x, params)[1]
    gy = np.random.default_rng(4).standard_normal(switches.shape)
    expected = np.zeros((2, 36))
    for c in range(2):
        np.add.at(expected[c], switches[0, c].ravel(), gy[0, c].ravel())
    np.testing.assert_allclose(gradient(OP, x, params, gy).reshape(2, 36), expected, rtol=1e-12)


def test_the_gradient_of_the_expected_number_is_2a_less_y_over_the_sum() -> None:
    x = np.array([0.0, 1.0, 3.0, 4.0]).reshape(1, 1, 2, 2)
    y = 26 / 8
    np.testing.assert_allclose(gradient(OP, x, EXPECTED, [8]).ravel(), 2 * x.ravel() - y, rtol=1e-12)


@pytest.mark.parametrize("scale", [2.0**-1020, 2.0**-600, 2.0**600, 2.0**1020])
@pytest.mark.parametrize("mode", ["training", "inference"])
def test_draws_and_expectations_follow_the_scale_to_the_ends_of_float64(scale: float, mode: str) -> None:
    x = np.random.default_rng(5).uniform(0.5, 2, (1, 1, 8, 8))
    params = Params(kernel=(4, 4), stride=(2, 2), mode=mode)
    y, switches, _, p = pooled(OP, x, params)
    scaled_y, scaled_switches, _, scaled_p = pooled(OP, x * scale, params)
    np.testing.assert_array_equal(scaled_switches, switches)
    np.testing.assert_allclose(scaled_y / scale, y, rtol=1e-12)
    np.testing.assert_allclose(scaled_p, p, rtol=1e-12)
    ones = np.ones(y.shape)
    np.testing.assert_allclose(gradient(OP, x * scale, params, ones), gradient(OP, x, params, ones), rtol=1e-11)


@pytest.mark.parametrize("mode", ["training", "inference"])
def test_not_a_number_and_infinity_come_through_and_have_no_probability(mode: str) -> None:
    x = np.array([[1.0, np.inf, 1.0, np.inf], [np.inf, 2.0, np.nan, np.nan]])[None, None]
    y, switches, _, p = pooled(OP, x, Params(mode=mode))
    np.testing.assert_array_equal(y[0, 0], [[np.inf, np.nan]])
    assert switches.ravel().tolist() == [1, 6]
    assert np.isnan(p).all()


def test_unpooling_takes_its_switches_like_those_of_max_pooling() -> None:
    x = np.random.default_rng(6).uniform(0.1, 1, (2, 2, 6, 4))
    y, switches, plane, _ = pooled(OP, x, Params(seed=2))
    (back,) = max_unpool.OP.forward((y, switches, plane), {}, max_unpool.Params(), no_tick)[0]
    assert (np.count_nonzero(back, axis=(2, 3)) == 6).all()
    np.testing.assert_array_equal(back[back != 0], x[back != 0])


def test_the_inspector_shows_the_probabilities_of_the_window_and_where_the_random_number_fell() -> None:
    x = np.array([[1.0, 2.0, 9.0], [3.0, 4.0, 9.0]])[None, None]
    params = Params(kernel=(2, 2), stride=(1, 1), seed=11)
    summed, shares, draw = OP.explain((x,), {}, params, Cell(0, (0, 0, 0, 0)))
    assert summed.value == 10
    assert isinstance(shares.parts[0], Grid)
    np.testing.assert_allclose(shares.parts[0].values, [[0.1, 0.2], [0.3, 0.4]])
    before, random, after = (draw.parts[place].value for place in (0, 2, 4))
    assert before <= random < after
    assert random == counter_random.uniform(11, 0, 0)
    assert math.isclose(draw.value, (after - before) * 10)
    (*_, probability) = OP.explain((x,), {}, params, Cell(3, (0, 0, 0, 0)))
    assert math.isclose(probability.value, draw.value / 10)


def test_the_inspector_says_that_the_expected_number_is_not_the_mean() -> None:
    x = np.array([[1.0, 2.0], [3.0, 4.0]])[None, None]
    (*_, squares, apart) = OP.explain((x,), {}, EXPECTED, Cell(0, (0, 0, 0, 0)))
    assert squares.value == apart.value == 3
    assert isinstance(apart.parts[0], Sum)
    assert [value for _, value in apart.parts[0].terms] == [2.5, 0.5]
    assert "not the mean" in str(apart.title)


def test_a_seed_is_refused_below_0_and_past_31_bits_and_taken_at_both() -> None:
    for seed in (0, 2**31 - 1):
        check(Params(seed=seed))
    for seed in (-1, 2**31):
        with pytest.raises(Refusal, match="Seed is"):
            check(Params(seed=seed))
