"""The window as a person meets it: it opens on a working sample, and everything in it can be named and reached."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSlider,
    QApplication,
    QComboBox,
    QLineEdit,
    QMenu,
    QScrollBar,
    QWidget,
)
from windows import FIRST_PATIENCE, Driver, driven, wait

from explorer.app import make_window
from explorer.ui import theme
from explorer.ui.dialogs.settings import Settings
from explorer.ui.turns import Turns


def test_it_opens_on_a_working_sample(qapp: object) -> None:
    window = make_window()
    try:
        assert not window.isVisible()
        explore = window.assembly.explore
        wait(explore.settled, patience=FIRST_PATIENCE)
        assert len(explore.report.evaluated.results) == len(window.assembly.store.document.nodes) >= 6
        assert explore.report.maps
    finally:
        window.close()


def interactive(window: QWidget) -> list[QWidget]:
    """What a person can click, type into or move; not the parts of which such a widget is made."""
    kinds = (QAbstractButton, QAbstractItemView, QAbstractScrollArea, QAbstractSlider, QComboBox, QLineEdit)
    return [
        each
        for each in window.findChildren(QWidget)
        if (isinstance(each, kinds) or each.focusPolicy() & Qt.FocusPolicy.TabFocus)
        and not isinstance(each, QScrollBar)
        and not any(is_whole(parent) for parent in parents(each))
    ]


def is_whole(widget: QWidget) -> bool:
    """Whether the widget stands for its children."""
    return isinstance(widget, QComboBox) or widget.testAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)


def parents(widget: QWidget) -> Iterator[QWidget]:
    above = widget.parentWidget()
    while above is not None:
        yield above
        above = above.parentWidget()


@pytest.mark.parametrize("op", ["input", "conv", "batch_norm", "max_pool", "dense", "softmax"])
def test_every_control_of_the_window_has_a_name_for_scripts_and_one_for_readers(driver: Driver, op: str) -> None:
    driver.look(op)
    found = interactive(driver.window)
    assert len(found) > 20
    nameless = [
        f"{type(each).__name__} in {each.parentWidget().objectName()}" for each in found if not each.objectName()
    ]
    silent = [each.objectName() for each in found if not each.accessibleName()]
    assert not nameless
    assert not silent


def test_every_control_that_shows_a_sign_or_a_number_says_what_it_is_for(driver: Driver) -> None:
    without = [
        each.objectName()
        for each in interactive(driver.window)
        if isinstance(each, QAbstractButton | QComboBox | QLineEdit) and not each.toolTip() and each.isVisible()
    ]
    assert not without


def actions(menu: QMenu) -> list[QAction]:
    found = []
    for action in menu.actions():
        if action.menu() is not None:
            found += actions(action.menu())
        elif not action.isSeparator():
            found.append(action)
    return found


def test_every_action_is_in_the_menu_and_those_of_the_window_have_keys(driver: Driver) -> None:
    listed = actions(driver.window.menu)
    own = [action for action in driver.window.findChildren(QAction) if action.objectName().startswith("action.")]
    assert len(own) > 20
    assert set(own) <= set(listed)
    assert [action.text() for action in own if action.shortcut().isEmpty()] == []


def test_no_key_means_two_things(driver: Driver) -> None:
    keys = [
        key.toString()
        for action in driver.window.findChildren(QAction)
        if action.shortcutContext() == Qt.ShortcutContext.WindowShortcut
        for key in action.shortcuts()
    ]
    assert len(keys) > 20
    assert sorted(keys) == sorted(set(keys))


def test_the_keys_of_the_window_are_listed_on_f1(driver: Driver) -> None:
    driver.act("keys")
    overlay = next(each for each in driver.window.findChildren(QWidget) if type(each).__name__ == "KeysOverlay")
    assert overlay.isVisible()
    overlay.close()


def test_a_theme_is_switched_and_the_maps_follow(driver: Driver, qapp: QApplication) -> None:
    first = theme.current().name
    driver.act("theme")
    driver.settle()
    assert theme.current().name != first
    assert driver.explore.view.dark == (theme.current().name == "dark")
    assert driver.window.grab().toImage().pixelColor(5, 5) == theme.current().color("panel")
    driver.act("theme")
    driver.settle()
    assert theme.current().name == first


def test_panels_can_be_closed_and_come_back_by_the_menu(driver: Driver) -> None:
    dock = driver.window.docks["pipeline"]
    toggle = next(action for action in actions(driver.window.menu) if action.text() == "Pipeline")
    toggle.trigger()
    assert dock.isHidden()
    toggle.trigger()
    assert dock.isVisible()


def test_docks_stand_where_they_were_when_the_window_closed(qapp: QApplication) -> None:
    with driven() as first:
        first.window.explore.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, first.window.docks["picture"])
        first.window.docks["histogram"].hide()
    with driven() as second:
        area = second.window.explore.dockWidgetArea(second.window.docks["picture"])
        assert area == Qt.DockWidgetArea.RightDockWidgetArea
        assert second.window.docks["histogram"].isHidden()
        second.window.explore.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, second.window.docks["picture"])
        second.window.docks["histogram"].show()


def test_a_place_of_docks_that_is_damaged_is_ignored(qapp: QApplication) -> None:
    settings = Settings()
    settings._file.setValue("window/state", "AAAA")
    settings.keep()
    with driven() as driver:
        assert all(not dock.isHidden() for dock in driver.window.docks.values())


def test_the_title_names_the_session_and_marks_what_is_not_saved(driver: Driver) -> None:
    assert driver.window.windowTitle() == "untitled — Kernelscope"
    driver.explore.switch_layer(driver.node("relu").id)
    assert driver.window.windowTitle() == "untitled* — Kernelscope"
    driver.act("undo")
    assert driver.window.windowTitle() == "untitled — Kernelscope"


def test_undo_and_redo_are_there_only_where_they_do_something(driver: Driver) -> None:
    undo, redo = (driver.window.findChild(QAction, f"action.{name}") for name in ("undo", "redo"))
    assert not undo.isEnabled()
    driver.explore.switch_layer(driver.node("relu").id)
    assert undo.isEnabled()
    assert "Switch layer" in undo.toolTip()
    undo.trigger()
    assert not undo.isEnabled()
    assert redo.isEnabled()


def test_letters_typed_into_a_field_are_no_commands(driver: Driver) -> None:
    driver.explore.rename(driver.node("conv").id)
    name = driver.child("form.name")
    driver.window.activateWindow()
    wait(name.hasFocus)
    for key in "gabul":
        driver.key(getattr(Qt.Key, f"Key_{key.upper()}"), on="form.name")
    driver.key(Qt.Key.Key_Return, on="form.name")
    assert driver.node("conv").name == "gabul"
    assert driver.explore.view.content == "activations"
    assert driver.window.findChild(QAction, "action.gradients").shortcut() == QKeySequence("G")


def test_full_screen_comes_and_goes(driver: Driver) -> None:
    driver.act("full")
    assert driver.window.isFullScreen()
    driver.act("full")
    assert not driver.window.isFullScreen()


def test_a_window_that_closes_in_the_middle_of_a_report_shows_nothing_of_the_rest(qapp: QApplication) -> None:
    shown: list[str] = []
    after = Turns(qapp)
    with driven() as driver:
        driver.explore._turns.run(lambda: shown.append("the rest"))
    after.run(lambda: None, lambda: shown.append("later"))
    wait(lambda: "later" in shown)
    assert shown == ["later"]
