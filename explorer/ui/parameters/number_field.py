"""A field for a typed number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QSizePolicy, QWidget

from explorer.refusal import Refusal
from explorer.ui import theme
from explorer.ui.texts import said

STEPS = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1, Qt.Key.Key_PageUp: 10, Qt.Key.Key_PageDown: -10}
_PLAIN = (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)


def steps(event: QKeyEvent, keys: dict[Qt.Key, int] = STEPS) -> int:
    """The steps that a key asks for, 0 for another key."""
    return keys.get(cast(Qt.Key, event.key()), 0) if event.modifiers() in _PLAIN else 0


def marked(widget: QWidget, refused: bool) -> None:
    """Show a field in red, or no longer; the style sheet reads the property."""
    if bool(widget.property("refused")) != refused:
        widget.setProperty("refused", refused)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


class NumberField(QLineEdit):
    """Shows one value as text and hands on what is typed instead, read by `read`.

    Enter or leaving the field hands it on, Esc brings the shown value back, up and down step. A text that `read`
    refuses turns the field red and stays until it is corrected or left.
    """

    entered = Signal(object)
    stepped = Signal(int)
    released = Signal()
    """A key that stepped was let go."""
    refused = Signal(str)
    cleared = Signal()
    """What was refused is being corrected."""

    def __init__(self, read: Callable[[str], Any], digits: int = 0) -> None:
        """`digits` is how many the field is wide, 0 for as wide as there is room."""
        super().__init__()
        self._read = read
        self._digits = digits
        self._shown = ""
        self._hint = ""
        self._stepping = False
        self.setProperty("role", "number")
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setFont(theme.current().font("number"))
        if digits:
            self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.textEdited.connect(self._corrected)

    def sizeHint(self) -> QSize:
        """Wide enough for its digits."""
        hint = super().sizeHint()
        if self._digits:
            digits = "0" * max(self._digits, len(self._shown))
            hint.setWidth(self.fontMetrics().horizontalAdvance(digits) + theme.current().px(14))
        return hint

    def minimumSizeHint(self) -> QSize:
        """As narrow as a few digits where the field takes what room there is."""
        hint = self.sizeHint()
        return hint if self._digits else QSize(theme.current().px(44), hint.height())

    def show_text(self, text: str) -> None:
        """Show a value; a text that is being typed stays."""
        if len(text) != len(self._shown):
            self.updateGeometry()
        self._shown = text
        if not (self.isModified() and self.hasFocus()) and self.text() != text:
            self.setText(text)

    def set_hint(self, hint: str) -> None:
        """The tooltip while nothing is refused."""
        self._hint = hint
        if not self.property("refused"):
            self.setToolTip(hint)

    def refuse(self, reason: str) -> None:
        """Turn red, with the reason as tooltip."""
        marked(self, True)
        self.setToolTip(reason)
        self.setStatusTip(reason)

    def clear_refusal(self) -> None:
        """No longer red."""
        if self.property("refused"):
            marked(self, False)
            self.setToolTip(self._hint)
            self.setStatusTip("")

    def restore(self) -> None:
        """Back to the shown value."""
        self.setText(self._shown)
        self.setModified(False)

    def commit(self) -> bool:
        """Hand on what was typed; False where it was refused."""
        if not self.isModified():
            return True
        try:
            value = self._read(self.text())
        except Refusal as refusal:
            reason = said(refusal)
            self.refuse(reason)
            self.refused.emit(reason)
            return False
        self.setModified(False)
        self.clear_refusal()
        self.entered.emit(value)
        self.restore()
        return True

    def _corrected(self) -> None:
        if self.property("refused"):
            self.clear_refusal()
            self.cleared.emit()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            busy = self.isModified() or bool(self.property("refused"))
            enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            if steps(event) or enter or (event.key() == Qt.Key.Key_Escape and busy):
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        count = steps(event)
        if count and not self.isReadOnly():
            if self.commit():
                self._stepping = True
                self.stepped.emit(count)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.commit():
                self.selectAll()
        elif event.key() == Qt.Key.Key_Escape and (self.isModified() or self.property("refused")):
            self._corrected()
            self.restore()
            self.selectAll()
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if steps(event) and not event.isAutoRepeat():
            self._let_go()
        super().keyReleaseEvent(event)

    def _let_go(self) -> None:
        if self._stepping:
            self._stepping = False
            self.released.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._let_go()
        if event.reason() not in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason) and (
            not self.commit()
        ):
            self.restore()
        super().focusOutEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        font = theme.current().font("number")
        if event.type() == QEvent.Type.StyleChange and self.font() != font:
            self.setFont(font)
