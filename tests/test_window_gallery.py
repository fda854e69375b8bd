"""The gallery of operations in the window: found by a key, searched by typing, and the way into the pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QMenu
from windows import Driver, wait

from explorer.model.evaluator import Job
from explorer.model.gallery import Illustration, grouped, illustration
from explorer.ops import operations
from explorer.ops.op import Cancelled
from explorer.refusal import Refusal
from explorer.ui import theme
from explorer.ui.gallery import illustrations
from explorer.ui.gallery.gallery import Gallery
from explorer.ui.gallery.illustrations import Illustrations
from explorer.ui.gallery.operation_list import OperationList, rank
from explorer.ui.gallery.page import Page, Picture
from explorer.ui.gallery.painting_illustration import laid_out

ALL = [op.name for _, found in grouped() for op in found]


class Browsing:
    """The gallery over the window."""

    def __init__(self, driver: Driver, action: str = "operations") -> None:
        driver.act(action)
        found = driver.window.findChildren(Gallery)[-1]
        self.gallery = found
        self.list = self.part(OperationList, "gallery.list")
        self.search = self.part(QLineEdit, "gallery.search")
        self.page = self.part(Page, "gallery.page")
        self.picture = self.part(Picture, "gallery.picture")
        self.add = self.part(QAbstractButton, "gallery.add")
        self.reason = self.part(QLabel, "gallery.reason")

    def part(self, kind: type[Any], name: str) -> Any:
        found = self.gallery.findChild(kind, name)
        assert found is not None, name
        return found

    def type(self, text: str) -> None:
        self.search.clear()
        QTest.keyClicks(self.search, text)

    def texts(self) -> list[str]:
        return [label.text() for label in self.gallery.findChildren(QLabel) if label.text()]

    def wait_for_all(self) -> None:
        wait(lambda: all(self.gallery._illustrations.known(name) for name in ALL), "pictures do not come")


@pytest.fixture
def browsing(driver: Driver) -> Iterator[Browsing]:
    made = Browsing(driver)
    yield made
    close(made)


def close(browsing: Browsing) -> None:
    for each in QApplication.topLevelWidgets():
        if isinstance(each, Gallery):
            each.close()


def test_it_opens_at_the_operation_that_is_looked_at_and_waits_for_words(driver: Driver) -> None:
    driver.look("batch_norm")
    browsing = Browsing(driver)
    assert browsing.gallery.isVisible()
    assert browsing.list.current == "batch_norm"
    assert "Batch normalization" in browsing.texts()
    assert browsing.gallery.focusWidget() is browsing.search
    close(browsing)


def test_it_lists_every_operation_of_the_program_in_its_group(browsing: Browsing) -> None:
    assert [op.name for op in browsing.list.operations] == ALL
    model = browsing.list.model()
    rows = [model.data(model.index(row)) for row in range(model.rowCount())]
    assert len(rows) == len(ALL) + len(grouped())
    assert {group for group, _ in grouped()} <= set(rows)


@pytest.mark.parametrize("name", ALL)
def test_a_page_says_all_that_the_record_of_an_operation_says(browsing: Browsing, name: str) -> None:
    op = operations()[name]
    browsing.list.choose(name)
    wait(lambda: browsing.picture.shown is not None, "the picture does not come")
    texts = browsing.texts()
    assert {op.title, op.group, op.formula, op.source} <= set(texts)
    assert {*op.inputs, *op.outputs} <= set(texts)
    assert {op.hint[port] for port in (*op.inputs, *op.outputs) if port in op.hint} <= set(texts)
    shown = browsing.picture.shown
    assert [port.name for port in shown.outputs] == list(op.outputs)
    assert shown.outputs[0].maps.link.node == name
    for port in shown.outputs:
        assert port.name in browsing.picture.accessibleDescription()


@pytest.mark.parametrize("size", [(900, 640), (1200, 740), (1320, 940)])
def test_nothing_of_a_page_is_cut_off_or_lies_over_another(browsing: Browsing, size: tuple[int, int]) -> None:
    browsing.gallery.resize(*size)
    browsing.wait_for_all()
    content = browsing.page.widget()
    for name in ALL:
        browsing.list.choose(name)
        assert content.width() <= browsing.page.viewport().width()
        layout = laid_out(browsing.picture.shown, browsing.picture.width(), theme.current())
        assert browsing.picture.height() >= layout.height
        for block in (*layout.inputs, *layout.outputs):
            for tile, image in zip(block.tiles, block.images, strict=True):
                assert tile.contains(image)
                assert QRectF(browsing.picture.rect()).adjusted(-1, -1, 1, 1).contains(tile)
        labels = [label for label in content.findChildren(QLabel) if label.isVisible() and label.text()]
        places = [QRect(each.mapTo(content, QPoint()), each.size()) for each in (browsing.picture, *labels)]
        for number, place in enumerate(places):
            assert not any(place.intersects(other) for other in places[:number])
        for label in labels:
            assert label.width() >= label.minimumSizeHint().width(), label.text()
            assert label.height() >= (label.heightForWidth(label.width()) if label.wordWrap() else 0), label.text()


def test_pictures_are_painted_with_what_the_operation_gave(browsing: Browsing) -> None:
    browsing.list.choose("relu")
    wait(lambda: browsing.picture.shown is not None, "the picture does not come")
    QTest.qWait(1)
    image = browsing.picture.grab().toImage()
    colours = {image.pixel(x, y) for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)}
    pixels = browsing.picture.shown.outputs[0].maps.images
    assert len(colours & {int(each) for each in pixels.ravel()}) > 20


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("soft", "softmax"),
        ("MAX POOL", "max_pool"),
        ("pooling max", "max_pool"),
        ("switches[", "max_unpool"),
        ("relu", "relu"),
        ("normal", "batch_norm"),
    ],
)
def test_typing_finds_by_title_group_and_formula_and_chooses_the_best(
    browsing: Browsing, typed: str, expected: str
) -> None:
    browsing.type(typed)
    assert rank(operations()[browsing.list.current], typed) == rank(operations()[expected], typed)
    assert expected in [op.name for op in browsing.list.operations]
    assert 0 < len(browsing.list.operations) < len(ALL)


def test_the_title_counts_more_than_the_formula() -> None:
    relu, pool = operations()["relu"], operations()["max_pool"]
    assert rank(pool, "max") < rank(relu, "max")
    assert rank(relu, "nowhere") is None
    assert rank(relu, "") == 0


def test_words_that_nothing_has_leave_nothing_to_add(browsing: Browsing) -> None:
    wanted: list[str] = []
    browsing.gallery.add_wanted.connect(wanted.append)
    browsing.type("no such thing")
    assert browsing.list.operations == []
    assert browsing.part(QLabel, "gallery.none").isVisible()
    assert not browsing.add.isEnabled()
    QTest.keyClick(browsing.search, Qt.Key.Key_Return)
    QTest.keyClick(browsing.search, Qt.Key.Key_Down)
    assert wanted == []
    browsing.search.clear()
    assert [op.name for op in browsing.list.operations] == ALL
    assert not browsing.part(QLabel, "gallery.none").isVisible()
    assert browsing.add.isEnabled()


def test_arrows_in_the_search_field_walk_over_all_operations(browsing: Browsing) -> None:
    browsing.list.choose(ALL[0])
    walked = [browsing.list.current]
    for _ in ALL[1:]:
        QTest.keyClick(browsing.search, Qt.Key.Key_Down)
        walked.append(browsing.list.current)
    assert walked == ALL
    QTest.keyClick(browsing.search, Qt.Key.Key_Down)
    assert browsing.list.current == ALL[-1]
    for _ in range(len(ALL)):
        QTest.keyClick(browsing.search, Qt.Key.Key_Up)
    assert browsing.list.current == ALL[0]


def test_page_down_scrolls_a_page_that_is_longer_than_the_window(browsing: Browsing) -> None:
    browsing.gallery.resize(900, 520)
    browsing.wait_for_all()
    browsing.list.choose("max_pool")
    bar = browsing.page.verticalScrollBar()
    assert bar.maximum() > 0
    QTest.keyClick(browsing.search, Qt.Key.Key_PageDown)
    assert bar.value() > 0
    assert browsing.list.current == "max_pool"
    QTest.keyClick(browsing.search, Qt.Key.Key_Down)
    assert bar.value() == 0


@pytest.mark.parametrize("by", ["Enter", "button", "list", "double click"])
def test_an_operation_is_added_behind_the_layer_that_is_looked_at(driver: Driver, by: str) -> None:
    driver.look("conv")
    before = driver.document
    browsing = Browsing(driver, "add")
    browsing.type("rel")
    assert browsing.list.current == "relu"
    if by == "Enter":
        QTest.keyClick(browsing.search, Qt.Key.Key_Return)
    elif by == "button":
        QTest.mouseClick(browsing.add, Qt.MouseButton.LeftButton)
    elif by == "list":
        QTest.keyClick(browsing.list, Qt.Key.Key_Return)
    else:
        point = browsing.list.visualRect(browsing.list.currentIndex()).center()
        QTest.mouseClick(browsing.list.viewport(), Qt.MouseButton.LeftButton, pos=point)
        QTest.mouseDClick(browsing.list.viewport(), Qt.MouseButton.LeftButton, pos=point)
    assert not browsing.gallery.isVisible()
    driver.settle()
    added = [node for node in driver.document if not before.has(node.id)]
    assert [node.op for node in added] == ["relu"]
    assert driver.document.index(added[0].id) == before.index(driver.node("conv").id) + 1
    assert driver.explore.view.layer == added[0].id


def test_a_refusal_is_read_in_the_gallery_and_the_pipeline_stays(driver: Driver) -> None:
    driver.look("input")
    before = driver.document
    browsing = Browsing(driver)
    browsing.list.choose("max_unpool")
    QTest.keyClick(browsing.search, Qt.Key.Key_Return)
    assert browsing.gallery.isVisible()
    assert browsing.reason.isVisible()
    assert "switches" in browsing.reason.text()
    assert driver.document is before
    browsing.type("re")
    assert not browsing.reason.isVisible()
    close(browsing)


def test_escape_closes_it_and_nothing_is_computed_any_more(driver: Driver) -> None:
    browsing = Browsing(driver)
    QTest.keyClick(browsing.search, Qt.Key.Key_Escape)
    assert not browsing.gallery.isVisible()
    assert driver.assembly.illustrations._job is None


def test_every_control_of_it_has_a_name_and_says_what_it_is(browsing: Browsing) -> None:
    for widget in (browsing.list, browsing.search, browsing.page, browsing.picture, browsing.add):
        assert widget.objectName().startswith("gallery.")
        assert widget.accessibleName()
    assert browsing.add.toolTip()
    assert browsing.search.toolTip()


def test_it_follows_a_change_of_the_theme(driver: Driver, browsing: Browsing) -> None:
    browsing.list.choose("relu")
    browsing.wait_for_all()
    first = browsing.picture.shown.inputs[0].maps.colours[0]
    driver.act("theme")
    try:
        wait(lambda: browsing.picture.shown.inputs[0].maps.colours[0] != first, "the old colours stay")
        ground = theme.current().color("ground")
        assert browsing.gallery.grab().toImage().pixelColor(browsing.gallery.width() - 4, 4) == ground
        browsing.wait_for_all()
    finally:
        driver.act("theme")
        driver.settle()
    wait(lambda: browsing.picture.shown.inputs[0].maps.colours[0] == first, "the new colours stay")


def test_the_help_stands_together_in_the_menu(driver: Driver) -> None:
    titles = {action.text(): action.menu() for action in driver.window.menu.actions()}
    entries = [action.text() for action in titles["Help"].actions() if not action.isSeparator()]
    assert entries == ["Operations…", "Speed on this machine…", "Keys", "Preferences…"]
    assert driver.window.findChild(QAction, "action.operations").shortcut().toString() == "Ctrl+F1"


def test_the_menu_of_layers_has_a_sub_menu_for_each_group(driver: Driver) -> None:
    menu = driver.panels.pipeline.add_menu
    menu.aboutToShow.emit()
    inner = [action.menu() for action in menu.actions() if isinstance(action.menu(), QMenu)]
    assert [each.title() for each in inner] == [group for group, _ in grouped()]
    assert [a.objectName() for each in inner for a in each.actions()] == [f"pipeline.add.{name}" for name in ALL]
    driver.choose("pipeline.add", "pipeline.add.find")
    gallery = driver.window.findChildren(Gallery)[-1]
    assert gallery.isVisible()
    gallery.close()


# The pictures, step by step -------------------------------------------------------------------------------------------


class Desk:
    """Stands for the compute thread: it computes when the test says so."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []

    def submit(self, job: Job) -> None:
        self.jobs.append(job)

    def step(self) -> bool:
        """One step of the last job; whether there was one, as the compute thread does it."""
        job = self.jobs[-1]
        try:
            if job.cancelled.is_set():
                raise Cancelled
            next(job.steps)
        except StopIteration:
            job.ended(None)
        except Cancelled as error:
            job.ended(error)
        else:
            QApplication.processEvents()
            return True
        QApplication.processEvents()
        return False


