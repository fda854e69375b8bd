"""The fields of a problem. Each shows a value as text, says when it is edited, and bears its refusal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, cast

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QColor, QInputMethodEvent, QKeyEvent, QTextCharFormat
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLineEdit, QMenu, QVBoxLayout, QWidget

from explorer.ui import theme
from explorer.ui.captioned import Text, menu_button
from explorer.ui.derive.asked import Value
from explorer.ui.derive.chips import Chips
from explorer.ui.parameters.choices import ComboBox
from explorer.ui.parameters.number_field import marked

Place = tuple[int, int]
"""From which character to which."""


class Field(QWidget):
    """A label, what is edited, and below it the reason why that cannot be."""

    edited = Signal(str)
    """A merge key: edits in a row with the same one are one step of undo; "" for a step of its own."""

    def __init__(self, name: str, label: str, *, beside: bool = False, room: str = "derive") -> None:
        """`room` is what the object names begin with."""
        super().__init__()
        self.name = name
        self._path = f"{room}.{name}"
        now = theme.current()
        self.setObjectName(f"{self._path}.field")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(now.px(4))
        self._label = Text(label, "text" if beside else "small", muted=not beside)
        self._head = QHBoxLayout()
        self._head.addWidget(self._label)
        self._head.addStretch(1)
        self._column.addLayout(self._head)
        self._reason = Text("", "small", wrap=True)
        self._reason.setObjectName(f"{self._path}.reason")
        self._reason.setProperty("role", "bad")
        self._reason.hide()

    def _finish(self, editor: QWidget, *, beside: bool) -> None:
        if beside:
            self._head.addWidget(editor)
        else:
            self._column.addWidget(editor)
        self._column.addWidget(self._reason)

    @property
    def reason(self) -> str:
        """Why what is shown is refused, or ""."""
        return "" if self._reason.isHidden() else self._reason.text()

    def refuse(self, reason: str, place: Place | None = None, item: int | None = None) -> None:
        """Say why; `place` in the text is marked, and `item` of several."""
        self._reason.setText(reason)
        self._reason.setVisible(bool(reason))
        self._mark(bool(reason), place, item)

    def _mark(self, refused: bool, place: Place | None, item: int | None) -> None:
        raise NotImplementedError

    def value(self) -> Value:
        """What is shown."""
        raise NotImplementedError

    def show_value(self, value: Value) -> None:
        """Show it, silently."""
        raise NotImplementedError


class _Line(QLineEdit):
    """A line of text in which a part can be marked."""

    def mark(self, place: Place | None) -> None:
        """Underline from one character to another, or nothing."""
        attributes: list[QInputMethodEvent.Attribute] = []
        if place is not None and not self.hasSelectedText():
            start, end = place
            form = QTextCharFormat()
            form.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
            bad = QColor(theme.current().bad)
            form.setUnderlineColor(bad)
            form.setForeground(bad)
            attributes.append(
                QInputMethodEvent.Attribute(
                    QInputMethodEvent.AttributeType.TextFormat,
                    start - self.cursorPosition(),
                    max(end - start, 1),
                    form,
                )
            )
        blocked = self.blockSignals(True)
        QApplication.sendEvent(self, QInputMethodEvent("", attributes))
        self.blockSignals(blocked)


class TextField(Field):
    """A polynomial, or anything that is typed on one line."""

    def __init__(self, name: str, label: str, tip: str, *, room: str = "derive") -> None:
        super().__init__(name, label, room=room)
        self.line = _Line()
        self.line.setObjectName(self._path)
        self.line.setAccessibleName(label)
        self.line.setToolTip(tip)
        self.line.setFont(theme.current().font("number"))
        self.line.textEdited.connect(lambda _text: self.edited.emit(name))
        self.line.editingFinished.connect(lambda: self.line.setCursorPosition(self.line.cursorPosition()))
        self._place: Place | None = None
        self._finish(self.line, beside=False)

    def value(self) -> str:
        return self.line.text()

    def show_value(self, value: Value) -> None:
        if value != self.line.text():
            self.line.setText(cast(str, value))
            if not self.line.hasFocus():
                self.line.setCursorPosition(0)

    def _mark(self, refused: bool, place: Place | None, item: int | None) -> None:
        marked(self.line, refused)
        if place != self._place or place is not None:
            self._place = place
            self.line.mark(place)


class CountField(Field):
    """A small whole number; Up and Down step it."""

    def __init__(self, name: str, label: str, tip: str, *, room: str = "derive") -> None:
        super().__init__(name, label, beside=True, room=room)
        self.line = QLineEdit()
        self.line.setObjectName(self._path)
        self.line.setAccessibleName(label)
        self.line.setToolTip(tip)
        self.line.setFont(theme.current().font("number"))
        self.line.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.line.setFixedWidth(theme.current().px(64))
        self.line.textEdited.connect(lambda _text: self.edited.emit(name))
        self.line.installEventFilter(self)
        self._finish(self.line, beside=True)

    def value(self) -> str:
        return self.line.text().strip()

    def show_value(self, value: Value) -> None:
        if value != self.value():
            self.line.setText(cast(str, value))

    def _mark(self, refused: bool, place: Place | None, item: int | None) -> None:
        marked(self.line, refused)

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        """Up and Down."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            by = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}.get(Qt.Key(event.key()), 0)
            if by and self.value().isascii() and self.value().isdecimal() and len(self.value()) < 6:
                self.line.setText(str(max(int(self.value()) + by, 1)))
                self.edited.emit(self.name)
                return True
        return False


