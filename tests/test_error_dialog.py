"""The dialog for a defect: what it says, what it keeps, and that there is one of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QApplication, QLabel, QPlainTextEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from explorer.model.log import Log
from explorer.ui.dialogs import error_dialog
from explorer.ui.dialogs.error_dialog import ErrorDialog, show_fault, summary


def report(error: Exception) -> str:
    """What the log says of an exception."""
    log = Log(None, "0.1.0")
    log.action("open astronaut.png")
    try:
        raise error
    except Exception as raised:
        return log.report(raised, "the main thread")


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[QWidget]:
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    yield widget
    for each in QApplication.topLevelWidgets():
        if isinstance(each, ErrorDialog):
            each.close()


def label(dialog: ErrorDialog, name: str) -> str:
    return dialog.findChild(QLabel, name).text()


def press(qtbot: QtBot, dialog: ErrorDialog, name: str) -> None:
    qtbot.mouseClick(dialog.findChild(QPushButton, name), Qt.MouseButton.LeftButton)


def test_a_fault_is_told_in_one_sentence_with_its_cause(window: QWidget) -> None:
    dialog = show_fault(window, report(ZeroDivisionError("by nothing")), Path("/logs/kernelscope.log"), True)
    assert label(dialog, "fault.sentence").endswith("ZeroDivisionError: by nothing")
    assert dialog.isVisible()


def test_it_says_where_the_work_is_saved(window: QWidget) -> None:
    dialog = show_fault(window, report(ValueError()), None, True, Path("/state/autosave/7.kscope"))
    assert "/state/autosave/7.kscope" in label(dialog, "fault.saved").replace("\u200b", "")


def test_it_says_so_when_the_work_could_not_be_saved(window: QWidget) -> None:
    dialog = show_fault(window, report(ValueError()), None, False)
    saved = dialog.findChild(QLabel, "fault.saved")
    assert "not saved" in saved.text()
    assert saved.property("role") == "bad"


def test_the_whole_report_can_be_copied(window: QWidget, qtbot: QtBot) -> None:
    text = report(ValueError("of no use"))
    dialog = show_fault(window, text, None, True)
    press(qtbot, dialog, "fault.copy")
    assert QGuiApplication.clipboard().text().strip() == text.strip()
    assert "open astronaut.png" in text


def test_markup_in_a_fault_is_shown_as_it_is(window: QWidget) -> None:
    dialog = show_fault(window, report(ValueError("<b>bold</b>\x1b[31m")), None, True)
    assert "<b>bold</b>" in label(dialog, "fault.sentence")
    assert "\x1b" not in label(dialog, "fault.sentence")
    assert dialog.findChild(QLabel, "fault.sentence").textFormat() == Qt.TextFormat.PlainText


def test_the_folder_of_the_log_can_be_opened(
    window: QWidget, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(QUrl(url).toLocalFile()))
    dialog = show_fault(window, report(ValueError()), tmp_path / "kernelscope.log", True)
    press(qtbot, dialog, "fault.folder")
    assert opened == [str(tmp_path)]


def test_without_a_log_there_is_no_folder_to_open(window: QWidget) -> None:
    dialog = show_fault(window, report(ValueError()), None, True)
    assert dialog.findChild(QPushButton, "fault.folder") is None


def test_a_second_fault_joins_the_dialog_that_is_open(window: QWidget) -> None:
    first = show_fault(window, report(ValueError("one")), None, True)
    second = show_fault(window, report(TypeError("two")), None, True)
    assert second is first
    text = first.findChild(QPlainTextEdit, "fault.report").toPlainText()
    assert text.index("ValueError: one") < text.index("TypeError: two")
    assert "2 faults" in label(first, "fault.sentence")


def test_many_faults_are_counted_and_do_not_fill_the_memory(window: QWidget) -> None:
    dialog = show_fault(window, report(ValueError("one")), None, True)
    for number in range(200):
        show_fault(window, f"Fault {number}\n" + "x" * 1000, None, True)
    assert "201 faults" in label(dialog, "fault.sentence")
    assert len(dialog.findChild(QPlainTextEdit, "fault.report").toPlainText()) < 40_000


@pytest.mark.parametrize("closing", ["button", "escape", "close"])
def test_after_continuing_the_next_fault_has_a_dialog_of_its_own(window: QWidget, qtbot: QtBot, closing: str) -> None:
    first = show_fault(window, report(ValueError("one")), None, True)
    if closing == "button":
        press(qtbot, first, "fault.continue")
    elif closing == "escape":
        qtbot.keyClick(first, Qt.Key.Key_Escape)
    else:
        first.close()
    second = show_fault(window, report(TypeError("two")), None, True)
    assert second is not first
    assert "TypeError" in label(second, "fault.sentence")
    assert window.isVisible()


def test_quit_closes_the_dialog_and_the_program(window: QWidget, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[bool] = []
    monkeypatch.setattr(error_dialog.QApplication, "quit", lambda: left.append(True))
    dialog = show_fault(window, report(ValueError()), None, True)
    press(qtbot, dialog, "fault.quit")
    assert left == [True]
    assert not dialog.isVisible()


def test_enter_goes_on(window: QWidget, qtbot: QtBot) -> None:
    dialog = show_fault(window, report(ValueError()), None, True)
    assert dialog.findChild(QPushButton, "fault.continue").isDefault()


@pytest.mark.parametrize("text", ["", "\n\n", "one line", "Fault\n\nThe last actions:\nnone\n"])
def test_a_report_of_any_form_has_a_summary(text: str) -> None:
    assert summary(text) in ("", "one line", "Fault")
