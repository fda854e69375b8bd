"""The search for better points in the laboratory, as a person uses it, and what it keeps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from measuring_pages import OnPage
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from windows import Driver, wait

from explorer.model.laboratory.accuracy import PUBLISHED
from explorer.model.laboratory.kept_points import Kept, keep, kept, with_set, without
from explorer.model.laboratory.search_progress import SoFar, verdict, watched
from explorer.model.laboratory.searching import Found, Outcome, Search, Searching
from explorer.model.laboratory.steps import finished
from explorer.places import data_folder
from explorer.refusal import Refusal
from explorer.ui.derive.workspace import Derive
from explorer.ui.laboratory.accuracy.accuracy import Accuracy
from explorer.ui.laboratory.accuracy.asked import USUAL
from explorer.ui.laboratory.accuracy.store import KeptPoints
from explorer.ui.laboratory.asking import changed
from explorer.ui.laboratory.pages import ACCURACY
from explorer.ui.workspaces import DERIVE, EXPLORE, LABORATORY

SMALL = changed(USUAL, view="search", m="4", tries="12", last="3", tiles="10", seeds="1")
SET = Kept(
    4, 3, (*map(Fraction, ("0", "1/2", "-1/2", "3/2", "-3/2")), "inf"), 2, "float32", "huffman", "G",
    2.5e-7, 5e-9, 2.4e-7, "accurate", 3.4e-7, 1, 600, "2026-11-26",
)  # fmt: skip


# What is kept ---------------------------------------------------------------------------------------------------------


def test_sets_are_read_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "points.json"
    assert kept(path) == ()
    sets = (SET, replace(SET, against=None, arithmetic="float16", seed=7))
    keep(path, sets)
    assert kept(path) == sets
    json.loads(path.read_text("utf-8"), parse_constant=lambda name: pytest.fail(name))


def test_the_same_set_is_kept_once_with_its_latest_numbers() -> None:
    later = replace(SET, mean=2.4e-7, points=(*reversed(SET.points[:-1]), "inf"))
    assert with_set((SET,), later) == (later,)
    other = replace(SET, arithmetic="float16")
    assert with_set((SET,), other) == (other, SET)
    assert without((other, SET), other) == (SET,)


@pytest.mark.parametrize(
    "change",
    [
        {"points": ["0", "1", "1", "2", "-2", "inf"]},
        {"points": ["0", "1", "inf"]},
        {"points": ["0", "1", "-1", "2", "x", "inf"]},
        {"points": "0"},
        {"arithmetic": "float8"},
        {"m": "4"},
        {"m": -4},
        {"mean": "small"},
        {"against": []},
        {"date": None},
        {"order": ["rows"]},
    ],
)
def test_what_is_no_set_is_passed_over(tmp_path: Path, change: dict[str, object]) -> None:
    path = tmp_path / "points.json"
    keep(path, (SET, SET))
    data = json.loads(path.read_bytes())
    data["sets"][0] |= change
    path.write_text(json.dumps(data), "utf-8")
    assert kept(path) == (SET,)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 2, "sets": []}', '{"version": 1}', "[" * 100_000])
def test_a_damaged_file_is_refused_and_put_aside_before_anything_is_written(tmp_path: Path, text: str) -> None:
    path = tmp_path / "points.json"
    path.write_text(text, "utf-8")
    with pytest.raises(Refusal, match=r"points\.json"):
        kept(path)
    keep(path, (SET,))
    assert kept(path) == (SET,)
    assert (tmp_path / "points.damaged.json").read_text("utf-8") == text


def test_of_many_changes_the_last_one_is_in_the_file(driver: Driver, tmp_path: Path) -> None:
    path = tmp_path / "points.json"
    store = KeptPoints(driver.desk, lambda: path)
    driver.settle_files()
    for seed in range(12):
        store.add(replace(SET, seed=seed, m=4, mean=1e-7 * (seed + 1)))
    store.add(replace(SET, arithmetic="float16"))
    driver.settle_files()
    assert kept(path) == store.sets
    assert len(store.sets) == 2
    assert store.best(3, 2, "float32") == {4: SET.points}
    assert store.best(5, 2, "float32") == {}


# What a search says ---------------------------------------------------------------------------------------------------


def outcome(found: Found, *known: Found) -> Outcome:
    return Outcome(Search(4, 3, fresh=8), (found,), known, 10, ())


def test_the_verdict_weighs_the_difference_against_the_spread() -> None:
    points = (Fraction(0), Fraction(1))
    known = Found(points, 0, 1.0, 0.1, ("accurate",))
    assert verdict(outcome(Found(points, 0, 0.8, 0.1), known)).kind == "better"
    assert verdict(outcome(Found(points, 0, 0.8, 0.1), known)).ratio == 0.8
    assert verdict(outcome(Found(points, 0, 0.95, 0.1), known)).kind == "alike"
    assert verdict(outcome(Found(points, 0, 1.01, 0.1), known)).kind == "none"
    assert verdict(outcome(known, known)).kind == "none"
    failed = Found(points, 0, float("inf"), float("inf"), ("usual",))
    assert verdict(outcome(Found(points, 0, 0.8, 0.1), failed)).kind == "better"
    assert verdict(outcome(Found(points, 0, 0.8, 0.1), failed, known)).known == known


def test_what_a_search_has_so_far_is_told_and_grows() -> None:
    told: list[SoFar] = []
    searching = Searching(Search(4, 3, evaluations=20, tiles=30))
    made = finished(watched(searching, told.append, often=0.0))
    assert [each.evaluations for each in told] == sorted(each.evaluations for each in told)
    last = told[-1]
    assert last.evaluations == 20
    assert last.best is not None
    assert last.best.points == made.found[0].points
    assert last.best.score == last.history[-1][1]
    assert 0 < last.best.deviation < last.best.score
    assert {"accurate", "usual"} <= {key for each in last.known for key in each.presets}


# The view -------------------------------------------------------------------------------------------------------------


class Seeking(OnPage[Accuracy]):
    """The view, and what a person does with it."""

    def __init__(self, driver: Driver) -> None:
        super().__init__(driver, ACCURACY, Accuracy)
        self.view = self.page.search

    def begin(self) -> None:
        self.driver.settle_files()
        self.view.cancel()
        for each in self.page.store.sets:
            self.page.store.remove(each)
        self.page.history.restart(SMALL)
        self.view._choose("outcome")

    def search(self) -> Outcome:
        QTest.mouseClick(self.button, Qt.MouseButton.LeftButton)
        wait(lambda: self.view.outcome is not None, "the search does not end")
        assert self.view.outcome is not None
        self.driver.settle_files()
        return self.view.outcome

    @property
    def button(self) -> QPushButton:
        found = self.child("accuracy.search.run")
        assert isinstance(found, QPushButton)
        return found


@pytest.fixture
def seeking(opened: Driver, driver: Driver) -> Iterator[Seeking]:
    made = Seeking(driver)
    made.begin()
    yield made
    made.view.cancel()
    made.driver.settle_files()
    made.leave()


def test_before_a_search_the_view_says_what_it_does(seeking: Seeking) -> None:
    chart = seeking.view.chart.chart
    assert "F(4×4, 3×3) in float32" in chart.title
    assert "small fractions" in chart.empty
    assert seeking.button.text() == "Search"
    assert not seeking.view.derive.isEnabled()


def test_a_search_reports_with_its_spread_and_keeps_what_errs_less(seeking: Seeking) -> None:
    found = seeking.search()
    assert found.evaluations == 12
    names = [line.name for line in seeking.view.chart.chart.lines]
    assert names[0] == "best so far"
    assert {"published points", "usual points"} <= set(names)
    said = seeking.view.verdict.text()
    assert verdict(found).kind == "better"
    assert "less than the published points" in said
    assert "8 fresh seeds" in said
    assert "±" in said
    (mine,) = kept(data_folder() / "points.json")
    assert mine.points == (*found.found[0].points, "inf")
    assert (mine.m, mine.r, mine.seed, mine.tried, mine.reference) == (4, 3, 1, 12, "accurate")
    assert mine.mean < PUBLISHED[4]


def test_a_search_that_finds_nothing_better_says_so_and_keeps_nothing(seeking: Seeking) -> None:
    seeking.page.ask(changed(SMALL, m="2", tries="1"))
    seeking.search()
    assert "Nothing better than the published points was found for F(2×2, 3×3)" in seeking.view.verdict.text()
    assert seeking.page.store.sets == ()


def test_a_search_stands_still_and_goes_on_to_the_same_outcome(seeking: Seeking) -> None:
    seeking.page.ask(changed(SMALL, tries="60"))
    QTest.mouseClick(seeking.button, Qt.MouseButton.LeftButton)
    wait(lambda: seeking.view._found is not None, "nothing is told")
    QTest.mouseClick(seeking.button, Qt.MouseButton.LeftButton)
    assert seeking.view.running.paused
    assert seeking.button.text() == "Go on"
    assert "Standing still" in seeking.view.progress.text
    QTest.mouseClick(seeking.button, Qt.MouseButton.LeftButton)
    wait(lambda: seeking.view.outcome is not None, "the search does not end")
    assert seeking.view.outcome == finished(Searching(Search(4, 3, evaluations=60)).steps())


def test_a_search_out_of_view_stands_still_and_goes_on_by_itself(seeking: Seeking) -> None:
    seeking.page.ask(changed(SMALL, tries="40"))
    seeking.view.begin()
    seeking.workspaces.show(EXPLORE)
    assert seeking.view.running.paused
    seeking.workspaces.show(LABORATORY)
    seeking.page.ask(changed(seeking.page.history.state, view="lines"))
    assert seeking.view.running.paused
    seeking.page.ask(changed(seeking.page.history.state, view="search"))
    wait(lambda: seeking.view.outcome is not None, "the search does not end")


def test_a_search_can_be_given_up(seeking: Seeking) -> None:
    seeking.page.ask(changed(SMALL, tries="100000"))
    seeking.view.begin()
    QTest.mouseClick(seeking.child("accuracy.search.cancel"), Qt.MouseButton.LeftButton)
    assert not seeking.view.running.busy
    assert not seeking.view.running.paused
    assert seeking.button.text() == "Search"
    assert seeking.view.outcome is None


def test_derive_opens_with_the_points_of_a_row(seeking: Seeking) -> None:
    found = seeking.search()
    seeking.view.table.selectRow(0)
    QTest.mouseClick(seeking.view.derive, Qt.MouseButton.LeftButton)
    assert seeking.workspaces.shown == DERIVE
    derive = seeking.workspaces.get(DERIVE)
    assert isinstance(derive, Derive)
    assert derive.history.state.value("points") == (*map(str, found.found[0].points), "inf")
    assert (derive.history.state.text("m"), derive.history.state.text("r")) == ("4", "3")
    wait(derive.settled, "the derivation does not settle")


def test_kept_sets_are_listed_drawn_and_removed(seeking: Seeking) -> None:
    seeking.page.store.add(SET)
    seeking.driver.settle_files()
    QTest.mouseClick(seeking.child("accuracy.search.sets.kept"), Qt.MouseButton.LeftButton)
    numbers = seeking.view.table.numbers
    assert numbers.names == ("F(4×4, 3×3)",)
    assert "0, 1/2, −1/2, 3/2, −3/2, ∞" in numbers.rows[0]
    seeking.page.ask(changed(SMALL, view="lines", last="4", families=("found",)))
    wait(seeking.page.lines.settled, "nothing more is measured")
    line = seeking.page.lines.chart.chart.lines[0]
    assert (line.name, line.x) == ("found here", (4.0,))
    seeking.page.ask(changed(seeking.page.history.state, view="search"))
    seeking.view.table.selectRow(0)
    QTest.keyClick(seeking.view.table, Qt.Key.Key_Delete)
    seeking.driver.settle_files()
    assert seeking.page.store.sets == ()
    assert kept(data_folder() / "points.json") == ()
    assert "Nothing is kept yet" in seeking.view.table.numbers.empty


def test_settings_that_cannot_be_searched_are_refused_at_their_place(seeking: Seeking) -> None:
    seeking.page.ask(changed(SMALL, tries="0"))
    QTest.mouseClick(seeking.button, Qt.MouseButton.LeftButton)
    assert "outside of 1 to 100000" in seeking.view._fields["tries"].reason
    seeking.page.ask(changed(SMALL, m="16", r="5"))
    QTest.mouseClick(seeking.button, Qt.MouseButton.LeftButton)
    assert "20 inputs" in seeking.driver.refused
