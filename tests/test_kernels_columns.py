"""Fast filters down the columns, against the definition: edges, tails, odd sizes."""

from __future__ import annotations

from functools import partial
from itertools import product
from typing import Any

import numba
import numpy as np
import pytest
from convolving import back, there
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import config
from numpy.testing import assert_allclose, assert_array_equal

from explorer.ops import operations
from explorer.ops.exact.filters import fast_filters
from explorer.ops.op import Cancelled, no_tick
from kernels import column_convolution, convolution, convolution_gradients, convolution_methods
from kernels.column_convolution import carries
from kernels.column_tile import ALGORITHMS, ONE
from kernels.convolution_methods import convolve_by

convolve = partial(there, column_convolution.plan)

SMALL: Any = ((1, 1), (1, 1), (1, 1, 1, 1), 1)


def made(shape: Any, filters: int, kernel: Any, moves: Any, dtype: Any = np.float64) -> tuple[Any, ...]:
    """x, w, b and y of a layer, y full of NaN."""
    stride, dilation, pads, groups = moves
    rng = np.random.default_rng(0)
    x = rng.standard_normal(shape).astype(dtype)
    w = rng.standard_normal((filters, shape[1] // groups, *kernel)).astype(dtype)
    b = rng.standard_normal(filters).astype(dtype)
    extents = [
        (shape[2 + a] + pads[a] + pads[2 + a] - dilation[a] * (kernel[a] - 1) - 1) // stride[a] + 1 for a in (0, 1)
    ]
    return x, w, b, np.full((shape[0], filters, *extents), np.nan, dtype)


def defined(x: Any, w: Any, b: Any, y: Any, stride: Any, dilation: Any, pads: Any, groups: int) -> Any:
    """y in float64, tap by tap."""
    around = [(0, 0), (0, 0), *((max(pads[a], 0), max(pads[a + 2], 0)) for a in (0, 1))]
    padded = np.pad(x.astype(np.float64), around)
    padded = padded[:, :, max(-pads[0], 0) :, max(-pads[1], 0) :]
    expected = np.zeros(y.shape) + b[:, None, None]
    of_group, channels = len(w) // groups, w.shape[1]
    for g, u, v in product(range(groups), range(w.shape[2]), range(w.shape[3])):
        seen = padded[
            :, g * channels : (g + 1) * channels,
            u * dilation[0] : u * dilation[0] + (y.shape[2] - 1) * stride[0] + 1 : stride[0],
            v * dilation[1] : v * dilation[1] + (y.shape[3] - 1) * stride[1] + 1 : stride[1],
        ]  # fmt: skip
        filters = slice(g * of_group, (g + 1) * of_group)
        expected[:, filters] += np.einsum("ncij,kc->nkij", seen, w[filters, :, u, v].astype(np.float64))
    return expected


def apart(shape: Any, filters: int, kernel: Any, moves: Any, dtype: Any = np.float64) -> float:
    """The largest error, of the largest output."""
    x, w, b, y = made(shape, filters, kernel, moves, dtype)
    convolve(x, w, b, y, *moves, no_tick)
    expected = defined(x, w, b, y, *moves)
    return float(np.abs(y - expected).max() / max(1, np.abs(expected).max()))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("height", ALGORITHMS)
def test_every_height_of_a_kernel_gives_what_the_definition_gives(height: int, dtype: Any) -> None:
    within = 1e-5 if dtype == np.float32 else 1e-13
    around = (1, 1), (1, 1), (height // 2, 1, height // 2, 1), 1
    assert apart((2, 3, 23, 61), 6, (height, 3), around, dtype) < within
    assert apart((1, 1, 9, 5), 1, (height, 1), ((1, 1), (1, 1), (0, 0, 0, 0), 1), dtype) < within


@given(data=st.data())
@settings(max_examples=60 if not config.DISABLE_JIT else 6)
def test_random_shapes_strides_along_the_rows_dilations_pads_and_groups_are_right(data: Any) -> None:
    def number(low: int, high: int) -> int:
        return int(data.draw(st.integers(low, high)))

    groups, kernel = number(1, 3), (data.draw(st.sampled_from(sorted(ALGORITHMS))), number(1, 5))
    dilation = number(1, 3), number(1, 3)
    least = [dilation[a] * (kernel[a] - 1) + 3 for a in (0, 1)]
    shape = number(1, 2), groups * number(1, 3), least[0] + number(0, 30), least[1] + number(0, 60)
    # Padding below 0 crops, as gradients of padded layers do.
    pads = tuple(number(-1, 4) for _ in range(4))
    moves = (1, number(1, 3)), dilation, pads, groups
    assert apart(shape, groups * number(1, 9), kernel, moves) < 1e-12


@pytest.mark.parametrize("width", [1, 7, 23, 24, 25, 95, 96, 97])
def test_every_end_of_a_row_is_right(width: int) -> None:
    for dtype in (np.float32, np.float64):
        assert apart((1, 2, 10, width), 5, (3, 3), SMALL, dtype) < 2e-6


@pytest.mark.parametrize("width", [24, 96, 100, 103])
def test_outputs_that_are_written_past_the_caches_are_the_same(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for dtype in (np.float32, np.float64):
        x, w, b, y = made((1, 2, 18, width), 9, (3, 3), SMALL, dtype)
        convolve(x, w, b, y, *SMALL, no_tick)
        past = np.full_like(y, np.nan)
        with monkeypatch.context() as small:
            small.setattr(column_convolution, "PAST_BYTES", 1)
            convolve(x, w, b, past, *SMALL, no_tick)
        assert_array_equal(past, y)


def test_a_cell_is_the_same_on_one_thread_and_however_the_work_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    moves = (1, 1), (2, 1), (2, 1, 2, 1), 2
    x, w, b, y = made((3, 4, 41, 50), 6, (3, 3), moves, np.float32)
    convolve(x, w, b, y, *moves, no_tick)
    expected, threads = y.copy(), numba.get_num_threads()
    monkeypatch.setattr(column_convolution, "CALL_OPERATIONS", 100_000)
    monkeypatch.setattr(column_convolution, "threads", lambda: 5)
    numba.set_num_threads(1)
    try:
        y[...] = np.nan
        convolve(x, w, b, y, *moves, no_tick)
    finally:
        numba.set_num_threads(threads)
    assert_array_equal(y, expected)


def test_work_is_given_up_between_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(column_convolution, "CALL_OPERATIONS", 1)
    calls: list[int] = []

    def at_the_second() -> None:
        calls.append(1)
        if len(calls) == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        convolve(*made((1, 1, 40, 30), 4, (3, 3), SMALL), *SMALL, at_the_second)
    assert len(calls) == 2


def test_what_is_not_finite_stays_within_the_tiles_and_columns_that_read_it() -> None:
    x, w, b, y = made((1, 2, 40, 60), 4, (3, 3), SMALL, np.float32)
    convolve(x, w, b, y, *SMALL, no_tick)
    for bad in (np.nan, np.inf):
        broken, met = x.copy(), np.full_like(y, np.nan)
        broken[0, 1, 20, 30] = bad
        convolve(broken, w, b, met, *SMALL, no_tick)
        assert (~np.isfinite(met[:, :, 19:22, 29:32])).all()
        changed = np.argwhere(met != y)
        assert np.abs(changed[:, 2] - 20).max() <= 4
        assert np.abs(changed[:, 3] - 30).max() == 1


def test_a_weight_or_a_bias_that_is_not_finite_spoils_its_own_map_alone() -> None:
    x, w, b, y = made((1, 2, 12, 30), 5, (3, 3), SMALL, np.float32)
    w[1, 0, 1, 1], b[3] = np.nan, np.inf
    convolve(x, w, b, y, *SMALL, no_tick)
    assert np.isnan(y[0, 1]).all()
    assert not np.isfinite(y[0, 3]).any()
    assert np.isfinite(y[0, [0, 2, 4]]).all()


def test_the_product_that_takes_the_bias_is_added_to_every_output() -> None:
    for algorithm in ALGORITHMS.values():
        assert {row[ONE] for row in algorithm.AT} == {1}


@pytest.mark.parametrize("dilation", [(1, 1), (2, 3)])
def test_the_gradient_of_the_input_is_the_same_by_fast_filters(dilation: Any) -> None:
    moves = (1, 1), dilation, (2, 0, 1, 3), 2
    x, w, _, y = made((2, 6, 20, 33), 8, (3, 5), moves)
    gy = np.random.default_rng(1).standard_normal(y.shape)
    expected, met = np.empty_like(x), np.full_like(x, np.nan)
    back(convolution.gradient_plan, gy, w, expected, *moves, no_tick)
    back(partial(convolution_gradients.plan, method="columns"), gy, w, met, *moves, no_tick)
    assert_allclose(met, expected, rtol=0, atol=1e-12 * np.abs(expected).max())


def test_what_there_is_no_filter_for_is_refused() -> None:
    assert carries((3, 8), (1, 4))
    assert not carries((3, 3), (2, 1))
    assert not carries((4, 3), (1, 1))
    for kernel, stride in (((4, 3), (1, 1)), ((3, 3), (2, 1))):
        moves = stride, (1, 1), (1, 1, 1, 1), 1
        with pytest.raises(ValueError, match="down the columns"):
            convolve_by("columns", *made((1, 1, 12, 12), 4, kernel, moves), *moves, no_tick)


def test_a_derived_filter_that_is_known_and_plain_along_the_rows_goes_down_the_columns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = "F(4, 3) at 0, 1, -1, 1/2, -1/2, inf"
    seen: list[str] = []
    monkeypatch.setattr(column_convolution, "plan", lambda problem: lambda *_: seen.append("columns"))
    monkeypatch.setattr(convolution_methods.winograd, "plan", lambda *_: lambda *_: seen.append("both"))
    layer = made((1, 1, 12, 12), 4, (3, 3), SMALL)
    other = "F(4, 3) at 0, 1, -1, 2, -2, inf"
    for text in (f"{known}; F(1, 3) at 0, 1, inf", f"{other}; F(1, 3) at 0, 1, inf", known):
        convolve_by("winograd", *layer, *SMALL, no_tick, fast_filters(text))
    assert seen == ["columns", "both", "both"]


def test_a_layer_by_itself_takes_them_for_a_dilated_kernel() -> None:
    conv = operations()["conv"]
    params = conv.Params(filters=5, kernel=(5, 3), dilation=(2, 1), method="auto")
    x = np.random.default_rng(0).standard_normal((1, 3, 70, 80))
    weights = conv.init((x.shape,), params, np.random.default_rng(0))
    plain = conv.Params(filters=5, kernel=(5, 3), dilation=(2, 1), method="direct")
    (y,), _ = conv.forward((x,), weights, params, no_tick)
    (expected,), _ = conv.forward((x,), weights, plain, no_tick)
    assert_allclose(y, expected, rtol=0, atol=1e-12)
    assert (y != expected).any()
