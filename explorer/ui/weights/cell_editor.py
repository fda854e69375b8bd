"""The field that opens over a cell of a grid while its number is typed."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QWidget

from explorer.ui import theme
from explorer.ui.parameters import typed_numbers
from explorer.ui.parameters.number_field import NumberField

_MOVES = {
    Qt.Key.Key_Tab: (0, 1),
    Qt.Key.Key_Backtab: (0, -1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
    Qt.Key.Key_Return: (0, 0),
    Qt.Key.Key_Enter: (0, 0),
}


class CellEditor(NumberField):
    """Enter takes the number, Tab and the arrows take it and go on to the next cell, Esc leaves it as it was."""

    finished = Signal(int, int)
    """Rows and columns to go on by."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(typed_numbers.number)
        self.setParent(parent)
        self._over = parent
        self.setObjectName("weights.grid.editor")
        self.setAccessibleName(self.tr("Value of the cell"))
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hide()

    def open(self, cell: QRect, text: str, typed: str) -> None:
        """Stand over a cell that shows `text`; `typed` is the key that opened it, which replaces the text."""
        unit = theme.current().px
        wider, higher = max(0, unit(58) - cell.width()) // 2 + 1, max(0, unit(24) - cell.height()) // 2
        box = cell.adjusted(-wider, -higher, wider, higher)
        view = self._over.rect()
        box.moveLeft(max(0, min(box.left(), view.right() - box.width() + 1)))
        box.moveTop(max(0, min(box.top(), view.bottom() - box.height() + 1)))
        self.clear_refusal()
        self.show_text(text)
        self.restore()
        self.setGeometry(box)
        self.show()
        self.setFocus()
        self.selectAll()
        if typed:
            self.setText(typed)
            self.setModified(True)

    def close_unchanged(self) -> bool:
        """Close without taking what was typed; True where the focus has to go elsewhere."""
        focused = self.hasFocus()
        self.restore()
        self.hide()
        return focused

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab is a key of the editor."""
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Escape:
            self.restore()
            self.hide()
            self.finished.emit(0, 0)
        elif key in _MOVES:
            if self.commit():
                self.hide()
                self.finished.emit(*_MOVES[key])
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() not in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason):
            self.hide()
