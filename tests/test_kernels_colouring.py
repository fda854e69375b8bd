"""What the window relies on when numbers become colours."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from kernels.colouring import colour_maps, histograms, map_statistics
from kernels.place import PLACE

TABLE = (np.uint32(0xFF000000) + np.arange(256, dtype=np.uint32)).astype(np.uint32)
ODD = np.uint32(0xFFFF00C8)

types = pytest.mark.parametrize("dtype", [np.float32, np.float64, PLACE, np.int64])


def statistics_of(x: Any) -> Any:
    found = np.full((len(x), 4), -1.0)
    map_statistics(x, found)
    return found


def coloured(x: Any, low: Any, high: Any, size: tuple[int, int] | None = None) -> Any:
    pixels = np.zeros((len(x), *(size or x.shape[1:])), np.uint32)
    ends = (np.broadcast_to(np.asarray(end, np.float64), len(x)).copy() for end in (low, high))
    colour_maps(x, *ends, TABLE, ODD, pixels)
    return pixels


def some_maps(dtype: Any, *shape: int) -> Any:
    return (np.random.default_rng(0).standard_normal(shape) * 100).astype(dtype)


@types
@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 5, 7), (2, 1, 40), (4, 33, 1), (2, 70, 65)])
def test_the_range_of_a_map_is_its_least_and_its_greatest_number(dtype: Any, shape: tuple[int, ...]) -> None:
    x = some_maps(dtype, *shape)
    flat = x.reshape(len(x), -1)
    expected = np.stack([flat.min(axis=1), flat.max(axis=1), np.zeros(len(x)), np.zeros(len(x))], axis=1)
    assert_array_equal(statistics_of(x), expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_is_not_finite_is_counted_and_left_out_of_the_range(dtype: Any) -> None:
    x = some_maps(dtype, 4, 9, 20)
    x[0, 0, 0], x[0, 8, 19], x[0, 4, 4] = np.nan, np.inf, -np.inf
    x[1, :, 3] = np.nan
    x[1, 0, 0] = np.inf
    x[2] = np.nan
    x[3, 1:] = -np.inf
    found = statistics_of(x)
    for each, row in zip(x, found, strict=True):
        finite = each[np.isfinite(each)]
        ends = (finite.min(), finite.max()) if finite.size else (np.nan, np.nan)
        assert_array_equal(row, [*ends, np.isnan(each).sum(), np.isinf(each).sum()])


@types
def test_colours_follow_the_place_of_a_number_in_the_range(dtype: Any) -> None:
    x = np.arange(-64, 320).reshape(1, 12, 32).astype(dtype)
    expected = TABLE[np.clip(x, 0, 255).astype(np.int64)]
    assert_array_equal(coloured(x, 0, 256), expected)


def test_each_map_has_its_own_range() -> None:
    x = np.stack([np.full((2, 3), 5.0), np.full((2, 3), 5.0)])
    found = coloured(x, [0, 4], [10, 8])
    assert (found[0] == TABLE[128]).all()
    assert (found[1] == TABLE[64]).all()


def test_not_a_number_has_a_colour_of_its_own_and_infinity_is_the_end_of_the_table() -> None:
    x = np.array([[[np.nan, np.inf, -np.inf, 0.5, 1.0, 0.0, 1e300, -1e300]]])
    found = coloured(x, 0, 1)[0, 0]
    assert_array_equal(found, [ODD, *TABLE[[255, 0, 128, 255, 0, 255, 0]]])


def shares(pixels: int, cells: int) -> Any:
    """(pixels, cells): which part of a pixel lies over a cell."""
    edges, ends = np.arange(pixels + 1) * cells / pixels, np.arange(cells + 1)
    over = np.minimum(edges[1:, None], ends[1:]) - np.maximum(edges[:-1, None], ends[:-1])
    return np.maximum(over, 0) * pixels / cells


@types
@pytest.mark.parametrize("size", [(15, 23), (5, 23), (15, 7), (4, 9), (14, 22), (8, 12), (1, 1)])
def test_a_small_picture_shows_means_over_the_area_of_each_pixel(dtype: Any, size: tuple[int, int]) -> None:
    x = np.random.default_rng(1).integers(0, 256, (2, 15, 23)).astype(dtype)
    means = shares(size[0], 15) @ x.astype(np.float64) @ shares(size[1], 23).T
    found = coloured(x, 0, 256, size).astype(np.int64) - int(TABLE[0])
    assert (np.abs(found - np.floor(means)) <= (np.abs(means - np.round(means)) < 1e-3)).all()


def test_a_pixel_over_not_a_number_is_shown_as_such() -> None:
    x = np.zeros((1, 4, 4))
    x[0, 1, 2] = np.nan
    assert_array_equal(coloured(x, 0, 1, (2, 2)) == ODD, [[[False, True], [False, False]]])
    assert_array_equal(coloured(x, 0, 1, (1, 3)) == ODD, [[[False, True, True]]])


@types
def test_a_histogram_counts_every_finite_number_of_the_range_once(dtype: Any) -> None:
    x = some_maps(dtype, 3, 20, 31)
    low, high = (np.array([f(each) for each in x], np.float64) for f in (np.min, np.max))
    counts = np.zeros((3, 16), np.int64)
    histograms(x, low, high, counts)
    assert (counts.sum(axis=1) == 20 * 31).all()
    for each, row in zip(x, counts, strict=True):
        assert np.abs(np.cumsum(row) - np.cumsum(np.histogram(each, 16)[0])).max() <= (
            9 if np.issubdtype(dtype, np.integer) else 2
        )


def test_a_histogram_leaves_out_what_is_not_finite_or_outside() -> None:
    x = np.array([[[np.nan, np.inf, -np.inf, -0.1, 1.1, 0.0, 1.0, 0.5]]])
    counts = np.zeros((1, 2), np.int64)
    histograms(x, np.zeros(1), np.ones(1), counts)
    assert counts.tolist() == [[1, 2]]
    counts[:] = 0
    histograms(np.full((1, 2, 3), 7.0), np.array([7.0]), np.array([7.0]), counts)
    assert counts.tolist() == [[6, 0]]


def test_maps_that_are_read_only_of_bytes_or_not_contiguous_are_coloured_too() -> None:
    x = np.broadcast_to(np.int8(3), (2, 4, 5))
    assert statistics_of(x)[:, :2].tolist() == [[3, 3], [3, 3]]
    assert (coloured(x, 0, 4) == TABLE[192]).all()
    assert (coloured(np.arange(24.0).reshape(2, 3, 4)[:, :, ::2], 0, 256)[1, 2] == TABLE[[20, 22]]).all()
