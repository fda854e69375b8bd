"""A figure in small, in the export dialog."""

from __future__ import annotations

import math
from functools import partial

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.model.display import Maps
from explorer.ui import theme
from explorer.ui.exporting.figures import coloured
from explorer.ui.exporting.painting_figure import FigureLayout, paint_figure
from explorer.ui.stage.painting_maps import image_of


class FigurePreview(QWidget):
    """A figure, small."""

    def __init__(self) -> None:
        super().__init__()
        self._layout: FigureLayout | None = None
        self._title = ""
        self._message = ""
        self._pixmap = QPixmap()
        self.setObjectName("figure.preview")
        self.setAccessibleName(self.tr("Preview of the figure"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        """Room to tell maps apart."""
        return QSize(theme.current().px(320), theme.current().px(240))

    def show_figure(self, layout: FigureLayout, title: str) -> None:
        """Show a figure."""
        self._layout, self._title, self._message = layout, title, ""
        self._render()

    def show_message(self, text: str) -> None:
        """Show why there is no figure."""
        self._layout, self._message = None, text
        self._render()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the figure."""
        self._render()

    def _render(self) -> None:
        """Painted here and not in the paint event, where an exception could end the program."""
        self._pixmap = QPixmap()
        layout = self._layout
        if layout is not None and self.width() > 2 and self.height() > 2:
            room = min(self.width() / layout.width, self.height() / layout.height, 1.0)
            ratio = self.devicePixelRatioF()
            self._pixmap = QPixmap(
                max(1, round(layout.width * room * ratio)), max(1, round(layout.height * room * ratio))
            )
            painter = QPainter(self._pixmap)
            painter.scale(room * ratio, room * ratio)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            paint_figure(painter, layout, self._title, theme.LIGHT, partial(_paint_small, room * ratio))
            painter.end()
            self._pixmap.setDevicePixelRatio(ratio)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the figure in the middle, in a quiet frame."""
        now = theme.current()
        painter = QPainter(self)
        if self._pixmap.isNull():
            painter.setPen(now.color("muted"))
            painter.setFont(now.font("small"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._message)
            return
        size = self._pixmap.deviceIndependentSize()
        corner = QPointF(0, 0)
        painter.drawPixmap(corner, self._pixmap)
        painter.setPen(now.color("border"))
        painter.drawRect(QRectF(corner, size).adjusted(0.5, 0.5, -0.5, -0.5))


def _paint_small(scale: float, painter: QPainter, rect: QRect, maps: Maps, map: int) -> None:
    """Every first, second … cell, whichever is enough for the screen."""
    values = maps.values[map]
    step = max(1, math.floor(min(values.shape[1] / (rect.width() * scale), values.shape[0] / (rect.height() * scale))))
    low, high = (float(end) for end in maps.range[map])
    painter.drawImage(rect, image_of(coloured(values[::step, ::step], low, high, maps.colours[map])))
