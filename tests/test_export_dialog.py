"""The export dialog: what can be asked for, what is refused before it is tried, and that its words are true."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QCheckBox, QComboBox, QFileDialog, QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from explorer import cli, limits
from explorer.model import editing
from explorer.model.display import View, maps_of
from explorer.model.document import Document
from explorer.model.evaluation import Evaluated, Evaluation
from explorer.model.evaluator import shown_link
from explorer.model.exporting import FORMATS, Wanted, export
from explorer.model.gradients import Origin
from explorer.model.pictures import Picture, from_array, open_picture
from explorer.model.plan import plan
from explorer.model.session import save
from explorer.model.session_format import Session
from explorer.model.starting import starting_document
from explorer.refusal import Refusal
from explorer.ui.dialogs.settings import Settings
from explorer.ui.exporting.export_command import export_command
from explorer.ui.exporting.export_dialog import DataWanted, ExportDialog, FigureWanted
from explorer.ui.exporting.export_size import bytes_text, export_size
from explorer.ui.exporting.figures import save_figure


def picture(name: str = "a", side: int = 16) -> Picture:
    return from_array(np.random.default_rng(side).integers(0, 256, (side, side, 3), np.uint8), name)


def small_document(*pictures: Picture) -> Document:
    document = starting_document(pictures[0] if pictures else picture())
    return replace(document, source=replace(document.source, pictures=pictures or (picture(),)))


Opening = Callable[..., ExportDialog]


@pytest.fixture
def settings(tmp_path: Path, qapp: object) -> Settings:
    made = Settings(tmp_path / "settings.ini")
    (tmp_path / "out").mkdir()
    made.set_folder("export", str(tmp_path / "out"))
    made.set_folder("figure", str(tmp_path / "out"))
    return made


@pytest.fixture
def opened(qtbot: QtBot, settings: Settings) -> Opening:
    """Opens the dialog over a document."""

    def opening(document: Document | None = None, view: View | None = None, **more: Any) -> ExportDialog:
        document = document or small_document()
        view = view or View(layer=document.nodes[1].id)
        evaluated = Evaluation(memo_bytes=0).run(document, view.shown)
        maps = maps_of(evaluated, None, view, shown_link(document, view), gradient=False)
        dialog = ExportDialog(document, view, (maps,) if maps else (), settings, evaluated=evaluated, **more)
        assert dialog.testAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
        qtbot.addWidget(dialog)
        dialog.show()
        return dialog

    return opening


def click(qtbot: QtBot, dialog: ExportDialog, name: str) -> None:
    qtbot.mouseClick(dialog.findChild(QPushButton, name), Qt.MouseButton.LeftButton)


def tick(dialog: ExportDialog, name: str, on: bool) -> None:
    dialog.findChild(QCheckBox, name).setChecked(on)


def choose(dialog: ExportDialog, format: str) -> None:
    box = dialog.findChild(QComboBox, "export.format")
    box.setCurrentIndex([box.itemData(at)[0] for at in range(box.count())].index(format))


def type_path(dialog: ExportDialog, name: str, text: str) -> None:
    dialog.findChild(QLineEdit, name).setText(text)


def told(dialog: ExportDialog) -> str:
    return dialog.findChild(QLabel, "export.told").text()


def can_export(dialog: ExportDialog) -> bool:
    return dialog.findChild(QPushButton, "export.ok").isEnabled()


def exported(qtbot: QtBot, dialog: ExportDialog) -> Any:
    figure = dialog.findChild(QPushButton, "export.page.figure").isChecked()
    with qtbot.waitSignal(dialog.figure_wanted if figure else dialog.data_wanted) as given:
        click(qtbot, dialog, "export.ok")
    return given.args[0]


# Data ----------------------------------------------------------------------------------------------------------------


def test_at_first_everything_of_the_shown_picture_is_asked_for_as_npz(
    opened: Opening, qtbot: QtBot, tmp_path: Path
) -> None:
    dialog = opened()
    assert exported(qtbot, dialog) == DataWanted(Wanted(), tmp_path / "out", False)
    assert not dialog.isVisible()


def test_what_is_ticked_is_what_is_asked_for(opened: Opening, qtbot: QtBot) -> None:
    dialog = opened(small_document(picture("a"), picture("b")))
    click(qtbot, dialog, "export.layers.none")
    tick(dialog, "export.layer.n2", True)
    tick(dialog, "export.layer.n4", True)
    tick(dialog, "export.gradients", True)
    tick(dialog, "export.values", False)
    click(qtbot, dialog, "export.dtype.float64")
    click(qtbot, dialog, "export.pictures.all")
    choose(dialog, "npy")
    asked = exported(qtbot, dialog)
    assert asked.all_pictures
    assert asked.wanted == Wanted(("conv1", "relu1"), False, "npy", "float64", False, Origin("n9", "loss"))


def test_outputs_are_the_layers_that_nothing_follows(opened: Opening, qtbot: QtBot) -> None:
    dialog = opened()
    click(qtbot, dialog, "export.layers.outputs")
    assert exported(qtbot, dialog).wanted.layers == ("softmax1",)


def test_every_format_is_offered_with_what_it_is_good_for(opened: Opening, qtbot: QtBot) -> None:
    dialog = opened()
    box = dialog.findChild(QComboBox, "export.format")
    assert {box.itemData(at)[0] for at in range(box.count())} == set(FORMATS)
    for at in range(box.count()):
        box.setCurrentIndex(at)
        assert box.itemData(at)[1] in [label.text() for label in dialog.findChildren(QLabel)]


def test_an_export_of_nothing_says_why_it_cannot_be(opened: Opening, qtbot: QtBot) -> None:
    dialog = opened()
    click(qtbot, dialog, "export.layers.none")
    assert not can_export(dialog)
    assert told(dialog) == "No layer is chosen."
    click(qtbot, dialog, "export.layers.all")
    assert can_export(dialog)
    tick(dialog, "export.values", False)
    assert not can_export(dialog)


def test_float64_for_imagej_is_refused_while_it_is_chosen(opened: Opening, qtbot: QtBot) -> None:
    dialog = opened()
    choose(dialog, "tiff")
    assert can_export(dialog)
    click(qtbot, dialog, "export.dtype.float64")
    assert not can_export(dialog)
    assert "float32" in told(dialog)
    choose(dialog, "npy")
    assert can_export(dialog)


@pytest.mark.parametrize(
    "path", ["", "  ", "relative/folder", "~nobody-of-this-name/x", "{file}", "{file}/inside", "\0"]
)
def test_a_folder_that_cannot_be_written_to_is_refused_while_it_is_typed(
    opened: Opening, tmp_path: Path, path: str
) -> None:
    (tmp_path / "file").touch()
    dialog = opened()
    type_path(dialog, "export.folder", path.format(file=tmp_path / "file"))
    edit = dialog.findChild(QLineEdit, "export.folder")
    assert not can_export(dialog)
    assert edit.property("refused")
    assert edit.toolTip() == told(dialog)
    type_path(dialog, "export.folder", str(tmp_path / "new" / "folder"))
    assert can_export(dialog)
    assert not edit.property("refused")


def test_a_layer_that_cannot_run_says_why_and_cannot_be_ticked(opened: Opening) -> None:
    document = small_document()
    document = editing.set_params(document, "n2", kernel=(99, 99), padding="valid")
    dialog = opened(document)
    box = dialog.findChild(QCheckBox, "export.layer.n2")
    assert not box.isEnabled()
    assert not box.isChecked()
    assert "99" in box.toolTip()
    assert dialog.findChild(QCheckBox, "export.layer.n1").isChecked()


def test_without_a_loss_gradients_cannot_be_asked_for(opened: Opening) -> None:
    document = editing.remove(small_document(), "n9")
    dialog = opened(document)
    assert not dialog.findChild(QCheckBox, "export.gradients").isEnabled()


def test_gradients_start_where_those_on_the_stage_do(opened: Opening, qtbot: QtBot) -> None:
    origin = Origin("n2", "y", "unit", (3, 4, 5))
    dialog = opened(view=View(layer="n2", origin=origin))
    tick(dialog, "export.gradients", True)
    assert exported(qtbot, dialog).wanted.gradient == origin


def test_a_document_without_pictures_cannot_be_exported(opened: Opening) -> None:
    document = small_document()
    dialog = opened(replace(document, source=replace(document.source, pictures=())))
    assert not can_export(dialog)


def test_the_folder_is_there_again_the_next_time(opened: Opening, qtbot: QtBot, tmp_path: Path) -> None:
    dialog = opened()
    (tmp_path / "other").mkdir()
    type_path(dialog, "export.folder", str(tmp_path / "other"))
    exported(qtbot, dialog)
    assert opened().findChild(QLineEdit, "export.folder").text() == str(tmp_path / "other")


def test_a_folder_can_be_browsed_for(
    opened: Opening, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialog = opened()
    answers = iter(["", str(tmp_path)])
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: next(answers))
    click(qtbot, dialog, "export.folder.browse")
    assert exported(qtbot, opened()).folder == tmp_path / "out"
    click(qtbot, dialog, "export.folder.browse")
    assert exported(qtbot, dialog).folder == tmp_path


def _evaluated(document: Document) -> Evaluated:
    return Evaluation(memo_bytes=0).run(document)


@pytest.mark.parametrize("gradient", [None, Origin("n9", "loss")])
@pytest.mark.parametrize("format", ["npz", "npy", "tiff", "csv", "safetensors"])
def test_the_estimate_is_about_what_is_written(tmp_path: Path, format: Any, gradient: Origin | None) -> None:
    document = small_document(picture("a", 64), picture("b", 32))
    wanted = Wanted(None, False, format, gradient=gradient)
    size = export_size(
        document, 0, plan(document), wanted, all_pictures=True, evaluated=_evaluated(document)
    )  # fmt: skip
    for _ in export(document, tmp_path, wanted):
        pass
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    written = sum(path.stat().st_size for path in files if path.name != "manifest.json")
    assert size.bytes == pytest.approx(written, rel=0.35 if format == "csv" else 0.1)
    if gradient is None:
        assert size.files == len(files)


def test_an_existing_manifest_is_a_warning_that_files_are_replaced(opened: Opening, tmp_path: Path) -> None:
    assert "replaced" not in told(opened())
    (tmp_path / "out" / "manifest.json").touch()
    assert "replaced" in told(opened())


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (12_345, "12 kB"), (999_600, "1.0 MB"),
     (124_000_000, "124 MB"), (1_340_000_000, "1.3 GB"), (5 * 10**15, "5000 TB")],
)  # fmt: skip
def test_sizes_are_said_in_two_or_three_digits(count: int, text: str) -> None:
    assert bytes_text(count) == text


# The command ---------------------------------------------------------------------------------------------------------


def _arrays(folder: Path) -> dict[str, Any]:
    found = {}
    for path in folder.glob("*.npz"):
        with np.load(path) as archive:
            found |= {(path.name, name): archive[name] for name in archive.files}
    return found


@pytest.mark.parametrize("origin", [None, Origin("n9", "loss"), Origin("n2", "y", "unit", (3, 4, 5))])
def test_the_copied_command_writes_the_same_numbers_as_the_window(
    tmp_path: Path, origin: Origin | None, capfd: pytest.CaptureFixture[str]
) -> None:
    import PIL.Image

    file = tmp_path / "a photo.png"
    PIL.Image.fromarray(picture().pixels).save(file)
    document = editing.set_params(small_document(open_picture(file)), "n9", target=(3,))
    session = tmp_path / "my session.kscope"
    save(Session(document, View()), session)
    wanted = Wanted(("conv1", "softmax1"), dtype="float64", gradient=origin)
    for _ in export(document, tmp_path / "window", wanted):
        pass
    line = export_command(document, 0, wanted, tmp_path / "command", all_pictures=False, session=session)
    program, *arguments = shlex.split(line)
    assert program == "kernelscope"
    assert cli.main(arguments) == 0
    expected, found = _arrays(tmp_path / "window"), _arrays(tmp_path / "command")
    assert expected.keys() == found.keys()
    assert expected
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array)


def _command(document: Document, wanted: Wanted, folder: str = "/out", *, all_pictures: bool = True) -> Sequence[str]:
    return shlex.split(export_command(document, 0, wanted, Path(folder), all_pictures=all_pictures))


def test_the_command_names_every_picture_or_the_shown_one() -> None:
    document = small_document(picture("a"), picture("b c"))
    assert _command(document, Wanted())[3:5] == ["a", "b c"]
    assert _command(document, Wanted(), all_pictures=False)[3:5] == ["a", "-o"]


def test_what_the_command_line_cannot_do_is_said() -> None:
    document = small_document(picture("a"), picture("b"))
    whole = editing.set_batch(document, whole=True)
    targets = editing.set_params(whole, "n9", target=(1, 2))
    for doc, wanted in (
        (small_document(picture("a"), picture("b", 20)), Wanted()),
        (whole, Wanted()),
        (document, Wanted(activations=False, gradient=Origin("n9", "loss"))),
        (document, Wanted(gradient=Origin("n2", "y", "map", (1,)))),
        (document, Wanted(gradient=Origin("n2", "y"))),
        (editing.rename(document, "n2", "all"), Wanted(("all",))),
        (replace(targets, source=replace(targets.source, whole=False)), Wanted(gradient=Origin("n9", "loss"))),
    ):
        with pytest.raises(Refusal):
            _command(doc, wanted)


def test_the_command_is_copied_and_names_the_session(opened: Opening, qtbot: QtBot, tmp_path: Path) -> None:
    dialog = opened(session=tmp_path / "x.kscope")
    click(qtbot, dialog, "export.copy")
    assert QGuiApplication.clipboard().text().startswith(f"kernelscope run {tmp_path / 'x.kscope'} ")
    assert told(dialog) == "Copied."


def test_a_command_for_a_session_without_a_file_says_what_to_put_in(opened: Opening, qtbot: QtBot) -> None:
    dialog = opened()
    click(qtbot, dialog, "export.copy")
    assert "session.kscope" in QGuiApplication.clipboard().text()
    assert "session.kscope" in told(dialog)


# Figure --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def figure(opened: Opening, qtbot: QtBot) -> ExportDialog:
    dialog = opened()
    click(qtbot, dialog, "export.page.figure")
    return dialog


def test_a_figure_of_all_maps_is_asked_for_under_the_name_of_the_layer(
    figure: ExportDialog, qtbot: QtBot, tmp_path: Path
) -> None:
    asked = exported(qtbot, figure)
    assert asked == FigureWanted(tmp_path / "out" / "conv1.png", "png", 16, True, True, None, "conv1")


def test_the_choices_for_a_figure_are_what_is_asked_for(figure: ExportDialog, qtbot: QtBot, tmp_path: Path) -> None:
    click(qtbot, figure, "figure.format.svg")
    for name in ("bar", "captions", "title"):
        tick(figure, f"figure.{name}", False)
    figure.findChild(QComboBox, "figure.maps").setCurrentIndex(3)
    cell = figure.findChild(QLineEdit, "figure.cell")
    cell.setFocus()
    cell.selectAll()
    qtbot.keyClicks(cell, "7")
    qtbot.keyClick(cell, Qt.Key.Key_Return)
    assert exported(qtbot, figure) == FigureWanted(tmp_path / "out" / "conv1.svg", "svg", 7, False, False, 2, "")


@pytest.mark.parametrize(("typed", "format", "name"), [("b.pdf", "pdf", "b.pdf"), ("b.SVG", "svg", "b.SVG"),
                                                       ("b", "png", "b.png"), ("b.v2", "png", "b.v2.png")])  # fmt: skip
def test_a_suffix_that_is_typed_chooses_the_format_and_a_missing_one_is_added(
    figure: ExportDialog, qtbot: QtBot, tmp_path: Path, typed: str, format: str, name: str
) -> None:
    type_path(figure, "figure.path", str(tmp_path / "out" / typed))
    asked = exported(qtbot, figure)
    assert (asked.format, asked.path.name) == (format, name)
    assert figure.findChild(QPushButton, f"figure.format.{format}").isChecked()


def test_the_size_that_is_told_is_the_size_of_the_file(figure: ExportDialog, qtbot: QtBot) -> None:
    from PySide6.QtGui import QImage

    text = told(figure)
    asked = exported(qtbot, figure)
    document = small_document()
    view = View(layer="n2")
    maps = maps_of(_evaluated(document), None, view, shown_link(document, view), gradient=False)
    assert maps is not None
    save_figure(asked.path, (maps,), asked)
    image = QImage(str(asked.path))
    assert text == f"{image.width()} × {image.height()} pixels."


def test_a_figure_that_is_too_large_says_so_with_its_numbers(
    figure: ExportDialog, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "_current", replace(limits.current(), pixels=1000))
    click(qtbot, figure, "figure.format.pdf")
    assert not can_export(figure)
    assert "1000" in told(figure)


@pytest.mark.parametrize("path", ["", "{out}", "{out}/missing/a.png", "a.png"])
def test_a_file_that_cannot_be_written_is_refused_while_it_is_typed(
    figure: ExportDialog, tmp_path: Path, path: str
) -> None:
    type_path(figure, "figure.path", path.format(out=tmp_path / "out"))
    if path == "{out}":  # the suffix is added, so it lies beside the folder
        assert can_export(figure)
        assert told(figure)
    else:
        assert not can_export(figure)
        assert figure.findChild(QLineEdit, "figure.path").property("refused")


def test_a_file_that_is_there_is_said_to_be_replaced(figure: ExportDialog, tmp_path: Path) -> None:
    (tmp_path / "out" / "old.png").touch()
    type_path(figure, "figure.path", str(tmp_path / "out" / "old.png"))
    assert "old.png is replaced" in told(figure)


def test_without_maps_there_is_no_figure(opened: Opening, qtbot: QtBot) -> None:
    document = editing.set_params(small_document(), "n2", kernel=(99, 99), padding="valid")
    dialog = opened(document)
    click(qtbot, dialog, "export.page.figure")
    assert not can_export(dialog)
    assert told(dialog) == "There is no map to paint."


def test_a_click_on_cancel_exports_nothing(opened: Opening, qtbot: QtBot) -> None:
    dialog = opened()
    with qtbot.assertNotEmitted(dialog.data_wanted), qtbot.assertNotEmitted(dialog.figure_wanted):
        click(qtbot, dialog, "export.cancel")
    assert not dialog.isVisible()
