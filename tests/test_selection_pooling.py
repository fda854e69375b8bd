"""What users rely on in k-max, dynamic k-max, sort, global and adaptive pooling."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from explorer.ops import (
    adaptive_average_pool,
    dynamic_kmax_pool,
    global_average_pool,
    global_max_pool,
    kmax_pool,
    max_pool,
    max_unpool,
    sort_pool2d,
)
from explorer.ops.op import Cell, no_tick
from explorer.refusal import Refusal
from tests.onnx_oracle import near, run

_shapes = st.tuples(st.integers(1, 2), st.integers(1, 3), st.integers(1, 11), st.integers(1, 40))
_seeds = st.integers(0, 2**32 - 1)
_axes = st.sampled_from(["height", "width"])
_kinds = st.sampled_from(["distinct", "ties", "odd"])


def _numbers(shape: tuple[int, ...], seed: int, kind: str = "distinct", dtype: Any = np.float32) -> Any:
    rng = np.random.default_rng(seed)
    if kind == "distinct":
        return rng.standard_normal(shape).astype(dtype)
    few = [-2.0, -0.0, 0.0, 1.0, 3.0] if kind == "ties" else [-np.inf, -1.0, -0.0, 0.0, 2.0, np.inf, np.nan]
    return rng.choice(few, shape).astype(dtype)


def _pooled(operation: Any, x: Any, params: Any) -> Any:
    weights = operation.OP.init((x.shape,), params, np.random.default_rng(0))
    return operation.OP.forward((x,), weights, params, no_tick)[0]


def _published_kmax(x: Any, k: int, axis: int) -> tuple[Any, Any]:
    """The k largest along an axis of x, in their order, and their cells; NaN counts as the largest number."""
    lines = np.moveaxis(x, axis, -1)
    order = np.lexsort((np.where(np.isnan(lines), 0, -lines), ~np.isnan(lines)))
    cells = np.moveaxis(np.sort(order[..., :k]), -1, axis)
    return np.take_along_axis(x, cells, axis), cells


def _switches_of(cells: Any, axis: str, width: int) -> Any:
    rows, columns = np.indices(cells.shape)[2:]
    return rows * width + cells if axis == "width" else cells * width + columns


@settings(max_examples=80)
@given(_shapes, _axes, st.floats(0, 1), _kinds, st.sampled_from([np.float32, np.float64]), _seeds)
def test_kmax_keeps_the_largest_in_their_order_and_the_first_of_equal_ones(
    shape: tuple[int, ...], axis: str, part: float, kind: str, dtype: Any, seed: int
) -> None:
    along = 2 if axis == "height" else 3
    k = max(1, round(part * shape[along]))
    x = _numbers(shape, seed, kind, dtype)
    y, switches, plane = _pooled(kmax_pool, x, kmax_pool.Params(k, axis))
    expected, cells = _published_kmax(x, k, along)
    assert plane.shape == x.shape
    np.testing.assert_array_equal(switches, _switches_of(cells, axis, shape[3]))
    np.testing.assert_array_equal(y, expected)
    assert np.signbit(y).tobytes() == np.signbit(expected).tobytes()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("k", [1, 2, 8, 9, 50, 499, 500])
def test_kmax_finds_the_threshold_among_numbers_of_every_size(k: int, dtype: Any) -> None:
    rng = np.random.default_rng(k)
    powers = rng.integers(np.finfo(dtype).minexp, np.finfo(dtype).maxexp, (1, 2, 4, 500))
    x = np.ldexp(rng.choice([-1.0, 1.0], powers.shape), powers).astype(dtype)
    x[0, 0, 0, :100] = np.nextafter(dtype(1), dtype(2)), 1, np.finfo(dtype).smallest_subnormal, 0, *x[0, 0, 1, 4:100]
    y, switches, _ = _pooled(kmax_pool, x, kmax_pool.Params(k))
    expected, cells = _published_kmax(x, k, 3)
    np.testing.assert_array_equal(y, expected)
    np.testing.assert_array_equal(switches, _switches_of(cells, "width", 500))


@settings(max_examples=40)
@given(_shapes, _axes, st.integers(1, 9), st.integers(1, 9), st.integers(1, 12), _seeds)
def test_dynamic_kmax_keeps_what_the_paper_says(
    shape: tuple[int, ...], axis: str, layer: int, layers: int, k_top: int, seed: int
) -> None:
    along = 2 if axis == "height" else 3
    assume(layer <= layers and k_top <= shape[along])
    k = next(k for k in range(k_top, 99) if k * layers >= (layers - layer) * shape[along])
    x = _numbers(shape, seed)
    params = dynamic_kmax_pool.Params(layer, layers, k_top, axis)
    y, switches, _ = _pooled(dynamic_kmax_pool, x, params)
    expected, cells = _published_kmax(x, k, along)
    np.testing.assert_array_equal(y, expected)
    np.testing.assert_array_equal(switches, _switches_of(cells, axis, shape[3]))
    assert dynamic_kmax_pool.OP.arithmetic((shape,), params)[0].endswith(f" = {k}")


def test_dynamic_kmax_gives_the_lengths_of_the_example_in_the_paper() -> None:
    # Three layers over 18 words with k_top = 3 keep 12, 6 and 3 numbers.
    words, kept = 18, []
    for layer in (1, 2, 3):
        params = dynamic_kmax_pool.Params(layer, 3, 3, length=18)
        words = dynamic_kmax_pool.OP.shape(((1, 1, 1, words),), params)[0][3]
        kept.append(words)
    assert kept == [12, 6, 3]


def test_dynamic_kmax_counts_from_its_own_axis_where_no_length_is_given() -> None:
    shapes = ((1, 1, 1, 12),)
    assert dynamic_kmax_pool.OP.arithmetic(shapes, dynamic_kmax_pool.Params(2, 3, 3)) == ("max(3, ⌈(3 − 2)·12/3⌉) = 4",)
    told = dynamic_kmax_pool.Params(2, 3, 3, length=18)
    assert dynamic_kmax_pool.OP.arithmetic(shapes, told) == ("max(3, ⌈(3 − 2)·18/3⌉) = 6",)


def test_a_length_that_asks_for_more_than_the_axis_is_refused_with_both_numbers() -> None:
    shapes = ((1, 1, 1, 12),)
    for length in (23, 24):
        assert dynamic_kmax_pool.OP.shape(shapes, dynamic_kmax_pool.Params(1, 2, 3, length=length))[0][3] == 12
    with pytest.raises(Refusal, match="k of this layer is 13; the width of the maps is 12"):
        dynamic_kmax_pool.OP.shape(shapes, dynamic_kmax_pool.Params(1, 2, 3, length=25))


@pytest.mark.parametrize("axis", ["height", "width"])
def test_more_than_the_axis_holds_is_refused_with_both_numbers(axis: str) -> None:
    shape = (1, 1, 5, 6)
    size = 5 if axis == "height" else 6
    for k in (size - 1, size):
        assert kmax_pool.OP.shape((shape,), kmax_pool.Params(k, axis))[2] == shape
        assert dynamic_kmax_pool.OP.shape((shape,), dynamic_kmax_pool.Params(1, 2, k, axis))[2] == shape
    with pytest.raises(Refusal, match=f"k is {size + 1}; the {axis} of the maps is {size}"):
        kmax_pool.OP.shape((shape,), kmax_pool.Params(size + 1, axis))
    with pytest.raises(Refusal, match=f"k at the top is {size + 1}; the {axis} of the maps is {size}"):
        dynamic_kmax_pool.OP.shape((shape,), dynamic_kmax_pool.Params(2, 2, size + 1, axis))


def test_a_layer_past_the_last_is_refused_with_both_numbers() -> None:
    shapes = ((1, 1, 5, 6),)
    for layer in (2, 3):
        dynamic_kmax_pool.OP.shape(shapes, dynamic_kmax_pool.Params(layer, 3, 2))
    with pytest.raises(Refusal, match="Layer l is 4; there are 3 layers"):
        dynamic_kmax_pool.OP.shape(shapes, dynamic_kmax_pool.Params(4, 3, 2))


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        (kmax_pool, kmax_pool.Params(3, "height")),
        (kmax_pool, kmax_pool.Params(3, "width")),
        (dynamic_kmax_pool, dynamic_kmax_pool.Params(1, 2, 2)),
        (global_max_pool, global_max_pool.Params()),
    ],
)
def test_unpooling_puts_the_kept_numbers_back_where_they_stood(operation: Any, params: Any) -> None:
    x = _numbers((2, 3, 5, 7), 1)
    pooled = _pooled(operation, x, params)
    (back,) = max_unpool.OP.forward(pooled, {}, max_unpool.Params(), no_tick)[0]
    assert np.count_nonzero(back) == pooled[0].size
    np.testing.assert_array_equal(back, np.where(back == 0, 0, x))


def test_the_gradient_goes_to_the_kept_numbers_alone() -> None:
    x = np.array([[4.0, 9.0, 1.0, 7.0], [2.0, 2.0, 2.0, 2.0]]).reshape(1, 1, 2, 4)
    ys, saved = kmax_pool.OP.forward((x,), {}, kmax_pool.Params(2), no_tick)
    assert ys[0][0, 0].tolist() == [[9, 7], [2, 2]]
    (gx,), _ = kmax_pool.OP.backward([np.array([1.0, 2, 4, 8]).reshape(1, 1, 2, 2), None, None], saved, no_tick)
    assert gx[0, 0].tolist() == [[0, 1, 0, 2], [4, 8, 0, 0]]


def test_the_inspector_of_kmax_marks_what_is_kept() -> None:
    x = np.array([4.0, 9.0, 1.0, 7.0]).reshape(1, 1, 1, 4)
    chosen, taken, place = kmax_pool.OP.explain((x,), {}, kmax_pool.Params(2), Cell(1, (0, 0, 0, 1)))
    assert chosen.parts[0].marked == ((0, 1), (0, 3))
    assert (chosen.value, taken.value, place.value) == (7, 7, 3)


def _published_sort_pool(x: Any, v: Any) -> Any:
    """Sahil Singla's sort_pool2d, as its article says it, in float64."""
    h, w = x.shape[2:]
    padded = np.pad(x.astype(np.float64), ((0, 0), (0, 0), (0, h % 2), (0, w % 2)))
    four = np.stack([padded[:, :, u::2, t::2] for u in (0, 1) for t in (0, 1)], axis=-1)
    falling = np.sort(four, axis=-1)[..., ::-1][..., : v.size]
    return (falling * (np.exp(v) / np.exp(v).sum())).sum(axis=-1)


