"""The probabilities of the classes and the target."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QListView, QPushButton
from pytestqt.qtbot import QtBot

from explorer.ui import theme
from explorer.ui.results.class_list import ClassRow, paint_class_row
from explorer.ui.results.softmax import SoftmaxPanel

# The platform without a screen says this of every window.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

PROBABILITIES = np.array([0.02, 0.5, 0.1, 0.1, 0.05, 0.01, 0.07, 0.15])


@pytest.fixture(autouse=True, scope="module")
def themed(qapp: QApplication) -> None:
    theme.load_fonts()
    theme.use(qapp, "light")


@pytest.fixture
def panel(qtbot: QtBot) -> SoftmaxPanel:
    made = SoftmaxPanel()
    qtbot.addWidget(made)
    made.resize(272, 400)
    made.show()
    made.show_softmax(PROBABILITIES, 0.6931, 5, ())
    return made


def classes(panel: SoftmaxPanel) -> list[int]:
    return [row.index for row in panel.shown()]


def control(panel: SoftmaxPanel, kind: type, name: str) -> Any:
    found = panel.findChild(kind, name)
    assert found is not None
    return found


def test_the_five_most_probable_classes_and_the_target_are_listed(panel: SoftmaxPanel) -> None:
    assert classes(panel) == [1, 7, 2, 3, 6, 5]
    panel.show_softmax(PROBABILITIES, 0.6931, 1, ())
    assert classes(panel) == [1, 7, 2, 3, 6]


def test_all_classes_are_listed_on_request_and_in_their_own_order(panel: SoftmaxPanel) -> None:
    control(panel, QPushButton, "softmax.all").click()
    assert classes(panel) == [1, 7, 2, 3, 6, 4, 0, 5]
    control(panel, QPushButton, "softmax.by_class").click()
    assert classes(panel) == list(range(8))


def test_the_shown_probabilities_of_all_classes_add_up_to_one(panel: SoftmaxPanel) -> None:
    scores = np.random.default_rng(1).normal(size=30)
    panel.show_softmax(np.exp(scores) / np.exp(scores).sum(), None, None, ())
    control(panel, QPushButton, "softmax.all").click()
    assert sum(Decimal(row.text) for row in panel.shown()) == 1


def test_a_click_on_a_class_makes_it_the_target(panel: SoftmaxPanel, qtbot: QtBot) -> None:
    listed = control(panel, QListView, "softmax.classes")
    place = listed.visualRect(listed.model().index(1)).center()
    with qtbot.waitSignal(panel.target_chosen) as told:
        qtbot.mouseClick(listed.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert told.args == [7]


def test_enter_on_a_class_makes_it_the_target(panel: SoftmaxPanel, qtbot: QtBot) -> None:
    listed = control(panel, QListView, "softmax.classes")
    listed.setCurrentIndex(listed.model().index(2))
    with qtbot.waitSignal(panel.target_chosen) as told:
        qtbot.keyClick(listed, Qt.Key.Key_Return)
    assert told.args == [2]


def test_a_target_that_is_set_from_outside_tells_nobody(panel: SoftmaxPanel, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(panel.target_chosen):
        panel.show_softmax(PROBABILITIES, 0.1, 3, ("cat", "dog"))
    box = control(panel, QComboBox, "softmax.target")
    assert box.currentText() == "3"
    assert box.itemText(1) == "1 · dog"
    panel.show_softmax(PROBABILITIES, 0.1, 99, ("cat", "dog"))
    assert box.currentIndex() == -1


def test_the_target_can_be_chosen_from_the_list_by_keyboard(panel: SoftmaxPanel, qtbot: QtBot) -> None:
    box = control(panel, QComboBox, "softmax.target")
    with qtbot.waitSignal(panel.target_chosen) as told:
        qtbot.keyClick(box, Qt.Key.Key_Down)
    assert told.args == [6]


def test_probabilities_that_are_not_numbers_are_last_and_told(panel: SoftmaxPanel) -> None:
    broken = PROBABILITIES.copy()
    broken[1] = math.nan
    panel.show_softmax(broken, math.nan, 1, ())
    assert classes(panel) == [7, 2, 3, 6, 4, 1]
    assert panel.shown()[-1].text == "NaN"
    trouble = control(panel, QLabel, "softmax.trouble")
    assert trouble.isVisible()
    assert trouble.text() == "1 of 8 probabilities are not numbers"
    assert control(panel, QLabel, "softmax.loss").text() == "NaN"
    assert not panel.grab().isNull()
    panel.show_softmax(PROBABILITIES, 0.5, 1, ())
    assert not trouble.isVisible()


def test_the_numbers_are_told_to_a_screen_reader(panel: SoftmaxPanel) -> None:
    assert panel.accessibleDescription() == "most probable: 1 with 0.50; cross-entropy 0.6931"
    panel.show_nothing("There is no softmax.")
    assert panel.accessibleDescription() == "There is no softmax."


def test_all_probabilities_are_copied_in_full(panel: SoftmaxPanel) -> None:
    panel.copy_numbers()
    read = [float(line.split("\t")[1]) for line in QGuiApplication.clipboard().text().splitlines()]
    assert read == PROBABILITIES.tolist()


@pytest.mark.parametrize("count", [1, 2, 4096])
def test_one_class_and_thousands_are_shown(panel: SoftmaxPanel, count: int) -> None:
    panel.show_softmax(np.full(count, 1 / count), None, 0, ())
    control(panel, QPushButton, "softmax.all").setChecked(True)
    assert len(panel.shown()) == count
    assert not panel.grab().isNull()


@pytest.mark.parametrize("probability", [0.0, 1.0, 2.0, -1.0, math.nan, math.inf, 1e-30])
def test_whatever_the_probability_is_its_bar_stays_in_its_row(probability: float) -> None:
    image = QImage(200, 60, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    paint_class_row(painter, QRectF(0, 20, 200, 20), ClassRow(0, "0", probability, "x"), 20, 20, theme.current())
    painter.end()
    outside = {image.pixel(x, y) for x in range(200) for y in (*range(19), *range(41, 60))}
    assert outside == {0xFFFFFFFF}
