"""The list of layers: a model of cards, a delegate that paints them, and dragging to another place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QByteArray,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from explorer.ui import theme
from explorer.ui.pipeline.painting_layers import LayerCard, card_height, paint_layer

_MIME = "application/x-kernelscope-layer"
_Index = QModelIndex | QPersistentModelIndex


class LayerModel(QAbstractListModel):
    """The cards, in the order of the document. Dropping one asks for a move and changes nothing itself."""

    moved = Signal(str, int)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._cards: list[LayerCard] = []

    def show_cards(self, cards: Sequence[LayerCard]) -> list[QModelIndex]:
        """Take over the cards, and say which look different in the place that they have.

        `dataChanged` would have a list view lay out and paint all of its rows.
        """
        now = theme.current()
        heights = [(card.id, card_height(card, now)) for card in self._cards]
        if [card.id for card in cards] != [card.id for card in self._cards]:
            self.beginResetModel()
            self._cards = list(cards)
            self.endResetModel()
            return []
        old, self._cards = self._cards, list(cards)
        if heights != [(card.id, card_height(card, now)) for card in cards]:
            self.layoutChanged.emit()
            return []
        return [
            self.index(row) for row, each in enumerate(zip(old, cards, strict=True)) if not each[0].looks_like(each[1])
        ]

    def card(self, row: int) -> LayerCard:
        """The card in a row."""
        return self._cards[row]

    def row_of(self, id: str) -> int:
        """The row of a layer, or −1."""
        return next((row for row, card in enumerate(self._cards) if card.id == id), -1)

    def rowCount(self, parent: _Index | None = None) -> int:
        """One row a layer."""
        return 0 if parent is not None and parent.isValid() else len(self._cards)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Texts for the tool tip and for assistive technology; the delegate paints the card itself."""
        card = self._cards[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return card.title
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return " · ".join(text for text in (card.title, card.name, card.shape, card.time, card.note) if text)
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Rows can be dragged; a drop lands between two of them."""
        if not index.isValid():
            return Qt.ItemFlag.ItemIsDropEnabled
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsDragEnabled

    def supportedDropActions(self) -> Qt.DropAction:
        """Moves only."""
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:
        """The layer's id."""
        return [_MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """The id of the dragged layer."""
        data = QMimeData()
        data.setData(_MIME, QByteArray(self._cards[indexes[0].row()].id.encode()))
        return data

    def dropMimeData(self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: _Index) -> bool:
        """Ask for the move. False, so that the view does not take the row away by itself."""
        if data.hasFormat(_MIME):
            id = data.data(_MIME).toStdString()
            source = self.row_of(id)
            place = len(self._cards) if row < 0 else row
            if source >= 0:
                self.moved.emit(id, place - 1 if source < place else place)
        return False


class _Delegate(QStyledItemDelegate):
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        model = index.model()
        assert isinstance(model, LayerModel)
        state = option.state
        rect = option.rect
        paint_layer(
            painter,
            QRectF(rect),
            model.card(index.row()),
            theme.current(),
            selected=bool(state & QStyle.StateFlag.State_Selected),
            focused=bool(state & QStyle.StateFlag.State_HasFocus),
        )

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        model = index.model()
        assert isinstance(model, LayerModel)
        return QSize(120, card_height(model.card(index.row()), theme.current()))


class LayerList(QListView):
    """Layers as cards; the keys act on the current one."""

    chosen = Signal(str)
    remove_wanted = Signal(str)
    duplicate_wanted = Signal(str)
    switch_wanted = Signal(str)
    move_wanted = Signal(str, int)
    rename_wanted = Signal(str)
    fold_wanted = Signal(str)
    menu_wanted = Signal(str, QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("pipeline.layers")
        self.setAccessibleName(self.tr("Layers of the pipeline"))
        self._quiet = False
        self._model = LayerModel(self)
        self._model.moved.connect(self.move_wanted)
        self.setModel(self._model)
        self.setItemDelegate(_Delegate(self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._menu)
        self.setMouseTracking(True)

    def show_cards(self, cards: Sequence[LayerCard], chosen: str) -> None:
        """Take over the cards and the layer that is looked at."""
        self._quiet = True
        for changed in self._model.show_cards(cards):
            self.update(changed)
        row = self._model.row_of(chosen)
        if row >= 0:
            if self.currentIndex().row() != row:
                self.setCurrentIndex(self._model.index(row))
        else:
            self.clearSelection()
            self.setCurrentIndex(QModelIndex())
        self._quiet = False

    def currentChanged(self, current: _Index, previous: _Index) -> None:
        """Tell which layer is looked at, unless it was set from outside."""
        super().currentChanged(current, previous)
        if not self._quiet and current.isValid():
            self.chosen.emit(self._model.card(current.row()).id)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Del removes, Ctrl+D duplicates, Ctrl+M folds, Space switches, Alt+Up and Alt+Down move, F2 renames."""
        index = self.currentIndex()
        if not index.isValid():
            super().keyPressEvent(event)
            return
        id, row = self._model.card(index.row()).id, index.row()
        key, modifiers = event.key(), event.modifiers()
        alt = bool(modifiers & Qt.KeyboardModifier.AltModifier)
        if key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.remove_wanted.emit(id)
        elif key == Qt.Key.Key_D and modifiers & Qt.KeyboardModifier.ControlModifier:
            self.duplicate_wanted.emit(id)
        elif key == Qt.Key.Key_M and modifiers & Qt.KeyboardModifier.ControlModifier:
            self.fold_wanted.emit(id)
        elif key == Qt.Key.Key_Space:
            self.switch_wanted.emit(id)
        elif key == Qt.Key.Key_F2:
            self.rename_wanted.emit(id)
        elif alt and key == Qt.Key.Key_Up and row > 0:
            self.move_wanted.emit(id, row - 1)
        elif alt and key == Qt.Key.Key_Down and row < self._model.rowCount() - 1:
            self.move_wanted.emit(id, row + 1)
        else:
            super().keyPressEvent(event)

    def _menu(self, point: QPoint) -> None:
        index = self.indexAt(point)
        if index.isValid():
            self.menu_wanted.emit(self._model.card(index.row()).id, self.viewport().mapToGlobal(point))