@settings(max_examples=60)
@given(_shapes, st.integers(1, 4), _kinds, _seeds)
def test_sort_pooling_is_what_its_article_says(shape: tuple[int, ...], kept: int, kind: str, seed: int) -> None:
    x, v = _numbers(shape, seed, kind), np.random.default_rng(seed).standard_normal(kept)
    (y,) = sort_pool2d.OP.forward((x,), {"v": v.astype(np.float32)}, sort_pool2d.Params(kept), no_tick)[0]
    with np.errstate(invalid="ignore"):
        expected = _published_sort_pool(x, v)
    near(np.nan_to_num(y), np.nan_to_num(expected.astype(np.float32)))
    np.testing.assert_array_equal(np.isnan(y), np.isnan(expected))


def test_a_range_of_1_is_max_pooling_whatever_v_is() -> None:
    x = _numbers((2, 3, 6, 8), 3)
    (y,) = sort_pool2d.OP.forward((x,), {"v": np.array([7.0], np.float32)}, sort_pool2d.Params(1), no_tick)[0]
    np.testing.assert_array_equal(y, _pooled(max_pool, x, max_pool.Params())[0])


def test_zeros_complete_an_odd_size_take_part_and_are_announced() -> None:
    x, even = np.full((1, 1, 3, 3), -8.0), {"v": np.zeros(4)}
    (y,) = sort_pool2d.OP.forward((x,), even, sort_pool2d.Params(4), no_tick)[0]
    assert y[0, 0].tolist() == [[-8, -4], [-4, -2]]
    assert sort_pool2d.OP.arithmetic((x.shape,), sort_pool2d.Params()) == (
        "⌈3/2⌉ = 2, with a row of zeros at the end",
        "⌈3/2⌉ = 2, with a column of zeros at the end",
    )
    assert sort_pool2d.OP.arithmetic(((1, 1, 4, 2),), sort_pool2d.Params()) == ("⌈4/2⌉ = 2", "⌈2/2⌉ = 1")
    window = sort_pool2d.OP.explain((x,), even, sort_pool2d.Params(), Cell(0, (0, 0, 1, 1)))[0].parts[0]
    assert window.padding.tolist() == [[False, True], [True, True]]


