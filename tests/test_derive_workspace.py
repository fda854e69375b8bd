"""The Derive workspace beside Explore: pages, keys, names, threads, and what is kept."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from deriving import Deriving
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QApplication, QComboBox, QLabel, QLineEdit
from test_window import interactive
from windows import Driver, driven

from explorer.ui.derive import asked
from explorer.ui.workspaces import DERIVE, EXPLORE

ROOT = Path(__file__).parent.parent


def test_nothing_of_derive_is_imported_at_start(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom PySide6.QtWidgets import QApplication\napplication = QApplication([])\n"
        "from explorer.app import make_window\nwindow = make_window()\n"
        "parts = 'derive', 'derivation', 'algebra', 'typst', 'QtSvg', 'typesetting'\n"
        "print(*sorted(name for name in sys.modules if any(part in name.split('.') for part in parts)))\n"
        "window.close()\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.split() == []


def test_other_workspaces_are_built_beside_a_window_at_rest_and_ask_nothing_before_they_are_shown() -> None:
    code = (
        "from PySide6.QtWidgets import QApplication\nfrom PySide6.QtTest import QTest\n"
        "application = QApplication([])\nfrom explorer.ui import assembly\nassembly.REST_MILLISECONDS = 1\n"
        "made = assembly.Assembly()\nmade.prepare()\nspaces = made.commands.workspaces\n"
        "while not (spaces.get('derive') and spaces.get('laboratory')):\n    QTest.qWait(2)\n"
        "pages = spaces.get('laboratory').get\nwhile not (pages('accuracy') and pages('cost')):\n    QTest.qWait(2)\n"
        "assert pages('accuracy').lines.settled()\n"
        "assert spaces.shown == 'explore'\nassert spaces.get('derive').answer is None\n"
        "assert spaces.get('derive').settled()\nspaces.show('derive')\n"
        "while spaces.get('derive').answer is None:\n    QTest.qWait(2)\n"
        "made.window.close()\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=60)


def test_a_workspace_that_is_wanted_while_it_is_being_built_is_finished_at_once(qapp: QApplication) -> None:
    with driven() as driver:
        spaces = driver.assembly.commands.workspaces
        assert not spaces.build(DERIVE)
        spaces.show(DERIVE)
        assert driver.child("derive").isVisible()
        assert spaces.build(DERIVE)


def test_derive_is_shown_alone_and_explore_comes_back_as_it_was(opened: Driver, driver: Driver) -> None:
    docks = driver.window.docks
    docks["histogram"].hide()
    QApplication.processEvents()
    before = {name: (dock.isHidden(), dock.geometry()) for name, dock in docks.items()}
    try:
        driver.click("topbar.workspace.derive")
        assert not any(dock.isVisible() for dock in docks.values())
        assert driver.child("derive").isVisible()
        assert not driver.maps.isVisible()
        driver.click("topbar.workspace.explore")
        assert not driver.child("derive").isVisible()
        assert driver.maps.isVisible()
        assert {name: (dock.isHidden(), dock.geometry()) for name, dock in docks.items()} == before
    finally:
        docks["histogram"].show()


def test_docks_are_kept_where_they_were_by_a_window_that_is_closed_in_derive(qapp: QApplication) -> None:
    with driven() as first:
        first.window.docks["histogram"].hide()
        first.act("derive")
    with driven() as second:
        assert second.window.docks["histogram"].isHidden()
        assert not second.window.docks["pipeline"].isHidden()
        second.window.docks["histogram"].show()


def test_the_first_opening_shows_a_fast_filter(qapp: QApplication) -> None:
    with driven() as driver:
        driver.assembly.settings.set_derived("")
        made = Deriving(driver)
        made.settle()
        assert made.derive.answer is not None
        assert made.derive.history.state == asked.SAMPLES["filter"]
        assert made.derive.answer.derivation.answer["verified"] is True
        assert made.page.sheet.mathematics.picture is not None


def test_the_last_problem_is_there_at_the_next_start(qapp: QApplication) -> None:
    with driven() as first:
        Deriving(first).ask("divide", a="x^4 - 1", b="x - 1")
    with driven() as second:
        made = Deriving(second)
        made.settle()
        assert made.derive.history.state.text("a") == "x^4 - 1"


@pytest.mark.parametrize("text", ["", "{", "[]", '["divide", {"a": 1, "b": "x"}]', '["nothing", {}]', "[" * 5000])
def test_a_kept_problem_that_is_damaged_is_passed_over(text: str) -> None:
    assert asked.unkept(text) is None


def test_a_session_that_is_opened_brings_explore_back(deriving: Deriving) -> None:
    deriving.driver.begin()
    assert deriving.workspaces.shown == EXPLORE


def test_the_threads_of_derive_end_with_the_window(qapp: QApplication) -> None:
    before = set(threading.enumerate())
    with driven() as driver:
        Deriving(driver)
        begun = set(threading.enumerate()) - before
        assert {"deriving", "typesetting"} <= {thread.name for thread in begun}
    assert not [thread.name for thread in begun if thread.is_alive()]


def test_every_control_of_derive_can_be_named_and_says_what_it_is_for(deriving: Deriving) -> None:
    for subject in asked.FIELDS:
        deriving.page.form.show_asked(asked.SAMPLES[subject])
        found = interactive(deriving.page)
        assert len(found) > 12
        assert [type(each).__name__ for each in found if not each.objectName()] == []
        assert [each.objectName() for each in found if not each.accessibleName()] == []
        kinds = (QAbstractButton, QAbstractSlider, QComboBox, QLineEdit)
        assert [each.objectName() for each in found if isinstance(each, kinds) and not each.toolTip()] == []
    deriving.page.form.show_asked(deriving.derive.history.state)


def test_the_list_of_keys_is_that_of_the_workspace_shown(deriving: Deriving) -> None:
    for workspace, title in ((DERIVE, "Points and moduli"), (EXPLORE, "Maps")):
        deriving.workspaces.show(workspace)
        deriving.driver.act("keys")
        overlay = deriving.driver.child("keys")
        texts = [label.text() for label in overlay.findChildren(QLabel)]
        overlay.close()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        assert title in texts
        assert ("Gradients" in texts) == (workspace == EXPLORE)


def test_keys_of_explore_do_nothing_in_derive(deriving: Deriving) -> None:
    content = deriving.driver.explore.view.content
    deriving.key(Qt.Key.Key_G)
    assert deriving.driver.explore.view.content == content
    assert not deriving.driver.window.findChild(QAction, "action.gradients").isEnabled()


def test_the_status_bar_says_how_it_is_computed_and_what_comes_out(deriving: Deriving) -> None:
    deriving.ask("filter")
    assert deriving.driver.values == "exact rational arithmetic"
    assert "F(2, 3)" in deriving.driver.panels.status._about.text()
    assert "4 multiplications" in deriving.driver.panels.status._about.text()
    deriving.workspaces.show(EXPLORE)
    assert "threads" in deriving.driver.panels.status._about.text()