class ChoiceField(Field):
    """One of a few."""

    def __init__(
        self,
        name: str,
        label: str,
        tip: str,
        options: Sequence[tuple[str, str]],
        *,
        beside: bool,
        room: str = "derive",
    ) -> None:
        """`options` are (value, text)."""
        super().__init__(name, label, beside=beside, room=room)
        self.box = ComboBox()
        self.box.setObjectName(self._path)
        self.box.setAccessibleName(label)
        self.box.setToolTip(tip)
        for value, text in options:
            self.box.addItem(text, value)
        self.box.activated.connect(lambda _index: self.edited.emit(""))
        self._finish(self.box, beside=beside)

    def value(self) -> str:
        return cast(str, self.box.currentData())

    def show_value(self, value: Value) -> None:
        self.box.setCurrentIndex(max(self.box.findData(value), 0))

    def _mark(self, refused: bool, place: Place | None, item: int | None) -> None:
        marked(self.box, refused)


class Reads(Protocol):
    """Reads one value; a Refusal where it is none."""

    def __call__(self, text: str) -> object: ...


class ChipsField(Field):
    """Points or moduli as chips, with presets."""

    typing = Signal(str)

    def __init__(self, name: str, label: str, *, room: str = "derive") -> None:
        super().__init__(name, label, room=room)
        self.chips = Chips(self._path, label)
        tip = self.tr("Known sets: {0}").format(label)
        self._presets = menu_button(self.tr("Presets ▾"), f"{self._path}.presets", tip)
        self._presets.setProperty("role", "link")
        self._presets.setFont(theme.current().font("small"))
        self._menu = QMenu(self)
        self._presets.setMenu(self._menu)
        self._presets.hide()
        self._head.addWidget(self._presets)
        self.chips.changed.connect(lambda: self.edited.emit(""))
        self.chips.typing.connect(self.typing)
        self._finish(self.chips, beside=False)

    def value(self) -> tuple[str, ...]:
        return self.chips.values

    def show_value(self, value: Value) -> None:
        self.chips.show_values(tuple(value))

    def show_presets(self, presets: Sequence[tuple[str, tuple[str, ...]]]) -> None:
        """(name, values) to choose from."""
        self._menu.clear()
        for name, values in presets:
            action = self._menu.addAction(name)
            action.setData(values)
            action.setToolTip(", ".join(values))
            action.triggered.connect(lambda _checked=False, values=values: self._take(values))
        self._presets.setVisible(bool(presets))

    def _take(self, values: tuple[str, ...]) -> None:
        self.chips.show_values(values)
        self.edited.emit("")

    def _mark(self, refused: bool, place: Place | None, item: int | None) -> None:
        self.chips.refuse(item if refused else None)
        self.chips.refuse_typed(refused and item is None and bool(self.chips.typed))
