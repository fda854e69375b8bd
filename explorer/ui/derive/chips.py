"""A row of chips, such as points and moduli: to type, to drag into another order, to change and to remove."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QSizePolicy, QToolButton, QWidget

from explorer.ui import theme
from explorer.ui.parameters.number_field import marked

_MOVES = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}


class Chip(QToolButton):
    """One value."""

    removed = Signal()
    change_wanted = Signal()
    moved = Signal(int)
    dragged = Signal(QPoint)
    """The mouse drags it; where it is, in the row."""
    dropped = Signal()

    def __init__(self, text: str, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.value = text
        self.setText(_set(text))
        self.setProperty("role", "chip")
        self.setFont(theme.current().font("number"))
        self.setAccessibleName(text)
        self.setToolTip(self.tr("Enter changes it, Del removes it, Ctrl+Left and Ctrl+Right or the mouse move it"))
        self._pressed: QPoint | None = None
        self._dragging = False

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The middle button removes; the left one drags or, on letting go, changes."""
        if event.button() == Qt.MouseButton.MiddleButton:
            self.removed.emit()
            return
        self._pressed = event.position().toPoint() if event.button() == Qt.MouseButton.LeftButton else None
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag."""
        if self._pressed is None:
            return
        point = event.position().toPoint()
        if not self._dragging and (point - self._pressed).manhattanLength() < QApplication.startDragDistance():
            return
        self._dragging = True
        self.raise_()
        self.move(self.mapToParent(point - self._pressed))
        self.dragged.emit(self.geometry().center())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Drop, or a click."""
        pressed, self._pressed = self._pressed, None
        dragging, self._dragging = self._dragging, False
        super().mouseReleaseEvent(event)
        if dragging:
            self.dropped.emit()
        elif pressed is not None and self.rect().contains(event.position().toPoint()):
            self.change_wanted.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys of a chip."""
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removed.emit()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F2):
            self.change_wanted.emit()
        elif key in _MOVES and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.moved.emit(_MOVES[key])
        else:
            super().keyPressEvent(event)


def _set(text: str) -> str:
    """A value as mathematics writes it: ∞, and minus signs as long as a plus."""
    return "∞" if text == "inf" else text.replace("-", "−")


class _Entry(QLineEdit):
    """Where the next value is typed."""

    ended = Signal()
    left = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and a comma end a value, Esc gives it up, Backspace in an empty field takes the last chip back."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) or event.text() == ",":
            self.ended.emit()
        elif event.key() == Qt.Key.Key_Escape and self.text():
            self.setText("")
            self.textEdited.emit("")
        elif event.key() == Qt.Key.Key_Backspace and not self.text():
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Leaving the field ends a value."""
        super().focusOutEvent(event)
        if self.text().strip():
            self.ended.emit()


