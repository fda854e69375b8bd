"""A slim slider that steps by keys, and by the wheel only while it has the focus."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QSlider

from explorer.ui import theme
from explorer.ui.parameters.number_field import STEPS, steps

_SLIDER_STEPS = STEPS | {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}


class Slider(QSlider):
    """A slider that jumps to where it is pressed: `moved` while it is dragged, `stepped` by keys and the wheel."""

    moved = Signal(int)
    stepped = Signal(int)
    released = Signal()
    """The mouse or the key was let go."""

    def __init__(self, last: int) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setRange(0, last)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._stepping = False

    def sizeHint(self) -> QSize:
        """High enough for its handle."""
        return QSize(theme.current().px(84), theme.current().px(18))

    def minimumSizeHint(self) -> QSize:
        """Short, where there is little room."""
        return QSize(theme.current().px(24), theme.current().px(18))

    def show_place(self, place: int) -> None:
        """Move the handle there, unless a hand is on it."""
        if not self.isSliderDown():
            self.setValue(place)

    def _place(self, x: float) -> int:
        handle = theme.current().px(12)
        reach = max(1, self.width() - handle)
        part = min(max((x - handle / 2) / reach, 0.0), 1.0)
        return round(part * self.maximum())

    def _go(self, event: QMouseEvent) -> None:
        place = self._place(event.position().x())
        if place != self.sliderPosition():
            self.setSliderPosition(place)
            self.moved.emit(place)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self._go(event)
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self._go(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.isSliderDown():
            self.setSliderDown(False)
            self.released.emit()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._steps(event):
            event.accept()
            return True
        return super().event(event)

    def _steps(self, event: QKeyEvent) -> int:
        ends = {Qt.Key.Key_Home: -self.maximum(), Qt.Key.Key_End: self.maximum()}
        return steps(event, _SLIDER_STEPS | ends)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        count = self._steps(event)
        if count:
            self._stepping = True
            self.stepped.emit(count)
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if self._stepping and not event.isAutoRepeat():
            self._stepping = False
            self.released.emit()
        super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        if self._stepping:
            self._stepping = False
            self.released.emit()
        super().focusOutEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta().y()
        if not self.hasFocus() or not turned:
            event.ignore()
            return
        self.stepped.emit(1 if turned > 0 else -1)
        self.released.emit()
        event.accept()
