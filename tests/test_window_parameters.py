"""Parameters and weights in the window: sliders, numbers, kernels; what is behind says so and can be cancelled."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Event
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from windows import Driver, wait, with_operation

from explorer.ops import operations
from explorer.ui.parameters.number_field import NumberField
from explorer.ui.parameters.slider import Slider


def shown_numbers(driver: Driver) -> np.ndarray:
    report = driver.explore.report
    assert report is not None
    return report.maps[0].values


@pytest.mark.parametrize(
    ("op", "name", "value", "named"),
    [
        ("conv", "kernel", (99, 99), "99"),
        ("conv", "stride", (0, 1), "0"),
        ("conv", "groups", 3, "3"),
        ("max_pool", "kernel", (400, 400), "400"),
    ],
)
def test_a_parameter_that_cannot_be_is_refused_with_its_value(
    driver: Driver, op: str, name: str, value: object, named: str
) -> None:
    driver.look(op)
    if op == "conv" and name == "kernel":
        driver.explore.set_param("padding", "valid", False)
        driver.settle()
    before = driver.document
    driver.panels.form.changed.emit(name, value, False)
    assert driver.document is before
    assert named in driver.refused
    assert driver.explore.settled()


def test_a_typed_parameter_that_is_no_number_leaves_the_layer_as_it_was(driver: Driver) -> None:
    before = driver.document
    edit = next(each for each in driver.window.findChildren(NumberField) if each.objectName() == "form.filters")
    edit.setFocus()
    edit.selectAll()
    QTest.keyClicks(edit, "eight")
    QTest.keyClick(edit, Qt.Key.Key_Return)
    assert driver.document is before
    assert edit.property("refused")


def slider(driver: Driver, name: str) -> Slider:
    return next(each for each in driver.window.findChildren(Slider) if each.objectName().startswith(name))


def test_a_drag_of_a_slider_is_one_step_of_undo_and_the_maps_follow(driver: Driver) -> None:
    before = driver.document
    bar = slider(driver, "form.filters")
    middle = bar.height() // 2
    QTest.mousePress(bar, Qt.MouseButton.LeftButton, pos=QPoint(bar.width() // 4, middle))
    seen = set()
    for x in range(bar.width() // 4, bar.width() * 3 // 4, 6):
        QTest.mouseMove(bar, QPoint(x, middle))
        seen.add(driver.node("conv").params.filters)
    QTest.mouseRelease(bar, Qt.MouseButton.LeftButton, pos=QPoint(bar.width() * 3 // 4, middle))
    driver.settle()
    last = driver.node("conv").params.filters
    assert len(seen) > 3
    assert len(shown_numbers(driver)) == last != before.node(driver.node("conv").id).params.filters
    driver.act("undo")
    driver.settle()
    assert driver.document is before
    assert len(shown_numbers(driver)) == 8
    driver.act("redo")
    driver.settle()
    assert len(shown_numbers(driver)) == last


def test_two_drags_are_two_steps(driver: Driver) -> None:
    form = driver.panels.form
    for filters in (3, 4):
        driver.explore.set_param("filters", filters, True)
    form.drag_ended.emit()
    for filters in (5, 6):
        driver.explore.set_param("filters", filters, True)
    form.drag_ended.emit()
    driver.act("undo")
    assert driver.node("conv").params.filters == 4
    driver.act("undo")
    assert driver.node("conv").params.filters == 8
    driver.settle()


def test_a_number_of_a_kernel_that_is_typed_goes_into_the_maps(driver: Driver) -> None:
    driver.look("conv")
    before = shown_numbers(driver)
    grid = driver.panels.weights._grid
    grid.go_to(1, 1)
    grid.setFocus()
    QTest.keyClick(grid, Qt.Key.Key_2)
    editor = driver.child("weights.grid.editor")
    QTest.keyClicks(editor, ".5")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    driver.settle()
    assert driver.node("conv").weights["w"][0, 0, 1, 1] == 2.5
    assert not np.array_equal(shown_numbers(driver)[0], before[0])
    assert np.array_equal(shown_numbers(driver)[1:], before[1:])
    driver.act("undo")
    driver.settle()
    assert np.array_equal(shown_numbers(driver), before)


def test_the_kernel_of_the_clicked_map_is_shown_and_the_map_of_the_chosen_kernel_outlined(driver: Driver) -> None:
    driver.look("conv")
    driver.pin(3, 10, 10)
    assert driver.panels.weights._view.kernel == 3
    driver.panels.weights._kernel_chosen(5)
    assert driver.maps._selected == 5


@pytest.mark.parametrize("what", ["zero", "normalise", "flip", "random"])
def test_the_buttons_below_the_kernel_change_weights_and_can_be_undone(driver: Driver, what: str) -> None:
    driver.look("conv")
    driver.pin(6, 5, 5)
    before, document = shown_numbers(driver), driver.document
    driver.panels.weights._asked(what)
    driver.settle()
    assert driver.document is not document
    if what in ("zero", "random"):
        assert not np.array_equal(shown_numbers(driver), before) or what == "random"
    driver.act("undo")
    driver.settle()
    assert driver.document is document
    assert np.array_equal(shown_numbers(driver), before)


def test_a_kernel_pasted_as_a_table_is_taken(driver: Driver, qapp: QApplication) -> None:
    driver.look("conv")
    driver.pin(0, 5, 5)
    qapp.clipboard().setText("0 0 0\n0 1/4 0\n0 0 0")
    driver.panels.weights._asked("paste")
    driver.settle()
    assert driver.node("conv").weights["w"][0, 0].tolist() == [[0, 0, 0], [0, 0.25, 0], [0, 0, 0]]


@contextmanager
def held_up(driver: Driver, monkeypatch: pytest.MonkeyPatch, op: str) -> Iterator[None]:
    """A layer that computes only after this, or when it is cancelled; what is known of it already is forgotten."""
    driver.assembly.evaluator.forget()
    record = operations()[op]
    go = Event()

    def slow(xs: Any, weights: Any, params: Any, tick: Any) -> Any:
        while not go.wait(0.001):
            tick()
        return record.forward(xs, weights, params, tick)

    with with_operation(monkeypatch, replace(record, forward=slow)):
        try:
            yield
        finally:
            go.set()


def test_what_is_shown_is_marked_as_stale_while_it_is_behind(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    with held_up(driver, monkeypatch, "conv"):
        driver.explore.set_param("filters", 13, False)
        wait(lambda: driver.maps._stale)
        assert not driver.explore.settled()
        assert driver.panels.pipeline.layers.model().card(1).state == "stale"
    driver.settle()
    assert not driver.maps._stale
    assert driver.panels.pipeline.layers.model().card(1).state == "ready"


def test_work_that_takes_long_shows_its_progress_and_can_be_cancelled(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with held_up(driver, monkeypatch, "conv"):
        driver.explore.set_param("filters", 17, False)
        wait(driver.child("status.cancel").isVisible)
        driver.click("status.cancel")
        assert not driver.child("status.cancel").isVisible()
        assert driver.child("topbar.live").text() == "stopped"
        assert driver.maps._stale
    driver.explore.set_param("stride", (1, 2), False)
    driver.settle()
    assert not driver.maps._stale
    assert shown_numbers(driver).shape == (17, 48, 24)


def test_the_newest_of_many_wishes_is_what_is_shown(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    with held_up(driver, monkeypatch, "conv"):
        for filters in range(1, 7):
            driver.explore.set_param("filters", filters, True)
    driver.settle()
    assert len(shown_numbers(driver)) == 6


class LayoutsCounted(QObject):
    """Counts how often a widget is laid out anew."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.LayoutRequest
        return False


