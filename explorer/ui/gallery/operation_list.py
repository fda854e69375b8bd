"""The list of operations under the captions of their groups, each with its result in small."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from explorer.model.gallery import Illustration, grouped
from explorer.ops.op import Op
from explorer.ui import theme
from explorer.ui.gallery.painting_illustration import paint_thumbnail
from explorer.ui.texts import said

_Index = QModelIndex | QPersistentModelIndex
_Row = str | Op
"""The caption of a group, or an operation."""


def rank(op: Op, wanted: str) -> int | None:
    """How well an operation answers what was typed, 0 best; None where a word is in none of its texts."""
    words = wanted.casefold().split()
    title = said(op.title).casefold()
    texts = " ".join((title, said(op.group), op.formula, op.name)).casefold()
    if not all(word in texts for word in words):
        return None
    if title.startswith(wanted.casefold().strip()):
        return 0
    if all(any(part.startswith(word) for part in title.split()) for word in words):
        return 1
    return 2 if all(word in title for word in words) else 3


class OperationModel(QAbstractListModel):
    """Captions and operations in rows; only operations can be chosen."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._rows: list[_Row] = []
        self.filter("")

    def filter(self, wanted: str) -> Op | None:
        """Keep what answers to these words; the best of it."""
        self.beginResetModel()
        self._rows = []
        ranks: dict[int, Op] = {}
        for group, found in grouped():
            answers = [(op, place) for op in found if (place := rank(op, wanted)) is not None]
            if answers:
                self._rows += [group, *(op for op, _ in answers)]
            for op, place in answers:
                ranks.setdefault(place, op)
        self.endResetModel()
        return ranks[min(ranks)] if ranks else None

    @property
    def operations(self) -> list[Op]:
        """The operations that are listed, in order."""
        return [row for row in self._rows if isinstance(row, Op)]

    def row(self, index: _Index) -> _Row:
        """What stands in a row."""
        return self._rows[index.row()]

    def index_of(self, name: str) -> QModelIndex:
        """The row of an operation, or no index."""
        for number, row in enumerate(self._rows):
            if isinstance(row, Op) and row.name == name:
                return self.index(number)
        return QModelIndex()

    def rowCount(self, parent: _Index | None = None) -> int:
        """Captions and operations."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Texts for assistive technology; the delegate paints."""
        row = self.row(index)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return said(row.title) if isinstance(row, Op) else said(row)
        if role == Qt.ItemDataRole.ToolTipRole and isinstance(row, Op):
            return row.formula
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Captions are passed over."""
        if not index.isValid() or not isinstance(self.row(index), Op):
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def repaint(self, name: str) -> None:
        """The picture of an operation came."""
        index = self.index_of(name)
        if index.isValid():
            self.dataChanged.emit(index, index)


class _Delegate(QStyledItemDelegate):
    def __init__(self, parent: QObject, pictures: Callable[[str], Illustration | None]) -> None:
        super().__init__(parent)
        self._pictures = pictures

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        model = index.model()
        assert isinstance(model, OperationModel)
        row, now, rect = model.row(index), theme.current(), QRectF(option.rect)
        middle = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.save()
        if not isinstance(row, Op):
            painter.setFont(now.font("caption"))
            painter.setPen(now.color("muted"))
            bottom = QRectF(rect.left() + now.px(8), rect.bottom() - now.px(22), rect.width(), now.px(20))
            painter.drawText(bottom, middle, said(row))
            painter.restore()
            return
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if chosen or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
            painter.setPen(QPen(now.color("accent"), 1) if chosen else Qt.PenStyle.NoPen)
            painter.setBrush(now.color("soft" if chosen else "ground"))
            painter.drawRoundedRect(rect.adjusted(0.5, 1.5, -0.5, -1.5), now.px(7), now.px(7))
        side = now.px(28)
        small = QRectF(rect.left() + now.px(8), rect.center().y() - side / 2, side, side)
        paint_thumbnail(painter, small, self._pictures(row.name), now)
        painter.setFont(now.font("text"))
        painter.setPen(now.color("text"))
        room = QRectF(small.right() + now.px(10), rect.top(), rect.right() - small.right() - now.px(18), rect.height())
        title = QFontMetricsF(painter.font()).elidedText(said(row.title), Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, middle, title)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        model = index.model()
        assert isinstance(model, OperationModel)
        height = 40 if isinstance(model.row(index), Op) else 26 if index.row() == 0 else 36
        return QSize(120, theme.current().px(height))


class OperationList(QListView):
    """Operations to choose from; Enter and a double click take one."""

    chosen = Signal(str)
    taken = Signal()

    def __init__(self, pictures: Callable[[str], Illustration | None]) -> None:
        super().__init__()
        self.setObjectName("gallery.list")
        self.setAccessibleName(self.tr("Operations"))
        self._model = OperationModel(self)
        self.setModel(self._model)
        self.setItemDelegate(_Delegate(self, pictures))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.doubleClicked.connect(lambda _index: self.taken.emit())

    @property
    def operations(self) -> list[Op]:
        """What is listed."""
        return self._model.operations

    def filter(self, wanted: str) -> None:
        """Keep what answers to these words and choose the best of it."""
        best = self._model.filter(wanted)
        if best is not None:
            self.choose(best.name)

    def choose(self, name: str) -> None:
        """Make an operation the current one."""
        index = self._model.index_of(name)
        if index.isValid():
            self.setCurrentIndex(index)
            above = self._model.index(index.row() - 1)
            if not above.flags() & Qt.ItemFlag.ItemIsEnabled:
                self.scrollTo(above)  # the caption of the group

    def step(self, count: int) -> None:
        """Go on by so many operations, no further than the ends."""
        names = [op.name for op in self._model.operations]
        if names:
            here = names.index(self.current) if self.current in names else 0
            self.choose(names[min(max(here + count, 0), len(names) - 1)])

    @property
    def current(self) -> str:
        """The name of the current operation, or ""."""
        index = self.currentIndex()
        row = self._model.row(index) if index.isValid() else ""
        return row.name if isinstance(row, Op) else ""

    def show_picture(self, name: str) -> None:
        """The picture of an operation came."""
        self._model.repaint(name)

    def currentChanged(self, current: _Index, previous: _Index) -> None:
        """Say which operation is looked at."""
        super().currentChanged(current, previous)
        if self.current:
            self.chosen.emit(self.current)