class Chips(QWidget):
    """Values as texts, wrapped into as many lines as they need."""

    changed = Signal()
    """Another list of values."""
    typing = Signal(str)
    """What is being typed and is no value yet."""

    def __init__(self, name: str, accessible: str) -> None:
        super().__init__()
        self._name = name
        self.setObjectName(name)
        self.setAccessibleName(accessible)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._chips: list[Chip] = []
        self._changing: int | None = None
        self._entry = _Entry(self)
        self._entry.setObjectName(f"{name}.entry")
        self._entry.setAccessibleName(self.tr("{0}: add").format(accessible))
        self._entry.setToolTip(self.tr("Type a value and Enter; several with commas"))
        self._entry.setProperty("role", "chip")
        self._entry.setPlaceholderText("+")
        self._entry.setFont(theme.current().font("number"))
        self._entry.textEdited.connect(self._typed)
        self._entry.ended.connect(self._take)
        self._entry.left.connect(self._take_back)

    @property
    def values(self) -> tuple[str, ...]:
        """The texts of the chips."""
        return tuple(chip.value for chip in self._chips)

    @property
    def typed(self) -> str:
        """What is being typed."""
        return self._entry.text().strip()

    def show_values(self, values: Sequence[str]) -> None:
        """Other values, silently; what is being typed stays."""
        if tuple(values) == self.values:
            return
        self._changing = None
        focused = next((i for i, chip in enumerate(self._chips) if chip.hasFocus()), None)
        for chip in self._chips:
            chip.hide()
            chip.deleteLater()
        self._chips = [self._chip(text, number) for number, text in enumerate(values)]
        if focused is not None and self._chips:
            self._chips[min(focused, len(self._chips) - 1)].setFocus()
        self._place()
        self.updateGeometry()

    def _chip(self, text: str, number: int) -> Chip:
        chip = Chip(text, f"{self._name}.{number}", self)
        chip.removed.connect(lambda: self._remove(chip))
        chip.change_wanted.connect(lambda: self._change(chip))
        chip.moved.connect(lambda by: self._move(chip, self._chips.index(chip) + by))
        chip.dragged.connect(lambda point: self._drag(chip, point))
        chip.dropped.connect(self._drop)
        chip.show()
        return chip

    def refuse(self, number: int | None) -> None:
        """Mark a chip in red (None: no chip)."""
        for i, chip in enumerate(self._chips):
            marked(chip, i == number)

    def refuse_typed(self, refused: bool) -> None:
        """Mark what is being typed."""
        marked(self._entry, refused)

    # Changes ---------------------------------------------------------------------------------------------------------

    def _typed(self, text: str) -> None:
        parts = text.split(",")
        if len(parts) > 1:  # pasted
            self._take()
            return
        self._place()
        self.updateGeometry()
        self.typing.emit(text.strip())

    def _take(self) -> None:
        new = [part.strip() for part in self._entry.text().split(",") if part.strip()]
        if not new:
            return
        values = list(self.values)
        at = len(values) if self._changing is None else min(self._changing, len(values))
        # A point at infinity is the last one wherever it is; what is added goes before it.
        if self._changing is None and values and values[-1] in ("inf", "∞") and "inf" not in new:
            at -= 1
        values[at:at] = new
        self._changing = None
        self._entry.clear()
        self.typing.emit("")
        self._become(values)

    def _take_back(self) -> None:
        if self._chips:
            self._change(self._chips[-1])

    def _change(self, chip: Chip) -> None:
        """Put a chip back into the field that it was typed in."""
        if self.typed:
            self._take()
            return
        at = self._chips.index(chip)
        values = list(self.values)
        text = values.pop(at)
        self.show_values(values)
        self._changing = at
        self._entry.setText(text)
        self._entry.setFocus()
        self._entry.selectAll()
        self._place()
        self.typing.emit(text)

    def _remove(self, chip: Chip) -> None:
        values = list(self.values)
        values.pop(self._chips.index(chip))
        self._become(values)

    def _move(self, chip: Chip, to: int) -> None:
        at = self._chips.index(chip)
        to = min(max(to, 0), len(self._chips) - 1)
        if to != at:
            values = list(self.values)
            values.insert(to, values.pop(at))
            self.show_values(values)
            self._chips[to].setFocus()
            self.changed.emit()

    def _drag(self, chip: Chip, point: QPoint) -> None:
        """The others make room while a chip is dragged over them."""
        at = self._chips.index(chip)
        for i, other in enumerate(self._chips):
            if other is not chip and other.geometry().contains(point):
                self._chips.insert(i, self._chips.pop(at))
                self._place(dragged=chip)
                return

    def _drop(self) -> None:
        for number, chip in enumerate(self._chips):
            chip.setObjectName(f"{self._name}.{number}")
        self._place()
        self.changed.emit()

    def _become(self, values: Sequence[str]) -> None:
        self.show_values(values)
        self.changed.emit()

    # Places ----------------------------------------------------------------------------------------------------------

    def _laid_out(self, width: int) -> tuple[list[QRect], int]:
        """Where the chips and then the field stand in a width, and how high that is."""
        now = theme.current()
        gap, high = now.px(5), now.px(28)
        order: list[QWidget] = list(self._chips)
        order.insert(len(order) if self._changing is None else min(self._changing, len(order)), self._entry)
        typed = self._entry.fontMetrics().horizontalAdvance(self._entry.text()) + now.px(24)
        x = y = 0
        found: dict[QWidget, QRect] = {}
        for widget in order:
            if isinstance(widget, Chip):
                w = max(widget.fontMetrics().horizontalAdvance(widget.text()) + now.px(22), now.px(32))
            else:
                w = max(typed, now.px(44))
            w = min(w, width)
            if x and x + w > width:
                x, y = 0, y + high + gap
            found[widget] = QRect(x, y, w, high)
            x += w + gap
        return [*(found[chip] for chip in self._chips), found[self._entry]], y + high

    def _place(self, dragged: Chip | None = None) -> None:
        rects, high = self._laid_out(max(self.width(), 1))
        for widget, rect in zip([*self._chips, self._entry], rects, strict=True):
            if widget is not dragged:
                widget.setGeometry(rect)
        self.setFixedHeight(high)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Wrap anew."""
        self._place()

    def sizeHint(self) -> QSize:
        """As wide as the panel."""
        return QSize(theme.current().px(200), self._laid_out(max(self.width(), 120))[1])
