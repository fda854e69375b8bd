"""What kernels do with rows of numbers, against numpy: Fourier transforms, the largest of rows, rows by phases."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numba import njit

from kernels.fourier import back, forth, passes, turn
from kernels.largest_rows import SPARE_BYTES, largest_of_rows
from kernels.vector_code import VECTOR_BYTES
from kernels.window_taps import by_phase, phases_of


@njit
def _largest(s: Any, places: Any, at: Any, beside: Any, offsets: Any, columns: int, to: int, places_to: int) -> None:
    largest_of_rows(s, places, at, beside, offsets, len(at), columns, to, places_to)


TYPES = [np.float32, np.float64]


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize(("length", "columns"), [(2, 5), (3, 8), (4, 1), (6, 33), (16, 7), (36, 64), (54, 3)])
def test_a_transform_holds_what_the_one_of_numpy_holds_and_comes_back(length: int, columns: int, dtype: Any) -> None:
    rng = np.random.default_rng(length)
    line = columns + VECTOR_BYTES
    re, im = rng.standard_normal((2, length, line)).astype(dtype)
    x = (re + 1j * im)[:, :columns]
    expected = np.fft.fft(x, axis=0)
    plan = passes(length, np.dtype(dtype).str)
    forth(re.ravel(), im.ravel(), line, columns, plan.radices, plan.turns)
    found = (re + 1j * im)[:, :columns]
    within = length * np.finfo(dtype).eps * 10
    # The order is that of turned digits: every number of numpy's is there once.
    for j in range(columns):
        distances = abs(found[:, j, None] - expected[None, :, j])
        assert distances.min(axis=0).max() < within
        assert sorted(distances.argmin(axis=0)) == list(range(length))
    back(im.ravel(), re.ravel(), line, columns, plan.radices, plan.turns)
    np.testing.assert_allclose((re + 1j * im)[:, :columns] / length, x, rtol=0, atol=within)


def test_a_length_with_another_prime_is_refused() -> None:
    with pytest.raises(ValueError, match="35"):
        passes(35, "<f4")


def test_a_turned_matrix_has_its_rows_as_columns() -> None:
    x, y = np.arange(37.0 * 20), np.zeros(18 * 40)
    turn(x, 20, 37, 18, y, 40)
    np.testing.assert_array_equal(y.reshape(18, 40)[:, :37], x.reshape(37, 20)[:, :18].T)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("columns", [1, 15, 16, 40])
def test_the_largest_of_rows_comes_with_the_place_of_the_first_that_has_it(columns: int, dtype: Any) -> None:
    rng = np.random.default_rng(columns)
    rows = rng.integers(-2, 3, (5, columns)).astype(dtype)
    rows[rng.random(rows.shape) < 0.2] = np.nan
    rows[rng.random(rows.shape) < 0.1] = -np.inf
    step = columns + SPARE_BYTES // np.dtype(dtype).itemsize
    s, places = np.zeros(6 * step, dtype), np.zeros(2 * step, np.int32)
    s[: 5 * step].reshape(5, step)[:, :columns] = rows
    places[:columns] = np.arange(columns)
    at, beside, offsets = np.arange(5) * step, np.zeros(5, np.int64), np.arange(5, dtype=np.int32) * 100
    _largest(s, places, at, beside, offsets, columns, 5 * step, step)
    np.testing.assert_array_equal(s[5 * step :][:columns], rows.max(axis=0))
    np.testing.assert_array_equal(places[step:][:columns], rows.argmax(axis=0) * 100 + np.arange(columns))


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("stride", [1, 2, 3, 5, 6])
@pytest.mark.parametrize("begin", [0, 1, 7])
def test_a_row_by_phases_has_the_taps_of_every_window(begin: int, stride: int, dtype: Any) -> None:
    x, kernel, dilation = np.arange(1, 84, dtype=dtype), 3, 2
    windows = (x.size + begin + 3 - dilation * (kernel - 1) - 1) // stride + 1
    phases, inside, at = phases_of(x, windows, kernel, stride, dilation, begin, 0.0)
    by_phase(x, stride, begin, inside, phases)
    padded = np.pad(x, (begin, 100))
    for v in range(kernel):
        taps = padded[v * dilation :: stride][:windows]
        np.testing.assert_array_equal(phases.ravel()[at[v] :][:windows], taps)
