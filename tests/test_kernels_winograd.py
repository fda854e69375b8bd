"""Convolution by every method, against the definition: sizes that fill tiles and blocks, and those that do not."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from typing import Any

import numba
import numpy as np
import pytest
from convolving import back
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numba import config
from numpy.testing import assert_allclose, assert_array_equal

from explorer.ops.op import Cancelled, no_tick
from kernels import column_convolution, convolution, convolution_gradients, convolution_methods, winograd
from kernels.algebra.bilinear import FilterAlgorithm
from kernels.algebra.filter_form import placed, transposed
from kernels.algebra.polynomial import Polynomial
from kernels.algebra.winograd import linear_moduli
from kernels.algebra.winograd import winograd as convolver
from kernels.convolution_methods import METHODS, chosen, convolve_by, usual_filter
from kernels.fast_filter import FastFilter, fast_filter, sums

PLAIN: Any = ((1, 1), (1, 1), (1, 1, 1, 1), 1)
LAYERS: dict[str, Any] = {
    "odd sizes": ((1, 3, 13, 17), 5, (3, 3), *PLAIN),
    "one pixel": ((1, 1, 1, 1), 1, (3, 3), *PLAIN),
    "groups and a batch": ((3, 4, 9, 10), 6, (3, 3), (1, 1), (1, 1), (0, 2, 1, 0), 2),
    "depthwise": ((1, 5, 11, 12), 5, (3, 3), (1, 1), (1, 1), (1, 1, 1, 1), 5),
    "a wide row": ((1, 2, 3, 500), 3, (3, 3), *PLAIN),
    "many tiles": ((1, 2, 70, 90), 2, (3, 3), *PLAIN),
    "another kernel along the rows": ((2, 3, 12, 19), 9, (2, 5), (1, 1), (1, 1), (1, 2, 0, 2), 1),
    "padding beyond the kernel": ((1, 2, 6, 7), 4, (3, 3), (1, 1), (1, 1), (5, 6, 4, 9), 1),
    "stride and dilation": ((2, 4, 21, 26), 6, (3, 2), (2, 3), (2, 1), (2, 1, 3, 0), 2),
    "a large kernel": ((1, 2, 30, 41), 3, (9, 11), (1, 1), (1, 1), (4, 5, 4, 5), 1),
}
BYTES = [1 << 14, winograd.BLOCK_BYTES]


def _extents(shape: Any, kernel: Any, stride: Any, dilation: Any, pads: Any) -> list[int]:
    return [(shape[2 + a] + pads[a] + pads[2 + a] - dilation[a] * (kernel[a] - 1) - 1) // stride[a] + 1 for a in (0, 1)]


def _made(layer: Any, dtype: Any = np.float64) -> tuple[Any, ...]:
    shape, filters, kernel, stride, dilation, pads, groups = layer
    rng = np.random.default_rng(0)
    x = rng.standard_normal(shape).astype(dtype)
    w = rng.standard_normal((filters, shape[1] // groups, *kernel)).astype(dtype)
    b = rng.standard_normal(filters).astype(dtype)
    y = np.full((shape[0], filters, *_extents(shape, kernel, stride, dilation, pads)), np.nan, dtype)
    return x, w, b, y, (stride, dilation, pads, groups)


def _definition(x: Any, w: Any, b: Any, y: Any, stride: Any, dilation: Any, pads: Any, groups: int) -> Any:
    """y in float64, tap by tap over whole maps."""
    of_group = w.shape[1]
    padded = np.pad(x.astype(np.float64), ((0, 0), (0, 0), pads[::2], pads[1::2]))
    expected = np.zeros(y.shape) + b[:, None, None]
    share = len(w) // groups
    for g in range(groups):
        for u in range(w.shape[2]):
            for v in range(w.shape[3]):
                rows = slice(u * dilation[0], u * dilation[0] + (y.shape[2] - 1) * stride[0] + 1, stride[0])
                columns = slice(v * dilation[1], v * dilation[1] + (y.shape[3] - 1) * stride[1] + 1, stride[1])
                seen = padded[:, g * of_group : (g + 1) * of_group, rows, columns]
                taps = w[g * share : (g + 1) * share, :, u, v].astype(np.float64)
                expected[:, g * share : (g + 1) * share] += np.einsum("ncij,kc->nkij", seen, taps)
    return expected


def _applies(method: str, layer: Any) -> bool:
    if method == "columns":
        return column_convolution.carries(layer[2], layer[3])
    return method != "winograd" or (layer[3] == layer[4] == (1, 1) and max(layer[2]) < 9)


def _algorithm(r: int, m: int, moduli: Any) -> FilterAlgorithm:
    return transposed(convolver(r, m, moduli, infinity=True).convolver)


def _check(layer: Any, filters: tuple[FastFilter, FastFilter], dtype: Any = np.float64, within: float = 1e-10) -> None:
    x, w, b, y, moves = _made(layer, dtype)
    convolve_by("winograd", x, w, b, y, *moves, no_tick, filters)
    expected = _definition(x, w, b, y, *moves)
    assert_allclose(y, expected, rtol=0, atol=within * np.abs(expected).max())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS.keys())
def test_every_method_gives_what_the_definition_gives_and_leaves_its_input_alone(layer: Any, dtype: Any) -> None:
    for method in METHODS:
        if _applies(method, layer):
            x, w, b, y, moves = _made(layer, dtype)
            convolve_by(method, x, w, b, y, *moves, no_tick)
            expected = _definition(x, w, b, y, *moves)
            within = 1e-13 if dtype == np.float64 else 2e-5 if method == "winograd" else 2e-6
            assert_allclose(y, expected, rtol=0, atol=within * max(1, np.abs(expected).max()), err_msg=method)
            for array, before in zip((x, w, b), _made(layer, dtype), strict=False):
                assert_array_equal(array, before)


@given(data=st.data())
@settings(max_examples=25 if not config.DISABLE_JIT else 5)
def test_every_method_gives_the_same_for_random_shapes(data: Any) -> None:
    def number(low: int, high: int) -> int:
        return data.draw(st.integers(low, high))

    groups, kernel = number(1, 2), (number(1, 4), number(1, 4))
    layer = (
        (number(1, 2), groups * number(1, 3), number(4, 20), number(4, 30)), groups * number(1, 6), kernel, (1, 1),
        (1, 1), tuple(number(0, 3) for _ in range(4)), groups,
    )  # fmt: skip
    x, w, b, y, moves = _made(layer)
    expected = _definition(x, w, b, y, *moves)
    for method in METHODS:
        if not _applies(method, layer):
            continue
        y[...] = np.nan
        convolve_by(method, x, w, b, y, *moves, no_tick)
        assert_allclose(y, expected, rtol=0, atol=1e-11 * max(1, np.abs(expected).max()), err_msg=method)


@given(
    points=st.lists(st.fractions(-3, 3, max_denominator=3), min_size=3, max_size=6, unique=True), r=st.integers(2, 3)
)
@settings(max_examples=20 if not config.DISABLE_JIT else 4)
def test_a_filter_from_any_distinct_points_runs_and_is_right(points: list[Fraction], r: int) -> None:
    m = len(points) + 2 - r
    algorithm = _algorithm(r, m, linear_moduli(points))
    back, taps, into = (np.abs(np.array(each, np.float64)) for each in (algorithm.AT, algorithm.G, algorithm.BT))
    # What rounding can come to: all terms of an output with no sign to cancel them, in each direction.
    terms = (back @ (taps.sum(axis=1) * into.sum(axis=1))).max()
    within = 4e-15 * terms**2
    assume(within < 1e-3)
    fast = fast_filter(algorithm)
    _check(((1, 2, 11, 13), 3, (r, r), (1, 1), (1, 1), (1, 1, 1, 1), 1), (fast, fast), within=within)


def test_a_filter_from_a_polynomial_that_does_not_split_runs_and_is_right() -> None:
    moduli = [*linear_moduli([Fraction(0), Fraction(1), Fraction(-1)]), Polynomial([1, 0, 1])]
    with_square = fast_filter(_algorithm(3, 4, moduli))
    _check(LAYERS["odd sizes"], (with_square, with_square))
    _check(LAYERS["odd sizes"], (with_square, usual_filter(2, 3)))


def test_a_filter_whose_fractions_stand_apart_runs_and_is_right() -> None:
    moduli = linear_moduli([Fraction(0), Fraction(1), Fraction(-1), Fraction(2), Fraction(-2)])
    apart = fast_filter(placed(_algorithm(3, 4, moduli), "F"))
    _check(LAYERS["odd sizes"], (apart, apart))


@pytest.mark.parametrize("m", [1, 2, 3, 4, 5, 6, 7])
def test_every_count_of_outputs_of_a_tile_is_right(m: int) -> None:
    _check(LAYERS["groups and a batch"], (usual_filter(m, 3), usual_filter(2, 3)))
    _check(LAYERS["groups and a batch"], (usual_filter(3, 3), usual_filter(m, 3)))


@pytest.mark.parametrize(("m", "within"), [(2, 4), (4, 42), (6, 218)])
def test_the_error_in_float32_stays_within_the_known_bounds(m: int, within: float) -> None:
    """Of the largest output that the sizes allow, in units of 2⁻²⁴, as measured for tiles of one channel."""
    rng = np.random.default_rng(1)
    x, w = (rng.uniform(-1, 1, shape).astype(np.float32) for shape in ((1, 1, 48, 48), (1, 1, 3, 3)))
    y, b = np.empty((1, 1, 48, 48), np.float32), np.zeros(1, np.float32)
    convolve_by("winograd", x, w, b, y, *PLAIN, no_tick, (usual_filter(m, 3),) * 2)
    assert np.abs(y - _definition(x, w, b, y, *PLAIN)).max() < within * 2**-24 * np.abs(w).sum()


@pytest.mark.parametrize("bytes_", BYTES)
@pytest.mark.parametrize("together", [0.0, 1e9], ids=["stages shared", "blocks shared"])
def test_a_cell_is_the_same_however_the_work_is_cut(bytes_: int, together: float, monkeypatch: Any) -> None:
    for name in ("odd sizes", "groups and a batch", "many tiles"):
        x, w, b, y, moves = _made(LAYERS[name], np.float32)
        convolve_by("winograd", x, w, b, y, *moves, no_tick)
        expected = y.copy()
        with monkeypatch.context() as cut:
            cut.setattr(winograd, "BLOCK_BYTES", bytes_)
            cut.setattr(winograd, "TOGETHER", together)
            cut.setattr(winograd, "CALL_OPERATIONS", 1)
            y[...] = np.nan
            convolve_by("winograd", x, w, b, y, *moves, no_tick)
        assert_array_equal(y, expected)


@pytest.mark.parametrize("method", METHODS)
def test_results_are_the_same_on_one_thread_and_on_all(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    x, w, b, y, moves = _made(LAYERS["many tiles"], np.float32)
    convolve_by(method, x, w, b, y, *moves, no_tick)
    expected = y.copy()
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    monkeypatch.setattr(winograd, "threads", lambda: 3)
    try:
        convolve_by(method, x, w, b, y, *moves, no_tick)
    finally:
        numba.set_num_threads(threads)
    assert_array_equal(y, expected)


@pytest.mark.parametrize("method", METHODS)
def test_arrays_that_are_not_contiguous_or_not_aligned_are_taken_as_they_are(method: str) -> None:
    x, w, b, y, moves = _made(LAYERS["odd sizes"], np.float32)
    convolve_by(method, x, w, b, y, *moves, no_tick)
    crooked = np.empty(x.nbytes + 1, np.uint8)[1:].view(np.float32).reshape(x.shape)
    crooked[...] = x
    strided = np.repeat(w, 2, axis=3)[..., ::2]
    room = np.full((*y.shape[:3], 2 * y.shape[3]), np.nan, np.float32)
    convolve_by(method, crooked, strided, b, room[..., ::2], *moves, no_tick)
    assert_array_equal(room[..., ::2], y)
    assert np.isnan(room[..., 1::2]).all()


@pytest.mark.parametrize("method", METHODS)
def test_work_is_cancelled_between_calls(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (winograd, column_convolution, convolution_methods.convolution, convolution_methods.im2col):
        monkeypatch.setattr(module, "CALL_OPERATIONS", 1)
    monkeypatch.setattr(winograd, "BLOCK_BYTES", 1 << 10)
    monkeypatch.setattr(convolution_methods.im2col, "COLUMNS_BYTES", 1 << 10)
    calls: list[int] = []

    def cancel_at_the_second() -> None:
        calls.append(1)
        if len(calls) == 2:
            raise Cancelled

    x, w, b, y, moves = _made(LAYERS["many tiles"])
    with pytest.raises(Cancelled):
        convolve_by(method, x, w, b, y, *moves, cancel_at_the_second)
    assert len(calls) == 2


def test_what_is_not_finite_stays_within_the_tiles_that_read_it() -> None:
    x, w, b, y, moves = _made(LAYERS["many tiles"], np.float32)
    convolve_by("winograd", x, w, b, y, *moves, no_tick)
    expected = y.copy()
    x[0, 0, 30, 30] = np.inf
    convolve_by("winograd", x, w, b, y, *moves, no_tick)
    changed = np.argwhere(y != expected)
    assert (~np.isfinite(y[:, :, 29:32, 29:32])).all()
    assert np.abs(changed[:, 2:] - 30).max() <= 6


def test_a_method_that_does_not_apply_is_refused() -> None:
    x, w, b, y, moves = _made(LAYERS["stride and dilation"])
    with pytest.raises(ValueError, match="stride"):
        convolve_by("winograd", x, w, b, y, *moves, no_tick)
    with pytest.raises(ValueError, match="stride"):
        convolve_by("columns", x, w, b, y, *moves, no_tick)
    with pytest.raises(ValueError, match="nested"):
        convolve_by("nested", x, w, b, y, *moves, no_tick)
    x, w, b, y, moves = _made(LAYERS["odd sizes"])
    with pytest.raises(ValueError, match="taps"):
        convolve_by("winograd", x, w, b, y, *moves, no_tick, (usual_filter(2, 2), usual_filter(2, 3)))
    with pytest.raises(ValueError, match="points"):
        usual_filter(4, 9)


def test_what_is_chosen_follows_from_the_shapes() -> None:
    one = (1, 1)
    assert chosen((1, 64, 56, 56), (64, 64, 3, 3), (1, 64, 56, 56), one, one) == "winograd"
    assert chosen((1, 64, 56, 56), (64, 64, 3, 3), (1, 64, 28, 28), (2, 2), one) == "direct"
    assert chosen((1, 64, 56, 56), (64, 1, 3, 3), (1, 64, 56, 56), one, one) == "direct"
    assert chosen((1, 64, 8, 8), (64, 64, 3, 3), (1, 64, 8, 8), one, one) == "direct"
    assert chosen((1, 128, 28, 28), (128, 128, 3, 3), (1, 128, 28, 28), one, one) == "winograd"
    assert chosen((1, 3, 512, 512), (8, 3, 3, 3), (1, 8, 512, 512), one, one) == "direct"
    assert chosen((1, 3, 512, 512), (8, 3, 5, 3), (1, 8, 512, 512), one, one) == "columns"
    assert chosen((1, 8, 512, 512), (8, 8, 3, 3), (1, 8, 508, 508), one, (2, 2)) == "columns"
    assert chosen((1, 8, 512, 512), (8, 8, 3, 3), (1, 8, 256, 256), (2, 2), one) == "direct"
    assert chosen((1, 8, 512, 512), (8, 8, 2, 3), (1, 8, 512, 512), one, one) == "direct"
    assert chosen((1, 8, 512, 512), (1, 8, 3, 3), (1, 1, 512, 512), one, one) == "direct"
    assert chosen((1, 8, 40, 40), (8, 8, 3, 3), (1, 8, 40, 40), one, one) == "direct"
    assert chosen((1, 1, 512, 512), (4, 1, 41, 41), (1, 4, 472, 472), one, one) == "fft"


@given(st.lists(st.lists(st.fractions(-4, 4, max_denominator=4), min_size=5, max_size=5), min_size=1, max_size=9))
def test_sums_of_rows_are_the_matrix(rows: list[list[Fraction]]) -> None:
    matrix = tuple(map(tuple, rows))
    of = sums(matrix)
    x = [Fraction(3 * i * i + 1, 7) for i in range(5)]
    values = [*x, *[Fraction()] * (of.outputs + of.between)]
    for s, result in enumerate(of.results):
        terms = range(of.begins[s], of.begins[s + 1])
        values[result] = sum((Fraction(of.factors[t]) * values[of.values[t]] for t in terms), Fraction())
    expected = [sum((a * b for a, b in zip(row, x, strict=True)), Fraction()) for row in matrix]
    assert_allclose(
        [float(value) for value in values[5 : 5 + of.outputs]], [float(value) for value in expected], atol=1e-12
    )


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
def test_the_gradient_of_the_input_is_the_same_by_every_method(layer: Any, method: str) -> None:
    x, w, _, y, moves = _made(layer)
    if not _applies(method, layer):
        return
    gy = np.random.default_rng(1).standard_normal(y.shape)
    expected, found = np.full(x.shape, np.nan), np.full(x.shape, np.nan)
    back(convolution.gradient_plan, gy, w, expected, *moves, no_tick)
    back(partial(convolution_gradients.plan, method=method), gy, w, found, *moves, no_tick)
    assert_allclose(found, expected, rtol=1e-9, atol=1e-9)
