"""What users rely on in padding and cropping."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from explorer.ops import crop, pad
from explorer.ops.op import Cell, Region, no_tick
from explorer.refusal import Refusal
from tests.onnx_oracle import run

_shapes = st.tuples(st.integers(1, 2), st.integers(1, 3), st.integers(1, 7), st.integers(1, 7))
_amounts = st.tuples(*[st.integers(0, 6)] * 4)
_seeds = st.integers(0, 2**32 - 1)


def _numbers(shape: tuple[int, ...], seed: int) -> Any:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def _of(operation: Any, x: Any, params: Any) -> Any:
    return operation.OP.forward((x,), {}, params, no_tick)[0][0]


def _back(operation: Any, x: Any, params: Any, gy: Any) -> Any:
    _, saved = operation.OP.forward((x,), {}, params, no_tick)
    return operation.OP.backward([gy], saved, no_tick)[0][0]


@settings(max_examples=80)
@given(_shapes, _amounts, st.sampled_from(["constant", "reflect", "edge"]), st.floats(-3, 3, width=32), _seeds)
def test_padding_agrees_with_onnxruntime(
    shape: tuple[int, ...], amounts: tuple[int, int, int, int], mode: str, value: float, seed: int
) -> None:
    if mode == "reflect":
        amounts = tuple(amount % shape[2 + side % 2] for side, amount in enumerate(amounts))  # type: ignore[assignment]
    x = _numbers(shape, seed)
    top, left, bottom, right = amounts
    around = np.array([0, 0, top, left, 0, 0, bottom, right])
    (expected,) = run("Pad", [x, around, np.array(value, np.float32)], opset=19, mode=mode)
    np.testing.assert_array_equal(_of(pad, x, pad.Params(amounts, mode, value)), expected)


@settings(max_examples=80)
@given(_shapes, _amounts, _seeds)
def test_cropping_agrees_with_onnxruntime(part: tuple[int, ...], amounts: tuple[int, int, int, int], seed: int) -> None:
    top, left, bottom, right = amounts
    x = _numbers((*part[:2], top + part[2] + bottom, left + part[3] + right), seed)
    starts, ends = np.array(amounts[:2]), np.array(x.shape[2:]) - amounts[2:]
    (expected,) = run("Slice", [x, starts, ends, np.array([2, 3])])
    np.testing.assert_array_equal(_of(crop, x, crop.Params(amounts=amounts)), expected)


@settings(max_examples=40)
@given(_shapes, st.integers(1, 7), st.integers(1, 7), _seeds)
def test_the_centre_agrees_with_onnxruntime(shape: tuple[int, ...], height: int, width: int, seed: int) -> None:
    assume(height <= shape[2] and width <= shape[3])
    x = _numbers(shape, seed)
    (expected,) = run("CenterCropPad", [x, np.array([height, width])], opset=18, axes=[2, 3])
    np.testing.assert_array_equal(_of(crop, x, crop.Params("centre", size=(height, width))), expected)


def test_a_mirror_does_not_repeat_the_outermost_cell_and_an_edge_does() -> None:
    x = np.arange(1.0, 5.0).reshape(1, 1, 1, 4)
    rows = {
        mode: _of(pad, x, pad.Params((0, 3, 0, 2), mode)).ravel().tolist() for mode in ("constant", "reflect", "edge")
    }
    assert rows == {
        "constant": [0, 0, 0, 1, 2, 3, 4, 0, 0],
        "reflect": [4, 3, 2, 1, 2, 3, 4, 3, 2],
        "edge": [1, 1, 1, 1, 2, 3, 4, 4, 4],
    }


@pytest.mark.parametrize(
    ("amounts", "side"),
    [((3, 0, 0, 0), "top"), ((0, 4, 0, 0), "left"), ((0, 0, 3, 0), "bottom"), ((0, 0, 0, 4), "right")],
)
def test_a_mirror_that_needs_more_cells_than_there_are_is_refused_with_both(amounts: Any, side: str) -> None:
    shapes = ((1, 1, 3, 4),)
    most = tuple(max(amount - 1, 0) for amount in amounts)
    assert pad.OP.shape(shapes, pad.Params(most, "reflect"))
    assert pad.OP.shape(shapes, pad.Params(amounts, "edge"))
    with pytest.raises(Refusal, match=f"{side} is {max(amounts)} and the map has {max(amounts)} .* at most"):
        pad.OP.shape(shapes, pad.Params(amounts, "reflect"))


def test_cutting_off_everything_is_refused_and_one_cell_may_stay() -> None:
    shapes = ((1, 1, 3, 4),)
    assert crop.OP.shape(shapes, crop.Params(amounts=(2, 1, 0, 2))) == ((1, 1, 1, 1),)
    for amounts, named in (((2, 0, 1, 0), r"height 3, 2 \+ 1"), ((0, 2, 0, 3), r"width 4, 2 \+ 3")):
        with pytest.raises(Refusal, match=named):
            crop.OP.shape(shapes, crop.Params(amounts=amounts))


def test_a_centre_larger_than_the_map_is_refused_with_both() -> None:
    shapes = ((1, 1, 3, 4),)
    assert crop.OP.shape(shapes, crop.Params("centre", size=(3, 4))) == shapes
    for size, named in (((4, 4), "height of the centre is 4; the map has 3"), ((3, 5), "width .* 5; the map has 4")):
        with pytest.raises(Refusal, match=named):
            crop.OP.shape(shapes, crop.Params("centre", size=size))


@pytest.mark.parametrize(("mode", "expected"), [("constant", [1, 1, 1]), ("reflect", [2, 3, 2]), ("edge", [3, 1, 3])])
def test_what_flows_back_into_a_cell_is_the_sum_over_all_of_its_copies(mode: str, expected: list[int]) -> None:
    x = np.zeros((1, 1, 1, 3))
    gx = _back(pad, x, pad.Params((0, 2, 0, 2), mode), np.ones((1, 1, 1, 7)))
    assert gx.ravel().tolist() == expected


def test_nothing_flows_into_what_was_cut_off() -> None:
    gx = _back(crop, np.zeros((1, 1, 3, 4)), crop.Params(amounts=(1, 2, 0, 1)), np.full((1, 1, 2, 1), 5.0))
    assert gx[0, 0].tolist() == [[0, 0, 0, 0], [0, 0, 5, 0], [0, 0, 5, 0]]


def test_a_cell_reads_the_one_that_it_is_a_copy_of() -> None:
    shapes = ((1, 2, 3, 4),)
    cell = Cell(0, (0, 1, 0, 6))
    for mode, row, column in (("reflect", 2, 2), ("edge", 0, 3), ("constant", -2, 4)):
        (region,) = pad.OP.reads(shapes, pad.Params((2, 2, 0, 2), mode), cell)
        assert region == Region(0, slice(1, 2), slice(row, row + 1), slice(column, column + 1))


def test_the_inspector_says_where_the_mirror_stands() -> None:
    x = np.arange(12.0).reshape(1, 1, 3, 4)
    params = pad.Params((2, 0, 0, 3), "reflect")
    row, column, last = pad.OP.explain((x,), {}, params, Cell(0, (0, 0, 0, 5)))
    assert str(row.title) == "The row lies in the padding: mirrored about 0 it is 2·0 − (-2) = 2"
    assert str(column.title) == "The column lies in the padding: mirrored about 3 it is 2·3 − 5 = 1"
    assert (row.value, column.value, last.value) == (2, 1, x[0, 0, 2, 1])


def test_the_output_size_is_shown_with_its_numbers() -> None:
    assert pad.OP.arithmetic(((1, 1, 6, 5),), pad.Params((1, 2, 3, 4))) == ("6 + 1 + 3 = 10", "5 + 2 + 4 = 11")
    assert crop.OP.arithmetic(((1, 1, 6, 5),), crop.Params("centre", size=(3, 2))) == (
        "6 − 1 − 2 = 3",
        "5 − 1 − 2 = 2",
    )
