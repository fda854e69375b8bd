"""The cell under the cursor and the pinned cell: values, the calculation, the receptive field, the arrows."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from windows import Driver, wait

from explorer.model.digits import number
from explorer.model.document import Link

LAYERS = ("input", "conv", "batch_norm", "relu", "max_pool", "max_unpool", "global_average_pool", "dense", "softmax")


def shown(driver: Driver, gradient: bool) -> np.ndarray:
    """The maps on the stage of one kind."""
    report = driver.explore.report
    assert report is not None
    return next(maps.values for maps in report.maps if maps.gradient == gradient)


def test_the_status_bar_shows_the_value_under_the_cursor_in_every_map(driver: Driver) -> None:
    driver.look("conv")
    driver.hover(2, 11, 13)
    values = shown(driver, False)[:, 11, 13]
    for map, value in enumerate(values):
        assert f"{map}: {number(float(value), 4)}" in driver.values


def test_the_values_follow_the_data_while_the_mouse_rests(driver: Driver) -> None:
    driver.look("conv")
    driver.hover(0, 11, 13)
    before = driver.values
    driver.explore.set_weight_value("w", (0, 0, 1, 1), 5.0, False)
    driver.settle()
    assert driver.values != before
    assert number(float(shown(driver, False)[0, 11, 13]), 4) in driver.values


def test_nothing_is_under_a_cursor_that_has_left(driver: Driver) -> None:
    driver.look("conv")
    driver.hover(0, 11, 13)
    driver.maps.hovered.emit(None)
    wait(lambda: not driver.values)
    assert "Point at a cell" in driver.panels.explanation.accessibleDescription()


@pytest.mark.parametrize("op", LAYERS)
def test_the_calculation_of_a_pinned_cell_ends_in_the_number_of_the_map(driver: Driver, op: str) -> None:
    driver.look(op)
    told = []
    show = driver.panels.explanation.show_explanation
    driver.panels.explanation.show_explanation = lambda *given: (told.append(given), show(*given))
    try:
        height, width = shown(driver, False).shape[1:]
        place = driver.pin(0, height // 2, width // 3)
        wait(lambda: bool(told))
    finally:
        del driver.panels.explanation.show_explanation
    _, formula, steps, _, check, pinned = told[-1]
    value = float(shown(driver, False)[place.map, place.row, place.column])
    definition, found = check
    assert pinned
    assert formula
    assert found == value
    assert definition == pytest.approx(value, rel=2e-5, abs=2e-5)
    assert len(steps) >= 1
    driver.window.grab()


def test_a_cell_in_the_padding_edge_can_be_pinned_in_every_corner(driver: Driver) -> None:
    driver.look("conv")
    for row, column in ((0, 0), (0, 47), (47, 0), (47, 47)):
        driver.pin(0, row, column)
        assert driver.explore.pointer.pin.index == (0, 0, row, column)
        driver.window.grab()


def test_arrows_move_the_pin_and_esc_lets_go_of_it(driver: Driver) -> None:
    driver.look("conv")
    driver.pin(1, 20, 20)
    driver.key(Qt.Key.Key_Right)
    driver.key(Qt.Key.Key_Down)
    assert driver.explore.pointer.pin.index == (0, 1, 21, 21)
    driver.key(Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert driver.explore.pointer.pin.index == (0, 1, 11, 21)
    for _ in range(9):
        driver.key(Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert driver.explore.pointer.pin.index == (0, 1, 11, 0)
    driver.key(Qt.Key.Key_BracketRight)
    assert driver.explore.pointer.pin.index == (0, 2, 11, 0)
    driver.key(Qt.Key.Key_Escape)
    assert driver.explore.pointer.pin is None
    wait(lambda: not driver.values)


def test_an_arrow_pins_a_cell_where_none_was(driver: Driver) -> None:
    driver.look("conv")
    driver.key(Qt.Key.Key_Right)
    assert driver.explore.pointer.pin is not None


def marks(driver: Driver) -> list[tuple[float, ...]]:
    return [mark.cells.getRect() for mark in driver.maps._marks[False]]


def test_the_pin_stays_when_another_layer_is_shown_and_outlines_its_receptive_field_there(driver: Driver) -> None:
    driver.explore.switch_layer(driver.node("batch_norm").id)
    driver.look("max_pool")
    driver.pin(3, 5, 6)
    driver.look("relu")
    assert driver.explore.pointer.pin.link == driver.node("max_pool").main
    assert marks(driver) == [(12, 10, 2, 2)]
    driver.look("input")
    assert marks(driver) == [(11, 9, 4, 4)]
    assert driver.panels.picture._thumbnail._marks
    driver.key(Qt.Key.Key_Escape)
    assert driver.explore.pointer.pin is None
    wait(lambda: not driver.maps._marks[False])


def test_the_pin_survives_an_edit_that_keeps_its_cell_and_rests_while_it_is_gone(driver: Driver) -> None:
    driver.look("conv")
    driver.pin(0, 40, 40)
    driver.explore.set_param("stride", (2, 2), False)
    driver.settle()
    assert driver.explore.pointer.pin is not None
    driver.window.grab()
    driver.act("undo")
    driver.settle()
    assert driver.explore.pointer.pin.index == (0, 0, 40, 40)
    assert marks(driver) == [(40, 40, 1, 1)]


def test_hovering_goes_on_beside_the_pin(driver: Driver) -> None:
    driver.look("conv")
    driver.pin(0, 10, 10)
    driver.hover(0, 20, 30)
    assert "x 30  y 20" in driver.values
    assert len(marks(driver)) == 2
    assert driver.explore.pointer.pin.index == (0, 0, 10, 10)


def test_the_picture_itself_can_be_pointed_at(driver: Driver) -> None:
    driver.click("picture.thumbnail")
    driver.settle()
    driver.hover(1, 3, 4)
    picture = driver.document.source.pictures[0].pixels
    assert f"1: {number(float(picture[3, 4, 1]), 4)}" in driver.values


def test_a_layer_with_very_many_maps_scrolls_and_colours_what_is_in_view(driver: Driver) -> None:
    driver.explore.set_param("filters", 300, False)
    driver.settle()
    bar = driver.maps.verticalScrollBar()
    assert bar.maximum() > 0
    bar.setValue(bar.maximum())
    driver.settle()
    maps = driver.explore.report.maps[0]
    assert maps.first + len(maps.images) == 300
    assert maps.first > 0
    driver.explore.look(layer=driver.node("relu").id)
    driver.settle()
    driver.window.grab()
    place = driver.maps.place_at(QPointF(driver.maps.tile_image(299).center()))
    assert place is None or place.map == 299


def test_a_pin_of_an_output_of_another_port_is_explained(driver: Driver) -> None:
    driver.look("max_pool")
    driver.choose("stage.port", "switches")
    driver.settle()
    driver.pin(0, 4, 4)
    assert driver.explore.pointer.pin.link == Link(driver.node("max_pool").id, "switches")
    driver.window.grab()


def test_a_cell_of_a_gradient_shows_the_three_terms_that_come_back_through_a_normalization(driver: Driver) -> None:
    driver.look("conv", content="gradients")
    told = []
    show = driver.panels.explanation.show_explanation
    driver.panels.explanation.show_explanation = lambda *given: (told.append(given), show(*given))
    try:
        place = driver.pin(1, 12, 17)
        wait(lambda: bool(told))
    finally:
        del driver.panels.explanation.show_explanation
    _, formula, steps, _, check, _ = told[-1]
    value = float(shown(driver, True)[place.map, place.row, place.column])
    assert place.gradient
    assert formula.startswith("dx = ")
    assert len(steps[3].parts[0].terms) == 3
    assert check == (steps[-1].value, value)
    assert steps[-1].value == pytest.approx(value, rel=1e-4, abs=1e-9)
