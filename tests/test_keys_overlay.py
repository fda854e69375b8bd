"""The list of keys over the window: readable, and gone with any key or click."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QLabel, QLineEdit, QMainWindow, QScrollArea, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot
from windows import wait

from explorer.ui.dialogs.keys_overlay import KeysOverlay

SECTIONS = [
    ("Maps", [("← →", "Move the pinned cell"), ("Esc", "Let go of the cell")]),
    ("File", [("Ctrl+O", "Open"), ("Ctrl+S", "Save")]),
    ("Help", [("F1", "Keys")]),
]


@pytest.fixture
def window(qtbot: QtBot) -> QMainWindow:
    made = QMainWindow()
    middle = QWidget()
    field = QLineEdit(middle)
    field.setObjectName("field")
    QVBoxLayout(middle).addWidget(field)
    made.setCentralWidget(middle)
    made.resize(900, 600)
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    field.setFocus()
    wait(field.hasFocus)
    return made


def shown(window: QMainWindow) -> KeysOverlay:
    overlay = KeysOverlay(window)
    overlay.show_keys(SECTIONS)
    return overlay


def test_every_key_is_listed_with_what_it_does(window: QMainWindow) -> None:
    overlay = shown(window)
    texts = [label.text() for label in overlay.findChildren(QLabel)]
    for title, rows in SECTIONS:
        assert title in texts
        assert all(keys in texts and what in texts for keys, what in rows)
    assert "Ctrl+S: Save" in overlay.accessibleDescription()


def test_it_covers_the_window_also_after_it_grows(window: QMainWindow) -> None:
    overlay = shown(window)
    assert overlay.geometry() == window.rect()
    window.resize(1100, 700)
    assert overlay.geometry() == window.rect()


@pytest.mark.parametrize("key", [Qt.Key.Key_A, Qt.Key.Key_Escape, Qt.Key.Key_F1, Qt.Key.Key_Tab, Qt.Key.Key_Return])
def test_any_key_closes_it_and_the_focus_goes_back(window: QMainWindow, qtbot: QtBot, key: Qt.Key) -> None:
    overlay = shown(window)
    assert overlay.hasFocus()
    with qtbot.waitSignal(overlay.destroyed):
        qtbot.keyClick(overlay, key)
    field = window.findChild(QLineEdit, "field")
    assert field.hasFocus()
    assert field.text() == ""


def test_a_modifier_alone_does_not_close_it(window: QMainWindow, qtbot: QtBot) -> None:
    overlay = shown(window)
    qtbot.keyClick(overlay, Qt.Key.Key_Shift, Qt.KeyboardModifier.ShiftModifier)
    assert overlay.isVisible()


def test_a_shortcut_of_the_window_only_closes_it(window: QMainWindow, qtbot: QtBot) -> None:
    done: list[bool] = []
    QShortcut(QKeySequence("Ctrl+Z"), window).activated.connect(lambda: done.append(True))
    overlay = shown(window)
    qtbot.keyClick(overlay, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not done
    assert not overlay.isVisible()
    qtbot.keyClick(window.findChild(QLineEdit, "field"), Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)


@pytest.mark.parametrize("where", ["beside", "on the card"])
def test_a_click_anywhere_closes_it(window: QMainWindow, qtbot: QtBot, where: str) -> None:
    overlay = shown(window)
    if where == "beside":
        qtbot.mouseClick(overlay, Qt.MouseButton.LeftButton, pos=QPoint(3, 3))
    else:
        qtbot.mouseClick(overlay.findChildren(QLabel)[2], Qt.MouseButton.LeftButton)
    assert not overlay.isVisible()


def test_a_list_longer_than_the_window_scrolls_with_the_arrows(window: QMainWindow, qtbot: QtBot) -> None:
    overlay = KeysOverlay(window)
    overlay.show_keys([("Many", [(f"Ctrl+{n}", f"what {n}") for n in range(60)])])
    bar = overlay.findChild(QScrollArea).verticalScrollBar()
    wait(lambda: bar.maximum() > 0)
    qtbot.keyClick(overlay, Qt.Key.Key_Down)
    assert overlay.isVisible()
    assert bar.value() > 0


def test_it_closes_quietly_when_the_focused_widget_is_gone(window: QMainWindow, qtbot: QtBot) -> None:
    overlay = shown(window)
    field = window.findChild(QLineEdit, "field")
    with qtbot.waitSignal(field.destroyed):
        field.deleteLater()
    qtbot.keyClick(overlay, Qt.Key.Key_A)
    assert not overlay.isVisible()
