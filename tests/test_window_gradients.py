"""Looking in the window: gradients and where they start, the range of the colours, zoom and pan."""

from __future__ import annotations

import re

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from windows import Driver, small_document

from explorer.model import editing
from explorer.model.digits import number
from explorer.model.display import planes
from explorer.model.document import SOURCE
from explorer.model.gradients import Origin, gradients, loss_origin
from explorer.ui.stage.map_grid import Place

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)  # of menus without a screen

LAYERS = ("input", "conv", "batch_norm", "relu", "max_pool", "max_unpool", "global_average_pool", "dense", "softmax")


def shown(driver: Driver, gradient: bool) -> np.ndarray:
    """The maps on the stage of one kind."""
    report = driver.explore.report
    assert report is not None
    return next(maps.values for maps in report.maps if maps.gradient == gradient)


def expected(driver: Driver, origin: Origin | None = None) -> np.ndarray:
    """The gradient at what is shown, computed on its own."""
    report = driver.explore.report
    evaluated = report.evaluated
    back = gradients(evaluated, origin or loss_origin(evaluated))
    return planes(back.values[report.maps[0].link], 0)


def test_the_gradient_at_the_loss_is_one_and_the_probabilities_say_that_it_starts_beside_them(driver: Driver) -> None:
    driver.look("softmax", content="gradients")
    assert "starts at output loss" in driver.maps._message
    driver.choose("stage.port", "loss")
    driver.settle()
    assert shown(driver, True).tolist() == [[[1.0]]]


@pytest.mark.parametrize("content", ["gradients", "both"])
def test_the_gradient_of_the_loss_shows_in_every_layer_and_at_the_picture(driver: Driver, content: str) -> None:
    driver.click(f"stage.content.{content}")
    for op in LAYERS[:-1]:
        driver.look(op)
        assert np.array_equal(shown(driver, True), expected(driver))
        assert {maps.gradient for maps in driver.explore.report.maps} == ({True} if content == "gradients" else {0, 1})
    driver.click("picture.thumbnail")
    driver.settle()
    assert driver.explore.view.layer == SOURCE
    assert shown(driver, True).shape == (3, 48, 48)
    assert np.abs(shown(driver, True)).max() > 0
    assert np.array_equal(shown(driver, True), expected(driver))


def test_values_and_gradients_stand_side_by_side_after_a_switch(driver: Driver) -> None:
    driver.look("conv")
    for content, tiles in (("both", 16), ("gradients", 8), ("activations", 8), ("both", 16)):
        driver.click(f"stage.content.{content}")
        driver.settle()
        viewport = driver.maps.viewport().rect()
        rects = [driver.maps._layout.tile_rect(each) for each in range(tiles)]
        assert driver.maps._layout.columns * driver.maps._layout.rows >= tiles
        assert all(viewport.contains(rect.toRect()) for rect in rects)


def test_the_gradient_of_a_pinned_unit_is_shown_in_the_layers_before_it(driver: Driver) -> None:
    driver.look("max_pool")
    place = driver.pin(2, 7, 9)
    driver.act("origin")
    driver.settle()
    origin = Origin(driver.node("max_pool").id, "y", "unit", (place.map, place.row, place.column))
    assert driver.explore.view.origin == origin
    assert "max_pool1[2, 7, 9]" in driver.child("stage.origin").text_whole()
    assert shown(driver, True)[place.map, place.row, place.column] == 1
    assert np.abs(shown(driver, True)).sum() == 1
    for op in ("relu", "conv", "input"):
        driver.look(op)
        assert np.array_equal(shown(driver, True), expected(driver, origin))


def test_a_gradient_does_not_reach_behind_its_origin_and_the_stage_says_so(driver: Driver) -> None:
    driver.look("max_pool")
    driver.pin(2, 7, 9)
    driver.act("origin")
    driver.look("dense", content="gradients")
    assert driver.explore.report.maps == ()
    assert "not depend on this layer" in driver.maps._message
    driver.look("dense", content="both")
    assert shown(driver, False).size == 10
    assert "not depend on this layer" in driver.child("stage.origin").text_whole()


def test_an_origin_has_to_be_pinned_first(driver: Driver) -> None:
    driver.act("origin")
    assert "Click a cell" in driver.refused


