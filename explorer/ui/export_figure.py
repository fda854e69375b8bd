"""The page of the export dialog for figures, with a preview of what will be painted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import cast, get_args

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from explorer.model.display import Maps
from explorer.model.exporting.naming import safe
from explorer.refusal import Refusal
from explorer.ui import theme, typed_numbers
from explorer.ui.captioned import Segmented, Text
from explorer.ui.choices import CheckBox, ComboBox
from explorer.ui.figures import coloured
from explorer.ui.number_field import NumberField
from explorer.ui.painting_figure import (
    CELLS,
    FigureFormat,
    FigureLayout,
    FigureWanted,
    figure_layout,
    paint_figure,
)
from explorer.ui.painting_maps import caption, image_of
from explorer.ui.path_field import PathField, file_to_write
from explorer.ui.slider import Slider
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
        self._preview = FigurePreview(self._maps)
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


class FigurePreview(QWidget):
    """A figure, small."""

    def __init__(self, maps: Sequence[Maps]) -> None:
        super().__init__()
        self._layout: FigureLayout | None = None
        self._title = ""
        self._message = ""
        self._pixmap = QPixmap()
        self.setObjectName("figure.preview")
        self.setAccessibleName(self.tr("Preview of the figure"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        """Room to tell maps apart."""
        return QSize(theme.current().px(320), theme.current().px(240))

    def show_figure(self, layout: FigureLayout, title: str) -> None:
        """Show a figure."""
        self._layout, self._title, self._message = layout, title, ""
        self._render()

    def show_message(self, text: str) -> None:
        """Show why there is no figure."""
        self._layout, self._message = None, text
        self._render()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the figure."""
        self._render()

    def _render(self) -> None:
        """Painted here and not in the paint event, where an exception could end the program."""
        self._pixmap = QPixmap()
        layout = self._layout
        if layout is not None and self.width() > 2 and self.height() > 2:
            room = min(self.width() / layout.width, self.height() / layout.height, 1.0)
            ratio = self.devicePixelRatioF()
            self._pixmap = QPixmap(
                max(1, round(layout.width * room * ratio)), max(1, round(layout.height * room * ratio))
            )
            painter = QPainter(self._pixmap)
            painter.scale(room * ratio, room * ratio)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            paint_figure(painter, layout, self._title, theme.LIGHT, partial(_paint_small, room * ratio))
            painter.end()
            self._pixmap.setDevicePixelRatio(ratio)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the figure in the middle, in a quiet frame."""
        now = theme.current()
        painter = QPainter(self)
        if self._pixmap.isNull():
            painter.setPen(now.color("muted"))
            painter.setFont(now.font("small"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._message)
            return
        size = self._pixmap.deviceIndependentSize()
        corner = QPointF(0, 0)
        painter.drawPixmap(corner, self._pixmap)
        painter.setPen(now.color("border"))
        painter.drawRect(QRectF(corner, size).adjusted(0.5, 0.5, -0.5, -0.5))


def _paint_small(scale: float, painter: QPainter, rect: QRect, maps: Maps, map: int) -> None:
    """Every first, second … cell, whichever is enough for the screen."""
    values = maps.values[map]
    step = max(1, math.floor(min(values.shape[1] / (rect.width() * scale), values.shape[0] / (rect.height() * scale))))
    low, high = (float(end) for end in maps.range[map])
    painter.drawImage(rect, image_of(coloured(values[::step, ::step], low, high, maps.colours[map])))


def _usual_cell(maps: Sequence[Maps]) -> int:
    width = maps[0].values.shape[2] if maps else 1
    return min(max(_USUAL_WIDTH // max(1, width), CELLS[0]), 32)


def _suffix(text: str) -> FigureFormat | None:
    suffix = text.strip().rpartition(".")[2].lower()
    return cast(FigureFormat, suffix) if suffix in get_args(FigureFormat) and "." in text else None


def _stem(title: str) -> str:
    return safe(title, "figure")
