"""The Derive workspace as a person meets it: pages, keys, playing, problems and their undo."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QGuiApplication, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QApplication, QComboBox, QLabel, QLineEdit, QWidget
from test_window import interactive
from windows import Driver, driven, wait

from explorer.ui import theme
from explorer.ui.derive import asked
from explorer.ui.derive.chips import Chips
from explorer.ui.derive.walking import Place
from explorer.ui.derive.workspace import Derive
from explorer.ui.workspaces import DERIVE, EXPLORE

ROOT = Path(__file__).parent.parent
SHIFT, CTRL, ALT = (
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)
NONE = Qt.KeyboardModifier.NoModifier


class Deriving:
    """The workspace, and what a person does with it."""

    def __init__(self, driver: Driver) -> None:
        self.driver = driver
        self.workspaces = driver.assembly.commands.workspaces
        self.workspaces.show(DERIVE)
        made = self.workspaces.get(DERIVE)
        assert isinstance(made, Derive)
        self.derive = made
        self.page = made.page

    def focus(self, widget: QWidget) -> QWidget:
        """Give a widget the keys."""
        self.driver.window.activateWindow()
        widget.setFocus()
        wait(lambda: self.driver.window.isActiveWindow() and widget.hasFocus(), "it does not get the focus")
        return widget

    def settle(self) -> None:
        wait(self.derive.settled, "the derivation does not settle")
        QApplication.processEvents()

    def ask(self, subject: str, **values: asked.Value) -> None:
        """Another problem, from its beginning, without history."""
        made = dict(asked.SAMPLES[subject].values) | values
        self.derive.ask(asked.asked(subject, **made), "ask", anew=True)
        self.settle()

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = NONE, on: QWidget | None = None) -> None:
        QTest.keyClick(self.focus(on or self.page.sheet), key, modifier)
        self.settle()

    def type(self, name: str, text: str) -> None:
        """Type over what a field holds."""
        line = self.child(name)
        assert isinstance(line, QLineEdit)
        self.focus(line)
        line.selectAll()
        QTest.keyClick(line, Qt.Key.Key_Delete)
        QTest.keyClicks(line, text)
        self.settle()

    def child(self, name: str) -> QWidget:
        found = self.page.findChild(QWidget, name)
        assert found is not None, name
        return found

    def text(self, name: str) -> str:
        label = self.child(name)
        assert isinstance(label, QLabel)
        return label.text() if not label.isHidden() else ""

    @property
    def place(self) -> Place:
        return self.derive.place

    @property
    def key_of_step(self) -> str:
        step = self.derive.current_step
        assert step is not None
        return step.key


@pytest.fixture(scope="module")
def opened(one_window: Driver) -> Driver:
    """The window once Derive, whose threads last as long as it, was opened."""
    Deriving(one_window).workspaces.show(EXPLORE)
    return one_window


@pytest.fixture
def deriving(opened: Driver, driver: Driver) -> Iterator[Deriving]:
    made = Deriving(driver)
    made.derive.set_deep(False)
    made.derive.history.restart(asked.SAMPLES["gcd"])
    made.derive.history.restart(asked.SAMPLES["divide"])
    made.settle()
    made.derive.first()
    made.settle()
    yield made
    made.workspaces.show(EXPLORE)


# The page -------------------------------------------------------------------------------------------------------------


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


def test_derive_is_shown_alone_and_explore_comes_back_as_it_was(opened: Driver, driver: Driver) -> None:
    docks = driver.window.docks
    docks["histogram"].hide()
    QApplication.processEvents()
    before = {name: (dock.isHidden(), dock.geometry()) for name, dock in docks.items()}
    try:
        driver.click("topbar.workspace.derive")
        assert all(dock.isHidden() for dock in docks.values())
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


# Going ----------------------------------------------------------------------------------------------------------------


def test_keys_go_by_lines_and_by_steps(deriving: Deriving) -> None:
    assert deriving.place == Place(0, 0)
    deriving.key(Qt.Key.Key_Right)
    assert deriving.place == Place(0, 1)
    deriving.key(Qt.Key.Key_Left)
    assert deriving.place == Place(0, 0)
    deriving.key(Qt.Key.Key_Right, SHIFT)
    assert deriving.place == Place(1, 0)
    deriving.key(Qt.Key.Key_PageDown)
    assert deriving.place == Place(1, 1)
    deriving.key(Qt.Key.Key_Left, SHIFT)
    assert deriving.place == Place(1, 0)
    deriving.key(Qt.Key.Key_PageUp)
    assert deriving.place.step == 0
    deriving.key(Qt.Key.Key_End)
    assert deriving.derive.answer is not None
    assert deriving.place.step == len(deriving.derive.answer.derivation.steps) - 1
    deriving.key(Qt.Key.Key_Home)
    assert deriving.place == Place(0, 0)


def test_the_next_line_is_typeset_before_its_key_is_pressed(deriving: Deriving) -> None:
    deriving.derive.step(1)
    showing = deriving.derive._showing
    wait(lambda: showing._typesetter.known(showing._key(Place(1, 1))), "the next line is not made ahead")
    before = deriving.page.sheet.mathematics.picture
    deriving.derive.move(1)
    assert deriving.page.sheet.mathematics.picture is not before


def test_the_outline_and_the_bar_say_where_one_stands(deriving: Deriving) -> None:
    deriving.derive.step(1)
    deriving.derive.move(2)
    assert deriving.page.outline.currentIndex().row() == 1
    count = len(deriving.page.outline.titles)
    assert deriving.text("derive.count") == f"2 / {count}"
    assert deriving.text("derive.where").startswith("line 3 of ")
    assert deriving.text("derive.title") == deriving.page.outline.titles[1]


def test_a_click_in_the_outline_shows_the_whole_step(deriving: Deriving) -> None:
    outline = deriving.page.outline
    rect = outline.visualRect(outline.model().index(1, 0))
    QTest.mouseClick(outline.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    deriving.settle()
    assert deriving.derive.current_step is not None
    assert deriving.place == Place(1, len(deriving.derive.current_step.lines) - 1)


def test_it_plays_until_a_key_is_pressed(deriving: Deriving) -> None:
    transport = deriving.page.transport
    transport.set_speed(8)
    deriving.key(Qt.Key.Key_Space)
    assert transport.playing
    wait(lambda: deriving.place != Place(0, 0), "it does not play")
    deriving.key(Qt.Key.Key_Left)
    assert not transport.playing


def test_it_stops_at_the_end_and_plays_anew_from_there(deriving: Deriving) -> None:
    transport = deriving.page.transport
    transport.set_speed(8)
    deriving.derive.last()
    deriving.derive.move(-1)
    transport.switch()
    wait(lambda: not transport.playing, "it does not stop")
    transport.switch()
    assert deriving.place == Place(0, 0)
    transport.pause()


def test_speeds_are_chosen_by_keys_too(deriving: Deriving) -> None:
    deriving.page.transport.set_speed(1)
    QTest.keyClicks(deriving.focus(deriving.page.sheet), ">")
    assert deriving.page.transport.speed == 2
    QTest.keyClicks(deriving.page.sheet, "<<")
    assert deriving.page.transport.speed == 0.5
    deriving.page.transport.set_speed(1)


def test_the_scrubber_goes_where_it_is_clicked(deriving: Deriving) -> None:
    scrubber = deriving.page.transport.scrubber
    QTest.mouseClick(scrubber, Qt.MouseButton.LeftButton, pos=QPoint(scrubber.width() - 2, scrubber.height() // 2))
    assert deriving.derive.answer is not None
    assert deriving.place.step == len(deriving.derive.answer.derivation.steps) - 1


def test_all_steps_or_the_outline_alone(deriving: Deriving) -> None:
    deriving.ask("filter")
    coarse = len(deriving.page.outline.titles)
    deriving.key(Qt.Key.Key_D)
    assert len(deriving.page.outline.titles) > coarse
    deriving.key(Qt.Key.Key_D)
    assert len(deriving.page.outline.titles) == coarse


def test_mathematics_grow_with_the_wheel_and_come_back(deriving: Deriving) -> None:
    mathematics = deriving.page.sheet.mathematics
    width = mathematics.width()
    deriving.key(Qt.Key.Key_Plus, CTRL)
    assert mathematics.width() > width
    deriving.key(Qt.Key.Key_0, CTRL)
    assert mathematics.width() == width


def test_a_matrix_row_leads_to_the_step_that_made_it_and_back(deriving: Deriving) -> None:
    deriving.ask("filter")
    deriving.derive.last()
    deriving.settle()
    before = deriving.place
    result = deriving.child("derive.result.0")
    wait(lambda: result.picture is not None)
    hit = next(hit for hit in result.picture.hits if hit.steps)
    assert "from: " in result.tip_of(hit)
    QTest.mouseClick(result, Qt.MouseButton.LeftButton, pos=result.rect_of(hit).center().toPoint())
    deriving.settle()
    assert deriving.key_of_step in hit.steps
    deriving.key(Qt.Key.Key_Left, ALT)
    assert deriving.place == before


def test_another_theme_is_typeset_anew(deriving: Deriving) -> None:
    picture = deriving.page.sheet.mathematics.picture
    assert picture is not None
    deriving.driver.act("theme")
    deriving.settle()
    again = deriving.page.sheet.mathematics.picture
    assert again is not None
    assert again.svg != picture.svg
    assert theme.current().text in again.svg
    deriving.driver.act("theme")
    deriving.settle()


# Problems -------------------------------------------------------------------------------------------------------------


def test_what_is_typed_is_derived(deriving: Deriving) -> None:
    deriving.type("derive.a", "x^2 - 1")
    deriving.type("derive.b", "x + 1")
    assert deriving.derive.answer is not None
    assert deriving.derive.answer.derivation.answer["quotient"] == ["-1", "1"]


@pytest.mark.parametrize(("text", "reason"), [("x^2 +", ""), ("x & 1", "&"), ("", ""), ("1/0", "0"), ("0", "zero")])
def test_a_wrong_divisor_is_refused_while_the_last_derivation_stays(deriving: Deriving, text: str, reason: str) -> None:
    answer = deriving.derive.answer
    deriving.type("derive.b", text)
    reasons = deriving.page.form.reasons
    assert len(reasons) == 1
    assert reason in reasons[0]
    assert deriving.derive.answer is not None
    assert deriving.derive.answer.titles != ()
    assert deriving.page.sheet.mathematics.picture is not None
    deriving.type("derive.b", "x - 3")
    assert deriving.page.form.reasons == []
    assert answer is not None


def test_undo_acts_on_the_problems_of_derive_and_not_on_the_pipeline(deriving: Deriving) -> None:
    document = deriving.driver.document
    deriving.ask("gcd")
    deriving.driver.act("undo")
    deriving.settle()
    assert deriving.derive.history.state == asked.SAMPLES["divide"]
    assert deriving.page.form.asked.subject == "divide"
    deriving.driver.act("redo")
    deriving.settle()
    assert deriving.derive.history.state.subject == "gcd"
    assert deriving.driver.document is document


def test_typing_in_one_field_is_one_step_of_undo(deriving: Deriving) -> None:
    deriving.type("derive.a", "x^5 + 2")
    assert deriving.derive.history.undo_label is not None
    deriving.derive.history.undo()
    deriving.settle()
    assert deriving.derive.history.state == asked.SAMPLES["divide"]


def test_a_wrong_number_of_points_is_refused_with_the_number(deriving: Deriving) -> None:
    deriving.ask("filter")
    chips = deriving.child("derive.points")
    assert isinstance(chips, Chips)
    QTest.keyClick(deriving.child("derive.points.1"), Qt.Key.Key_Delete)
    deriving.settle()
    assert chips.values == ("0", "-1", "inf")
    assert "3 points" in deriving.page.form.reasons[0]
    entry = deriving.child("derive.points.entry")
    QTest.keyClicks(entry, "1/2")
    QTest.keyClick(entry, Qt.Key.Key_Return)
    deriving.settle()
    assert chips.values == ("0", "-1", "1/2", "inf")
    assert deriving.page.form.reasons == []


def test_what_is_typed_into_a_chip_is_refused_at_once(deriving: Deriving) -> None:
    deriving.ask("filter")
    entry = deriving.child("derive.points.entry")
    QTest.keyClicks(entry, "1/x")
    assert deriving.page.form.reasons != []
    QTest.keyClick(entry, Qt.Key.Key_Escape)
    assert deriving.page.form.reasons == []


def test_a_repeated_point_is_refused(deriving: Deriving) -> None:
    deriving.ask("filter", points=("0", "1", "1", "inf"))
    assert "twice" in deriving.page.form.reasons[0]


def test_chips_are_dragged_and_moved_by_keys(deriving: Deriving) -> None:
    deriving.ask("filter")
    chips = deriving.child("derive.points")
    assert isinstance(chips, Chips)
    QTest.keyClick(deriving.child("derive.points.0"), Qt.Key.Key_Right, CTRL)
    deriving.settle()
    assert chips.values == ("1", "0", "-1", "inf")
    first, third = deriving.child("derive.points.0"), deriving.child("derive.points.2")
    start = first.rect().center()
    to = start + third.geometry().center() - first.geometry().center()
    QTest.mousePress(first, Qt.MouseButton.LeftButton, pos=start)
    for part in (0.3, 1.0):
        at = chips.mapToGlobal(QPoint(0, 0)) + start + (to - start) * part
        move = QMouseEvent(
            QEvent.Type.MouseMove,
            QPointF(first.mapFromGlobal(at)),
            QPointF(at),
            Qt.MouseButton.NoButton,
            Qt.MouseButton.LeftButton,
            NONE,
        )
        QApplication.sendEvent(first, move)
    QTest.mouseRelease(first, Qt.MouseButton.LeftButton)
    deriving.settle()
    assert chips.values == ("0", "-1", "1", "inf")


def test_more_outputs_take_more_of_the_usual_points(deriving: Deriving) -> None:
    deriving.ask("filter")
    line = deriving.focus(deriving.child("derive.m"))
    QTest.keyClick(line, Qt.Key.Key_Up)
    QTest.keyClick(line, Qt.Key.Key_Up)
    deriving.settle()
    assert deriving.derive.history.state.value("points") == ("0", "1", "-1", "2", "-2", "inf")
    assert deriving.page.form.reasons == []


def test_presets_are_taken_from_the_menu(deriving: Deriving) -> None:
    deriving.ask("filter", m="4", points=("0", "1", "-1", "2", "-2", "inf"))
    deriving.driver.choose("derive.points.presets", "Least error")
    deriving.settle()
    assert deriving.derive.history.state.value("points") == ("0", "-1", "1", "1/2", "-2", "inf")


def test_the_step_that_is_looked_at_stays_when_the_points_change(deriving: Deriving) -> None:
    deriving.ask("filter")
    deriving.derive.last()
    key = deriving.key_of_step
    deriving.derive.ask(
        asked.asked("filter", m="2", r="3", given="points", points=("0", "1", "2", "inf"), fractions="G"), "change"
    )
    deriving.settle()
    assert deriving.key_of_step == key


@pytest.mark.parametrize("subject", list(asked.SAMPLES))
def test_every_problem_is_written_as_it_is_read(subject: str) -> None:
    problem = asked.read(asked.SAMPLES[subject])
    assert asked.read(asked.written(problem)) == problem
    assert asked.unkept(asked.kept(asked.SAMPLES[subject])) == asked.SAMPLES[subject]


# Copying --------------------------------------------------------------------------------------------------------------


def clipboard() -> str:
    return QGuiApplication.clipboard().text()
