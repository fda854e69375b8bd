"""The cost page of the laboratory, as a person uses it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from measuring_pages import OnPage
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLineEdit, QPushButton
from windows import Driver, wait

from explorer.model.derivation.cost import direct
from explorer.model.laboratory.costs import Layer, layer_cost
from explorer.model.laboratory.sweeps import Sweep
from explorer.ui.laboratory.asking import changed, kept
from explorer.ui.laboratory.charts.chart import Line
from explorer.ui.laboratory.cost.asked import USUAL
from explorer.ui.laboratory.cost.cost import Cost
from explorer.ui.laboratory.cost.presenting import sentences
from explorer.ui.laboratory.exporting import export
from explorer.ui.laboratory.pages import COST

SMALL = changed(USUAL, first="1", last="3", H="8", C="2", K="2", tiles=("2", "4"))


class Costing(OnPage[Cost]):
    """The page, and what a person does with it."""

    def __init__(self, driver: Driver) -> None:
        super().__init__(driver, COST, Cost)
        self.page._seconds = 0.005

    def begin(self) -> None:
        self.page._clocked.clear()
        self.page.history.restart(SMALL)
        self.page._choose("model")
        self.settle()

    def settle(self) -> None:
        wait(self.page.settled, "the costs do not settle")

    def measure(self) -> None:
        self.click("cost.run")
        self.settle()


@pytest.fixture
def costing(driver: Driver) -> Iterator[Costing]:
    made = Costing(driver)
    made.begin()
    yield made
    made.leave()


def test_the_model_is_there_without_a_click_and_the_other_plot_says_what_to_do(costing: Costing) -> None:
    chart = costing.page.model.chart
    assert [line.name for line in chart.lines] == ["direct", "F(2×2)", "F(4×4)", "FFT"]
    expected = [layer_cost(Layer(1, C, 2, 8, 8, 3), direct(3, 2)).operations / 1e6 for C in (1, 2, 3)]
    assert chart.lines[0].y == pytest.approx(expected)
    assert not costing.page.measured.chart.filled
    assert "Press Measure" in costing.page.measured.chart.empty
    assert "F(2×2) is ahead of direct from C = 1 upwards" in costing.page.said["model"].text()


def test_a_plot_without_times_yet_says_that_they_are_being_taken(costing: Costing) -> None:
    costing.click("cost.run")
    assert costing.page.measured.chart.empty == "Measuring …"
    costing.page.acts.cancel()
    assert "Press Measure" in costing.page.measured.chart.empty
    costing.settle()


def test_times_are_measured_beside_the_model_and_kept(costing: Costing) -> None:
    costing.measure()
    page = costing.page
    assert [line.name for line in page.measured.chart.lines] == ["direct", "im2col", "F(2×2)", "F(4×4)", "FFT"]
    assert all(line.x == (1, 2, 3) for line in page.measured.chart.lines)
    assert page.said["measured"].text().count("on this machine") == 4
    assert page.table.numbers.rows[0] == page.measured.chart.lines[0].y
    before = page.times
    costing.ask(last="4")
    assert page.measured.chart.lines[0].x == (1, 2, 3)
    costing.measure()
    assert page.measured.chart.lines[0].x == (1, 2, 3, 4)
    assert all(page.times[size] is times for size, times in before.items())


def test_relative_to_the_direct_way_the_direct_way_is_one(costing: Costing) -> None:
    costing.measure()
    costing.ask(scale="relative")
    for chart in (costing.page.model.chart, costing.page.measured.chart):
        assert chart.lines[0].y == (1, 1, 1)
        assert chart.y.title == "times that of the direct way"


def test_another_variable_brings_its_range_and_takes_its_field_away(costing: Costing) -> None:
    box = costing.child("cost.variable")
    assert isinstance(box, QComboBox)
    assert costing.child("cost.C.field").isHidden()
    box.setCurrentIndex(box.findData("r"))
    box.activated.emit(box.currentIndex())
    costing.settle()
    assert costing.page.history.state.text("last") == "7"
    assert costing.child("cost.r.field").isHidden()
    assert not costing.child("cost.C.field").isHidden()
    assert costing.page.model.chart.lines[0].x == (2, 3, 4, 5, 6, 7)
    costing.page.acts.undo()
    costing.settle()
    assert costing.page.history.state == SMALL


def test_over_m_the_fast_filters_are_one_line(costing: Costing) -> None:
    costing.ask(variable="m", first="1", last="4")
    lines = {line.name: line for line in costing.page.model.chart.lines}
    assert list(lines) == ["direct", "FFT", "F(m×m)"]
    assert lines["F(m×m)"].x == (1, 2, 3, 4)
    assert len(set(lines["direct"].y)) == 1
    assert costing.child("cost.tiles.field").isHidden()


@pytest.mark.parametrize(
    ("quantity", "names"),
    [
        ("multiplications", ["direct", "F(2×2)", "F(4×4)", "FFT"]),
        ("transforms", ["F(2×2)", "F(4×4)", "FFT"]),
        ("memory", ["direct", "F(2×2)", "F(4×4)", "FFT"]),
    ],
)
def test_the_model_counts_what_is_chosen(costing: Costing, quantity: str, names: list[str]) -> None:
    costing.ask(quantity=quantity)
    chart = costing.page.model.chart
    assert [line.name for line in chart.lines] == names
    assert quantity[:5] in chart.y.title or quantity == "memory"


def test_a_layer_that_is_too_large_is_refused_at_its_field(costing: Costing) -> None:
    costing.ask(H="512", K="512", last="512")
    assert "the most are" in costing.page.form.field("last").reason
    line = costing.child("cost.K")
    assert isinstance(line, QLineEdit)
    line.selectAll()
    QTest.keyClicks(line, "9999")
    assert "outside of 1 to 512" in costing.page.form.field("K").reason


def test_measuring_can_be_stopped_and_what_was_measured_stays(costing: Costing) -> None:
    page = costing.page
    page._seconds = 30.0
    costing.ask(last="64", H="64", K="32")
    run = costing.child("cost.run")
    assert isinstance(run, QPushButton)
    page.switch()
    wait(lambda: bool(page.times), "nothing is measured")
    assert run.text() == "Cancel"
    page.acts.cancel()
    assert run.text() == "Measure"
    costing.settle()
    assert 0 < len(page.times) < 9


def test_numbers_are_copied_and_exported(costing: Costing, tmp_path: Path) -> None:
    costing.measure()
    QTest.keyClick(costing.page.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text().startswith("C\tC = 1\tC = 2\tC = 3\ndirect\t")
    for kind in ("csv", "svg", "png"):
        export(costing.driver.desk, costing.page.shown(), tmp_path / f"cost.{kind}")
    costing.driver.settle_files()
    with (tmp_path / "cost.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3 * 5
    assert float(rows[0]["median in s"]) > 0
    assert int(rows[0]["operations"]) == layer_cost(Layer(1, 1, 2, 8, 8, 3), direct(3, 2)).operations
    assert b"Measured on this machine" in (tmp_path / "cost.svg").read_bytes()
    assert (tmp_path / "cost.png").read_bytes().startswith(b"\x89PNG")


def test_settings_are_remembered(costing: Costing) -> None:
    settings = costing.driver.assembly.settings
    costing.ask(K="5")
    made = Cost(costing.page._bench)
    made.close()
    assert made.history.state == USUAL
    settings.set_laboratory(COST, kept(costing.page.history.state))
    made = Cost(costing.page._bench)
    made.close()
    assert made.history.state == costing.page.history.state
    settings.set_laboratory(COST, "")


def test_a_way_that_falls_behind_is_said_to_be_overtaken() -> None:
    lines = (
        Line("direct", (1, 2, 4), (2, 2, 2)),
        Line("im2col", (1, 2, 4), (1, 1, 4)),
        Line("F(2×2)", (1, 2, 4), (4, 4, 1)),
        Line("FFT", (1, 2, 4), (9, 9, 9)),
    )
    sweep = Sweep(Layer(1, 1, 2, 8, 8, 3), "C", (1, 2, 4))
    assert sentences(lines, sweep, measured=True) == [
        "direct overtakes im2col at C = 3 on this machine",
        "F(2×2) overtakes direct at C = 3 on this machine (between 2 and 4)",
        "FFT stays behind direct up to C = 4 on this machine",
    ]
