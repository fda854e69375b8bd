"""The tile page as a person uses it: what is chosen, what is stepped through, and that every number is a real one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit, QPushButton, QToolButton, QWidget
from windows import Driver, small_document, small_picture, wait

from explorer.model import editing
from explorer.model.laboratory.tile_terms import Place
from explorer.model.laboratory.tiles import OWN
from explorer.model.pictures import from_array
from explorer.model.starting import starting_document
from explorer.ui.laboratory.tile.choice import Choice
from explorer.ui.laboratory.tile.copying import table
from explorer.ui.laboratory.tile.film import Film
from explorer.ui.laboratory.tile.formula import spelled
from explorer.ui.laboratory.tile.showing import Shown, grid_texts
from explorer.ui.laboratory.tile.tile import Tile
from explorer.ui.laboratory.tile.tile_map import TileMap
from explorer.ui.laboratory.workspace import Laboratory
from explorer.ui.stage.map_grid import Place as MapPlace
from explorer.ui.workspaces import EXPLORE, LABORATORY

NONE, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier


class Tiling:
    """The page, and what a person does with it."""

    def __init__(self, driver: Driver) -> None:
        self.driver = driver
        self.workspaces = driver.assembly.commands.workspaces
        self.workspaces.show(LABORATORY)
        made = self.workspaces.get(LABORATORY)
        assert isinstance(made, Laboratory)
        page = made.show_page("tile")
        assert isinstance(page, Tile)
        self.tile, self.page = page, page.page

    def begin(self) -> None:
        self.tile.history.restart(Choice(tile=(3, 3)))
        self.tile.set_mode("exact")
        self.settle()
        self.tile.first()

    def settle(self) -> None:
        self.driver.settle()
        wait(self.tile.settled, "the tile does not settle")
        QApplication.processEvents()

    def choose(self, **changes: object) -> None:
        self.tile.history.apply(replace(self.tile._choice, **changes), "choose")
        self.settle()

    def edit(self, op: str = "conv", **params: object) -> None:
        id = self.driver.node(op).id
        assert self.driver.explore.edit(lambda each: editing.set_params(each, id, **params), "edit")
        self.settle()

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = NONE, on: QWidget | None = None) -> None:
        widget = on or self.page.board
        self.driver.window.activateWindow()
        widget.setFocus()
        wait(lambda: self.driver.window.isActiveWindow() and widget.hasFocus(), "it does not get the focus")
        QTest.keyClick(widget, key, modifier)
        self.settle()

    @property
    def shown(self) -> Shown:
        assert self.tile.shown is not None
        return self.tile.shown

    @property
    def note(self) -> str:
        label = self.page.findChild(QLabel, "tile.note")
        assert label is not None
        return label.text() if label.isVisible() else ""


@pytest.fixture
def tiling(driver: Driver) -> Iterator[Tiling]:
    made = Tiling(driver)
    made.begin()
    yield made
    made.workspaces.show(EXPLORE)


def test_the_outputs_of_the_tile_are_those_of_the_layer(tiling: Tiling) -> None:
    tiling.tile.last()
    of = tiling.shown.of
    result = tiling.driver.explore.report.evaluated.results[tiling.driver.node("conv").id]
    np.testing.assert_array_equal(of.layer, result.ys[0][0, 0, 6:8, 6:8])
    np.testing.assert_allclose(of.stages[of.final].values(), of.layer, atol=1e-5)
    assert of.equal
    assert tiling.page._badge.text() == "exactly the plain sum"


def test_keys_go_number_by_number_stage_by_stage_and_to_the_ends(tiling: Tiling) -> None:
    tiling.key(Qt.Key.Key_Right)
    assert tiling.shown.place == Place("Bd", 0, 0)
    tiling.key(Qt.Key.Key_PageDown)
    assert tiling.shown.place == Place("Bd", 1, 0)
    tiling.key(Qt.Key.Key_Right, SHIFT)
    assert tiling.shown.place == Place("V", 0, 0)
    tiling.key(Qt.Key.Key_Left, SHIFT)
    assert tiling.shown.place == Place("Bd", 0, 0)
    tiling.key(Qt.Key.Key_End)
    assert tiling.shown.place == Place("direct", 1, 1)
    tiling.key(Qt.Key.Key_PageUp)
    assert tiling.shown.place == Place("direct", 1, 0)
    tiling.key(Qt.Key.Key_Home)
    assert tiling.tile.position == 0


def test_space_plays_and_a_step_by_hand_pauses(tiling: Tiling) -> None:
    transport = tiling.page.transport
    transport.set_speed(8.0)
    tiling.key(Qt.Key.Key_Space)
    assert transport.playing
    wait(lambda: tiling.tile.position > 1, "it does not play")
    tiling.key(Qt.Key.Key_Right)
    assert not transport.playing
    transport.set_speed(1.0)


def test_numbers_appear_when_they_are_made(tiling: Tiling) -> None:
    tiling.tile.move(3)
    made = tiling.page.board.board.parts[-1].part
    texts = [text for column in zip(*made.texts, strict=True) for text in column]
    assert all(texts[:3])
    assert not any(texts[3:])
    tiling.tile.stage(1)
    assert all(all(row) for row in tiling.page.board.board.parts[0].part.texts)


def test_every_formula_adds_up_at_the_digits_that_are_shown(tiling: Tiling) -> None:
    tiling.choose(m=4, tile=(1, 2))
    for mode in ("exact", "float32"):
        tiling.tile.set_mode(mode)
        for position in range(1, tiling.shown.way.course.length, 7):
            tiling.tile.go(position)
            formula = tiling.page.strip.formula()
            assert formula is not None
            plain = [(each.value_sign + each.value).replace("−", "-") for each in formula.columns]
            assert sum(map(float, plain)) == pytest.approx(float(formula.value.replace("−", "-")), rel=1e-9, abs=1e-12)


def test_the_formula_names_the_numbers_that_it_is_made_of(tiling: Tiling) -> None:
    tiling.tile.visit(Place("Bd", 0, 2))
    formula = tiling.page.strip.formula()
    assert formula is not None
    assert [each.name for each in formula.columns] == ["d₀₂", "d₂₂"]
    assert [each.sign for each in formula.columns] == ["", "−"]
    assert spelled(formula).startswith("(Bᵀd)₀₂ = d₀₂ − d₂₂ = ")
    assert dict(formula.details)["exact"] == str(tiling.shown.of.stages["Bd"].exact(0, 2)).replace("-", "−")


def test_float32_tells_the_order_of_its_operations(tiling: Tiling) -> None:
    tiling.tile.set_mode("float32")
    tiling.tile.visit(Place("Bd", 1, 0))
    formula = tiling.page.strip.formula()
    assert formula is not None
    assert formula.order == "d₁₀ + d₂₀"


def test_a_click_on_a_number_goes_to_the_step_that_made_it(tiling: Tiling) -> None:
    tiling.tile.visit(Place("V", 2, 1))
    board = tiling.page.board
    point = board.point_of(Place("Bd", 2, 1))
    assert point is not None
    QTest.mouseClick(board.canvas, Qt.MouseButton.LeftButton, pos=point)
    assert tiling.shown.place == Place("Bd", 2, 1)
    film = tiling.page.film
    assert isinstance(film, Film)
    frame = next(each for each in film.frames() if each.key == "U")
    QTest.mouseClick(film, Qt.MouseButton.LeftButton, pos=frame.cell(3, 0).center().toPoint())
    assert tiling.shown.place == Place("U", 3, 0)


def test_a_number_under_the_cursor_shows_its_formula_until_the_cursor_leaves(tiling: Tiling) -> None:
    tiling.tile.visit(Place("V", 2, 1))
    tiling.page.board.hovered.emit(Place("Bd", 3, 2))
    formula = tiling.page.strip.formula()
    assert formula is not None
    assert formula.symbol == "(Bᵀd)₃₂"
    tiling.page.board.hovered.emit(None)
    formula = tiling.page.strip.formula()
    assert formula is not None
    assert formula.symbol == "v₂₁"


def test_modes_write_the_number_what_float32_makes_of_it_or_the_difference(tiling: Tiling) -> None:
    tiling.choose(m=4)
    tiling.tile.last()
    tiling.driver.click("tile.mode.difference")
    of = tiling.shown.of
    ulps = [[of.stages["y"].ulps(i, j) for j in range(4)] for i in range(4)]
    assert np.any(ulps)
    texts = tiling.shown.texts.rows("y")
    assert [[float(text.replace("−", "-")) for text in row] for row in texts] == pytest.approx(np.array(ulps), abs=0.06)
    tiling.key(Qt.Key.Key_F)
    assert tiling.shown.texts.mode == "float32"
    assert tiling.shown.texts.rows("y") == grid_texts(of.stages["y"].rounded)


def test_a_click_into_the_map_and_its_arrows_choose_the_tile(tiling: Tiling) -> None:
    view = tiling.page.map
    area = view.area()
    assert area is not None
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=area.cells(21, 30, 1, 1).center().toPoint())
    tiling.settle()
    assert tiling.tile._choice.tile == (10, 15)
    tiling.key(Qt.Key.Key_Left, on=view)
    tiling.key(Qt.Key.Key_Down, on=view)
    assert tiling.tile._choice.tile == (11, 14)
    assert tiling.tile.position == 0
    tiling.key(Qt.Key.Key_Up, SHIFT, on=view)
    assert tiling.tile._choice.tile == (1, 14)
    tiling.key(Qt.Key.Key_Right, SHIFT, on=view)
    assert tiling.tile._choice.tile == (1, 23)


def test_another_tile_stays_at_the_step_and_undo_brings_the_first_one_back(tiling: Tiling) -> None:
    tiling.tile.visit(Place("P", 1, 1))
    before = tiling.shown.of
    tiling.key(Qt.Key.Key_Right, on=tiling.page.map)
    assert tiling.shown.place == Place("P", 1, 1)
    assert tiling.shown.of is not before
    tiling.driver.act("undo")
    tiling.settle()
    assert tiling.tile._choice.tile == (3, 3)
    np.testing.assert_array_equal(tiling.shown.of.stages["d"].rounded, before.stages["d"].rounded)


def test_padding_at_the_edge_is_hatched_and_printed_as_0(tiling: Tiling) -> None:
    tiling.choose(tile=(0, 0))
    tiling.tile.first()
    tile = tiling.page.board.board.parts[0].part
    assert tile.hatched == {(i, j) for i in range(4) for j in range(4) if not (i and j)}
    assert all(tile.texts[i][j] == "0" for i, j in tile.hatched)


def test_the_choices_follow_the_layer(tiling: Tiling) -> None:
    tiling.edit(kernel=(2, 5), filters=3)
    assert tiling.page.form._outputs.currentText() == "F(2 × 2, 2 × 5)"
    assert tiling.shown.of.stages["d"].shape == (3, 6)
    tiling.page.form._filter.chosen.emit(2)
    tiling.settle()
    assert tiling.shown.of.filter == 2
    tiling.edit(filters=1)
    assert tiling.shown.of.filter == 0


def test_tiles_of_another_size_stay_at_the_same_place_of_the_picture(tiling: Tiling) -> None:
    tiling.choose(tile=(10, 17))
    tiling.page.form.changed.emit({"m": 4})
    tiling.settle()
    assert tiling.tile._choice.tile == (5, 8)
    tiling.page.form.changed.emit({"m": 1})
    tiling.settle()
    assert tiling.tile._choice.tile == (22, 34)


def test_a_layer_that_computes_by_winograd_brings_its_own_algorithm(tiling: Tiling) -> None:
    tiling.edit(method="winograd", tile=3)
    assert tiling.tile._choice.points == OWN
    tiling.edit("input", mode="rgb")
    assert tiling.tile._choice.points == OWN
    assert tiling.page.form._outputs.currentText() == "F(3 × 3, 3 × 3)"
    assert not tiling.page.form._outputs.isEnabled()
    assert tiling.shown.of.stages["y"].shape == (3, 3)


def test_channels_are_added_up_with_the_products_of_the_chosen_one_beside(driver: Driver) -> None:
    driver.begin(small_document())
    tiling = Tiling(driver)
    tiling.begin()
    tiling.edit("input", mode="rgb")
    tiling.choose(channel=1)
    assert [each.key for each in tiling.shown.way.phases].count("M") == 1
    tiling.tile.visit(Place("M", 1, 2))
    formula = tiling.page.strip.formula()
    assert formula is not None
    assert [each.name for each in formula.columns] == ["channel 0", "channel 1", "channel 2"]
    assert tiling.page.board.board.parts[0].part.lit == {(1, 2)}
    tiling.workspaces.show(EXPLORE)


@pytest.mark.parametrize("whole", [False, True])
def test_the_image_is_one_of_the_batch_or_the_picture_that_is_shown(tiling: Tiling, whole: bool) -> None:
    explore = tiling.driver.explore
    explore.replace_pictures(tuple(from_array(small_picture(seed=seed), f"{seed}") for seed in (1, 2)))
    explore.set_batch(whole=whole)
    tiling.settle()
    tiling.page.form.image_chosen.emit(1)
    tiling.settle()
    report = explore.report
    assert report is not None
    assert report.evaluated is not None
    x = report.evaluated.results[tiling.driver.node("conv").id].xs[0]
    assert len(x) == (2 if whole else 1)
    assert explore.view.shown == (0 if whole else 1)
    np.testing.assert_array_equal(tiling.shown.of.stages["d"].rounded, x[-1, 0, 5:9, 5:9])


def test_a_stride_is_refused_with_its_reason_and_another_setting_brings_the_numbers_back(tiling: Tiling) -> None:
    tiling.edit(stride=(2, 2))
    assert "stride of 1 × 1" in tiling.note
    assert tiling.tile.shown is None
    assert not tiling.page.transport.isVisible()
    tiling.edit(stride=(1, 1))
    assert tiling.note == ""
    assert tiling.shown.of.equal


def test_without_a_convolution_the_page_says_so(tiling: Tiling) -> None:
    document = tiling.driver.document
    first = document.nodes[0]
    tiling.driver.begin(replace(document, nodes=(first,)))
    tiling.workspaces.show(LABORATORY)
    tiling.settle()
    assert "no convolution" in tiling.note


def test_a_value_that_is_no_number_is_refused_and_another_tile_can_be_chosen(driver: Driver) -> None:
    pixels = small_picture().astype(np.float32) / 255
    pixels[20, 20] = np.nan
    driver.begin(starting_document(from_array(pixels, "hole")))
    tiling = Tiling(driver)
    tiling.begin()
    tiling.choose(tile=(10, 10))
    assert "nan" in tiling.note
    tiling.key(Qt.Key.Key_Right, SHIFT, on=tiling.page.map)
    assert tiling.note == ""
    tiling.workspaces.show(EXPLORE)


def test_what_is_behind_the_settings_is_marked_until_it_has_followed(tiling: Tiling) -> None:
    label = tiling.page.findChild(QLabel, "tile.behind")
    assert label is not None
    conv = tiling.driver.node("conv").id
    before = tiling.shown.of
    tiling.driver.explore.edit(lambda each: editing.set_params(each, conv, filters=5, kernel=(5, 5)), "edit")
    tiling.tile._overdue.timeout.emit()
    assert label.isVisible()
    assert tiling.shown.of is before
    tiling.settle()
    assert not label.isVisible()
    assert tiling.shown.of.stages["g"].shape == (5, 5)


def test_another_picture_and_another_theme_are_followed(tiling: Tiling) -> None:
    tiling.driver.explore.replace_pictures((from_array(small_picture(seed=5), "other"),))
    tiling.settle()
    report = tiling.driver.explore.report
    assert report is not None
    assert report.evaluated is not None
    x = report.evaluated.results[tiling.driver.node("conv").id].xs[0]
    np.testing.assert_array_equal(tiling.shown.of.stages["d"].rounded, x[0, 0, 5:9, 5:9])
    answer = tiling.tile.answer
    assert answer is not None
    tiling.driver.act("theme")
    tiling.settle()
    assert tiling.tile.answer is not None
    assert tiling.tile.answer.maps is not answer.maps
    tiling.driver.act("theme")
    tiling.settle()


def test_the_keys_of_the_page_are_in_the_list_on_f1(tiling: Tiling) -> None:
    list_keys = tiling.workspaces.acts.keys
    rows = {keys for _, section in list_keys() for keys, _ in section}
    assert {"Space", "Right / PgDown", "Shift+Right", "Home", "E", "← ↑ → ↓"} <= rows


def test_every_control_has_a_name_for_those_who_cannot_see_it(tiling: Tiling) -> None:
    for kind in (QComboBox, QToolButton, QPushButton, QLineEdit, TileMap, Film):
        for each in tiling.page.findChildren(kind):
            if each.objectName() or each.isVisible():
                assert each.accessibleName(), each.objectName()
                assert each.toolTip() or kind is Film, each.objectName()


def test_the_first_step_shows_the_whole_algorithm(tiling: Tiling) -> None:
    assert tiling.page.strip.formula() is None
    assert tiling.page.strip.text() == "y = Aᵀ · [ (G · g · Gᵀ) ⊙ (Bᵀ · d · B) ] · A + b"
    tiling.page.board.hovered.emit(Place("d", 1, 2))
    formula = tiling.page.strip.formula()
    assert formula is not None
    assert spelled(formula).startswith("d₁₂ = channel 0, row 6, column 7 of the input = ")


def test_tile_by_tile_opens_the_tile_of_the_pinned_cell(driver: Driver) -> None:
    driver.look("conv")
    place = driver.pin(1, 13, 22)
    action = driver.window.findChild(QAction, "action.tile_by_tile")
    assert action is not None
    assert action.shortcut().toString() == "Ctrl+Shift+T"
    driver.act("tile_by_tile")
    tiling = Tiling(driver)
    tiling.settle()
    choice = tiling.tile._choice
    assert choice.layer == driver.node("conv").id
    assert choice.filter == place.map
    assert choice.tile == (place.row // choice.m, place.column // choice.m)
    tiling.workspaces.show(EXPLORE)


def test_the_menus_of_a_cell_and_of_a_layer_open_it_too(driver: Driver) -> None:
    driver.look("conv")
    conv, menus = driver.node("conv").id, driver.assembly.commands._menus_of_places
    menu = menus.menu_of(MapPlace(False, 2, 30, 31))
    assert menu is not None
    next(each for each in menu.actions() if each.objectName() == "cell.tile").trigger()
    tiling = Tiling(driver)
    tiling.settle()
    assert tiling.tile._choice.filter == 2
    assert tiling.tile._choice.tile == (30 // tiling.tile._choice.m, 31 // tiling.tile._choice.m)
    tiling.workspaces.show(EXPLORE)
    for id, offered in ((conv, 1), (driver.document.nodes[0].id, 0)):
        menu = driver.panels.pipeline.menu_of(id)
        found = [each for each in menu.actions() if each.objectName() == "pipeline.tile"]
        assert len(found) == offered
        for each in found:
            each.trigger()
            assert tiling.workspaces.shown == LABORATORY
            tiling.workspaces.show(EXPLORE)


def test_the_numbers_of_a_stage_are_copied_in_full(tiling: Tiling) -> None:
    tiling.tile.visit(Place("Bd", 0, 0))
    tiling.key(Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    rows = [line.split("\t") for line in QGuiApplication.clipboard().text().splitlines()]
    numbers = tiling.shown.of.stages["Bd"]
    assert rows == [[str(numbers.exact(i, j)) for j in range(4)] for i in range(4)]
    tiling.tile.set_mode("float32")
    copied = np.array([line.split("\t") for line in table(tiling.shown, "Bd").splitlines()], np.float32)
    np.testing.assert_array_equal(copied, numbers.rounded)


def test_the_menu_of_the_equation_copies_and_exports(tiling: Tiling) -> None:
    menu = tiling.tile.copying.made_menu()
    names = [each.objectName().removeprefix("action.tile.") for each in menu.actions()]
    assert names == ["copy", "copy_all", "copy_formula", "copy_picture", "export"]
    next(each for each in menu.actions() if each.objectName() == "action.tile.copy_picture").trigger()
    menu.deleteLater()
    tiling.driver.settle_files()
    wait(lambda: not QGuiApplication.clipboard().image().isNull(), "no picture was copied")
    tiling.tile.copying.stages()
    assert QGuiApplication.clipboard().text().startswith("d · tile\n")


@pytest.mark.parametrize("ending", ["png", "svg", "pdf", "tsv"])
def test_a_step_is_exported_as_a_figure_or_a_table(tiling: Tiling, tmp_path: Path, ending: str) -> None:
    tiling.tile.visit(Place("P", 0, 1))
    path = tmp_path / f"tile.{ending}"
    tiling.tile.copying.export(path)
    tiling.driver.settle_files()
    data = path.read_bytes()
    begins = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF", "tsv": "d · tile".encode()}[ending]
    assert data.startswith(begins)
    if ending == "svg":
        assert "Multiply number by number" in data.decode()
