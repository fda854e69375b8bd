"""The pictures of the gallery: real numbers of every operation, on inputs that are found without knowing its name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from explorer.model import gallery
from explorer.model.gallery import SIDE, computed, grouped, illustration
from explorer.ops import operations
from explorer.ops.op import Arrays, Cancelled, Cell, Op, Region, Sample, Shapes, Tick, Weights
from explorer.refusal import Refusal
from kernels.place import PLACE

NAMES = sorted(operations())
RELU = operations()["relu"]


@pytest.mark.parametrize("name", NAMES)
def test_every_operation_has_a_picture_of_all_its_ports(name: str) -> None:
    op = operations()[name]
    found = illustration(op)
    assert tuple(port.name for port in found.inputs) == op.inputs
    assert tuple(port.name for port in found.outputs) == op.outputs
    shapes = tuple(port.shape for port in found.inputs)
    assert tuple(port.shape for port in found.outputs) == op.shape(shapes, found.params)
    for port in (*found.inputs, *found.outputs):
        if port.maps is not None:
            assert len(port.maps.images) == len(port.maps.labels) == port.shape[1]
            assert port.maps.values.shape == port.shape[1:]
    assert any(port.maps is not None for port in found.outputs)
    assert str(found.of)


@pytest.mark.parametrize("name", NAMES)
def test_the_numbers_of_a_picture_are_those_of_the_definition(name: str) -> None:
    op = operations()[name]
    case, ys = computed(op)
    rng = np.random.default_rng(0)
    for port, y in enumerate(ys):
        for _ in range(4):
            index = tuple(int(rng.integers(extent)) for extent in y.shape)
            wanted = op.definition(case.xs, case.weights, case.params, Cell(port, index))
            assert float(y[index]) == pytest.approx(wanted, rel=1e-4, abs=1e-5)
    shown = illustration(op).outputs
    for port, y in zip(shown, ys, strict=True):
        if port.maps is not None:
            assert np.array_equal(port.maps.values, y[0], equal_nan=True)


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_is_of_finite_numbers_and_computed_with_the_defaults_where_a_photograph_fits(name: str) -> None:
    op = operations()[name]
    case, ys = computed(op)
    assert all(np.isfinite(y).all() for y in ys if y.dtype.kind == "f")
    if not str(case.of).startswith("A small case"):
        assert case.params == op.Params()


def test_the_picture_is_the_same_each_time() -> None:
    first, second = (illustration(operations()["conv"]) for _ in range(2))
    assert np.array_equal(first.outputs[0].maps.values, second.outputs[0].maps.values)
    assert first.outputs[0].maps.labels == second.outputs[0].maps.labels
    assert first.inputs[0].maps.labels == ("red", "green", "blue")


def test_unpooling_is_shown_on_what_a_pooling_gives() -> None:
    found = illustration(operations()["max_unpool"])
    x, switches, plane = found.inputs
    assert x.shape == switches.shape == (1, 3, SIDE // 2, SIDE // 2)
    assert plane.shape == found.outputs[0].shape == (1, 3, SIDE, SIDE)
    assert switches.maps.values.dtype == PLACE
    back = found.outputs[0].maps.values
    assert (back != 0).sum() <= x.maps.values.size
    assert back.max() == x.maps.values.max()


def test_a_port_that_only_stands_for_a_size_has_no_picture() -> None:
    plane = illustration(operations()["max_pool"]).outputs[2]
    assert plane.name == "plane"
    assert plane.maps is None
    assert plane.shape == (1, 3, SIDE, SIDE)


def test_what_acts_on_each_number_alone_is_shown_numbers_of_both_signs() -> None:
    found = illustration(RELU)
    assert found.inputs[0].maps.own[:, 0].max() < 0
    assert found.outputs[0].maps.own[:, 0].tolist() == [0, 0, 0]
    assert "deviation 1" in str(found.of)
    assert illustration(operations()["mean_pool"]).inputs[0].maps.own[:, 0].min() >= 0


def test_a_conversion_is_shown_the_numbers_of_the_file() -> None:
    x, white = illustration(operations()["input"]).inputs
    assert x.maps.own[:, 1].max() > 200
    assert white.maps.values.tolist() == [[[255]]]


def test_dark_windows_get_pictures_whose_zero_is_black() -> None:
    light, dark = (illustration(RELU, dark=dark).inputs[0].maps for dark in (False, True))
    assert set(light.colours) == {"signed"}
    assert set(dark.colours) == {"signed-dark"}
    assert np.array_equal(light.values, dark.values)
    assert not np.array_equal(light.images, dark.images)


# Operations that are not there yet -----------------------------------------------------------------------------------


def plain(**changes: Any) -> Op:
    """An operation in NumPy that is in no list."""
    given: dict[str, Any] = {"name": "new", "title": "New", "init": lambda shapes, params, rng: {}}
    return replace(RELU, **(given | changes))


def _sum(xs: Arrays, weights: Weights, params: Any, tick: Tick) -> tuple[Arrays, Any]:
    y = xs[0].copy()
    for x in xs[1:]:
        y += x
    return (y,), None


def _read_own(shapes: Shapes, params: Any, cell: Cell) -> Sequence[Region]:
    _, c, i, j = cell.index
    return [Region(port, slice(c, c + 1), slice(i, i + 1), slice(j, j + 1)) for port in range(len(shapes))]


def test_a_second_input_without_a_giver_is_another_photograph() -> None:
    def shape(shapes: Shapes, params: Any) -> Shapes:
        if len(set(shapes)) != 1:
            raise Refusal("The shapes differ.")
        return shapes[:1]

    found = illustration(plain(inputs=("x", "other", "third"), shape=shape, forward=_sum, reads=_read_own))
    x, other, third = (port.maps.values for port in found.inputs)
    assert not np.array_equal(x, other)
    assert not np.array_equal(other, third)
    assert np.allclose(found.outputs[0].maps.values, x + other + third)
    assert str(found.of) == "Photographs, values from 0 to 1"


def test_a_second_input_of_one_number_a_channel_gets_one() -> None:
    def shape(shapes: Shapes, params: Any) -> Shapes:
        if shapes[1] != (*shapes[0][:2], 1, 1):
            raise Refusal("The second input has one number a channel.")
        return shapes[:1]

    found = illustration(plain(inputs=("x", "scale"), shape=shape, forward=_sum, reads=_read_own))
    assert found.inputs[1].shape == (1, 3, 1, 1)


@pytest.mark.parametrize("channels", [1, 2, 4, 8, 16])
def test_an_operation_that_wants_other_channels_gets_them(channels: int) -> None:
    def shape(shapes: Shapes, params: Any) -> Shapes:
        if shapes[0][1] != channels:
            raise Refusal("Other channels.")
        return shapes[:1]

    found = illustration(plain(shape=shape))
    assert found.inputs[0].shape == (1, channels, SIDE, SIDE)
    planes = found.inputs[0].maps.values
    assert len({plane.tobytes() for plane in planes}) == channels


def test_an_operation_that_takes_no_photograph_is_shown_on_its_own_sample() -> None:
    def shape(shapes: Shapes, params: Any) -> Shapes:
        if shapes[0][2:] != (1, 1):
            raise Refusal("Single numbers only.")
        return shapes

    x = np.array([1.0, -2.0]).reshape(1, 2, 1, 1)
    sample = Sample(title="Two numbers", xs=(x,), params=RELU.Params())
    found = illustration(plain(shape=shape, samples=lambda rng: (sample,)))
    assert found.inputs[0].maps.values.ravel().tolist() == [1, -2]
    assert found.outputs[0].maps.values.ravel().tolist() == [1, 0]
    assert str(found.of) == "A small case: Two numbers"


def test_a_result_too_large_for_a_picture_is_not_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gallery, "MOST_CELLS", 3 * SIDE * SIDE)
    assert illustration(RELU).inputs[0].shape == (1, 3, SIDE, SIDE)
    monkeypatch.setattr(gallery, "MOST_CELLS", 3 * SIDE * SIDE - 1)
    assert illustration(RELU).inputs[0].shape == (1, 1, SIDE, SIDE)


def test_an_operation_that_takes_nothing_is_refused_by_its_title() -> None:
    def shape(shapes: Shapes, params: Any) -> Shapes:
        raise Refusal("No.")

    with pytest.raises(Refusal, match="New takes neither"):
        illustration(plain(shape=shape))


def test_a_picture_that_is_no_longer_wanted_is_given_up() -> None:
    def tick() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        illustration(operations()["conv"], tick=tick)


def test_every_operation_stands_in_its_group_once() -> None:
    groups = grouped()
    listed = [op for _, found in groups for op in found]
    assert sorted(op.name for op in listed) == NAMES
    assert all(op.group == group for group, found in groups for op in found)
    assert len({group for group, _ in groups}) == len(groups)
    assert groups[0][0] == "Input"


def test_groups_and_titles_of_operations_that_are_new_stand_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    new = {
        "b": plain(name="b", title="b-pooling", group="Pooling"),
        "z": plain(name="z", title="Z", group="Zoo"),
    }
    monkeypatch.setattr(gallery, "operations", lambda: new | dict(operations()))
    groups = dict(grouped())
    assert list(groups)[-1] == "Zoo"
    titles = [op.title.casefold() for op in groups["Pooling"]]
    assert titles == sorted(titles)
    assert "b-pooling" in titles
