"""The table of methods: a row a way, with its multiplications, its time and its largest error."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QHeaderView,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from explorer.model.methods import Way
from explorer.ui import theme
from explorer.ui.methods.lines import Line

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_ROW = 22


class MethodTable(QTableWidget):
    """A click takes a way, and so do Enter and Space; the arrows go through them."""

    chosen = Signal(object)
    """A way."""
    looked_at = Signal()

    def __init__(self) -> None:
        super().__init__(0, 4)
        self._lines: tuple[Line, ...] = ()
        self._stale = False
        self.setObjectName("methods.table")
        self.setAccessibleName(self.tr("Methods of the layer"))
        self.setProperty("role", "rows")
        self.setShowGrid(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.setCornerButtonEnabled(False)
        parts: list[tuple[QWidget, str, str]] = [
            (self.verticalHeader(), self.tr("Rows"), "rows"),
            (self.horizontalHeader(), self.tr("Columns"), "columns"),
            *((corner, self.tr("Corner"), "corner") for corner in self.findChildren(QAbstractButton)),
        ]
        for part, title, name in parts:
            part.setObjectName(f"methods.table.{name}")
            part.setAccessibleName(title)
        heads = self.tr("Method"), self.tr("mult"), self.tr("time"), self.tr("error")
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        tips = (
            self.tr("A click computes the layer by it (Enter)"),
            self.tr("General multiplications for each output pixel and input channel"),
            self.tr("Measured on the present image and weights: the median"),
            self.tr("The largest error over all outputs against the sum in float64"),
        )
        for column, tip in enumerate(tips):
            item = QTableWidgetItem(heads[column])
            item.setToolTip(tip)
            item.setTextAlignment(_RIGHT if column else _LEFT)
            self.setHorizontalHeaderItem(column, item)
        self.cellClicked.connect(lambda row, _column: self._take(row))
        self.currentCellChanged.connect(lambda *_: self.looked_at.emit())
        self._restyle()

    @property
    def line(self) -> Line | None:
        """The row that is looked at, or that which is in use."""
        row = self.currentRow()
        if 0 <= row < len(self._lines):
            return self._lines[row]
        return next((each for each in self._lines if each.used), None)

    def show_lines(self, lines: Sequence[Line], *, stale: bool) -> None:
        """Other rows; numbers that are `stale` are pale."""
        if (tuple(lines), stale) == (self._lines, self._stale):
            return
        moved = [each.used for each in lines] != [each.used for each in self._lines]
        self._lines, self._stale = tuple(lines), stale
        self.setRowCount(len(lines))
        for row, line in enumerate(self._lines):
            for column, text in enumerate(line.cells):
                self._show_cell(row, column, text, line)
        if moved or not self.hasFocus():
            used = next((row for row, each in enumerate(self._lines) if each.used), -1)
            self.setCurrentCell(used, 0)
        self.updateGeometry()
        self.looked_at.emit()

    def _show_cell(self, row: int, column: int, text: str, line: Line) -> None:
        item = self.item(row, column)
        if item is None:
            item = QTableWidgetItem()
            item.setTextAlignment(_RIGHT if column else _LEFT)
            self.setItem(row, column, item)
        now = theme.current()
        font = now.font("small number" if column else "small")
        font.setBold(line.used)
        faint = not line.able or (self._stale and column > 1)
        item.setFont(font)
        item.setForeground(now.color("muted" if faint else "text", 1.0 if line.able else 0.7))
        item.setText(text)
        item.setToolTip(line.details)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{line.cells[0]}: {line.details}" if not column else text)

    def _take(self, row: int) -> None:
        if 0 <= row < len(self._lines) and not self._lines[row].used:
            way: Way = self._lines[row].way
            self.chosen.emit(way)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and Space take the row."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._take(self.currentRow())
        else:
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        """All rows."""
        height = self.horizontalHeader().sizeHint().height() + self.rowCount() * theme.current().px(_ROW)
        return QSize(theme.current().px(256), height + 2 * self.frameWidth())

    def minimumSizeHint(self) -> QSize:
        """Some rows: the rest scrolls."""
        hint = self.sizeHint()
        return QSize(hint.width(), min(hint.height(), theme.current().px(5 * _ROW)))

    def changeEvent(self, event: QEvent) -> None:
        """Colours and fonts of another theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._restyle()

    def _restyle(self) -> None:
        now = theme.current()
        self.verticalHeader().setDefaultSectionSize(now.px(_ROW))
        self.verticalHeader().setMinimumSectionSize(now.px(_ROW))
        self.horizontalHeader().setFont(now.font("small"))
        for row, line in enumerate(self._lines):
            for column, text in enumerate(line.cells):
                self._show_cell(row, column, text, line)
