"""The slider of the transport bar: a segment for each step, as long as it has lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractSlider, QSizePolicy, QToolTip

from explorer.ui import theme

_ROUND = 1.5
"""Segments shorter than this, in heights, have no round corners."""


class Scrubber(QAbstractSlider):
    """The value is how many lines lie before the one that is shown."""

    def __init__(self, name: str, title_of: Callable[[int], str]) -> None:
        """`title_of` says what a segment is."""
        super().__init__()
        self.setOrientation(Qt.Orientation.Horizontal)
        self.setObjectName(name)
        self.setAccessibleName(self.tr("Place on the way"))
        self.setToolTip(self.tr("Drag to any place of any step"))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._title_of = title_of
        self._lengths: tuple[int, ...] = (1,)

    def show_lengths(self, lengths: Sequence[int]) -> None:
        """How many lines each step has."""
        if tuple(lengths) != self._lengths:
            self._lengths = tuple(lengths)
            self.setRange(0, max(sum(self._lengths) - 1, 0))
            self.update()

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        now = theme.current()
        return QSize(now.px(200), now.px(22))

    def minimumSizeHint(self) -> QSize:
        """Wide enough to be hit."""
        now = theme.current()
        return QSize(now.px(80), now.px(22))

    def segments(self) -> list[QRectF]:
        """Where each step is."""
        now = theme.current()
        total = sum(self._lengths)
        high = now.px(6)
        gap = now.px(2) if self.width() > 5 * now.px(2) * len(self._lengths) else 0
        top = (self.height() - high) / 2
        found = []
        start = 0
        for length in self._lengths:
            left = start / total * self.width()
            start += length
            found.append(QRectF(left, top, max(start / total * self.width() - left - gap, 1), high))
        return found

    def paintEvent(self, event: QPaintEvent) -> None:
        now = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(Qt.PenStyle.NoPen)
        rest, accent = now.color("border"), now.color("accent")
        start = 0
        for rect, length in zip(self.segments(), self._lengths, strict=True):
            done = min(max(self.value() + 1 - start, 0), length)
            reached = QRectF(rect.left(), rect.top(), rect.width() * done / length, rect.height())
            round_ = min(rect.height() / 2, rect.width() / 2)
            for part, colour in ((rect, rest), (reached, accent)):
                if part.width() <= 0:
                    continue
                if (
                    rect.width() < _ROUND * rect.height()
                ):  # Hundreds of them: corners would cost a frame, and do not show.
                    painter.fillRect(part, colour)
                else:
                    painter.setBrush(colour)
                    painter.drawRoundedRect(part, round_, round_)
            start += length
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(now.color("accent"), 1))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), now.px(4), now.px(4))

    def _value_at(self, x: float) -> int:
        return min(max(int(x / max(self.width(), 1) * (self.maximum() + 1)), 0), self.maximum())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go there."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self.setValue(self._value_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go with the mouse."""
        if self.isSliderDown():
            self.setValue(self._value_at(event.position().x()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The drag is over."""
        self.setSliderDown(False)

    def sliderChange(self, change: QAbstractSlider.SliderChange) -> None:
        """Repaint."""
        super().sliderChange(change)
        self.update()

    def event(self, event: QEvent) -> bool:
        """Say which step is under the mouse."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            for number, rect in enumerate(self.segments()):
                if rect.left() <= event.pos().x() <= rect.right() + 2:
                    QToolTip.showText(event.globalPos(), self._title_of(number), self)
            return True
        return super().event(event)
