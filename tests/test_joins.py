"""What users rely on where two maps become one: sum, product and concatenation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.model.document import Document, Link, Source
from explorer.model.editing import add, rewire, set_dtype
from explorer.model.evaluation import Evaluation
from explorer.model.gradients import Origin, gradients
from explorer.model.pictures import from_array
from explorer.ops import add as sums
from explorer.ops import concat, multiply
from explorer.ops.op import Cell, Op, no_tick
from explorer.refusal import Refusal
from tests.onnx_oracle import near, run

_extents = st.tuples(st.integers(1, 3), st.integers(1, 5), st.integers(1, 7), st.integers(1, 7))
_seeds = st.integers(0, 2**32 - 1)


@st.composite
def _pairs(draw: st.DrawFn) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Two shapes of which either may have an extent of 1 where the other has more."""
    whole = draw(_extents)
    ones = draw(st.tuples(*[st.sampled_from(("both", "a", "b"))] * 3))
    a = whole[0], *(1 if one == "a" else size for one, size in zip(ones, whole[1:], strict=True))
    b = whole[0], *(1 if one == "b" else size for one, size in zip(ones, whole[1:], strict=True))
    return a, b


def _numbers(shape: tuple[int, ...], seed: int) -> Any:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def _joined(op: Op, *xs: Any) -> Any:
    return op.forward(xs, {}, op.Params(), no_tick)[0][0]


@given(_pairs(), _seeds)
def test_sum_and_product_agree_with_onnxruntime_whichever_input_has_extents_of_1(
    shapes: tuple[tuple[int, ...], tuple[int, ...]], seed: int
) -> None:
    a, b = _numbers(shapes[0], seed), _numbers(shapes[1], seed + 1)
    for op, operator in ((sums.OP, "Add"), (multiply.OP, "Mul")):
        (expected,) = run(operator, [a, b])
        assert op.shape((a.shape, b.shape), op.Params()) == (expected.shape,)
        near(_joined(op, a, b), expected)


@given(_extents, st.integers(1, 4), _seeds)
def test_concatenation_agrees_with_onnxruntime(shape: tuple[int, ...], more: int, seed: int) -> None:
    a, b = _numbers(shape, seed), _numbers((shape[0], more, *shape[2:]), seed + 1)
    (expected,) = run("Concat", [a, b], axis=1)
    np.testing.assert_array_equal(_joined(concat.OP, a, b), expected)


@pytest.mark.parametrize("op", [sums.OP, multiply.OP], ids=["sum", "product"])
@pytest.mark.parametrize(
    ("a", "b"),
    [
        ((1, 3, 4, 5), (1, 2, 4, 5)),
        ((1, 3, 4, 5), (1, 3, 2, 5)),
        ((1, 3, 4, 5), (1, 3, 4, 4)),
        ((1, 3, 4, 5), (2, 3, 4, 5)),
        ((2, 3, 4, 5), (1, 3, 4, 5)),
    ],
)
def test_shapes_that_do_not_meet_are_refused_with_both(op: Op, a: tuple[int, ...], b: tuple[int, ...]) -> None:
    named = rf"{' × '.join(map(str, a))} and the second {' × '.join(map(str, b))}"
    with pytest.raises(Refusal, match=named):
        op.shape((a, b), op.Params())


@pytest.mark.parametrize("b", [(1, 2, 4, 4), (1, 2, 1, 5), (2, 2, 4, 5)])
def test_concatenation_refuses_other_rows_columns_and_images_with_both_shapes(b: tuple[int, ...]) -> None:
    assert concat.OP.shape(((1, 3, 4, 5), (1, 2, 4, 5)), concat.OP.Params()) == ((1, 5, 4, 5),)
    with pytest.raises(Refusal, match=rf"1 × 3 × 4 × 5 and the second {' × '.join(map(str, b))}"):
        concat.OP.shape(((1, 3, 4, 5), b), concat.OP.Params())


def test_the_gradient_of_a_gate_adds_up_over_all_that_it_has_weighed() -> None:
    maps, gate = np.arange(12.0).reshape(1, 2, 2, 3), np.array([2.0, -1.0]).reshape(1, 2, 1, 1)
    y, saved = multiply.OP.forward((maps, gate), {}, multiply.OP.Params(), no_tick)
    (to_maps, to_gate), _ = multiply.OP.backward([np.ones_like(y[0])], saved, no_tick)
    assert to_gate.ravel().tolist() == [0 + 1 + 2 + 3 + 4 + 5, 6 + 7 + 8 + 9 + 10 + 11]
    assert to_maps[0, :, 0, 0].tolist() == [2, -1]