def test_very_different_weights_of_sort_pooling_do_not_overflow() -> None:
    x = _numbers((1, 1, 4, 4), 5)
    (y,) = sort_pool2d.OP.forward((x,), {"v": np.array([2000.0, 0, -2000])}, sort_pool2d.Params(3), no_tick)[0]
    np.testing.assert_array_equal(y, _pooled(max_pool, x, max_pool.Params())[0])


@settings(max_examples=40)
@given(_shapes, _seeds)
def test_global_pooling_agrees_with_onnxruntime(shape: tuple[int, ...], seed: int) -> None:
    x = _numbers(shape, seed)
    np.testing.assert_array_equal(
        _pooled(global_max_pool, x, global_max_pool.Params())[0], run("GlobalMaxPool", [x])[0]
    )
    near(_pooled(global_average_pool, x, global_average_pool.Params())[0], run("GlobalAveragePool", [x])[0])


@settings(max_examples=40)
@given(_shapes, _kinds, st.sampled_from([np.float32, np.float64]), _seeds)
def test_global_max_pooling_takes_the_first_of_the_largest(
    shape: tuple[int, ...], kind: str, dtype: Any, seed: int
) -> None:
    x = _numbers(shape, seed, kind, dtype)
    y, switches, plane = _pooled(global_max_pool, x, global_max_pool.Params())
    flat = x.reshape(*shape[:2], -1)
    np.testing.assert_array_equal(switches[..., 0, 0], flat.argmax(axis=2))
    np.testing.assert_array_equal(y[..., 0, 0], flat.max(axis=2))
    assert plane.shape == shape


