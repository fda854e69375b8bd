"""What users rely on in conv, its kernels to begin with, its padding, and ReLU."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import onnx_oracle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer import limits
from explorer.ops import conv, kernel_presets, padding, relu
from explorer.ops.conv import Params
from explorer.ops.explanation import Grid, Sum
from explorer.ops.op import Cell, no_tick
from explorer.refusal import Refusal

OP = conv.OP


def convolved(x: Any, w: Any, b: Any = None, **params: Any) -> Any:
    """The output for weights of any shape; filters, kernel and bias of the parameters follow from them."""
    chosen = Params(filters=len(w), kernel=w.shape[2:], bias=b is not None, **params)
    weights = {"w": w} | ({"b": b} if b is not None else {})
    return OP.forward((x,), weights, chosen, no_tick)[0][0]


@st.composite
def layers(draw: st.DrawFn) -> tuple[Any, ...]:
    """Input, weights, bias and parameters of a layer whose kernel fits."""
    groups, of_group, filters = draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 6))
    size = st.integers(1, 12)
    kernel = draw(st.tuples(st.integers(1, 5), st.integers(1, 5)))
    dilation = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    stride = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    pads = draw(st.tuples(*[st.integers(0, 6)] * 4))
    mode = draw(st.sampled_from(["same", "valid", "numbers"]))
    height, width = draw(size), draw(size)
    if mode != "same":
        around = pads if mode == "numbers" else (0, 0, 0, 0)
        height = max(height, padding.span(kernel[0], dilation[0]) - around[0] - around[2])
        width = max(width, padding.span(kernel[1], dilation[1]) - around[1] - around[3])
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    x = rng.standard_normal((draw(st.integers(1, 2)), groups * of_group, height, width)).astype(np.float32)
    w = rng.standard_normal((groups * filters, of_group, *kernel)).astype(np.float32)
    b = rng.standard_normal(groups * filters).astype(np.float32)
    return x, w, b, {"stride": stride, "dilation": dilation, "groups": groups, "padding": mode, "pads": pads}


@settings(max_examples=80)
@given(layer=layers())
def test_convolution_agrees_with_onnxruntime(layer: Any) -> None:
    x, w, b, params = layer
    where = {"same": {"auto_pad": "SAME_UPPER"}, "valid": {}, "numbers": {"pads": params["pads"]}}[params["padding"]]
    moves = w.shape[2:], params["stride"], params["dilation"]
    apart = any(params["stride"][a] > padding.span(moves[0][a], params["dilation"][a]) for a in (0, 1))
    # Dilation is what onnxruntime does not take here; with windows apart it cuts off cells at the beginning.
    if params["padding"] == "same" and (params["dilation"] != (1, 1) or apart):
        where = {"pads": padding.pads("same", params["pads"], *moves, x.shape[2:])}
    (expected,) = onnx_oracle.run(
        "Conv", [x, w, b], strides=params["stride"], dilations=params["dilation"], group=params["groups"], **where
    )
    onnx_oracle.near(convolved(x, w, b, **params), expected)


@settings(max_examples=40)
@given(layer=layers())
def test_every_number_is_within_16_units_of_rounding_of_the_exact_one(layer: Any) -> None:
    x, w, b, params = layer
    exact = convolved(x.astype(np.float64), w.astype(np.float64), b.astype(np.float64), **params)
    room = convolved(*(np.abs(array).astype(np.float64) for array in (x, w, b)), **params)
    assert (np.abs(convolved(x, w, b, **params) - exact) <= 16 * 2.0**-24 * room).all()


def test_a_cell_worked_out_by_hand() -> None:
    x = np.arange(9.0).reshape(1, 1, 3, 3)
    sobel = kernel_presets.classic(3, 3)["Sobel x"]
    assert sobel.tolist() == [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
    y = convolved(x, sobel[None, None], np.array([0.5]))
    assert y[0, 0, 1, 1] == 8.5  # (2 − 0) + 2·(5 − 3) + (8 − 6), and the bias
    assert y[0, 0, 0, 0] == 2 * 1 + 4 + 0.5  # above and to the left there is 0


def test_a_wide_picture_agrees_with_onnxruntime_too() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((1, 3, 40, 1100)).astype(np.float32)
    w = rng.standard_normal((8, 3, 3, 3)).astype(np.float32)
    b = rng.standard_normal(8).astype(np.float32)
    (expected,) = onnx_oracle.run("Conv", [x, w, b], pads=(1, 1, 1, 1))
    onnx_oracle.near(convolved(x, w, b), expected)


def test_not_a_number_reaches_the_cells_whose_window_holds_it_and_no_others() -> None:
    x = np.zeros((1, 1, 7, 70))
    x[0, 0, 3, 35] = np.nan
    y = convolved(x, np.ones((5, 1, 3, 3)))
    reached = np.zeros((7, 70), bool)
    reached[2:5, 34:37] = True
    assert (np.isnan(y[0]) == reached).all()


def test_a_weight_of_infinity_meets_the_padding_as_0_times_infinity() -> None:
    x, w = np.ones((1, 1, 2, 2)), np.zeros((1, 1, 3, 3))
    w[0, 0, 0, 0] = np.inf
    y = convolved(x, w)
    assert np.isnan(y[0, 0, 0]).all()
    assert y[0, 0, 1, 1] == np.inf


# Refusals


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"groups": 2}, ["3 channels of the input", "2 groups", "1, 3"]),
        ({"groups": 3, "filters": 4}, ["4 filters", "3 groups", "1, 2, 4"]),
        ({"kernel": (3, 7), "padding": "valid"}, ["7 cells", "dilation 1", "has 5"]),
        ({"dilation": (4, 1), "padding": "valid"}, ["dilation 4", "spans 9", "has 4"]),
        ({"stride": (0, 1)}, ["stride is 0", "least is 1"]),
        ({"dilation": (1, 0)}, ["dilation is 0", "least is 1"]),
    ],
)
def test_what_cannot_be_convolved_is_refused_with_its_numbers(changes: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(Refusal) as refused:
        OP.shape(((1, 3, 4, 5),), replace(Params(), **changes))
    for word in words:
        assert word in str(refused.value)


def test_an_output_or_kernels_beyond_the_limit_are_refused_before_memory_is_taken() -> None:
    before = limits.current()
    limits.change(replace(before, array_bytes=8 * 512 * 512 * 4))
    try:
        assert OP.shape(((1, 1, 512, 512),), Params()) == ((1, 8, 512, 512),)
        with pytest.raises(Refusal, match=r"output would have 2359296 numbers, 9 MB or more; the limit is 8 MB"):
            OP.shape(((1, 1, 512, 512),), Params(filters=9))
        with pytest.raises(Refusal, match="kernels would have"):
            OP.shape(((1, 4096, 1, 1),), Params(filters=4096))
    finally:
        limits.change(before)


@pytest.mark.parametrize(
    "weights",
    [
        {"w": np.zeros((8, 1, 3, 3), np.int64), "b": np.zeros(8)},
        {"w": np.zeros((8, 1, 3, 4)), "b": np.zeros(8)},
        {"w": np.zeros((8, 1, 3, 3)), "b": np.zeros(7)},
        {"b": np.zeros(8)},
    ],
    ids=["integers", "another kernel", "a bias too few", "none"],
)
def test_weights_that_do_not_fit_are_refused(weights: dict[str, Any]) -> None:
    with pytest.raises(Refusal, match="The weights"):
        OP.forward((np.zeros((1, 1, 4, 4)),), weights, Params(), no_tick)


# Padding and size


@settings(max_examples=100)
@given(size=st.integers(1, 40), kernel=st.integers(1, 9), stride=st.integers(1, 9), dilation=st.integers(1, 4))
def test_same_padding_makes_a_window_for_each_step_of_the_stride(
    size: int, kernel: int, stride: int, dilation: int
) -> None:
    top, left, bottom, right = padding.pads("same", (0, 0, 0, 0), (kernel, 1), (stride, 1), (dilation, 1), (size, size))
    assert padding.extent(size, kernel, stride, dilation, top, bottom) == -(-size // stride)
    assert 0 <= bottom - top <= 1
    assert (left, right) == (0, 0)


@settings(max_examples=100)
@given(
    size=st.integers(1, 20), kernel=st.integers(1, 6), stride=st.integers(1, 5), dilation=st.integers(1, 3),
    begin=st.integers(0, 5), end=st.integers(0, 5), ceil=st.booleans(),
)  # fmt: skip
def test_the_line_of_arithmetic_is_true(
    size: int, kernel: int, stride: int, dilation: int, begin: int, end: int, ceil: bool
) -> None:
    try:
        text = padding.extent_text(size, kernel, stride, dilation, begin, end, ceil)
    except Refusal:
        assert padding.span(kernel, dilation) > size + begin + end
        return
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    assert numbers[:8] == [size, begin, end, dilation, kernel, 1, 1, stride]
    room = size + begin + end - dilation * (kernel - 1) - 1
    windows = (-(-room // stride) if ceil else room // stride) + 1
    late = ceil and (windows - 1) * stride >= size + begin
    assert numbers[-1] == windows - late
    assert ("− 1 (the last would begin in the padding)" in text) == late


def test_the_size_of_the_output_is_written_out() -> None:
    lines = OP.arithmetic(((1, 3, 512, 7),), Params(stride=(1, 2)))
    assert lines == ("⌊(512 + 1 + 1 − 1·(3−1) − 1)/1⌋ + 1 = 512", "⌊(7 + 1 + 1 − 1·(3−1) − 1)/2⌋ + 1 = 4")


# Kernels to begin with


def test_the_classic_kernels_are_those_of_the_textbooks() -> None:
    known = kernel_presets.classic(3, 3)
    assert known["Sobel y"].tolist() == [[-1, -2, -1], [0, 0, 0], [1, 2, 1]]
    assert known["Laplace"].tolist() == [[0, 1, 0], [1, -4, 1], [0, 1, 0]]
    assert known["Sharpen"].tolist() == [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]
    assert known["Emboss"].tolist() == [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]]
    assert (known["Gauss"] * 16).tolist() == [[1, 2, 1], [2, 4, 2], [1, 2, 1]]
    assert known["Outline"].tolist() == [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]]
    assert kernel_presets.classic(5, 5)["Sobel x"][2].tolist() == pytest.approx([-0.5, -1, 0, 1, 0.5])


@pytest.mark.parametrize("size", [(1, 1), (1, 2), (2, 1), (1, 3), (2, 2), (4, 3), (7, 7), (33, 40), (1, 300)])
def test_there_are_kernels_of_every_size_and_what_should_not_see_a_flat_image_does_not(size: tuple[int, int]) -> None:
    for name, kernel in kernel_presets.presets(*size).items():
        assert kernel.shape == size
        assert np.isfinite(kernel).all()
        assert kernel.any() == (name != "Zero")
        assert not np.signbit(kernel[kernel == 0]).any(), "−0 would be shown"
        if name in ("Box blur", "Gauss", "Sharpen", "Emboss", "Identity"):
            assert kernel.sum() == pytest.approx(1, abs=1e-9)
        elif name not in ("Negative", "Zero") and (min(size) > 2 or not name.startswith("Gabor")):
            assert kernel.sum() == pytest.approx(0, abs=1e-9), name


@pytest.mark.parametrize("channels", [1, 3])
def test_a_filter_is_called_after_its_numbers(channels: int) -> None:
    params = Params(filters=30)
    shapes = ((1, channels, 9, 9),)
    weights = OP.init(shapes, params, np.random.default_rng(0))
    weights = {name: array.astype(np.float32) for name, array in weights.items()}
    names = OP.labels(shapes, params, weights)
    assert names[:3] == ("Sobel x", "Sobel y", "Laplace")
    assert any(name.startswith("Gabor") for name in names)
    assert names[29] == "kernel 29"
    weights["w"][0, 0, 0, 0] += 0.01
    weights["w"][1] = kernel_presets.classic(3, 3)["Gauss"] / channels
    assert OP.labels(shapes, params, weights)[:3] == ("kernel 0", "Gauss", "Laplace")


@pytest.mark.parametrize("bank", ["classic", "gabor", "random", "zero"])
@pytest.mark.parametrize("size", [(1, 1), (3, 3), (2, 5)])
def test_a_bank_has_a_kernel_for_every_filter_and_its_seed_decides_it(bank: str, size: tuple[int, int]) -> None:
    made = [kernel_presets.bank(bank, 40, 2, *size, np.random.default_rng(seed)) for seed in (1, 1, 2)]
    assert made[0].shape == (40, 2, *size)
    assert (made[0] == made[1]).all()
    assert (made[0] == made[2]).all() == (bank == "zero")
    assert (made[0].any(axis=(1, 2, 3)) == (bank != "zero")).all()


def test_random_kernels_have_the_variance_of_he() -> None:
    w = kernel_presets.bank("random", 500, 4, 3, 3, np.random.default_rng(0))
    assert w.var() == pytest.approx(2 / 36, rel=0.05)


# Explanations


def test_the_terms_of_many_channels_are_the_largest_ones_and_add_up() -> None:
    rng = np.random.default_rng(0)
    x, w, b = rng.standard_normal((1, 20, 4, 4)), rng.standard_normal((1, 20, 3, 3)), np.array([0.25])
    params = Params(filters=1)
    *channels, last = OP.explain((x,), {"w": w, "b": b}, params, Cell(0, (0, 0, 0, 3)))
    (total,) = last.parts
    assert isinstance(total, Sum)
    assert len(channels) == 8
    assert [str(name) for name, _ in total.terms[-2:]] == ["… 12 more", "bias"]
    assert sum(value for _, value in total.terms) == pytest.approx(last.value)
    shown = [abs(value) for _, value in total.terms[:8]]
    grid = channels[0].parts[0]
    assert isinstance(grid, Grid)
    assert grid.padding is not None
    assert grid.padding.tolist() == [[True, True, True], [False, False, True], [False, False, True]]
    everything = [float((x[0, c, :2, 2:] * w[0, c, 1:, :2]).sum()) for c in range(20)]
    assert min(shown) >= sorted(map(abs, everything))[-8] - 1e-12


# ReLU


def test_relu_keeps_not_a_number_and_makes_minus_0_a_plain_0() -> None:
    x = np.array([np.nan, -0.0, 0.0, -np.inf, np.inf, -1e-300, 5e-324]).reshape(1, 1, 1, 7)
    (y,), _ = relu.OP.forward((x,), {}, relu.Params(), no_tick)
    np.testing.assert_array_equal(y.ravel(), [np.nan, 0, 0, 0, np.inf, 0, 5e-324])
    assert not np.signbit(y[y == 0]).any()


def test_no_gradient_flows_through_relu_at_0() -> None:
    x = np.array([-1.0, -0.0, 0.0, 2.0]).reshape(1, 1, 2, 2)
    _, saved = relu.OP.forward((x,), {}, relu.Params(), no_tick)
    (gx,), _ = relu.OP.backward([np.full_like(x, 3)], saved, no_tick)
    assert gx is not None
    assert gx.ravel().tolist() == [0, 0, 0, 3]