def test_the_gradient_of_a_large_gate_keeps_the_precision_of_float32() -> None:
    rng = np.random.default_rng(0)
    maps = (rng.random((1, 1, 600, 500)) + 1000).astype(np.float32)
    gate = np.ones((1, 1, 1, 1), np.float32)
    y, saved = multiply.OP.forward((maps, gate), {}, multiply.OP.Params(), no_tick)
    (_, to_gate), _ = multiply.OP.backward([np.ones_like(y[0])], saved, no_tick)
    exact = maps.astype(np.float64).sum()
    assert abs(to_gate.item() - exact) <= 1e-7 * exact


def test_each_map_of_a_concatenation_says_where_it_came_from() -> None:
    shapes = (1, 2, 4, 5), (1, 3, 4, 5)
    assert concat.OP.labels(shapes, concat.OP.Params(), {}) == ("a[0]", "a[1]", "b[0]", "b[1]", "b[2]")
    assert concat.OP.arithmetic(shapes, concat.OP.Params()) == ("2 + 3 = 5",)
    xs = tuple(_numbers(shape, 0) for shape in shapes)
    place, number = concat.OP.explain(xs, {}, concat.OP.Params(), Cell(0, (0, 3, 1, 2)))
    assert place.value == 1
    assert str(number.parts[0].label) == "b[1, 1, 2]"


def test_the_inspector_names_the_one_number_that_serves_a_whole_map() -> None:
    xs = np.ones((1, 2, 3, 4)), np.array([0.5, 2.0]).reshape(1, 2, 1, 1)
    (step,) = multiply.OP.explain(xs, {}, multiply.OP.Params(), Cell(0, (0, 1, 2, 3)))
    assert "extent of 1" in str(step.title)
    assert [str(each.label) for each in (step.parts[0], step.parts[2])] == ["a[1, 2, 3]", "b[1, 0, 0]"]
    assert step.value == 2


@pytest.mark.parametrize("op", [sums.OP, multiply.OP, concat.OP], ids=lambda op: op.name)
def test_a_join_with_positions_from_a_foreign_session_gives_real_numbers(op: Op) -> None:
    a, positions = _numbers((1, 2, 3, 4), 0), np.arange(24).reshape(1, 2, 3, 4)
    y = _joined(op, a, positions)
    assert y.dtype == np.float32
    assert np.array_equal(y, _joined(op, a, positions.astype(np.float32)))


def _tensor_document(*ops: str) -> Document:
    tensor = np.random.default_rng(5).standard_normal((1, 2, 3, 4)).astype(np.float32)
    document = set_dtype(Document(Source((from_array(tensor, "numbers"),))), "float64")
    for op in ops:
        document, _ = add(document, op)
    return document


@pytest.mark.parametrize(("op", "slope"), [("add", lambda x: 2 + 0 * x), ("multiply", lambda x: 2 * x)])
def test_the_gradients_of_a_layer_joined_with_itself_add_up(op: str, slope: Any) -> None:
    document = _tensor_document("relu", op)
    document = rewire(document, "n2", 1, Link("n1", "y"))
    evaluated = Evaluation().run(document)
    back = gradients(evaluated, Origin("n2", "y", "unit", (1, 2, 3)))
    x = evaluated.value(Link("n1", "y"))
    assert x is not None
    expected = np.zeros_like(x)
    expected[0, 1, 2, 3] = slope(x[0, 1, 2, 3])
    np.testing.assert_allclose(back.values[Link("n1", "y")], expected, rtol=1e-12)


def test_what_is_skipped_gets_the_gradient_of_both_branches() -> None:
    document = _tensor_document("conv", "relu", "conv", "concat")
    assert document.nodes[3].inputs == (Link("n3", "y"), Link("n2", "y"))
    evaluated = Evaluation().run(document)
    origin = Origin("n4", "y")
    back = gradients(evaluated, origin)
    alone = gradients(Evaluation().run(rewire(document, "n4", 1, Link("n1", "y"))), origin)
    size = evaluated.results["n4"].ys[0].size
    direct = np.full(evaluated.results["n2"].ys[0].shape, 1 / size)
    through = alone.values[Link("n2", "y")]
    np.testing.assert_allclose(back.values[Link("n2", "y")], through + direct, rtol=1e-12)