def test_the_maximum_of_a_map_of_several_blocks_is_the_first_one() -> None:
    x = np.zeros((1, 2, 130, 200), np.float32)
    x[0, 0, 60, 5] = x[0, 0, 129, 199] = x[0, 0, 60, 6] = 1
    switches = _pooled(global_max_pool, x, global_max_pool.Params())[1]
    assert switches.ravel().tolist() == [60 * 200 + 5, 0]


def test_the_global_mean_keeps_the_precision_of_float32_and_of_large_numbers() -> None:
    x = (np.random.default_rng(0).random((1, 1, 301, 300)) + 1e4).astype(np.float32)
    assert abs(_pooled(global_average_pool, x, None)[0].item() - x.astype(np.float64).mean()) <= 1e-3
    huge = np.full((1, 1, 2, 2), np.finfo(np.float32).max)
    assert _pooled(global_average_pool, huge, None)[0].item() == huge.max()


def test_the_bounds_of_adaptive_windows_are_shown_with_their_numbers() -> None:
    params = adaptive_average_pool.Params((3, 2))
    assert adaptive_average_pool.OP.arithmetic(((1, 1, 7, 6),), params) == (
        "3 windows from ⌊i·7/3⌋ to ⌈(i+1)·7/3⌉ − 1",
        "2 windows of 6/2 = 3",
    )
    x = np.arange(42.0).reshape(1, 1, 7, 6)
    rows, columns, added, mean = adaptive_average_pool.OP.explain((x,), {}, params, Cell(0, (0, 0, 1, 1)))
    assert str(rows.title) == "Rows ⌊1·7/3⌋ = 2 to ⌈2·7/3⌉ − 1 = 4"
    assert str(columns.title) == "Columns ⌊1·6/2⌋ = 3 to ⌈2·6/2⌉ − 1 = 5"
    assert (added.value, mean.value) == (x[0, 0, 2:5, 3:].sum(), x[0, 0, 2:5, 3:].mean())


@settings(max_examples=40)
@given(_shapes, st.tuples(st.integers(1, 15), st.integers(1, 15)), _seeds)
def test_adaptive_pooling_is_the_mean_between_its_bounds(
    shape: tuple[int, ...], size: tuple[int, int], seed: int
) -> None:
    x = _numbers(shape, seed)
    expected = np.empty((*shape[:2], *size))
    for i, j in np.ndindex(*size):
        top, bottom = math.floor(i * shape[2] / size[0]), math.ceil((i + 1) * shape[2] / size[0])
        left, right = math.floor(j * shape[3] / size[1]), math.ceil((j + 1) * shape[3] / size[1])
        expected[:, :, i, j] = x[:, :, top:bottom, left:right].astype(np.float64).mean(axis=(2, 3))
    near(_pooled(adaptive_average_pool, x, adaptive_average_pool.Params(size))[0], expected)


def test_adaptive_pooling_to_one_cell_is_the_global_mean() -> None:
    x = _numbers((2, 3, 9, 13), 4)
    near(
        _pooled(adaptive_average_pool, x, adaptive_average_pool.Params((1, 1)))[0],
        _pooled(global_average_pool, x, None)[0],
    )
