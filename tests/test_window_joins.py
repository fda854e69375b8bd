"""Choosing in the window where the second input of a layer comes from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QStandardItemModel
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel, QMenu
from windows import Driver

from explorer.model.document import SOURCE, Link
from explorer.model.session import Session, load, save
from explorer.refusal import Refusal


def added(driver: Driver, op: str, behind: str) -> str:
    """The id of a new layer behind the first one of an operation."""
    driver.look(behind)
    driver.choose("pipeline.add", f"pipeline.add.{op}")
    driver.settle()
    assert not driver.refused
    return driver.node(op).id


def giver(driver: Driver, port: str = "b") -> QComboBox:
    box = driver.child(f"form.input.{port}")
    assert isinstance(box, QComboBox)
    return box


def texts(box: QComboBox) -> list[str]:
    return [box.itemText(place) for place in range(box.count())]


def pick(driver: Driver, box: QComboBox, name: str) -> None:
    """Step to an entry of a list by the arrow keys."""
    wanted = next(place for place, text in enumerate(texts(box)) if text.split(" · ")[0] == name)
    steps = wanted - box.currentIndex()
    for _ in range(abs(steps)):
        QTest.keyClick(box, Qt.Key.Key_Down if steps > 0 else Qt.Key.Key_Up)
    driver.settle()


def output(driver: Driver, op: str) -> np.ndarray:
    value = driver.explore.report.evaluated.value(driver.node(op).main)
    assert value is not None
    return value


def card(driver: Driver, id: str) -> str:
    layers = driver.panels.pipeline.layers
    return layers.model().card(layers.model().row_of(id)).note


def test_a_sum_takes_what_it_skips_and_its_form_and_card_say_so(driver: Driver) -> None:
    id = added(driver, "add", "relu")
    box = giver(driver)
    assert texts(box) == [
        "picture · 3×48×48",
        "input1 · 1×48×48",
        "conv1 · 8×48×48",
        "batch_norm1 · 8×48×48",
        "relu1 · 8×48×48",
    ]
    assert box.currentText().startswith("batch_norm1")
    assert box.accessibleName() == "Input b"
    assert "any earlier layer" in box.toolTip()
    assert card(driver, id) == "b from batch_norm1"
    np.testing.assert_array_equal(output(driver, "add"), output(driver, "relu") + output(driver, "batch_norm"))


def test_another_layer_is_chosen_in_the_form_and_undone(driver: Driver) -> None:
    id = added(driver, "add", "relu")
    pick(driver, giver(driver), "conv1")
    assert driver.document.node(id).inputs[1] == driver.node("conv").main
    assert card(driver, id) == "b from conv1"
    np.testing.assert_array_equal(output(driver, "add"), output(driver, "relu") + output(driver, "conv"))
    driver.act("undo")
    driver.settle()
    assert giver(driver).currentText().startswith("batch_norm1")


def test_a_layer_that_does_not_fit_cannot_be_chosen_and_says_why(driver: Driver) -> None:
    added(driver, "add", "relu")
    box = giver(driver)
    model = box.model()
    assert isinstance(model, QStandardItemModel)
    assert [model.item(place).isEnabled() for place in range(box.count())] == [False, True, True, True, True]
    assert "1 × 8 × 48 × 48 and the second 1 × 3 × 48 × 48" in box.itemData(0, Qt.ItemDataRole.ToolTipRole)


def test_a_choice_that_is_refused_says_why_in_its_row_and_the_list_shows_what_holds(driver: Driver) -> None:
    added(driver, "add", "relu")
    before = driver.document
    driver.panels.form.giver_wanted.emit("b", SOURCE)
    assert driver.document is before
    assert "1 × 3 × 48 × 48" in driver.refused
    reason = driver.child("form.Input b.reason")
    assert isinstance(reason, QLabel)
    assert "1 × 3 × 48 × 48" in reason.text()
    assert not reason.isHidden()
    assert giver(driver).currentText().startswith("batch_norm1")
    pick(driver, giver(driver), "conv1")
    assert reason.isHidden()


def test_a_gate_of_one_number_a_channel_weighs_the_maps_that_it_came_from(driver: Driver) -> None:
    id = added(driver, "multiply", "global_average_pool")
    assert driver.document.node(id).inputs == (driver.node("global_average_pool").main, driver.node("max_unpool").main)
    np.testing.assert_array_equal(
        output(driver, "multiply"), output(driver, "max_unpool") * output(driver, "global_average_pool")
    )


def test_the_maps_of_a_concatenation_are_labelled_by_their_branch(driver: Driver) -> None:
    added(driver, "concat", "relu")
    assert driver.explore.report.maps[0].labels[7:9] == ("a[7]", "b[0]")
    assert output(driver, "concat").shape[1] == 16


def test_a_cell_of_a_sum_is_outlined_in_both_branches_and_in_the_picture(driver: Driver) -> None:
    # Statistics of a batch would make each number follow from the whole map.
    driver.explore.switch_layer(driver.node("batch_norm").id, False)
    added(driver, "add", "relu")
    assert giver(driver).currentText().startswith("conv1"), "what is switched off only hands on"
    driver.pin(0, 10, 12)
    for op, rectangle in (("relu", (12, 10, 1, 1)), ("conv", (12, 10, 1, 1)), ("input", (11, 9, 3, 3))):
        driver.look(op)
        assert [mark.cells.getRect() for mark in driver.maps._marks[False]] == [rectangle]
    assert driver.panels.picture._thumbnail._marks


def test_the_switches_of_unpooling_are_chosen_in_the_form(driver: Driver) -> None:
    driver.look("max_unpool")
    for op in ("max_pool", "max_unpool"):
        driver.explore.add_layer(op)
    driver.settle()
    unpool = driver.document.named("max_unpool2")
    box = giver(driver, "switches")
    assert box.accessibleName() == "Input switches, plane"
    assert [text.split(" · ")[0] for text in texts(box)] == ["max_pool1", "max_pool2"]
    pick(driver, box, "max_pool1")
    assert {link.node for link in driver.document.node(unpool.id).inputs[1:]} == {driver.node("max_pool").id}
    assert card(driver, unpool.id) == "switches, plane from max_pool1"


def test_layers_without_a_side_input_have_no_such_row(driver: Driver) -> None:
    added(driver, "add", "relu")
    for op in ("input", "conv", "relu"):
        driver.look(op)
        assert driver.window.findChild(QComboBox, "form.input.b") is None or giver(driver).isHidden()


@pytest.mark.qt_log_ignore("This plugin does not support")
def test_the_menu_of_a_layer_offers_the_same_choice(driver: Driver) -> None:
    id = added(driver, "add", "relu")
    menu = driver.panels.pipeline.menu_of(id)
    (offered,) = (each for each in menu.findChildren(QMenu) if each.title() == "Input b from")
    actions = {each.objectName(): each for each in offered.actions()}
    conv, norm = driver.node("conv").id, driver.node("batch_norm").id
    assert not actions[f"pipeline.input.b.{SOURCE}"].isEnabled()
    assert "1 × 3 × 48 × 48" in actions[f"pipeline.input.b.{SOURCE}"].toolTip()
    assert actions[f"pipeline.input.b.{norm}"].isChecked()
    actions[f"pipeline.input.b.{conv}"].trigger()
    menu.close()
    driver.settle()
    assert driver.document.node(id).inputs[1] == Link(conv, "y")


def test_a_removed_giver_leaves_the_join_to_what_went_into_it(driver: Driver) -> None:
    id = added(driver, "add", "relu")
    driver.explore.remove_layer(driver.node("batch_norm").id)
    driver.settle()
    assert not driver.refused
    assert driver.document.node(id).inputs[1] == driver.node("conv").main
    assert card(driver, id) == "b from conv1"


def test_a_session_keeps_what_was_chosen(driver: Driver, tmp_path: Path) -> None:
    id = added(driver, "add", "relu")
    pick(driver, giver(driver), "conv1")
    path = tmp_path / "joined.kscope"
    save(Session(driver.document, driver.explore.view), path)
    session, warnings = load(path)
    assert warnings == ()
    assert session.document.node(id).inputs == (driver.node("relu").main, driver.node("conv").main)


def test_a_join_that_nothing_fits_is_refused_with_the_nearest_layer(driver: Driver) -> None:
    driver.look("max_pool")
    before = driver.document
    driver.choose("pipeline.add", "pipeline.add.concat")
    assert driver.document is before
    assert "relu1" in driver.refused
    assert "max_pool1" in driver.refused
    assert not isinstance(driver.explore.report.evaluated.reason(driver.node("max_pool").id), Refusal)
