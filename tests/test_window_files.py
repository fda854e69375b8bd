"""Pictures, arrays, folders, sessions and exports come in and go out through the window, and nothing is lost."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData
from PySide6.QtGui import QAction, QImage
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox
from windows import Driver, small_picture, wait, with_operation

from explorer.model.document import SOURCE
from explorer.model.exporting import Wanted
from explorer.model.pictures import sample, samples
from explorer.ops import operations
from explorer.ui.exporting.export_data import DataWanted
from explorer.ui.exporting.export_dialog import ExportDialog
from explorer.ui.exporting.figures import save_figure


def photo(path: Path, height: int = 40, width: int = 56, seed: int = 1) -> Path:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def folder(path: Path) -> Path:
    """Three pictures of three sizes, in natural order."""
    path.mkdir()
    for number, (height, width) in ((1, (32, 40)), (2, (40, 40)), (10, (24, 60))):
        photo(path / f"{number}.png", height, width, seed=number)
    return path


def names(driver: Driver) -> list[str]:
    return [picture.name for picture in driver.document.source.pictures]


def stage(driver: Driver) -> np.ndarray:
    """The numbers of the maps on the stage."""
    report = driver.explore.report
    assert report is not None
    return report.maps[0].values


def choose_file(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    """Answer the next questions for a file with this one."""
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(path)], ""))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(path))


# Opening ---------------------------------------------------------------------------------------------------------


def test_a_photo_that_is_dropped_goes_through_all_layers(driver: Driver, tmp_path: Path) -> None:
    nodes = driver.document.nodes
    path = photo(tmp_path / "cat.png")
    driver.drop(path)
    driver.settle()
    assert names(driver) == ["cat.png"]
    assert driver.document.nodes == nodes
    assert stage(driver).shape == (8, 40, 56)
    driver.look("input")
    driver.explore.look(layer=SOURCE, port="")
    driver.settle()
    assert np.array_equal(stage(driver).transpose(1, 2, 0), np.asarray(Image.open(path)))


def test_opening_pictures_is_undone_in_one_step(driver: Driver, tmp_path: Path) -> None:
    before = driver.document
    driver.drop(photo(tmp_path / "cat.png"))
    driver.settle()
    driver.act("undo")
    driver.settle()
    assert driver.document is before


def test_a_folder_is_a_batch_in_natural_order_and_its_pictures_are_leafed_through(
    driver: Driver, tmp_path: Path
) -> None:
    driver.drop(folder(tmp_path / "batch"))
    driver.settle()
    assert names(driver) == ["1.png", "2.png", "10.png"]
    assert stage(driver).shape == (8, 32, 40)
    first = stage(driver)
    driver.click("picture.after")
    driver.settle()
    assert driver.explore.view.shown == 1
    assert stage(driver).shape == first.shape
    assert not np.array_equal(stage(driver), first)
    driver.act("after")
    driver.act("after")
    driver.settle()
    assert driver.explore.view.shown == 2
    driver.click("picture.before")
    driver.act("before")
    driver.settle()
    assert np.array_equal(stage(driver), first)


def test_the_rule_of_a_batch_decides_how_a_picture_is_brought_to_the_size_of_the_first(
    driver: Driver, tmp_path: Path
) -> None:
    driver.drop(folder(tmp_path / "batch"))
    driver.settle()
    driver.explore.look(shown=2, layer=SOURCE, port="")
    driver.settle()
    found = {}
    for rule in ("fit", "stretch", "crop"):
        box = driver.child("picture.rule")
        box.setCurrentIndex(box.findData(rule))
        box.activated.emit(box.currentIndex())
        driver.settle()
        found[rule] = stage(driver)
        assert driver.document.source.rule == rule
        assert found[rule].shape == (3, 32, 40)
        assert "60 × 24 → 40 × 32" in driver.child("picture.notes").text_whole()
    assert not found["fit"][:, 0].any()
    assert found["stretch"][:, 0].any()
    assert not np.array_equal(found["stretch"], found["crop"])


def test_all_pictures_of_a_folder_go_through_as_one_batch_when_wanted(driver: Driver, tmp_path: Path) -> None:
    driver.drop(folder(tmp_path / "batch"))
    driver.settle()
    conv = driver.node("conv").main
    driver.child("picture.whole").click()
    driver.settle()
    assert driver.explore.report.evaluated.value(conv).shape == (3, 8, 32, 40)
    driver.child("picture.whole").click()
    driver.settle()
    assert driver.explore.report.evaluated.value(conv).shape == (1, 8, 32, 40)


def test_a_picture_in_the_clipboard_is_pasted_exactly(driver: Driver, qapp: QApplication) -> None:
    pixels = np.ascontiguousarray(small_picture(seed=9))
    height, width = pixels.shape[:2]
    qapp.clipboard().setImage(QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy())
    driver.act("paste")
    driver.settle()
    (picture,) = driver.document.source.pictures
    assert np.array_equal(picture.pixels, pixels)
    assert picture.white == 255


def test_files_in_the_clipboard_are_opened(driver: Driver, qapp: QApplication, tmp_path: Path) -> None:
    data = QMimeData()
    data.setUrls([photo(tmp_path / "dog.png").as_uri()])
    qapp.clipboard().setMimeData(data)
    driver.act("paste")
    driver.settle()
    assert names(driver) == ["dog.png"]


def test_a_clipboard_without_a_picture_says_so(driver: Driver, qapp: QApplication) -> None:
    before = driver.document
    qapp.clipboard().setText("hello")
    driver.act("paste")
    assert "clipboard" in driver.refused
    assert driver.document is before


def test_every_sample_is_in_the_menu_and_the_one_chosen_last_is_computed(driver: Driver) -> None:
    for name, title in samples():
        driver.choose("picture.samples", title)
        driver.settle_files()
        (picture,) = driver.document.source.pictures
        assert np.array_equal(picture.pixels, sample(name).pixels)
    driver.settle()
    assert not driver.refused
    assert stage(driver).shape == (8, picture.height, picture.width)


def test_an_array_of_four_dimensions_is_taken_as_it_is(driver: Driver, tmp_path: Path) -> None:
    tensor = np.random.default_rng(3).normal(size=(2, 1, 20, 24)).astype(np.float32)
    np.save(tmp_path / "x.npy", tensor)
    driver.drop(tmp_path / "x.npy")
    driver.settle()
    evaluated = driver.explore.report.evaluated
    assert np.array_equal(evaluated.value(driver.node("input").main), tensor)
    assert evaluated.value(driver.node("conv").main).shape == (2, 8, 20, 24)


def test_a_picture_too_small_for_a_layer_marks_it_with_the_reason_and_the_others_go_on(
    driver: Driver, tmp_path: Path
) -> None:
    driver.drop(photo(tmp_path / "dot.png", 1, 1))
    driver.settle()
    report = driver.explore.report
    pool = driver.node("max_pool")
    assert report.evaluated.value(driver.node("conv").main).shape == (1, 8, 1, 1)
    assert report.evaluated.reason(pool.id) is not None
    cards = driver.panels.pipeline.layers.model()
    states = {node.op: cards.card(place).state for place, node in enumerate(driver.document)}
    assert states["conv"] == "ready"
    assert states["max_pool"] == "refused"
    driver.look("max_pool")
    driver.act("undo")
    driver.settle()
    assert report.evaluated is not driver.explore.report.evaluated
    assert len(driver.explore.report.evaluated.results) == len(driver.document.nodes)


# Sessions --------------------------------------------------------------------------------------------------------


def test_a_session_opens_as_it_was_saved_with_view_and_pinned_cell(
    driver: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver.explore.set_weight_value("w", (0, 0, 1, 1), 2.5, False)
    driver.settle()
    place = driver.pin(3, 7, 9)
    driver.explore.look(content="both", scope="layer")
    driver.settle()
    view, document, pin, numbers = driver.explore.view, driver.document, driver.explore.pointer.pin, stage(driver)
    choose_file(monkeypatch, tmp_path / "mine")
    driver.act("save")
    driver.settle()
    path = tmp_path / "mine.kscope"
    assert driver.desk.path == path
    assert driver.window.windowTitle() == "mine — Kernelscope"
    driver.begin()
    assert driver.explore.pointer.pin is None
    driver.drop(path)
    driver.settle()
    assert driver.explore.view == view
    assert driver.explore.pointer.pin == pin
    assert driver.explore.pointer.pin.place == place
    assert [node.name for node in driver.document] == [node.name for node in document]
    assert np.array_equal(stage(driver), numbers)
    assert not driver.desk.modified


def test_a_session_from_another_screen_is_shown_with_the_pixels_of_this_one(driver: Driver) -> None:
    here = driver.explore.view
    driver.explore.open_state(driver.document, replace(here, first=1, count=1, pixels=(3, 2)))
    driver.settle()
    assert driver.explore.view == here


def test_a_session_that_was_opened_is_saved_in_its_own_file(driver: Driver, tmp_path: Path) -> None:
    path = tmp_path / "own.kscope"
    driver.desk._save_to(path)
    driver.settle()
    driver.explore.set_param("filters", 3, False)
    assert driver.window.windowTitle() == "own* — Kernelscope"
    driver.act("save")
    driver.settle()
    assert driver.window.windowTitle() == "own — Kernelscope"
    driver.begin()
    driver.desk.open([path])
    driver.settle()
    assert driver.node("conv").params.filters == 3


@pytest.mark.parametrize("answer", ["Save", "Discard", "Cancel"])
def test_unsaved_changes_are_asked_for_before_another_session_takes_their_place(
    driver: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    other, mine = tmp_path / "other.kscope", tmp_path / "mine.kscope"
    driver.desk._save_to(other)
    driver.settle()
    driver.begin()
    driver.explore.set_param("filters", 5, False)
    driver.settle()
    choose_file(monkeypatch, mine)
    monkeypatch.setattr(QMessageBox, "question", lambda *_: getattr(QMessageBox.StandardButton, answer))
    monkeypatch.setattr(driver.desk, "asks", True)
    driver.drop(other)
    driver.settle()
    assert mine.exists() == (answer == "Save")
    assert driver.node("conv").params.filters == (5 if answer == "Cancel" else 8)


def test_the_session_stays_open_where_it_cannot_be_saved(
    driver: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver.explore.set_param("filters", 5, False)
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    choose_file(monkeypatch, blocked / "mine.kscope")
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Save)
    assert not driver.desk.may_close()
    assert "mine.kscope" in driver.refused
    driver.act("save")
    driver.settle()
    assert "mine.kscope" in driver.refused
    assert driver.desk.modified


def test_what_was_opened_last_is_in_the_menu_and_opens_again(driver: Driver, tmp_path: Path) -> None:
    first, second = photo(tmp_path / "first.png"), photo(tmp_path / "second.png", seed=2)
    for path in (first, second):
        driver.drop(path)
        driver.settle()
    (file,) = (action.menu() for action in driver.window.menu.actions() if action.text() == "File")
    (recent,) = (action.menu() for action in file.actions() if action.text() == "Recent")
    entries: list[QAction] = recent.actions()
    assert [entry.text() for entry in entries[:2]] == [str(second), str(first)]
    entries[1].trigger()
    driver.settle()
    assert names(driver) == ["first.png"]


# Export ----------------------------------------------------------------------------------------------------------


def arrays(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as found:
        return dict(found)


def test_exported_numbers_are_those_on_the_stage(driver: Driver, tmp_path: Path) -> None:
    driver.desk.export_data(DataWanted(Wanted(("conv1",)), tmp_path / "out", True))
    assert driver.child("status.cancel").isVisible()
    driver.settle()
    assert str(tmp_path / "out") in driver.told
    (path,) = (tmp_path / "out").glob("*.npz")
    assert any(np.array_equal(array.squeeze(0), stage(driver)) for array in arrays(path).values() if array.ndim == 4)


def test_the_picture_that_is_shown_is_exported_in_the_size_that_it_has_on_the_stage(
    driver: Driver, tmp_path: Path
) -> None:
    driver.drop(folder(tmp_path / "batch"))
    driver.settle()
    driver.explore.show_picture(2)
    driver.settle()
    driver.desk.export_data(DataWanted(Wanted(("conv1",)), tmp_path / "out", False))
    driver.settle()
    (path,) = (tmp_path / "out").glob("*.npz")
    assert path.stem == "10"
    assert any(np.array_equal(array.squeeze(0), stage(driver)) for array in arrays(path).values() if array.ndim == 4)


def test_all_pictures_are_exported_one_by_one(driver: Driver, tmp_path: Path) -> None:
    driver.drop(folder(tmp_path / "batch"))
    driver.settle()
    driver.desk.export_data(DataWanted(Wanted(("conv1",)), tmp_path / "out", True))
    driver.settle()
    assert sorted(path.stem for path in (tmp_path / "out").glob("*.npz")) == ["1", "10", "2"]


def test_an_export_can_be_cancelled_and_leaves_no_half_file(
    driver: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, inside, go = operations()["relu"], threading.Event(), threading.Event()

    def slow(xs: object, weights: object, params: object, tick: object) -> object:
        inside.set()
        while not go.wait(0.001):
            tick()
        return record.forward(xs, weights, params, tick)

    with with_operation(monkeypatch, replace(record, forward=slow)):
        driver.desk.export_data(DataWanted(Wanted(("conv1", "relu1")), tmp_path / "out", True))
        wait(inside.is_set)
        driver.click("status.cancel")
        driver.settle_files()
    assert "cancelled" in driver.refused
    assert [path.suffix for path in (tmp_path / "out").iterdir()] == [".json"]
    driver.explore.set_param("filters", 4, False)
    driver.settle()
    assert stage(driver).shape[0] == 4


def test_an_export_into_a_file_in_the_place_of_a_folder_is_refused(driver: Driver, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    driver.desk.export_data(DataWanted(Wanted(), tmp_path / "file", True))
    driver.settle()
    assert "file" in driver.refused


def test_a_figure_shows_the_maps_that_the_dialog_showed_whatever_is_looked_at_since(
    driver: Driver, tmp_path: Path
) -> None:
    shown = driver.explore.report.maps
    driver.act("export")
    (dialog,) = driver.window.findChildren(ExportDialog)
    wanted = dialog._figure._figure(tmp_path / "figure.png")
    driver.look("max_pool")
    dialog.figure_wanted.emit(wanted)
    driver.settle()
    dialog.reject()
    assert str(wanted.path) in driver.told
    save_figure(tmp_path / "expected.png", shown, wanted)
    assert wanted.path.read_bytes() == (tmp_path / "expected.png").read_bytes()
