"""Folding a normalization into the layer before, from the list of layers."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from windows import Driver

from explorer.model import editing

LIST = "pipeline.layers"


def keep_statistics(driver: Driver) -> None:
    """Let the normalization use its kept statistics, and look at it."""
    driver.explore.edit(
        lambda each: editing.set_params(each, driver.node("batch_norm").id, mode="inference"), "inference"
    )
    driver.look("batch_norm")


def test_a_normalization_folds_into_the_convolution_before_and_undo_brings_it_back(driver: Driver) -> None:
    keep_statistics(driver)
    before = driver.document
    relu = driver.node("relu").id
    numbers = driver.explore.report.evaluated.results[relu].ys[0]
    driver.key(Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier, on=LIST)
    driver.settle()
    assert not driver.refused
    assert "batch_norm" not in [node.op for node in driver.document]
    assert driver.explore.view.layer == driver.node("conv").id
    after = driver.explore.report.evaluated.results[relu].ys[0]
    np.testing.assert_allclose(after, numbers, rtol=1e-5, atol=1e-5 * np.abs(numbers).max())
    driver.act("undo")
    driver.settle()
    assert driver.document is before


def test_a_fold_in_training_is_refused_with_the_reason_and_changes_nothing(driver: Driver) -> None:
    driver.look("batch_norm")
    before = driver.document
    driver.key(Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier, on=LIST)
    assert "follows the statistics of each batch" in driver.refused
    assert driver.document is before


def test_only_a_layer_of_the_kind_that_folds_offers_it_in_its_menu(driver: Driver) -> None:
    def entries(op: str) -> dict[str, QAction]:
        return {each.objectName(): each for each in driver.panels.pipeline.menu_of(driver.node(op).id).actions()}

    keep_statistics(driver)
    assert "pipeline.fold" not in entries("relu")
    entries("batch_norm")["pipeline.fold"].trigger()
    driver.settle()
    assert "batch_norm" not in [node.op for node in driver.document]


def test_running_statistics_can_be_looked_at_from_any_picture_of_a_batch(driver: Driver) -> None:
    picture = driver.document.source.pictures[0]
    driver.explore.edit(lambda each: editing.set_pictures(each, (picture,) * 3), "three")
    driver.explore.set_batch(whole=True)
    driver.look("batch_norm")
    driver.explore.show_picture(2)
    driver.choose("stage.port", "running_mean")
    driver.settle()
    driver.pin(1, 0, 0)
    assert driver.explore.pointer.pin.index == (0, 1, 0, 0)
    assert "running_mean[1, 0, 0] = " in driver.panels.explanation.accessibleDescription()
    driver.look("conv")
    (mark,) = driver.maps._marks[False]
    assert mark.maps == (1, 2)
    assert mark.cells.getRect() == (0, 0, *reversed(driver.explore.report.maps[0].values.shape[1:]))