@pytest.fixture
def desk(qapp: QApplication) -> Desk:
    return Desk()


@pytest.fixture
def made(desk: Desk) -> Illustrations:
    return Illustrations(desk)  # type: ignore[arg-type]


def known(made: Illustrations) -> list[str]:
    return [name for name in ALL if made.known(name)]


def test_the_picture_that_is_looked_at_comes_first_and_each_is_shown_when_it_comes(
    desk: Desk, made: Illustrations
) -> None:
    arrived: list[str] = []
    made.arrived.connect(arrived.append)
    made.want("relu", dark=False)
    assert made.get("relu") is None
    desk.step()
    assert arrived == ["relu"]
    assert isinstance(made.get("relu"), Illustration)
    made.want("flatten", dark=False)
    desk.step()
    assert arrived == ["relu", "flatten"]
    while desk.step():
        pass
    assert sorted(arrived) == sorted(ALL)
    assert len(desk.jobs) == 1


def test_what_is_known_is_not_computed_again(desk: Desk, made: Illustrations) -> None:
    made.want("relu", dark=False)
    desk.step()
    made.stop()
    assert not desk.step()
    made.want("relu", dark=False)
    assert len(desk.jobs) == 2
    count = 0
    while desk.step():
        count += 1
    assert count == len(ALL) - 1
    made.want("conv", dark=False)
    assert len(desk.jobs) == 2


def test_another_theme_shows_the_old_colours_until_the_new_ones_come(desk: Desk, made: Illustrations) -> None:
    made.want("relu", dark=False)
    while desk.step():
        pass
    light = made.get("relu")
    made.want("relu", dark=True)
    assert not made.known("relu")
    assert made.get("relu") is light
    desk.step()
    assert made.known("relu")
    assert made.get("relu") is not light


def test_a_defect_of_one_operation_is_told_and_the_others_come(
    desk: Desk, made: Illustrations, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(op: object, **options: object) -> Illustration:
        if op is operations()["conv"]:
            raise ZeroDivisionError("conv")
        if op is operations()["dense"]:
            raise Refusal("No picture.")
        return illustration(op, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(illustrations, "illustration", broken)
    failed: list[BaseException] = []
    made.failed.connect(failed.append)
    made.want("conv", dark=False)
    while desk.step():
        pass
    assert [type(error) for error in failed] == [ZeroDivisionError]
    assert known(made) == ALL
    assert made.get("conv") is None
    assert made.get("dense") is None
    assert made.get("relu") is not None
