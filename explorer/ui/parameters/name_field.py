"""A name that is a title until it is edited."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QLineEdit

from explorer.ui import theme


class NameField(QLineEdit):
    """A name that reads as a title and becomes a field by a double click or F2."""

    renamed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("form.name")
        self.setProperty("role", "title")
        self.setReadOnly(True)
        self.setTextMargins(-2, 0, 0, 0)
        self.hint = ""
        self._shown = ""
        self.setFont(theme.current().font("strong"))
        self.setMaxLength(60)

    def show_name(self, name: str) -> None:
        """Show a name; one that is being typed stays."""
        if name != self._shown:
            self._shown = name
            self.setToolTip(f"{name}\n{self.hint}")
            if self.isReadOnly():
                self._elide()

    def edit(self) -> None:
        """Let the name be typed."""
        self.setReadOnly(False)
        self.setText(self._shown)
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.selectAll()
        self._polish()

    def _leave(self, keep: bool) -> None:
        if self.isReadOnly():
            return
        wanted = self.text().strip()
        self.setReadOnly(True)
        self._polish()
        if keep and wanted != self._shown:
            self.renamed.emit(wanted)
        self._elide()

    def _polish(self) -> None:
        self.style().unpolish(self)
        self.style().polish(self)

    def _elide(self) -> None:
        room = self.width() - theme.current().px(4)
        self.setText(self.fontMetrics().elidedText(self._shown, Qt.TextElideMode.ElideMiddle, room))
        self.setCursorPosition(0)

    def minimumSizeHint(self) -> QSize:
        """Gives way to what stands beside it."""
        return QSize(theme.current().px(60), super().minimumSizeHint().height())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.isReadOnly():
            self.edit()
        else:
            super().mouseDoubleClickEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and not self.isReadOnly():
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self.isReadOnly() and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape):
            self._leave(event.key() != Qt.Key.Key_Escape)
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        if event.reason() not in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason):
            self._leave(True)
        super().focusOutEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.isReadOnly():
            self._elide()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        font = theme.current().font("strong")
        if event.type() == QEvent.Type.StyleChange and self.font() != font:
            self.setFont(font)