@pytest.mark.parametrize("dock", ["softmax", "histogram"])
def test_the_window_is_not_laid_out_anew_while_a_number_moves(driver: Driver, dock: str) -> None:
    driver.window.docks[dock].raise_()
    driver.look("conv")
    if dock == "histogram":
        wait(driver.panels.histogram.ready)
    # A first step may make room for a longer text.
    driver.panels.weights.value_changed.emit("w", (0, 0, 1, 1), 0.25, True)
    driver.settle()
    counted = LayoutsCounted()
    driver.window.installEventFilter(counted)
    for step in range(3):
        driver.panels.weights.value_changed.emit("w", (0, 0, 1, 1), 0.3 + step * 0.0137, True)
        driver.settle()
    driver.window.removeEventFilter(counted)
    assert counted.count == 0


def test_the_maps_follow_a_parameter_before_the_layers_behind_them_do(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    cards = driver.panels.pipeline.layers.model()
    with held_up(driver, monkeypatch, "softmax"):
        driver.explore.set_param("filters", 5, False)
        wait(driver.explore.on_stage)
        assert len(driver.maps._maps[0].values) == 5
        wait(lambda: cards.card(cards.rowCount() - 1).state == "stale")
        assert not driver.maps._stale
    driver.settle()
    assert cards.card(cards.rowCount() - 1).state == "ready"
