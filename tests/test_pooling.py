"""What users rely on in max pooling, mean pooling and unpooling."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from explorer import limits
from explorer.ops import (
    global_max_pool,
    kmax_pool,
    lp_pool,
    max_pool,
    max_unpool,
    mean_pool,
    min_pool,
    stochastic_pool,
)
from explorer.ops.op import Cell, no_tick
from explorer.refusal import Refusal
from kernels.place import PLACE
from tests.onnx_oracle import near, run
from tests.pooling_cases import accepted, attributes, gradient, numbers, pairs, pooled, seeds, shapes, windows


@settings(max_examples=80)
@given(shapes, windows, seeds)
def test_max_pooling_and_its_switches_agree_with_onnxruntime(
    shape: tuple[int, ...], window: dict[str, Any], seed: int
) -> None:
    params = max_pool.Params(padding="numbers", **window)
    attributes_of = attributes(window)
    accepted(max_pool.OP, shape, params)
    x = numbers(shape, seed)
    y, switches, plane = pooled(max_pool.OP, x, params)
    expected, places = run("MaxPool", [x], 2, **attributes_of)
    assert plane.shape == x.shape
    np.testing.assert_array_equal(y, expected)
    maps = np.arange(shape[0] * shape[1]).reshape(*shape[:2], 1, 1)
    np.testing.assert_array_equal(switches + maps * shape[2] * shape[3], places)


@settings(max_examples=80)
@given(shapes, windows, st.booleans(), seeds)
def test_mean_pooling_agrees_with_onnxruntime_whether_padding_counts_or_not(
    shape: tuple[int, ...], window: dict[str, Any], counted: bool, seed: int
) -> None:
    params = mean_pool.Params(padding="numbers", count_padding=counted, **window)
    attributes_of = attributes(window)
    accepted(mean_pool.OP, shape, params)
    x = numbers(shape, seed)
    (expected,) = run("AveragePool", [x], opset=19, count_include_pad=int(counted), **attributes_of)
    near(pooled(mean_pool.OP, x, params)[0], expected)


@settings(max_examples=40)
@given(shapes, pairs, pairs, seeds)
def test_padding_to_the_same_size_agrees_with_onnxruntime(
    shape: tuple[int, ...], kernel: tuple[int, int], stride: tuple[int, int], seed: int
) -> None:
    # The oracle computes a negative padding where the stride leaves gaps, and refuses it.
    assume(stride[0] <= kernel[0] and stride[1] <= kernel[1])
    params = max_pool.Params(kernel=kernel, stride=stride, padding="same")
    x = numbers(shape, seed)
    (expected,) = run("MaxPool", [x], kernel_shape=kernel, strides=stride, auto_pad="SAME_UPPER")
    np.testing.assert_array_equal(pooled(max_pool.OP, x, params)[0], expected)


@settings(max_examples=40)
@given(st.integers(1, 2), st.integers(1, 3), st.integers(1, 5), st.integers(1, 5), seeds)
def test_unpooling_agrees_with_onnxruntime(images: int, channels: int, rows: int, columns: int, seed: int) -> None:
    shape = images, channels, 2 * rows + seed % 2, 2 * columns
    x = numbers(shape, seed)
    y, switches, plane = pooled(max_pool.OP, x, max_pool.Params())
    (back,) = max_unpool.OP.forward((y, switches, plane), {}, max_unpool.Params(), no_tick)[0]
    maps = np.arange(images * channels).reshape(images, channels, 1, 1)
    places = switches + maps * shape[2] * shape[3]
    (expected,) = run("MaxUnpool", [y, places, np.array(shape)], kernel_shape=(2, 2), strides=(2, 2))
    np.testing.assert_array_equal(back, expected)


def test_the_first_of_equal_maxima_in_row_order_is_switched() -> None:
    x = np.array([[1.0, 5.0, 0.0], [5.0, 5.0, 2.0], [0.0, 5.0, 5.0]])[None, None]
    _, switches, _ = pooled(max_pool.OP, x, max_pool.Params(kernel=(2, 2), stride=(1, 1)))
    assert switches[0, 0].tolist() == [[1, 1], [3, 4]]


@settings(max_examples=40)
@given(shapes, windows, seeds)
def test_min_pooling_is_the_negated_max_pooling_of_the_negated_map(
    shape: tuple[int, ...], window: dict[str, Any], seed: int
) -> None:
    params = min_pool.Params(padding="numbers", **window)
    attributes_of = attributes(window)
    accepted(min_pool.OP, shape, params)
    x = numbers(shape, seed).round()
    y, switches, _ = pooled(min_pool.OP, x, params)
    expected, places = run("MaxPool", [-x], 2, **attributes_of)
    np.testing.assert_array_equal(y, -expected)
    maps = np.arange(shape[0] * shape[1]).reshape(*shape[:2], 1, 1)
    np.testing.assert_array_equal(switches + maps * shape[2] * shape[3], places)


def test_padding_never_wins_against_negative_numbers_nor_against_minus_infinity() -> None:
    x = np.full((1, 1, 3, 3), -7.0)
    x[0, 0, 0, 0] = -np.inf
    params = max_pool.Params(kernel=(2, 2), stride=(2, 2), padding="numbers", pads=(1, 1, 0, 0))
    y, switches, _ = pooled(max_pool.OP, x, params)
    assert y[0, 0].tolist() == [[-np.inf, -7.0], [-7.0, -7.0]]
    assert switches[0, 0].tolist() == [[0, 1], [3, 4]]


def test_padding_is_never_the_minimum_of_positive_numbers_nor_of_infinity() -> None:
    x = np.full((1, 1, 3, 3), 7.0)
    x[0, 0, 0, 0] = np.inf
    params = min_pool.Params(kernel=(2, 2), stride=(2, 2), padding="numbers", pads=(1, 1, 0, 0))
    y, switches, _ = pooled(min_pool.OP, x, params)
    assert y[0, 0].tolist() == [[np.inf, 7.0], [7.0, 7.0]]
    assert switches[0, 0].tolist() == [[0, 1], [3, 4]]


@pytest.mark.parametrize("operation", [max_pool, min_pool])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_not_a_number_wins_and_the_first_one_is_switched(operation: Any, dtype: Any) -> None:
    x = np.array([[1.0, np.nan], [np.nan, np.inf]], dtype)[None, None]
    y, switches, _ = pooled(operation.OP, x, operation.Params())
    assert np.isnan(y).all()
    assert switches.ravel().tolist() == [1]


def test_the_gradient_of_overlapping_windows_adds_up_at_their_common_maximum() -> None:
    x = np.arange(9.0).reshape(1, 1, 3, 3)
    x[0, 0, 1, 1] = 99
    y, saved = max_pool.OP.forward((x,), {}, max_pool.Params(kernel=(2, 2), stride=(1, 1)), no_tick)
    (gx,), _ = max_pool.OP.backward([np.array([1.0, 2, 4, 8]).reshape(y[0].shape), None, None], saved, no_tick)
    assert gx[0, 0].tolist() == [[0, 0, 0], [0, 15, 0], [0, 0, 0]]


_NAN = float("nan")


@pytest.mark.parametrize("operation", [max_pool, min_pool])
@pytest.mark.parametrize(
    ("window", "ties", "expected"),
    [
        ([5, 5, 5, 5], "first", [12, 0, 0, 0]),
        ([5, 5, 5, 5], "all", [12, 12, 12, 12]),
        ([5, 5, 5, 5], "split", [3, 3, 3, 3]),
        ([0, 0, -0.0, 0], "split", [3, 3, 3, 3]),
        ([_NAN, 1, _NAN, 2], "first", [12, 0, 0, 0]),
        ([_NAN, 1, _NAN, 2], "all", [12, 0, 12, 0]),
        ([_NAN, 1, _NAN, 2], "split", [6, 0, 6, 0]),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_equal_maxima_or_minima_share_the_gradient_as_asked(
    operation: Any, window: list[float], ties: str, expected: list[float], dtype: Any
) -> None:
    x = np.array(window, dtype).reshape(1, 1, 2, 2)
    assert gradient(operation.OP, x, operation.Params(ties=ties), [12]).ravel().tolist() == expected


@pytest.mark.parametrize("ties", ["first", "all", "split"])
def test_ties_of_overlapping_windows_add_up_and_padding_has_no_share(ties: str) -> None:
    x = np.array([[0.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 0.0]])[None, None]
    params = max_pool.Params(kernel=(2, 2), stride=(1, 1), ties=ties)
    found = gradient(max_pool.OP, x, params, [1, 2, 4, 8])
    tied = np.zeros((3, 3))
    for (i, j), gy in zip(((0, 0), (0, 1), (1, 0), (1, 1)), (1, 2, 4, 8), strict=True):
        equal = [(r, c) for r in (i, i + 1) for c in (j, j + 1) if x[0, 0, r, c] == 1]
        for r, c in equal[:1] if ties == "first" else equal:
            tied[r, c] += gy / len(equal) if ties == "split" else gy
    assert found[0, 0].tolist() == tied.tolist()
    padded = max_pool.Params(kernel=(3, 3), stride=(3, 3), padding="numbers", pads=(1, 1, 2, 2), ties=ties)
    assert gradient(max_pool.OP, np.zeros((1, 1, 1, 1)), padded, [6]).item() == 6


def test_the_inspector_marks_every_cell_that_gets_the_gradient() -> None:
    x = np.array([[5.0, 1.0], [5.0, 5.0]])[None, None]
    for ties, marked in (("first", ((0, 0),)), ("all", ((0, 0), (1, 0), (1, 1))), ("split", ((0, 0), (1, 0), (1, 1)))):
        (step,) = max_pool.OP.explain((x,), {}, max_pool.Params(ties=ties), Cell(0, (0, 0, 0, 0)))
        assert step.parts[1].marked == marked
        assert ("3" in str(step.title)) == (ties != "first")


@pytest.mark.parametrize(
    ("counted", "expected"),
    [
        (False, [[1, 1, 1], [1, 1, 1], [1, 1, 1]]),
        (True, [[4 / 9, 6 / 9, 1 / 3], [6 / 9, 1, 1 / 2], [1 / 3, 1 / 2, 1 / 4]]),
    ],
)
def test_a_last_window_of_caffes_rule_counts_only_cells_of_the_padded_map(
    counted: bool, expected: list[list[float]]
) -> None:
    # 4 + 1 + 1 cells, 3 wide by 2: rounded up the third window has one cell of the map, one of padding, one beyond.
    params = mean_pool.Params(kernel=(3, 3), padding="numbers", pads=(1, 1, 1, 1), ceil=True, count_padding=counted)
    (y,) = pooled(mean_pool.OP, np.ones((1, 1, 4, 4)), params)
    np.testing.assert_allclose(y[0, 0], expected, rtol=1e-15)


def test_a_window_that_would_begin_behind_the_map_is_left_out_when_rounding_up() -> None:
    params = mean_pool.Params(kernel=(1, 1), stride=(3, 3), padding="numbers", pads=(0, 0, 2, 2), ceil=True)
    assert mean_pool.OP.shape(((1, 1, 5, 5),), params) == ((1, 1, 2, 2),)
    assert mean_pool.OP.shape(((1, 1, 7, 7),), params) == ((1, 1, 3, 3),)


def test_a_number_that_is_none_spoils_the_means_of_its_own_windows_alone() -> None:
    x = np.ones((1, 1, 4, 4))
    x[0, 0, 0, 1], x[0, 0, 2, :2], x[0, 0, 3, 3] = np.nan, (np.inf, -np.inf), -np.inf
    (y,) = pooled(mean_pool.OP, x, mean_pool.Params())
    np.testing.assert_array_equal(y[0, 0], [[np.nan, 1], [np.nan, -np.inf]])


@settings(max_examples=40)
@given(shapes, windows, seeds)
def test_without_counted_padding_no_part_of_a_means_gradient_is_lost(
    shape: tuple[int, ...], window: dict[str, Any], seed: int
) -> None:
    params = mean_pool.Params(padding="numbers", **window)
    accepted(mean_pool.OP, shape, params)
    gy = np.random.default_rng(seed).random(mean_pool.OP.shape((shape,), params)[0])
    gx = gradient(mean_pool.OP, np.zeros(shape), params, gy)
    np.testing.assert_allclose(gx.sum(axis=(2, 3)), gy.sum(axis=(2, 3)), rtol=1e-12)


def test_counting_the_padding_makes_a_corner_darker() -> None:
    x = np.ones((1, 1, 2, 2))
    around = {"kernel": (3, 3), "stride": (1, 1), "padding": "same"}
    assert (pooled(mean_pool.OP, x, mean_pool.Params(**around))[0] == 1).all()
    assert pooled(mean_pool.OP, x, mean_pool.Params(**around, count_padding=True))[0][0, 0, 0, 0] == 4 / 9


def test_the_mean_of_a_large_window_keeps_the_precision_of_float32() -> None:
    x = (np.random.default_rng(0).random((1, 1, 301, 300)) + 1000).astype(np.float32)
    (y,) = pooled(mean_pool.OP, x, mean_pool.Params(kernel=(301, 300), stride=(1, 1)))
    assert abs(y.item() - x.astype(np.float64).mean()) <= 1e-4


@pytest.mark.parametrize("operation", [max_pool, min_pool, mean_pool, lp_pool, stochastic_pool])
@pytest.mark.parametrize(
    ("shape", "window", "named"),
    [
        ((1, 1, 4, 4), {"padding": "numbers", "pads": (2, 0, 0, 0)}, "output row 0 .* 4 cells with 2 of padding"),
        ((1, 1, 4, 4), {"padding": "numbers", "pads": (0, 0, 0, 3)}, "output column 2 .* 3 behind"),
        ((1, 1, 1, 1), {"dilation": (2, 2), "padding": "numbers", "pads": (1, 1, 1, 1)}, "padding alone"),
        ((1, 1, 4, 4), {"kernel": (5, 2)}, "kernel of 5"),
    ],
)
def test_a_window_without_a_cell_of_the_map_is_refused(operation: Any, shape: Any, window: Any, named: str) -> None:
    with pytest.raises(Refusal, match=named):
        operation.OP.shape((shape,), operation.Params(**window))


def test_switches_of_another_shape_are_refused_with_both_shapes() -> None:
    with pytest.raises(Refusal, match=r"1 × 2 × 3 × 3 .* 1 × 2 × 4 × 4"):
        max_unpool.OP.shape(((1, 2, 3, 3), (1, 2, 4, 4), (1, 2, 8, 8)), max_unpool.Params())
    with pytest.raises(Refusal, match=r"1 × 2 .* 1 × 5"):
        max_unpool.OP.shape(((1, 2, 3, 3), (1, 2, 3, 3), (1, 5, 8, 8)), max_unpool.Params())


@pytest.mark.parametrize("place", [-1, 6])
def test_switches_outside_of_the_map_are_refused_and_write_nothing(place: int) -> None:
    switches = np.full((1, 1, 1, 2), place)
    plane = np.broadcast_to(np.int8(0), (1, 1, 2, 3))
    with pytest.raises(Refusal, match=f"place {place}; .* 2 × 3 are 0 to 5"):
        max_unpool.OP.forward((np.ones((1, 1, 1, 2)), switches, plane), {}, max_unpool.Params(), no_tick)


@pytest.mark.parametrize("place", [1 << 32, (1 << 32) + 5, -(1 << 32), 1 << 62, (1 << 63) + 1])
def test_a_switch_that_a_narrower_type_would_take_elsewhere_is_refused_with_its_true_value(place: int) -> None:
    # The others lie in their windows of 2 × 2, so that the quick way is taken first.
    dtype = np.uint64 if place > np.iinfo(np.int64).max else np.int64
    switches = np.arange(0, 128, 2).astype(dtype).reshape(1, 1, 1, 64)
    switches[..., 17] = place
    plane = np.broadcast_to(np.int8(0), (1, 1, 2, 128))
    with pytest.raises(Refusal, match=f"place {place}; .* 2 × 128 are 0 to 255"):
        max_unpool.OP.forward((np.ones(switches.shape), switches, plane), {}, max_unpool.Params(), no_tick)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.uint32, np.int64, np.uint64])
@pytest.mark.parametrize("columns", [3, 16])
def test_switches_of_any_integer_type_are_taken(columns: int, dtype: Any) -> None:
    rng = np.random.default_rng(columns)
    x = rng.standard_normal((1, 2, 3, columns))
    rows = 2 * np.arange(3)[:, None] + rng.integers(0, 2, x.shape)
    switches = rows * 2 * columns + 2 * np.arange(columns) + rng.integers(0, 2, x.shape)
    plane = np.broadcast_to(np.int8(0), (1, 2, 6, 2 * columns))
    (y,), saved = max_unpool.OP.forward((x, switches.astype(dtype), plane), {}, max_unpool.Params(), no_tick)
    expected = np.zeros((2, 12 * columns))
    np.put_along_axis(expected, switches.reshape(2, -1), x.reshape(2, -1), 1)
    np.testing.assert_array_equal(y.reshape(2, -1), expected)
    np.testing.assert_array_equal(max_unpool.OP.backward([y], saved, no_tick)[0][0], x)


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        (max_pool, max_pool.Params()),
        (stochastic_pool, stochastic_pool.Params()),
        (kmax_pool, kmax_pool.Params(1, "height")),
        (global_max_pool, global_max_pool.Params()),
        (max_unpool, max_unpool.Params()),
        (max_unpool, max_unpool.Params(output="numbers", extents=(1 << 15, 1 << 15))),
    ],
)
def test_a_map_of_more_cells_than_places_count_is_refused_whatever_the_other_limits_are(
    operation: Any, params: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "_current", replace(limits.current(), array_bytes=1 << 50))
    side = 1 << 15
    shapes = [((1, 1, side, width),) for width in (side - 1, side)]
    if operation is max_unpool:
        shapes = [((1, 1, 2, 2), (1, 1, 2, 2), *each) for each in shapes]
    # One cell less than the limit is taken, and its last place is one of the type.
    fitting = replace(params, extents=(side, side - 1)) if operation is max_unpool else params
    operation.OP.shape(shapes[0], fitting)
    assert side * side - 1 <= np.iinfo(PLACE).max
    with pytest.raises(Refusal, match=f"{side} × {side} has {side * side} cells; .* up to {side * side - 1}"):
        operation.OP.shape(shapes[1], params)


def test_where_switches_meet_the_last_stays_or_they_add_up() -> None:
    xs = np.array([[[[1.0, 2.0, 4.0]]]]), np.array([[[[3, 0, 3]]]]), np.broadcast_to(np.int8(0), (1, 1, 2, 2))
    results = {}
    for overlap in ("last", "sum"):
        (y,), saved = max_unpool.OP.forward(xs, {}, max_unpool.Params(overlap), no_tick)
        gxs, _ = max_unpool.OP.backward([np.ones_like(y)], saved, no_tick)
        results[overlap] = y.ravel().tolist(), gxs[0].ravel().tolist()
    assert results == {"last": ([2, 0, 0, 4], [0, 1, 1]), "sum": ([2, 0, 0, 5], [1, 1, 1])}


def test_the_inspector_marks_the_maximum_and_counts_its_place() -> None:
    x = np.array([[0.0, 1.0, 2.0], [3.0, 9.0, 4.0]])[None, None]
    params = max_pool.Params(kernel=(2, 2), stride=(1, 1))
    window, place = max_pool.OP.explain((x,), {}, params, Cell(1, (0, 0, 0, 1)))
    assert window.parts[1].marked == ((1, 0),)
    assert [value for _, value in place.parts[0].terms] == [3, 1]


def test_the_output_size_is_shown_with_its_numbers() -> None:
    params = max_pool.Params(kernel=(3, 2), ceil=True)
    assert max_pool.OP.arithmetic(((1, 1, 6, 5),), params) == (
        "⌈(6 + 0 + 0 − 1·(3−1) − 1)/2⌉ + 1 = 3",
        "⌈(5 + 0 + 0 − 1·(2−1) − 1)/2⌉ + 1 = 3",
    )
