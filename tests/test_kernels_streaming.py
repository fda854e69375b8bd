"""Writing past the cache puts every number where it belongs, and nothing beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kernels.streaming import LARGE, put


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("larger", [False, True])
def test_numbers_are_put_from_any_place_on_whatever_vectors_need(dtype: Any, larger: bool) -> None:
    size = LARGE // np.dtype(dtype).itemsize if larger else 200
    y = np.full(size, -1, dtype)
    for at in range(20):
        for count in (0, 1, 2, 7, 8, 9, 16, 31, 64, 101):
            made = np.arange(1, count + 1).astype(dtype)
            put(made, y, at)
            np.testing.assert_array_equal(y[at : at + count], made)
            assert (y[:at] == -1).all()
            assert (y[at + count : 200] == -1).all()
            y[at : at + count] = -1


def test_the_end_of_a_large_result_is_reached_and_not_passed() -> None:
    whole = np.zeros(LARGE // 4 + 64, np.float32)
    for skipped in range(9):
        y = whole[skipped : skipped + LARGE // 4]
        put(np.full(77, skipped + 1.0, np.float32), y, y.size - 77)
        assert (y[-77:] == skipped + 1).all()
        assert (whole[skipped + LARGE // 4 :] == 0).all()
        whole[:] = 0
