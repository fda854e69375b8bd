"""The transforms of the usual filters as vector code, against their matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numba import njit

from kernels.algebra.filter_form import placed
from kernels.preset_transforms import (
    PRESETS,
    preset,
    transform_across,
    transform_back,
    transform_into,
    transform_taps,
    usual_algorithm,
    weave_back,
)
from kernels.vector_code import lanes

N = 21


@njit
def _into(m, s, to, step_to, x, at, step, n) -> None:
    transform_into(m, s, to, step_to, x, at, step, n)


@njit
def _back(m, s, to, step_to, x, at, step, n) -> None:
    transform_back(m, s, to, step_to, x, at, step, n)


@njit
def _taps(m, s, to, step_to, x, at, step, n) -> None:
    transform_taps(m, s, to, step_to, x, at, step, n)


@njit
def _across(m, s, to, step_to, x, at, n) -> None:
    transform_across(m, s, to, step_to, x, at, n)


@njit
def _woven(m, s, to, b, x, at, step, n) -> None:
    weave_back(m, s, to, b, x, at, step, n)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("m", PRESETS)
def test_rows_become_what_the_matrix_makes_of_them_and_nothing_else_changes(m: int, dtype: Any) -> None:
    usual = usual_algorithm(m, 3)
    kept = -(-N // lanes(np.dtype(dtype).itemsize)) * lanes(np.dtype(dtype).itemsize)
    rng = np.random.default_rng(m)
    x = rng.standard_normal(600).astype(dtype)
    for run, matrix in ((_into, usual.BT), (_back, usual.AT), (_taps, usual.G)):
        s = rng.standard_normal(600).astype(dtype)
        expected = s.copy()
        begins = [5 + i * 41 for i in range(len(matrix[0]))]
        rows = np.array([x[begin : begin + kept] for begin in begins], np.float64)
        made = np.array(matrix, np.float64) @ rows
        for o, row in enumerate(made):
            expected[7 + o * 43 : 7 + o * 43 + kept] = row
        run(m, s, 7, 43, x, 5, 41, N)
        np.testing.assert_allclose(s, expected, rtol=0, atol=np.finfo(dtype).eps * 40 * np.abs(expected).max())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("m", PRESETS)
def test_outputs_come_in_their_order_with_the_bias_added(m: int, dtype: Any) -> None:
    n = 2 * lanes(np.dtype(dtype).itemsize)
    rng = np.random.default_rng(m)
    x, s = (rng.standard_normal(600).astype(dtype) for _ in range(2))
    expected = s.copy()
    rows = np.array([x[5 + i * 41 : 5 + i * 41 + n] for i in range(m + 2)], np.float64)
    expected[7 : 7 + m * n] = (np.array(usual_algorithm(m, 3).AT, np.float64) @ rows).T.ravel() + 0.75
    _woven(m, s, 7, dtype(0.75), x, 5, 41, n)
    np.testing.assert_allclose(s, expected, rtol=0, atol=np.finfo(dtype).eps * 40 * np.abs(expected).max())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("m", PRESETS)
def test_tiles_side_by_side_in_a_row_are_transformed_as_rows_are(m: int, dtype: Any) -> None:
    matrix = np.array(usual_algorithm(m, 3).BT, np.float64)
    kept = -(-N // lanes(np.dtype(dtype).itemsize)) * lanes(np.dtype(dtype).itemsize)
    rng = np.random.default_rng(m)
    x, s = (rng.standard_normal(600).astype(dtype) for _ in range(2))
    expected = s.copy()
    tiles = np.array([x[5 + m * j : 5 + m * j + m + 2] for j in range(kept)], np.float64)
    for o, row in enumerate(matrix @ tiles.T):
        expected[7 + o * 43 : 7 + o * 43 + kept] = row
    _across(m, s, 7, 43, x, 5, N)
    np.testing.assert_allclose(s, expected, rtol=0, atol=np.finfo(dtype).eps * 40 * np.abs(expected).max())


def test_taps_in_float64_are_written_in_float32() -> None:
    rng = np.random.default_rng(0)
    x, s = rng.standard_normal(600), rng.standard_normal(600).astype(np.float32)
    expected = s.copy()
    made = np.array(usual_algorithm(4, 3).G, np.float64) @ np.array([x[5 + i * 41 :][:8] for i in range(3)])
    for o, row in enumerate(made):
        expected[7 + o * 43 : 7 + o * 43 + 8] = row
    _taps(4, s, 7, 43, x, 5, 41, 8)
    np.testing.assert_allclose(s, expected, rtol=np.finfo(np.float32).eps)


def test_an_algorithm_is_known_by_its_transforms() -> None:
    assert [preset(usual_algorithm(m, 3)) for m in (2, 3, 4, 6)] == [2, 0, 4, 6]
    assert preset(usual_algorithm(4, 2)) == 0
    assert preset(placed(usual_algorithm(4, 3), "A")) == 0
