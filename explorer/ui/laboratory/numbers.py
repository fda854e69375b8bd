"""A table of numbers under a plot: short on the screen, whole in the clipboard and in a file."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QKeyEvent, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTableView

from explorer.model.digits import number
from explorer.ui import theme

Cell = float | str | None
_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Numbers:
    """Rows with a name each; None where there is nothing. `quiet` rows are what others measured.

    worded  whether the last column holds words, and takes the room that is left
    empty   what is said where there are no rows
    """

    corner: str = ""
    columns: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    quiet: frozenset[int] = frozenset()
    worded: bool = False
    empty: str = ""

    def text(self, delimiter: str = "\t") -> str:
        """All of it, every number so that it reads back exactly."""
        made = io.StringIO()
        writer = csv.writer(made, delimiter=delimiter, lineterminator="\n")
        writer.writerow([self.corner, *self.columns])
        for name, row in zip(self.names, self.rows, strict=True):
            writer.writerow([name, *("" if each is None else each for each in row)])
        return made.getvalue()


def short(value: Cell) -> str:
    """A cell on the screen."""
    if value is None:
        return ""
    return value if isinstance(value, str) else number(value, 3)


class _Model(QAbstractTableModel):
    def __init__(self) -> None:
        super().__init__()
        self.numbers = Numbers()

    def become(self, numbers: Numbers) -> None:
        self.beginResetModel()
        self.numbers = numbers
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self.numbers.rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.numbers.columns)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        cell = self.numbers.rows[index.row()][index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return short(cell)
        if role == Qt.ItemDataRole.ToolTipRole and cell is not None:
            return str(cell)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._side(index.column()) | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.FontRole:
            return theme.current().font("small number")
        if role == Qt.ItemDataRole.ForegroundRole and index.row() in self.numbers.quiet:
            return theme.current().color("muted")
        return None

    def _side(self, column: int) -> Qt.AlignmentFlag:
        worded = self.numbers.worded and column == len(self.numbers.columns) - 1
        return Qt.AlignmentFlag.AlignLeft if worded else Qt.AlignmentFlag.AlignRight

    def headerData(self, section: int, way: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        across = way == Qt.Orientation.Horizontal
        if role == Qt.ItemDataRole.DisplayRole:
            return (self.numbers.columns if across else self.numbers.names)[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = self._side(section) if across else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.FontRole:
            return theme.current().font("small number" if across else "small")
        return None


class NumbersTable(QTableView):
    """Shows `Numbers`; Ctrl+C copies what is selected, or all of it."""

    deleted = Signal()
    """Del was pressed."""

    def __init__(self, name: str, accessible: str, *, by_rows: bool = False) -> None:
        """`by_rows`: one row at a time is selected."""
        super().__init__()
        if by_rows:
            self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
            self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setObjectName(name)
        self.setAccessibleName(accessible)
        self._model = _Model()
        self.setModel(self._model)
        self.setShowGrid(False)
        self.setCornerButtonEnabled(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.horizontalHeader().setHighlightSections(False)
        self.verticalHeader().setHighlightSections(False)
        self.setTabKeyNavigation(False)

    @property
    def numbers(self) -> Numbers:
        """What is shown."""
        return self._model.numbers

    def show_numbers(self, numbers: Numbers) -> None:
        """Show other numbers."""
        if numbers == self._model.numbers:
            return
        now = theme.current()
        self._model.become(numbers)
        self.horizontalHeader().setVisible(bool(numbers.rows))
        self.verticalHeader().setDefaultSectionSize(now.px(24))
        head, modes = self.horizontalHeader(), QHeaderView.ResizeMode
        head.setMinimumSectionSize(now.px(66))
        head.setSectionResizeMode(modes.ResizeToContents if numbers.worded else modes.Stretch)
        if numbers.worded:
            head.setSectionResizeMode(len(numbers.columns) - 1, modes.Stretch)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The rows, or what is said where there are none."""
        super().paintEvent(event)
        if not self.numbers.rows:
            now = theme.current()
            painter = QPainter(self.viewport())
            painter.setFont(now.font("text"))
            painter.setPen(now.color("muted"))
            painter.drawText(self.viewport().rect(), Qt.AlignmentFlag.AlignCenter, self.numbers.empty)
            painter.end()

    def rows_high(self) -> int:
        """The height of all rows and the head."""
        return theme.current().px(24) * (len(self.numbers.rows) + 1) + theme.current().px(8)

    def selected_text(self) -> str:
        """What is selected, tab separated, or everything with its names."""
        indexes = self.selectedIndexes()
        if len(indexes) < 2:
            return self.numbers.text()
        rows, columns = sorted({each.row() for each in indexes}), sorted({each.column() for each in indexes})
        cells = ((self.numbers.rows[row][column] for column in columns) for row in rows)
        return "\n".join("\t".join("" if each is None else str(each) for each in row) for row in cells) + "\n"

    def copy(self) -> None:
        """Into the clipboard."""
        QGuiApplication.clipboard().setText(self.selected_text())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+C, and Del."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.key() == Qt.Key.Key_Delete:
            self.deleted.emit()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Copy."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self.tr("Copy numbers"), self.copy)
        menu.popup(event.globalPos())
