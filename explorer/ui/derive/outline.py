"""The steps of a derivation, listed: those that are done, the one that is shown, and those to come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QPainter
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from explorer.ui import theme

Index = QModelIndex | QPersistentModelIndex
Entry = tuple[str, int]
"""A title, and its depth."""


class OutlineModel(QAbstractListModel):
    """Titles in rows."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.entries: tuple[Entry, ...] = ()
        self.current = 0

    def show(self, entries: tuple[Entry, ...]) -> None:
        """Other steps."""
        self.beginResetModel()
        self.entries = entries
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        """One for each step."""
        return 0 if parent is not None and parent.isValid() else len(self.entries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Texts for assistive technology and the tool tip; the delegate paints."""
        if role in (
            Qt.ItemDataRole.DisplayRole,
            Qt.ItemDataRole.AccessibleTextRole,
            Qt.ItemDataRole.ToolTipRole,
        ):
            return self.entries[index.row()][0]
        return None


class _Delegate(QStyledItemDelegate):
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        assert isinstance(model, OutlineModel)
        title, depth = model.entries[index.row()]
        now, rect = theme.current(), QRectF(option.rect)
        shown = index.row() == model.current
        painter.save()
        if shown or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(now.color("soft" if shown else "ground"))
            painter.drawRoundedRect(rect.adjusted(0, 1, 0, -1), now.px(6), now.px(6))
        middle = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.setFont(now.font("small number"))
        painter.setPen(now.color("text" if index.row() <= model.current else "muted"))
        left = rect.left() + now.px(8)
        number = QRectF(left, rect.top(), now.px(26), rect.height())
        painter.drawText(number, middle, str(index.row() + 1))
        painter.setFont(now.font("strong" if shown else "text"))
        room = QRectF(number.right() + now.px(2) + depth * now.px(12), rect.top(), 0, rect.height())
        room.setRight(rect.right() - now.px(6))
        elided = QFontMetricsF(painter.font()).elidedText(title, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, middle, elided)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(120, theme.current().px(29))


class Outline(QListView):
    """The steps to choose from."""

    chosen = Signal(int)
    """The row of a step."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("derive.outline")
        self.setAccessibleName(self.tr("Steps"))
        self.setToolTip(self.tr("Click a step to go to it (Shift+Left and Shift+Right: previous and next)"))
        self._showing = False
        self._model = OutlineModel(self)
        self.setModel(self._model)
        self.setItemDelegate(_Delegate(self))
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.clicked.connect(lambda index: self.chosen.emit(index.row()))

    @property
    def titles(self) -> list[str]:
        """What is listed."""
        return [title for title, _ in self._model.entries]

    def show_steps(self, entries: Sequence[Entry]) -> None:
        """List other steps."""
        if tuple(entries) != self._model.entries:
            self._showing = True
            self._model.show(tuple(entries))
            self._showing = False

    def show_current(self, row: int) -> None:
        """Mark the step that is shown."""
        if row == self._model.current and self.currentIndex().row() == row:
            return
        self._model.current = row
        self._showing = True
        self.setCurrentIndex(self._model.index(row))
        self._showing = False
        self.viewport().update()

    def currentChanged(self, current: Index, previous: Index) -> None:
        """Up and Down choose as a click does."""
        super().currentChanged(current, previous)
        if not self._showing and current.isValid():
            self.chosen.emit(current.row())
