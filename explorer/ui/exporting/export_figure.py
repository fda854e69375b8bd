"""The page of the export dialog for figures, with a preview of what will be painted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast, get_args

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from explorer.model.display import Maps
from explorer.model.exporting.naming import safe
from explorer.refusal import Refusal
from explorer.ui import theme
from explorer.ui.captioned import Segmented, Text
from explorer.ui.exporting.figure_preview import FigurePreview
from explorer.ui.exporting.painting_figure import (
    CELLS,
    FigureFormat,
    FigureWanted,
    figure_layout,
)
from explorer.ui.exporting.path_field import PathField, file_to_write
from explorer.ui.parameters import typed_numbers
from explorer.ui.parameters.choices import CheckBox, ComboBox
from explorer.ui.parameters.number_field import NumberField
from explorer.ui.parameters.slider import Slider
from explorer.ui.stage.painting_maps import caption
from explorer.ui.texts import said

_MOST_PREVIEWED = 256
_USUAL_WIDTH = 256
"""A cell is at first so large that a map is about this wide."""


class FigurePage(QWidget):
    """How maps are painted into a file."""

    changed = Signal()

    def __init__(self, maps: Sequence[Maps], title: str, folder: str) -> None:
        """`title` is the name of the layer, `folder` where figures went last."""
        super().__init__()
        now = theme.current()
        self._maps = tuple(maps)
        self._title = title
        self._format: FigureFormat = "png"
        self._cell = _usual_cell(maps)
        self._preview = FigurePreview()
        self._path = PathField("figure.path", self.tr("File"), self.tr("File to write"), self._browse)
        self._path.show_text(str(Path(folder) / f"{_stem(title)}.png"))
        self._path.changed.connect(self._typed_path)
        right = QVBoxLayout()
        right.setSpacing(now.px(6))
        self._add_format(right)
        self._add_maps(right)
        self._add_extras(right)
        right.addStretch(1)
        left = QVBoxLayout()
        left.setSpacing(now.px(6))
        left.addWidget(Text(self.tr("Preview"), "caption"))
        left.addWidget(self._preview, 1)
        row = QHBoxLayout()
        row.setSpacing(now.px(24))
        row.addLayout(left, 5)
        row.addLayout(right, 4)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(now.px(6))
        column.addLayout(row, 1)
        column.addSpacing(now.px(8))
        column.addWidget(Text(self.tr("File"), "caption"))
        column.addWidget(self._path)
        self._show_cell()
        self._show_preview()

    def _add_format(self, column: QVBoxLayout) -> None:
        now = theme.current()
        column.addWidget(Text(self.tr("Format"), "caption"))
        self._formats = Segmented(
            "figure.format",
            self.tr("Format"),
            (
                ("png", "PNG", self.tr("Pixels, every cell exact")),
                ("svg", "SVG", self.tr("For the web and for drawing programs; type stays type")),
                ("pdf", "PDF", self.tr("For papers; type stays type")),
            ),
        )
        self._formats.chosen.connect(self._choose_format)
        column.addWidget(self._formats)
        column.addSpacing(now.px(8))
        column.addWidget(Text(self.tr("Pixels a cell"), "caption"))
        row = QHBoxLayout()
        row.setSpacing(now.px(10))
        self._slider = Slider(CELLS[1] - CELLS[0])
        self._slider.setObjectName("figure.cell.slider")
        self._slider.setAccessibleName(self.tr("Pixels a cell"))
        self._slider.setToolTip(self.tr("How many pixels a cell is wide and high"))
        self._slider.moved.connect(lambda place: self._choose_cell(CELLS[0] + place))
        self._slider.stepped.connect(lambda count: self._choose_cell(self._cell + count))
        self._number = NumberField(self._read_cell, digits=3)
        self._number.setObjectName("figure.cell")
        self._number.setAccessibleName(self.tr("Pixels a cell"))
        self._number.set_hint(self.tr("How many pixels a cell is wide and high, {0} to {1}").format(*CELLS))
        self._number.entered.connect(self._choose_cell)
        self._number.stepped.connect(lambda count: self._choose_cell(self._cell + count))
        row.addWidget(self._slider, 1)
        row.addWidget(self._number)
        column.addLayout(row)

    def _add_maps(self, column: QVBoxLayout) -> None:
        column.addSpacing(theme.current().px(8))
        column.addWidget(Text(self.tr("Maps"), "caption"))
        self._which = ComboBox()
        self._which.setObjectName("figure.maps")
        self._which.setAccessibleName(self.tr("Maps"))
        self._which.setToolTip(self.tr("Maps that the figure shows"))
        count = len(self._maps[0].values) if self._maps else 0
        self._which.addItem(self.tr("All {0}").format(count), None)
        if count > 1:
            for map in range(count):
                self._which.addItem(caption(self._maps[0], map)[0], map)
        self._which.currentIndexChanged.connect(lambda _: self._changed())
        column.addWidget(self._which)

    def _add_extras(self, column: QVBoxLayout) -> None:
        column.addSpacing(theme.current().px(8))
        column.addWidget(Text(self.tr("With"), "caption"))
        self._boxes: dict[str, CheckBox] = {}
        for name, text, tip in (
            ("bar", self.tr("Colour bar"), self.tr("What the colours mean, in numbers")),
            ("captions", self.tr("Captions"), self.tr("Name and range of every map")),
            ("title", self.tr("Title"), self.tr("Name of the layer")),
        ):
            box = self._boxes[name] = CheckBox()
            box.setText(text)
            box.setObjectName(f"figure.{name}")
            box.setAccessibleName(text)
            box.setToolTip(tip)
            box.setChecked(True)
            box.toggled.connect(lambda _: self._changed())
            column.addWidget(box)

    def _choose_format(self, name: str) -> None:
        self._format = cast(FigureFormat, name)
        text = self._path.text()
        self._path.show_text(f"{text[: text.rindex('.')]}.{name}" if _suffix(text) else text)
        self._changed()

    def _typed_path(self) -> None:
        """A suffix that is typed chooses the format."""
        suffix = _suffix(self._path.text())
        if suffix is not None:
            self._format = suffix
            self._formats.show_value(suffix)
        self._changed()

    def _choose_cell(self, cell: int) -> None:
        self._cell = min(max(cell, CELLS[0]), CELLS[1])
        self._show_cell()
        self._changed()

    def _show_cell(self) -> None:
        self._number.show_text(str(self._cell))
        self._slider.show_place(self._cell - CELLS[0])

    def _read_cell(self, text: str) -> int:
        cell = typed_numbers.whole(text)
        if not CELLS[0] <= cell <= CELLS[1]:
            raise Refusal(
                "A cell is {cell} pixels wide; it can be {least} to {most}.", cell=cell, least=CELLS[0], most=CELLS[1]
            )
        return cell

    def _changed(self) -> None:
        self._show_preview()
        self.changed.emit()

    def _browse(self, text: str) -> str:
        names = {"png": self.tr("PNG (*.png)"), "svg": self.tr("SVG (*.svg)"), "pdf": self.tr("PDF (*.pdf)")}
        name, _ = QFileDialog.getSaveFileName(self, self.tr("File to write"), text, names[self._format])
        return name

    def _figure(self, path: Path) -> FigureWanted:
        return FigureWanted(
            path, self._format, self._cell, self._boxes["bar"].isChecked(), self._boxes["captions"].isChecked(),
            self._which.currentData(), self._title if self._boxes["title"].isChecked() else "",
        )  # fmt: skip

    def wanted(self) -> FigureWanted:
        """What is asked for; a Refusal where it cannot be done."""
        try:
            text = self._path.text()
            path = file_to_write(text if _suffix(text) or not text.strip() else f"{text.strip()}.{self._format}")
        except Refusal as refusal:
            self._path.show_reason(said(refusal))
            raise
        self._path.show_reason("")
        wanted = self._figure(path)
        figure_layout(self._maps, wanted)
        return wanted

    def told(self, asked: FigureWanted) -> str:
        """Size of the figure, and whether a file is replaced."""
        layout = figure_layout(self._maps, asked)
        text = self.tr("{0} × {1} pixels.").format(layout.width, layout.height)
        if asked.path.exists():
            text += " " + self.tr("The file {0} is replaced.").format(asked.path.name)
        return text

    def _show_preview(self) -> None:
        try:
            wanted = self._figure(Path())
            layout = figure_layout(self._maps, wanted)
        except Refusal as refusal:
            self._preview.show_message(said(refusal))
            return
        if len(layout.tiles) > _MOST_PREVIEWED:
            self._preview.show_message(self.tr("{0} maps are too many for a preview.").format(len(layout.tiles)))
        else:
            self._preview.show_figure(layout, wanted.title)


def _usual_cell(maps: Sequence[Maps]) -> int:
    width = maps[0].values.shape[2] if maps else 1
    return min(max(_USUAL_WIDTH // max(1, width), CELLS[0]), 32)


def _suffix(text: str) -> FigureFormat | None:
    suffix = text.strip().rpartition(".")[2].lower()
    return cast(FigureFormat, suffix) if suffix in get_args(FigureFormat) and "." in text else None


def _stem(title: str) -> str:
    return safe(title, "figure")
