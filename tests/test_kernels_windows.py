"""What pooling relies on in the vectors of `pair_rows`, `window_rows` and `leading_rows`, against numpy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numba import njit
from numpy.lib.stride_tricks import sliding_window_view

from explorer.ops import counter_random, kmax_pool, max_unpool, mean_pool
from explorer.ops.op import no_tick
from kernels.leading_rows import insert_rows
from kernels.pair_rows import draw_pairs, mean_pairs, repeat_pairs, spread_pairs
from kernels.place import PLACE
from kernels.selection import bits
from kernels.vector_code import VECTOR_BYTES
from kernels.window_rows import largest_of_windows

TYPES = [np.float32, np.float64]


@njit
def _largest(s: Any, at: int, step: int, kernel: Any, stride: int, smallest: bool, y: Any, places: Any, n: int) -> None:
    largest_of_windows(s, at, step, kernel[0], kernel[1], stride, at, smallest, y, places, 1, n)


@njit
def _mean(upper: Any, lower: Any, y: Any, n: int) -> None:
    mean_pairs(upper, lower, 0.25, y, n)


@njit
def _repeat(x: Any, y: Any, n: int) -> None:
    repeat_pairs(x, 0.3, y, n)


@njit
def _draw(upper: Any, lower: Any, state: Any, y: Any, places: Any, p: Any, n: int) -> bool:
    return draw_pairs(upper, lower, 100, 50, state, 7, y, places, p, n)


@njit
def _spread(x: Any, places: Any, upper: Any, lower: Any, n: int) -> bool:
    return spread_pairs(x, places, 100, 50, upper, lower, n)


@njit
def _insert(x: Any, limits: Any, rows: int, best: Any, places: Any, k: int, n: int) -> None:
    insert_rows(x, limits, 2, n + 5, rows - 3, 0, best, places, k, n, n)
    insert_rows(x, limits, 2 + (rows - 3) * (n + 5), n + 5, 3, rows - 3, best, places, k, n, n)


def _mixed(shape: tuple[int, ...], dtype: Any, seed: int) -> Any:
    """Few numbers, many of them equal, with NaN, both zeros and infinities."""
    rng = np.random.default_rng(seed)
    x = rng.integers(-2, 3, shape) * rng.choice([-1.0, 1.0], shape)
    for number in (np.nan, -np.inf, np.inf):
        x[rng.random(shape) < 0.08] = number
    return x.astype(dtype)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("smallest", [False, True])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("kernel", [(1, 2), (2, 2), (3, 3), (5, 3)])
def test_the_extreme_of_a_row_of_windows_is_the_first_one_and_no_cell_beside_is_written(
    kernel: tuple[int, int], stride: int, smallest: bool, dtype: Any
) -> None:
    width, n = 67, 17
    x = _mixed((kernel[0], width), dtype, n * stride)
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel)[0, 3::stride][:n].reshape(n, -1)
    at = np.argmax(-windows if smallest else windows, 1)
    y, places = np.full(n + 2, 77, dtype), np.full(n + 2, 77, PLACE)
    _largest(x.ravel(), 3, width, kernel, stride, smallest, y, places, n)
    np.testing.assert_array_equal(y, [77, *windows[np.arange(n), at], 77])
    expected = 3 + np.arange(n) * stride + at // kernel[1] * width + at % kernel[1]
    np.testing.assert_array_equal(places, [77, *expected, 77])


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("n", [16, 17, 31])
def test_the_mean_of_pairs_is_summed_in_float64(n: int, dtype: Any) -> None:
    # Sums of four leave the range of float32.
    rows = (np.random.default_rng(n).uniform(0.5, 1, (2, 2 * n)) * float(np.finfo(np.float32).max)).astype(dtype)
    y = np.full(n + 1, 77, dtype)
    _mean(*rows, y, n)
    expected = rows.astype(np.float64).reshape(2, n, 2).mean(axis=(0, 2))
    np.testing.assert_allclose(y[:n], expected, rtol=np.finfo(dtype).eps)
    assert y[n] == 77


@pytest.mark.parametrize("dtype", TYPES)
def test_the_share_of_a_number_goes_to_both_of_its_pair_and_no_further(dtype: Any) -> None:
    x, y = np.arange(19, dtype=dtype), np.full(40, 77, dtype)
    _repeat(x, y, 19)
    np.testing.assert_array_equal(y, [*np.repeat((0.3 * x.astype(np.float64)).astype(dtype), 2), 77, 77])


@pytest.mark.parametrize("dtype", TYPES)
def test_a_draw_from_pairs_falls_where_the_random_number_of_its_place_falls(dtype: Any) -> None:
    n, seed, plane = 37, 5, 3
    rng = np.random.default_rng(n)
    rows = rng.integers(-3, 4, (2, 2 * n)).astype(dtype)
    rows[:, 6:8] = -1
    state = counter_random.member(counter_random.member(0, seed), plane)
    y, places, p = np.full(n + 1, 77, dtype), np.full(n + 1, 77, PLACE), np.full(n + 1, 77, dtype)
    assert not _draw(*rows, np.uint64(state), y, places, p, n)
    for j in range(n):
        cells = [max(float(rows[u, 2 * j + v]), 0.0) for u in (0, 1) for v in (0, 1)]
        threshold = counter_random.uniform(seed, plane, 7 + j) * sum(cells)
        k = next((k for k in range(4) if sum(cells[: k + 1]) > threshold), 0)
        assert (y[j], places[j]) == (cells[k], 100 + 2 * j + k // 2 * 50 + k % 2)
        assert p[j] == pytest.approx(cells[k] / sum(cells) if sum(cells) else 0)
    assert (y[n], places[n], p[n]) == (77, 77, 77)
    for strange in (np.nan, np.inf):
        rows[1, 2 * n - 1] = strange
        assert _draw(*rows, np.uint64(state), y, places, p, n)


@pytest.mark.parametrize("dtype", TYPES)
def test_numbers_go_back_to_pairs_and_a_place_outside_of_its_window_is_told(dtype: Any) -> None:
    n = 21
    rng = np.random.default_rng(n)
    x = rng.standard_normal(n).astype(dtype)
    cells = rng.integers(0, 4, n)
    places = (100 + 2 * np.arange(n) + cells // 2 * 50 + cells % 2).astype(PLACE)
    rows = np.full((2, 2 * n + 1), 77, dtype)
    assert not _spread(x, places, *rows, n)
    expected = np.full(rows.shape, 77, dtype)
    expected[:, :-1] = 0
    expected[cells // 2, 2 * np.arange(n) + cells % 2] = x
    np.testing.assert_array_equal(rows, expected)
    for j in (0, 10, n - 1):
        begin = 100 + 2 * j
        for place in (begin - 1, begin + 2, begin + 49, begin + 52, np.iinfo(PLACE).min, np.iinfo(PLACE).max):
            wrong = places.copy()
            wrong[j] = place
            assert _spread(x, wrong, *rows, n)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("k", [1, 2, 4, 8])
def test_lists_of_columns_hold_the_largest_in_falling_order_the_first_of_equal_ones_ahead(k: int, dtype: Any) -> None:
    size, rows = np.dtype(dtype).itemsize, 19
    k, n = min(k, size), 3 * VECTOR_BYTES // size
    x = _mixed((rows, n + 5), dtype, k)
    numbers, limits = bits(x.ravel())
    best, places = np.full(k * n, -limits[0]), np.zeros(k * n, numbers.dtype)
    _insert(numbers, limits, rows, best, places, k, n)
    for j in range(n):
        column = x[:, 2 + j]
        order = sorted(range(rows), key=lambda q: (not np.isnan(column[q]), 0 if np.isnan(column[q]) else -column[q]))
        assert places[j::n].tolist() == order[:k]


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("shape", [(1, 1, 33, 64), (2, 1, 3, 71), (1, 2, 9, 130)])
def test_a_few_of_the_largest_along_the_width_are_those_along_the_height_of_the_map_turned_round(
    shape: tuple[int, ...], dtype: Any
) -> None:
    x = _mixed(shape, dtype, 3)
    across = kmax_pool.OP.forward((x,), {}, kmax_pool.Params(4, "width"), no_tick)[0]
    turned = np.ascontiguousarray(x.swapaxes(2, 3))
    down = kmax_pool.OP.forward((turned,), {}, kmax_pool.Params(4, "height"), no_tick)[0]
    np.testing.assert_array_equal(across[0], down[0].swapaxes(2, 3))
    rows, columns = np.divmod(down[1], shape[2])
    np.testing.assert_array_equal(across[1], (columns * shape[3] + rows).swapaxes(2, 3))


@pytest.mark.parametrize("overlap", ["last", "sum"])
@pytest.mark.parametrize("place", [(0, 0, 0, 0), (1, 2, 3, 20)])
def test_one_place_outside_of_its_window_is_unpooled_like_any_other(place: tuple[int, ...], overlap: str) -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, 3, 4, 21)).astype(np.float32)
    rows, columns = 2 * np.arange(4)[:, None], 2 * np.arange(21)
    switches = (rows + rng.integers(0, 2, x.shape)) * 43 + columns + rng.integers(0, 2, x.shape)
    plane = np.broadcast_to(np.int8(0), (2, 3, 9, 43))
    switches[place] = switches[1, 2, 2, 7]
    (y,), saved = max_unpool.OP.forward((x, switches, plane), {}, max_unpool.Params(overlap), no_tick)
    expected = np.zeros((6, 9 * 43), np.float32)
    for m in range(6):
        for k, value in zip(switches.reshape(6, -1)[m], x.reshape(6, -1)[m], strict=True):
            expected[m, k] = value if overlap == "last" else expected[m, k] + value
    np.testing.assert_array_equal(y.reshape(6, -1), expected)
    gy = rng.standard_normal(y.shape).astype(np.float32)
    gx = max_unpool.OP.backward((gy,), saved, no_tick)[0][0]
    assert gx is not None
    heard = gx.reshape(6, -1) == np.take_along_axis(gy.reshape(6, -1), switches.reshape(6, -1), 1)
    alike = place[:2] == (1, 2)
    assert np.count_nonzero(~heard) == (1 if alike and overlap == "last" else 0)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("size", [(1, 2), (3, 3), (20, 37), (40, 5)])
@pytest.mark.parametrize("pads", [(0, 0, 0, 0), (1, 1, 1, 1), (2, 0, 1, 2)])
def test_means_over_nine_cells_one_apart_keep_to_their_windows_and_planes(size: Any, pads: Any, dtype: Any) -> None:
    if size == (1, 2) and pads != (1, 1, 1, 1):
        size = (3, 4)
    x = np.random.default_rng(3).standard_normal((2, 3, *size)).astype(dtype)
    # What is not finite must be in the windows that hold it alone, not in later sums.
    x[0, 1, 0, 1], x[1, 0, -1, -1] = np.nan, np.inf
    params = mean_pool.Params(kernel=(3, 3), stride=(1, 1), padding="numbers", pads=pads)
    y = mean_pool.forward((x,), {}, params, no_tick)[0][0]
    padded = np.pad(x.astype(np.float64), ((0, 0), (0, 0), (pads[0], pads[2]), (pads[1], pads[3])))
    inside = np.pad(np.ones(size), ((pads[0], pads[2]), (pads[1], pads[3])))
    windows, cells = (sliding_window_view(of, (3, 3), (-2, -1)) for of in (padded, inside))
    expected = windows.sum((-2, -1)) / cells.sum((-2, -1))
    np.testing.assert_allclose(y, expected, rtol=4 * np.finfo(dtype).eps, atol=1e-15 if dtype == np.float64 else 1e-9)