def menu_of_cell(driver: Driver, place: Place) -> dict[str, QAction]:
    driver.maps.menu_wanted.emit(place, QPoint(0, 0))
    menu = next(each for each in driver.window.findChildren(QMenu) if each.isVisible())
    entries = {action.text(): action for action in menu.actions()}
    menu.close()
    return entries


def test_the_menu_of_a_cell_starts_a_gradient_at_its_map(driver: Driver) -> None:
    driver.look("relu")
    menu_of_cell(driver, Place(False, 3, 4, 5))["Gradient of this map's mean"].trigger()
    driver.settle()
    origin = Origin(driver.node("relu").id, "y", "map", (3,))
    assert driver.explore.view.origin == origin
    driver.look("conv")
    assert np.array_equal(shown(driver, True), expected(driver, origin))
    menu_of_cell(driver, Place(False, 3, 4, 5))["Gradient of the loss"].trigger()
    driver.settle()
    assert np.array_equal(shown(driver, True), expected(driver))


def test_the_numbers_of_a_map_are_copied_so_that_they_read_back_exactly(driver: Driver, qapp: QApplication) -> None:
    driver.look("conv")
    menu_of_cell(driver, Place(False, 3, 4, 5))["Copy the numbers of this map"].trigger()
    rows = [[float(each) for each in line.split("\t")] for line in qapp.clipboard().text().splitlines()]
    assert np.array_equal(np.array(rows, np.float32), shown(driver, False)[3])


def test_the_picture_of_the_maps_is_copied(driver: Driver, qapp: QApplication) -> None:
    menu_of_cell(driver, Place(False, 3, 4, 5))["Copy the picture of the maps"].trigger()
    assert qapp.clipboard().image().width() == driver.maps.viewport().width()


def test_without_a_loss_the_stage_says_what_is_missing(driver: Driver) -> None:
    driver.explore.remove_layer(driver.node("softmax").id)
    driver.look("conv", content="gradients")
    assert "no loss" in driver.maps._message
    driver.look("conv", content="both")
    assert shown(driver, False).shape == (8, 48, 48)
    assert "no loss" in driver.child("stage.origin").text_whole()


def test_an_origin_whose_layer_is_removed_gives_way_to_the_loss(driver: Driver) -> None:
    driver.look("batch_norm")
    driver.pin(0, 3, 3)
    driver.act("origin")
    driver.settle()
    driver.explore.remove_layer(driver.node("batch_norm").id)
    driver.settle()
    assert driver.explore.view.origin is None
    assert not driver.refused


def test_gradients_follow_another_target(driver: Driver) -> None:
    driver.look("conv", content="gradients")
    before = shown(driver, True)
    driver.panels.softmax.target_chosen.emit(7)
    driver.settle()
    assert not np.array_equal(shown(driver, True), before)
    assert np.array_equal(shown(driver, True), expected(driver))


# Colours -------------------------------------------------------------------------------------------------------------


def test_the_scope_of_the_colours_is_a_map_a_layer_or_all(driver: Driver) -> None:
    driver.look("conv", clip=False)
    found = {}
    for scope in ("map", "layer", "all"):
        driver.choose("stage.scope", scope)
        driver.settle()
        found[scope] = driver.explore.report.maps[0].range
    assert len(np.unique(found["map"], axis=0)) > 1
    assert len(np.unique(found["layer"], axis=0)) == 1
    assert len(np.unique(found["all"], axis=0)) == 1
    values = [result.ys[0] for result in driver.explore.report.evaluated.results.values()]
    assert found["all"][0, 1] >= max(float(each.max()) for each in values)
    assert "scale" in driver.child("stage.about").text_whole()


def test_the_range_that_the_colours_cover_is_printed(driver: Driver) -> None:
    driver.look("conv", scope="layer", clip=False)
    low, high = driver.explore.report.maps[0].range[0]
    told = driver.child("stage.about").text_whole()
    assert number(float(low), 3) in told
    assert number(float(high), 3) in told


def test_the_head_of_the_maps_says_what_there_is_room_for_and_breaks_no_word(driver: Driver) -> None:
    driver.look("conv", scope="layer", clip=False)
    told = driver.child("stage.about")
    words = told.text_whole().split(" · ")
    shown = []
    for width in (1000, 200, 80):
        told.resize(width, told.height())
        shown.append(told.text())
    assert shown == [" · ".join(words), " · ".join(words[:2]), words[0]]


