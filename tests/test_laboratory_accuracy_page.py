"""The accuracy page of the laboratory, as a person uses it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from measuring_pages import OnPage
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLineEdit, QPushButton
from windows import Driver, wait

from explorer.model.laboratory.accuracy import PUBLISHED
from explorer.ui.laboratory.accuracy.accuracy import Accuracy
from explorer.ui.laboratory.accuracy.asked import USUAL
from explorer.ui.laboratory.asking import changed
from explorer.ui.laboratory.exporting import export
from explorer.ui.laboratory.pages import ACCURACY
from explorer.ui.workspaces import EXPLORE, LABORATORY

SMALL = changed(USUAL, last="4", tiles="20", seeds="2")


class Measuring(OnPage[Accuracy]):
    """The page, and what a person does with it."""

    def __init__(self, driver: Driver) -> None:
        super().__init__(driver, ACCURACY, Accuracy)
        self.lines = self.page.lines

    def begin(self) -> None:
        self.lines.known.clear()
        self.page.history.restart(changed(SMALL, seed="0"))
        self.page.history.restart(SMALL)
        self.settle()

    def settle(self) -> None:
        wait(self.lines.settled, "nothing more is measured")

    @property
    def names(self) -> list[str]:
        return [line.name for line in self.lines.chart.chart.lines]


@pytest.fixture
def measuring(driver: Driver) -> Iterator[Measuring]:
    made = Measuring(driver)
    made.begin()
    yield made
    made.leave()


def test_the_first_picture_comes_without_a_click(measuring: Measuring) -> None:
    assert measuring.names == ["published points", "usual points", "whole numbers", "direct", "published errors"]
    chart = measuring.lines.chart.chart
    assert chart.lines[0].x == (2, 3, 4)
    assert chart.lines[0].low < chart.lines[0].y < chart.lines[0].high
    assert "F(m×m, 3×3)" in chart.title


def test_the_table_holds_the_published_column_beside_what_was_measured(measuring: Measuring) -> None:
    numbers = measuring.lines.table.numbers
    assert numbers.names[:3] == ("published points", "published errors", "measured ÷ published")
    for ours, theirs, ratio, m in zip(*numbers.rows[:3], (2, 3, 4), strict=True):
        assert theirs == PUBLISHED[m]
        assert ratio == ours / theirs  # type: ignore[operator]


def test_another_number_format_adds_its_lines_and_measures_them_alone(measuring: Measuring) -> None:
    before = dict(measuring.lines.known)
    QTest.mouseClick(measuring.child("accuracy.arithmetics.float16"), Qt.MouseButton.LeftButton)
    measuring.settle()
    assert "usual points, float16" in measuring.names
    assert before.items() <= measuring.lines.known.items()
    assert {each.arithmetic for each in measuring.lines.known.keys() - before} == {"float16"}
    measuring.page.acts.undo()
    assert measuring.names[0] == "published points"


def test_own_points_are_typed_as_chips(measuring: Measuring) -> None:
    assert measuring.child("accuracy.typed.field").isHidden()
    QTest.mouseClick(measuring.child("accuracy.families.typed"), Qt.MouseButton.LeftButton)
    measuring.ask(typed=("0", "1", "-1"))
    entry = measuring.child("accuracy.typed.entry")
    assert isinstance(entry, QLineEdit)
    QTest.keyClicks(entry, "3/2")
    QTest.keyClick(entry, Qt.Key.Key_Return)
    measuring.settle()
    own = next(line for line in measuring.lines.chart.chart.lines if line.name == "own points")
    assert own.x == (2, 3)
    QTest.keyClicks(entry, "3/0,")
    measuring.settle()
    assert measuring.page.form.field("typed").reason
    assert next(line for line in measuring.lines.chart.chart.lines if line.name == "own points").x == (2, 3)


def test_a_number_out_of_its_range_is_refused_at_its_field(measuring: Measuring) -> None:
    measuring.ask(r="99")
    assert "outside of 2 to 9" in measuring.page.form.field("r").reason
    measuring.ask(r="5")
    assert measuring.page.form.field("r").reason == ""
    assert "F(m×m, 5×5)" in measuring.lines.chart.chart.title
    assert "published errors" not in measuring.names


def test_measuring_can_be_stopped_and_begun_again_from_what_is_there(measuring: Measuring) -> None:
    lines = measuring.lines
    measuring.page.ask(changed(SMALL, last="8", tiles="20000", seeds="2"))
    run = measuring.child("accuracy.run")
    assert isinstance(run, QPushButton)
    wait(lambda: run.text() == "Cancel", "it does not run")
    measuring.page.acts.cancel()
    assert run.text() == "Measure"
    measuring.settle()
    assert lines.chart.chart.empty == "Press Measure to measure the errors."
    measuring.page.history.restart(changed(SMALL, seeds="3"))
    lines.cancel()
    assert run.text() == "Measure"
    QTest.mouseClick(run, Qt.MouseButton.LeftButton)
    measuring.settle()
    assert run.isHidden()
    assert len(lines.chart.chart.lines) == 5


def test_nothing_is_measured_while_another_workspace_is_shown(measuring: Measuring) -> None:
    measuring.workspaces.show(EXPLORE)
    known = len(measuring.lines.known)
    measuring.page.ask(changed(SMALL, seed="9"))
    assert measuring.lines.settled()
    assert len(measuring.lines.known) == known
    measuring.workspaces.show(LABORATORY)
    measuring.settle()
    assert len(measuring.lines.known) == 2 * known


def test_numbers_are_copied_so_that_they_read_back_exactly(measuring: Measuring) -> None:
    QTest.keyClick(measuring.lines.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    rows = [line.split("\t") for line in QGuiApplication.clipboard().text().splitlines()]
    assert rows[0] == ["m", "m = 2", "m = 3", "m = 4"]
    assert [float(each) for each in rows[1][1:]] == list(measuring.lines.chart.chart.lines[0].y)


def test_left_and_right_and_a_click_choose_an_m(measuring: Measuring) -> None:
    measuring.ask(m="2")
    chart, chosen = measuring.lines.chart, []
    measuring.lines.chosen.connect(chosen.append)
    QTest.keyClick(chart, Qt.Key.Key_Right)
    measuring.driver.window.repaint()
    QTest.mouseClick(chart, Qt.MouseButton.LeftButton, pos=QPoint(1, chart.height() // 2))
    assert chosen == [3, 2]
    assert measuring.page.history.state.text("m") == "2"
    assert "published points: 7." in chart.told(2.0)


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_the_plot_is_exported_as_a_figure(
    measuring: Measuring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    path = tmp_path / f"errors.{kind}"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    measuring.driver.act("export")
    measuring.driver.settle_files()
    data = path.read_bytes()
    if kind == "png":
        image = QImage.fromData(data)
        assert image.width() == 1_800
        assert len({image.pixel(x, y) for x in range(0, 1_800, 7) for y in range(0, 1_040, 7)}) > 20
    elif kind == "svg":
        assert b"published points" in data
    else:
        assert data.startswith(b"%PDF")


@pytest.mark.parametrize(("kind", "delimiter"), [("csv", ","), ("tsv", "\t")])
def test_the_numbers_are_exported_with_their_spread(
    measuring: Measuring, tmp_path: Path, kind: str, delimiter: str
) -> None:
    path = tmp_path / f"errors.{kind}"
    export(measuring.driver.desk, measuring.lines.exported(), path)
    measuring.driver.settle_files()
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter=delimiter))
    assert len(rows) == 9
    first = rows[0]
    assert (first["family"], first["m"], first["points"]) == ("accurate", "2", "0 -1 1 inf")
    assert float(first["least"]) < float(first["mean"]) < float(first["greatest"])
    assert float(first["ratio"]) == float(first["mean"]) / PUBLISHED[2]


def test_settings_are_remembered_and_damaged_ones_are_not(measuring: Measuring) -> None:
    settings = measuring.driver.assembly.settings
    measuring.page.close()
    bench = measuring.page._bench
    assert Accuracy(bench).history.state == SMALL
    for text in ("{", "[1]", '{"r": 3, "families": "usual", "order": ["a"]}', "[" * 5_000):
        settings.set_laboratory(ACCURACY, text)
        assert Accuracy(bench).history.state == USUAL
    settings.set_laboratory(ACCURACY, "")
