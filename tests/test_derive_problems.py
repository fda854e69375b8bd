"""What is derived: fields and chips, refusals as one types, undo, presets, and problems to practise on."""

from __future__ import annotations

import pytest
from deriving import CTRL, NONE, Deriving
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication

from explorer.ui.derive import asked
from explorer.ui.derive.chips import Chips
from explorer.ui.derive.walking import Place


def test_what_is_typed_is_derived(deriving: Deriving) -> None:
    deriving.type("derive.a", "x^2 - 1")
    deriving.type("derive.b", "x + 1")
    assert deriving.derive.answer is not None
    assert deriving.derive.answer.derivation.answer["quotient"] == ["-1", "1"]


@pytest.mark.parametrize(("text", "reason"), [("x^2 +", ""), ("x & 1", "&"), ("", ""), ("1/0", "0"), ("0", "zero")])
def test_a_wrong_divisor_is_refused_while_the_last_derivation_stays(deriving: Deriving, text: str, reason: str) -> None:
    deriving.type("derive.b", text)
    reasons = deriving.page.form.reasons
    assert len(reasons) == 1
    assert reason in reasons[0]
    assert deriving.derive.answer is not None
    assert deriving.derive.answer.derivation.answer["verified"] is True
    assert deriving.page.sheet.mathematics.picture is not None
    assert deriving.derive.answer.title in deriving.text("derive.behind")
    deriving.type("derive.b", "x - 3")
    assert deriving.page.form.reasons == []
    assert deriving.text("derive.behind") == ""


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


@pytest.mark.parametrize("subject", ["divide", "gcd", "integers", "polynomials"])
def test_there_is_always_another_problem_to_practise_on(deriving: Deriving, subject: str) -> None:
    deriving.ask(subject)
    for name in ("derive.practice", "derive.harder"):
        before = deriving.derive.history.state
        deriving.driver.click(name)
        deriving.settle()
        assert deriving.derive.history.state.subject == subject
        assert deriving.derive.history.state != before
        assert deriving.page.form.reasons == []
        assert deriving.place == Place(0, 0)


def test_a_problem_to_practise_on_leaves_a_remainder_where_that_is_wanted(deriving: Deriving) -> None:
    for wanted in (True, False):
        button = deriving.child("derive.remainder")
        assert isinstance(button, QAbstractButton)
        button.setChecked(wanted)
        deriving.driver.click("derive.practice")
        deriving.settle()
        assert deriving.derive.answer is not None
        assert bool(deriving.derive.answer.derivation.answer["remainder"]) == wanted


@pytest.mark.parametrize("subject", list(asked.SAMPLES))
def test_every_sample_has_an_answer_that_is_verified_and_can_be_walked_through(
    deriving: Deriving, subject: str
) -> None:
    deriving.ask(subject)
    deriving.derive.set_deep(True)
    assert deriving.derive.answer is not None
    assert deriving.derive.answer.derivation.answer["verified"] is True
    for step in range(len(deriving.derive.answer.derivation.steps)):
        deriving.derive.go(Place(step, 0))
        deriving.settle()
    deriving.derive.last()
    assert "verified" in deriving.text("derive.verified")


def test_going_through_all_subjects_leaves_no_widgets_behind(deriving: Deriving) -> None:
    def through_all() -> int:
        for subject in asked.SAMPLES:
            deriving.ask(subject)
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        return len(QApplication.allWidgets())

    through_all()
    once = through_all()
    assert [through_all() for _ in range(2)] == [once] * 2