def test_the_outermost_values_can_be_left_out_of_the_range(driver: Driver) -> None:
    driver.look("conv", scope="layer", clip=False)
    whole = np.ptp(driver.explore.report.maps[0].range[0])
    driver.choose("stage.scope", "Only the middle 99 % of the values")
    driver.settle()
    assert driver.explore.view.clip
    assert np.ptp(driver.explore.report.maps[0].range[0]) < whole
    assert "99 %" in driver.child("stage.about").text_whole()


@pytest.mark.parametrize("colours", ["viridis", "signed", "signed-dark", "grey"])
def test_colours_can_be_chosen(driver: Driver, colours: str) -> None:
    driver.choose("stage.colours", colours)
    driver.settle()
    assert set(driver.explore.report.maps[0].colours) == {colours}


def test_signed_maps_have_a_symmetric_range_by_default(driver: Driver) -> None:
    driver.look("conv")
    maps = driver.explore.report.maps[0]
    signed = maps.own[:, 0] < 0
    assert signed.any()
    assert np.allclose(maps.range[signed, 0], -maps.range[signed, 1])


# Zoom and pan --------------------------------------------------------------------------------------------------------


def test_zoom_and_pan_hold_for_all_maps_and_for_the_next_layer(driver: Driver) -> None:
    driver.look("conv")
    for _ in range(4):
        driver.act("zoom_in")
    zoomed = driver.maps.window_shown
    assert zoomed.zoom > 2
    start = driver.point_of(1, 24, 24)
    QTest.mousePress(driver.maps.viewport(), Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(driver.maps.viewport(), start + QPoint(-40, -20))
    QTest.mouseRelease(driver.maps.viewport(), Qt.MouseButton.LeftButton, pos=start + QPoint(-40, -20))
    panned = driver.maps.window_shown
    assert panned.x > zoomed.x
    assert panned.y > zoomed.y
    assert driver.explore.pointer.pin is None
    driver.look("max_pool")
    assert driver.maps.window_shown == panned
    driver.act("zoom_reset")
    assert driver.maps.window_shown.zoom == 1


def test_a_cell_under_the_cursor_is_the_right_one_when_zoomed(driver: Driver) -> None:
    driver.look("conv")
    for _ in range(3):
        driver.key(Qt.Key.Key_Plus)
    place = driver.hover(3, 25, 20)
    assert (place.map, place.row, place.column) == (3, 25, 20)
    assert "x 20  y 25" in driver.values


def test_the_histogram_is_of_the_map_that_was_clicked(driver: Driver) -> None:
    driver.look("conv")
    driver.pin(5, 10, 10)
    driver.settle()
    maps = driver.explore.report.maps[0]
    assert maps.selected == 5
    assert maps.histogram.sum() == 48 * 48
    assert np.array_equal(maps.own[5], [shown(driver, False)[5].min(), shown(driver, False)[5].max()])


def test_the_gradient_of_a_weight_is_there_beside_it(driver: Driver) -> None:
    driver.look("conv", content="gradients")
    slope = driver.explore.report.gradients.weights[driver.node("conv").id]["w"]
    assert driver.child("weights.gradient").isVisibleTo(driver.panels.weights)
    driver.panels.weights._slopes.click()
    assert np.array_equal(driver.panels.weights._shown.array, slope)


def test_positions_have_no_gradient_and_the_stage_says_so(driver: Driver) -> None:
    driver.look("max_pool", content="gradients")
    driver.choose("stage.port", "switches")
    driver.settle()
    assert "no gradient" in driver.maps._message


def test_views_are_no_steps_of_undo(driver: Driver) -> None:
    driver.act("gradients")
    driver.act("zoom_in")
    driver.look("relu", scope="all")
    driver.pin(0, 24, 24)
    assert driver.store.undo_label is None
    assert re.match("untitled —", driver.window.windowTitle())


def test_a_document_with_two_losses_starts_at_the_last(driver: Driver) -> None:
    document, _ = editing.add(small_document(), "softmax")
    driver.begin(document)
    driver.look("conv", content="gradients")
    assert loss_origin(driver.explore.report.evaluated).node == document.nodes[-1].id
    assert np.array_equal(shown(driver, True), expected(driver))
