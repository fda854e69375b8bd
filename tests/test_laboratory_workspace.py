"""The laboratory as a workspace of the window: how one gets there, and that it costs nothing before."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication
from windows import Driver, small_document

from explorer.model import editing
from explorer.ui.laboratory.pages import pages
from explorer.ui.laboratory.workspace import Laboratory
from explorer.ui.workspaces import EXPLORE, LABORATORY

ROOT = Path(__file__).parent.parent


def laboratory(driver: Driver) -> Laboratory:
    driver.act("laboratory")
    made = driver.assembly.commands.workspaces.get(LABORATORY)
    assert isinstance(made, Laboratory)
    return made


def test_the_window_is_built_without_the_laboratory() -> None:
    code = "import explorer.ui.assembly, sys; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert [each for each in modules.stdout.split() if "laboratory" in each] == []


def test_the_top_bar_and_ctrl_3_open_the_laboratory(driver: Driver) -> None:
    made = laboratory(driver)
    action = driver.window.findChild(QAction, "action.laboratory")
    assert action is not None
    assert action.shortcut().toString() == "Ctrl+3"
    assert made.page.isVisible()
    driver.click("topbar.workspace.explore")
    assert not made.page.isVisible()
    assert driver.maps.isVisible()
    driver.click("topbar.workspace.laboratory")
    assert made.page.isVisible()
    assert not driver.maps.isVisible()
    driver.act("explore")


def test_each_page_is_built_when_it_is_first_shown_and_its_keys_are_listed(driver: Driver) -> None:
    made = laboratory(driver)
    for each in pages():
        page = made.show_page(each.name)
        QApplication.processEvents()
        assert made.shown == each.name
        assert page.page.isVisible()
        assert made.get(each.name) is page
        assert driver.window.findChild(QAction, f"action.laboratory.{each.name}") is not None
        assert made.acts.undo is page.acts.undo
    driver.act("explore")


def test_a_change_of_the_document_stays_in_the_laboratory(driver: Driver) -> None:
    laboratory(driver)
    conv = driver.node("conv").id
    driver.explore.edit(lambda each: editing.set_params(each, conv, filters=5), "change")
    assert driver.assembly.commands.workspaces.shown == LABORATORY
    driver.act("explore")
    assert driver.assembly.commands.workspaces.shown == EXPLORE
    driver.begin(small_document())
