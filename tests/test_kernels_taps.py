"""The scratch of a convolution holds what its columns and rows say, and its outputs begin where vectors like it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kernels._jit import read_only
from kernels.cache_lines import LINE_BYTES, on_lines
from kernels.taps import WHOLE, fill

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("step", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("width", [1, 7, 37])
def test_runs_hold_every_step_th_column_and_zeros_beside_the_map(dtype: Any, step: int, width: int) -> None:
    x = RNG.standard_normal((3, 5, width)).astype(dtype)
    for top, left in ((-2, -3), (0, 0), (1, 4), (3, -40)):
        for runs in (np.arange(step), np.array([step - 1])):
            run = 2 * WHOLE
            scratch = np.full((3, 6, run * len(runs)), np.nan, dtype)
            fill(read_only(x), top, left, runs, run, step, scratch)
            wanted = np.zeros(scratch.shape, dtype)
            for (c, i, cell), _ in np.ndenumerate(wanted):
                row, column = top + i, left + runs[cell // run] + step * (cell % run)
                if 0 <= row < 5 and 0 <= column < width:
                    wanted[c, i, cell] = x[c, row, column]
            np.testing.assert_array_equal(scratch, wanted)


def test_an_array_on_lines_begins_with_one_and_is_whole() -> None:
    for shape in ((1,), (2, 3, 5), (1, 16, 33, 31)):
        for dtype in (np.float32, np.float64):
            made = on_lines(shape, dtype)
            assert (made.shape, made.dtype) == (shape, dtype)
            assert made.ctypes.data % LINE_BYTES == 0
            assert made.flags.c_contiguous
            assert made.flags.writeable
