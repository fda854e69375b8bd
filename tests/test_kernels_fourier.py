"""Convolution by the Fourier transform where its tiles are many: large maps, wide kernels, dilation."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import pytest
from convolving import there
from numpy.testing import assert_allclose, assert_array_equal

from explorer.ops.op import no_tick
from kernels import fft_convolution

SHAPES = {
    "one filter, many tiles": ((1, 1, 150, 170), (1, 1, 33, 41), (1, 1), 1),
    "a wide kernel, dilated": ((2, 2, 60, 90), (3, 2, 3, 9), (2, 5), 1),
    "groups": ((1, 4, 70, 40), (6, 2, 15, 13), (1, 1), 2),
}


def convolved(x: Any, w: Any, b: Any, dilation: tuple[int, int], groups: int) -> Any:
    """Without padding."""
    extents = (size - apart * (taps - 1) for size, apart, taps in zip(x.shape[2:], dilation, w.shape[2:], strict=True))
    y = np.full((len(x), len(w), *extents), np.nan, x.dtype)
    there(fft_convolution.plan, x, w, b, y, (1, 1), dilation, (0, 0, 0, 0), groups, no_tick)
    return y


def summed(x: Any, w: Any, b: Any, dilation: tuple[int, int], groups: int) -> Any:
    """The definition, from windows that NumPy sees in the array."""
    spans = tuple(apart * (taps - 1) + 1 for apart, taps in zip(dilation, w.shape[2:], strict=True))
    seen = np.lib.stride_tricks.sliding_window_view(x, spans, axis=(2, 3))[..., :: dilation[0], :: dilation[1]]
    seen = seen.reshape(len(x), groups, -1, *seen.shape[2:])
    taps = w.reshape(groups, -1, *w.shape[1:])
    made = np.einsum("ngcijuv,gkcuv->ngkij", seen, taps, optimize=True)
    return made.reshape(len(x), len(w), *made.shape[3:]) + b[:, None, None]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("given", SHAPES.values(), ids=SHAPES.keys())
def test_large_maps_give_what_the_definition_gives_on_any_number_of_threads(given: Any, dtype: Any) -> None:
    shape, kernel, dilation, groups = given
    rng = np.random.default_rng(0)
    x, w, b = (rng.standard_normal(each) for each in (shape, kernel, kernel[0]))
    expected = summed(x, w, b, dilation, groups)
    x, w, b = (each.astype(dtype) for each in (x, w, b))
    found = convolved(x, w, b, dilation, groups)
    within = 2e-6 if dtype == np.float32 else 1e-14
    assert_allclose(found, expected, rtol=0, atol=within * np.abs(expected).max())
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        assert_array_equal(convolved(x, w, b, dilation, groups), found)
    finally:
        numba.set_num_threads(threads)
