"""Going through a derivation: keys, playing, the outline, the scrubber, and to where a result comes from."""

from __future__ import annotations

from deriving import ALT, CTRL, SHIFT, Deriving
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from windows import wait

from explorer.ui import theme
from explorer.ui.captioned import Elided
from explorer.ui.derive.walking import Place


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
    where = deriving.child("derive.where")
    assert isinstance(where, Elided)
    assert where.text_whole().startswith("line 3 of ")
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
    wait(lambda: any(hit.steps for hit in result.picture.hits), "the matrix is not typeset")
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


def test_numbers_of_sixty_digits_leave_the_window_as_wide_as_it_was(deriving: Deriving) -> None:
    before = deriving.driver.window.size()
    terms = " + ".join(f"{'123456789' * 6}x^{power}" for power in range(60, -1, -1))
    deriving.ask("divide", a=terms[:990].rpartition(" + ")[0], b="x^2 - 1/7")
    assert deriving.page.form.reasons == []
    for place in ("first", "last"):
        getattr(deriving.derive, place)()
        deriving.settle()
        assert deriving.driver.window.size() == before
    assert deriving.page.sheet.horizontalScrollBar().maximum() > 0


def test_mathematics_are_drawn_in_the_pixels_of_the_size_that_they_are_shown_at(deriving: Deriving) -> None:
    shown = deriving.page.sheet.mathematics

    def crisp() -> bool:
        image = shown.grab().toImage()
        drawn = shown._drawn
        assert drawn is not None
        return drawn.pixels is not None and (drawn.pixels.width, drawn.pixels.height) == (image.width(), image.height())

    wait(crisp, "it is not drawn")
    small = shown.width()
    deriving.derive.zoom(1.5)
    assert shown.width() > small
    wait(crisp, "it is not drawn again for another zoom")
    deriving.derive.zoom(0)
    wait(crisp, "it is not drawn again for the usual zoom")


def test_all_results_of_a_step_that_finds_many_are_shown(deriving: Deriving) -> None:
    deriving.ask("integers", congruences=tuple(f"1 mod {prime}" for prime in (2, 3, 5, 7, 11, 13, 17, 19, 23)))
    deriving.derive.last()
    deriving.settle()
    known = len(deriving.derive._showing.known)
    assert known > 9

    def cards() -> int:
        names = (f"derive.result.{number}" for number in range(known))
        return sum(deriving.page.findChild(QWidget, name) is not None for name in names)

    wait(lambda: cards() == known, "some results have no card")
