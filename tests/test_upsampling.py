"""What users rely on in transposed convolution, in upsampling and in unpooling to a size."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from explorer.ops import kernel_presets, max_unpool, mean_pool, mean_unpool, sampling, transposed_conv, upsample
from explorer.ops.explanation import Grid
from explorer.ops.op import Cell, no_tick
from explorer.refusal import Refusal
from tests.onnx_oracle import near, run

_small = st.integers(1, 4)
_pairs = st.tuples(_small, _small)
_seeds = st.integers(0, 2**32 - 1)
_extents = st.tuples(st.integers(1, 7), st.integers(1, 7))


def _numbers(shape: tuple[int, ...], seed: int, dtype: Any = np.float32) -> Any:
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def _accepted(op: Any, shape: tuple[int, ...], params: Any) -> Any:
    try:
        return op.shape((shape,), params)[0]
    except Refusal:
        assume(False)


# Transposed convolution


@st.composite
def layers(draw: st.DrawFn) -> tuple[Any, ...]:
    """Input, weights and parameters of a transposed convolution with an output."""
    groups = draw(st.integers(1, 3))
    params = transposed_conv.Params(
        filters=groups * draw(_small),
        kernel=draw(_pairs),
        stride=draw(_pairs),
        padding=draw(st.sampled_from(["numbers", "valid"])),
        pads=draw(st.tuples(*[st.integers(0, 4)] * 4)),
        output_padding=draw(st.tuples(st.integers(0, 3), st.integers(0, 3))),
        dilation=draw(_pairs),
        groups=groups,
        bias=draw(st.booleans()),
    )
    shape = draw(st.integers(1, 2)), groups * draw(_small), *draw(_extents)
    _accepted(transposed_conv.OP, shape, params)
    seed = draw(_seeds)
    drawn = transposed_conv.OP.init((shape,), params, np.random.default_rng(0))
    weights = {name: _numbers(array.shape, seed + place) for place, (name, array) in enumerate(drawn.items())}
    return _numbers(shape, seed + 2), weights, params


@settings(max_examples=80)
@given(layers())
def test_transposed_convolution_agrees_with_onnxruntime(layer: tuple[Any, ...]) -> None:
    x, weights, params = layer
    # The oracle takes an output padding below the stride alone, whatever the dilation.
    assume(all(more < step for more, step in zip(params.output_padding, params.stride, strict=True)))
    (expected,) = run(
        "ConvTranspose",
        [x, *weights.values()],
        strides=params.stride,
        dilations=params.dilation,
        pads=params.pads if params.padding == "numbers" else (0, 0, 0, 0),
        output_padding=params.output_padding,
        group=params.groups,
    )
    near(transposed_conv.OP.forward((x,), weights, params, no_tick)[0][0], expected)


@settings(max_examples=40)
@given(_pairs, _pairs, _pairs, _extents, _seeds)
def test_same_padding_makes_stride_cells_of_each_cell_as_in_onnxruntime(
    kernel: tuple[int, int], stride: tuple[int, int], dilation: tuple[int, int], size: tuple[int, int], seed: int
) -> None:
    assume(all(dilation[a] * (kernel[a] - 1) + 1 >= stride[a] for a in (0, 1)))
    params = transposed_conv.Params(1, kernel, stride, dilation=dilation, bias=False)
    x, w = _numbers((1, 1, *size), seed), _numbers((1, 1, *kernel), seed + 1)
    (y,), _ = transposed_conv.OP.forward((x,), {"w": w}, params, no_tick)
    assert y.shape[2:] == (stride[0] * size[0], stride[1] * size[1])
    (expected,) = run(
        "ConvTranspose", [x, w], strides=stride, dilations=dilation, kernel_shape=kernel, auto_pad="SAME_UPPER"
    )
    near(y, expected)


def test_every_cell_puts_its_kernel_into_the_output_and_they_add_up() -> None:
    x, w = np.array([[[[1.0, 10.0]]]]), np.array([[[[1.0, 2.0, 3.0]]]])
    params = transposed_conv.Params(1, (1, 3), (1, 2), "valid", bias=False)
    (y,), _ = transposed_conv.OP.forward((x,), {"w": w}, params, no_tick)
    assert y.ravel().tolist() == [1, 2, 3 + 10, 20, 30]
    *_, channel, total = transposed_conv.OP.explain((x,), {"w": w}, params, Cell(0, (0, 0, 0, 2)))
    grids = [part for part in channel.parts if isinstance(part, Grid)]
    assert [grid.values.tolist() for grid in grids[1:]] == [[[1, 10]], [[3, 1]], [[3, 10]]]
    assert set(grids[0].marked) == {(0, 0), (0, 2)}
    assert total.value == 13


def test_where_no_cell_reaches_the_bias_stays_alone() -> None:
    params = transposed_conv.Params(1, (1, 1), (1, 2), "valid")
    weights = {"w": np.ones((1, 1, 1, 1)), "b": np.array([0.5])}
    x = np.array([[[[np.nan, np.inf]]]])
    (y,), _ = transposed_conv.OP.forward((x,), weights, params, no_tick)
    np.testing.assert_array_equal(y.ravel(), [np.nan, 0.5, np.inf])
    assert transposed_conv.OP.reads((x.shape,), params, Cell(0, (0, 0, 0, 1))) == ()


@pytest.mark.parametrize(("stride", "dilation"), [(3, 1), (1, 3), (3, 2)])
def test_output_padding_stays_below_the_larger_of_stride_and_dilation(stride: int, dilation: int) -> None:
    params = transposed_conv.Params(
        1, (2, 2), (1, stride), "valid", dilation=(1, dilation), output_padding=(0, 2), bias=False
    )
    assert transposed_conv.OP.shape(((1, 1, 1, 2),), params)[0][3] == stride + dilation + 1 + 2
    with pytest.raises(Refusal, match=f"output padding of the width is 3; .* stride {stride} .* dilation {dilation}"):
        transposed_conv.OP.shape(((1, 1, 1, 2),), replace(params, output_padding=(0, 3)))


def test_an_output_of_one_cell_is_made_and_one_of_none_refused() -> None:
    params = transposed_conv.Params(1, (3, 3), (1, 1), "numbers", (1, 1, 1, 1))
    assert transposed_conv.OP.shape(((1, 1, 1, 1),), params) == ((1, 1, 1, 1),)
    with pytest.raises(Refusal, match="height of the output would be 0: 3 cells less 2 and 1"):
        transposed_conv.OP.shape(((1, 1, 1, 1),), replace(params, pads=(2, 1, 1, 1)))


@pytest.mark.parametrize(
    ("changes", "words"), [({"groups": 2}, "3 channels of the input"), ({"groups": 3, "filters": 4}, "4 filters")]
)
def test_groups_that_do_not_divide_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(Refusal, match=words):
        transposed_conv.OP.shape(((1, 3, 4, 4),), replace(transposed_conv.Params(), **changes))


@pytest.mark.parametrize("stride", [1, 2, 3, 4])
def test_the_bilinear_kernel_interpolates_as_upsampling_does(stride: int) -> None:
    kernel = 2 * stride - stride % 2
    tent = kernel_presets.bilinear(kernel, kernel)
    assert transposed_conv.OP.presets(kernel, kernel)["Bilinear"].tolist() == tent.tolist()
    x = _numbers((1, 1, 5, 6), 0, np.float64)
    params = transposed_conv.Params(1, (kernel, kernel), (stride, stride), bias=False)
    (y,), _ = transposed_conv.OP.forward((x,), {"w": tent[None, None]}, params, no_tick)
    (expected,), _ = upsample.OP.forward((x,), {}, upsample.Params(scale=(float(stride),) * 2), no_tick)
    edge = slice(stride, -stride)
    np.testing.assert_allclose(y[..., edge, edge], expected[..., edge, edge], atol=1e-12)


def test_the_size_of_a_transposed_convolution_is_written_out() -> None:
    params = transposed_conv.Params(kernel=(3, 3), padding="numbers", pads=(1, 0, 1, 0), output_padding=(1, 0))
    lines = transposed_conv.OP.arithmetic(((1, 1, 4, 5),), params)
    assert lines == ("2·(4−1) + 1·(3−1) + 1 − 1 − 1 + 1 = 8", "2·(5−1) + 1·(3−1) + 1 − 0 − 0 + 0 = 11")


# Upsampling


_scales = st.sampled_from([0.3, 0.5, 0.75, 1.0, 1.3, 1.5, 2.0, 2.5, 3.0, 4.7])


def _resized(x: Any, params: upsample.Params) -> Any:
    by: list[Any] = [None, np.array([1, 1, *params.scale], np.float32)]
    if params.by == "size":
        by = [None, None, np.array([*x.shape[:2], *params.size], np.int64)]
    mode = {"mode": "nearest", "nearest_mode": params.rounding} if params.mode == "nearest" else {"mode": "linear"}
    return run("Resize", [x, *by], coordinate_transformation_mode=params.coordinates, **mode)[0]


def _far_from_ties(axis: sampling.Axis) -> list[int]:
    """Cells whose rounding does not hang on the last digits of their coordinate, which onnxruntime has in float32."""
    found = []
    for place in range(axis.made):
        at = 2 * axis.coordinate(place)
        if abs(at - round(at)) > Fraction(1, 1000):
            found.append(place)
    return found


@settings(max_examples=150)
@given(
    st.sampled_from(["nearest", "bilinear"]),
    st.sampled_from(["half_pixel", "align_corners", "asymmetric"]),
    st.sampled_from(["floor", "ceil", "round_prefer_floor", "round_prefer_ceil"]),
    st.one_of(st.none(), st.tuples(_scales, _scales)),
    st.tuples(st.integers(1, 20), st.integers(1, 20)),
    _extents,
    _seeds,
)
def test_upsampling_agrees_with_onnxruntime(
    mode: str, coordinates: str, rounding: str, scale: Any, asked: Any, extents: tuple[int, int], seed: int
) -> None:
    assume(scale is None or coordinates != "align_corners")
    by = {"by": "size", "size": asked} if scale is None else {"scale": scale}
    params = upsample.Params(mode=mode, coordinates=coordinates, rounding=rounding, **by)
    shape = 2, 2, *extents
    _accepted(upsample.OP, shape, params)
    x = _numbers(shape, seed)
    (y,), _ = upsample.OP.forward((x,), {}, params, no_tick)
    # onnxruntime hands maps through whose size stays, whatever the scale is.
    assume(scale is None or y.shape != x.shape)
    expected = _resized(x, params)
    assert y.shape == expected.shape
    if mode == "nearest":
        certain = np.ix_(*(_far_from_ties(axis) for axis in upsample._axes(shape, params)))
        y, expected = y[..., certain[0], certain[1]], expected[..., certain[0], certain[1]]
    near(y, expected)


@pytest.mark.parametrize(
    ("coordinates", "rounding", "expected"),
    [
        ("asymmetric", "floor", [0, 0, 1, 2, 2, 3]),
        ("half_pixel", "round_prefer_floor", [0, 0, 1, 2, 2, 3]),
        ("half_pixel", "round_prefer_ceil", [0, 1, 1, 2, 3, 3]),
        ("half_pixel", "ceil", [0, 1, 2, 2, 3, 3]),
    ],
)
def test_the_nearest_cell_at_a_half_is_the_one_that_onnxruntime_takes(
    coordinates: str, rounding: str, expected: list[int]
) -> None:
    x = np.arange(4, dtype=np.float32).reshape(1, 1, 1, 4)
    params = upsample.Params("nearest", scale=(1.0, 1.5), coordinates=coordinates, rounding=rounding)
    (y,), _ = upsample.OP.forward((x,), {}, params, no_tick)
    assert y.ravel().tolist() == expected == _resized(x, params).ravel().tolist()


def test_a_scale_is_the_decimal_number_that_was_typed() -> None:
    x = np.arange(10.0).reshape(1, 1, 1, 10)
    params = upsample.Params("nearest", scale=(1.0, 1.1), coordinates="asymmetric", rounding="floor")
    (y,), _ = upsample.OP.forward((x,), {}, params, no_tick)
    assert y.ravel().tolist() == [0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert upsample.OP.shape(((1, 1, 100, 1),), upsample.Params(scale=(0.29, 1.0)))[0][2] == 29


def test_a_scale_that_leaves_no_cell_is_refused() -> None:
    params = upsample.Params(scale=(0.25, 1.0))
    assert upsample.OP.shape(((1, 1, 4, 1),), params) == ((1, 1, 1, 1),)
    with pytest.raises(Refusal, match=r"height of 3 at the scale 0\.25 would be 0"):
        upsample.OP.shape(((1, 1, 3, 1),), params)


# Unpooling


def test_switches_address_the_size_that_was_asked_for() -> None:
    x, switches = np.array([[[[5.0, 7.0]]]]), np.array([[[[1, 8]]]])
    plane = np.broadcast_to(np.int8(0), (1, 1, 3, 3))
    asked = max_unpool.Params(output="numbers", extents=(2, 5))
    (y,), saved = max_unpool.OP.forward((x, switches, plane), {}, asked, no_tick)
    assert y[0, 0].tolist() == [[0, 5, 0, 0, 0], [0, 0, 0, 7, 0]]
    (gx, *_), _ = max_unpool.OP.backward([np.arange(10.0).reshape(y.shape)], saved, no_tick)
    assert gx.ravel().tolist() == [1, 8]
    (y,), _ = max_unpool.OP.forward((x, switches, plane), {}, max_unpool.Params(), no_tick)
    assert y[0, 0].tolist() == [[0, 5, 0], [0, 0, 0], [0, 0, 7]]


def test_a_switch_outside_of_the_size_that_was_asked_for_is_refused() -> None:
    x, plane = np.ones((1, 1, 1, 1)), np.broadcast_to(np.int8(0), (1, 1, 3, 3))
    asked = max_unpool.Params(output="numbers", extents=(2, 4))
    assert max_unpool.OP.forward((x, np.full(x.shape, 7), plane), {}, asked, no_tick)[0][0][0, 0, 1, 3] == 1
    with pytest.raises(Refusal, match=r"place 8; .* 2 × 4 are 0 to 7"):
        max_unpool.OP.forward((x, np.full(x.shape, 8), plane), {}, asked, no_tick)


@st.composite
def pooled(draw: st.DrawFn) -> tuple[Any, tuple[int, ...]]:
    """Parameters of a pooling and a shape that it takes."""
    params = mean_unpool.Params(
        draw(_pairs),
        draw(_pairs),
        draw(st.sampled_from(["valid", "same", "numbers"])),
        draw(st.tuples(*[st.integers(0, 2)] * 4)),
        draw(_pairs),
        draw(st.booleans()),
    )
    shape = 1, 2, draw(st.integers(1, 9)), draw(st.integers(1, 9))
    _accepted(mean_pool.OP, shape, _pooling(params))
    return params, shape


def _pooling(params: mean_unpool.Params) -> mean_pool.Params:
    return mean_pool.Params(params.kernel, params.stride, params.padding, params.pads, params.dilation, params.ceil)


@settings(max_examples=80)
@given(pooled(), _seeds)
def test_equal_shares_are_the_adjoint_of_mean_pooling_at_every_size_that_was_pooled(case: Any, seed: int) -> None:
    params, shape = case
    params = replace(params, spread="share", output="numbers", extents=shape[2:])
    x = _numbers(shape, seed, np.float64)
    (y,), saved = mean_pool.OP.forward((x,), {}, _pooling(params), no_tick)
    seeds = _numbers(y.shape, seed + 1, np.float64)
    (gx,), _ = mean_pool.OP.backward([seeds], saved, no_tick)
    (back,), _ = mean_unpool.OP.forward((seeds,), {}, params, no_tick)
    np.testing.assert_allclose(back, gx, atol=1e-12)


@settings(max_examples=80)
@given(pooled(), _extents, _seeds)
def test_the_size_that_the_windows_cover_is_pooled_back_to_the_input(
    case: Any, extents: tuple[int, int], seed: int
) -> None:
    params, _ = case
    params = replace(params, spread="mean")
    shape = 1, 1, *extents
    output = _accepted(mean_unpool.OP, shape, params)
    assert mean_pool.OP.shape((output,), _pooling(params)) == (shape,)
    (y,), _ = mean_unpool.OP.forward((np.full(shape, 3.0),), {}, params, no_tick)
    assert set(np.round(y, 12).ravel()) <= {0.0, 3.0}, "the mean of equal numbers is that number"
    (again,), _ = mean_pool.OP.forward((y,), {}, _pooling(params), no_tick)
    np.testing.assert_allclose(again, 3)


def test_windows_without_overlap_copy_the_value_and_mean_pooling_takes_it_back() -> None:
    x = np.array([[[[1.0, 2.0], [3.0, 4.0]]]])
    (y,), _ = mean_unpool.OP.forward((x,), {}, mean_unpool.Params(), no_tick)
    assert y[0, 0].tolist() == np.kron(x[0, 0], np.ones((2, 2))).tolist()
    (shares,), _ = mean_unpool.OP.forward((x,), {}, mean_unpool.Params(spread="share"), no_tick)
    assert shares.sum() == x.sum()


def test_windows_that_overlap_add_up_or_are_averaged() -> None:
    x = np.array([[[[1.0, 2.0, 6.0]]]])
    found = {}
    for spread in ("sum", "mean", "share"):
        params = mean_unpool.Params((1, 2), (1, 1), spread=spread)
        found[spread] = mean_unpool.OP.forward((x,), {}, params, no_tick)[0][0].ravel().tolist()
    assert found == {"sum": [1, 3, 8, 6], "mean": [1, 1.5, 4, 6], "share": [0.5, 1.5, 4, 3]}


@pytest.mark.parametrize(("ceil", "fitting"), [(False, [4, 5]), (True, [3, 4])])
def test_a_size_that_pooling_would_not_take_to_the_input_is_refused(ceil: bool, fitting: list[int]) -> None:
    for size in range(1, 9):
        params = mean_unpool.Params(ceil=ceil, output="numbers", extents=(size, 2))
        if size in fitting:
            assert mean_unpool.OP.shape(((1, 1, 2, 1),), params) == ((1, 1, size, 2),)
        else:
            with pytest.raises(Refusal, match=f"map of {size} × 2 has|kernel of 2 cells"):
                mean_unpool.OP.shape(((1, 1, 2, 1),), params)


def test_the_coordinates_of_a_cell_are_written_with_its_numbers() -> None:
    params = upsample.Params(scale=(2.0, 1.5))
    rows, columns, last = upsample.OP.explain((np.ones((1, 1, 3, 4)),), {}, params, Cell(0, (0, 0, 3, 1)))
    assert str(rows.title) == "Row 3 lies in the input at (3 + 1/2)/2 − 1/2"
    assert str(columns.title) == "Column 1 lies in the input at (1 + 1/2)/(3/2) − 1/2"
    assert math.isclose(rows.value, 1.25)
    assert columns.value == 0.5
    assert last.value == 1
