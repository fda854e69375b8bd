"""A widget that shows a typeset picture, crisp at any zoom, with places in it that can be pointed at and clicked."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from explorer.model.typesetting import Hit, Picture, Pixels
from explorer.ui import theme
from explorer.ui.derive.drawn import Drawn, Fit

LEAST = 0.35
"""How small mathematics may become to fit their room, where nothing else is said."""
_STALE = 0.45


class Mathematics(QWidget):
    """One picture at a zoom. A place that leads somewhere is marked under the mouse."""

    clicked = Signal(object)
    """A `Hit`."""
    refitted = Signal()
    """Pictures are shown at another size."""

    def __init__(self, name: str, accessible: str, least: float = LEAST) -> None:
        """`least` is how small it may become to fit its room."""
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(accessible)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._drawn: Drawn | None = None
        self._renderer: QSvgRenderer | None = None
        self._zoom = 1.0
        self._room = 0
        self._least = least
        self._stale = False
        self._under: Hit | None = None
        self.tip_of: Callable[[Hit], str] = lambda hit: hit.label
        """What is said of a place under the mouse."""

    @property
    def picture(self) -> Picture | None:
        """What is shown."""
        return self._drawn.picture if self._drawn is not None else None

    @property
    def fit(self) -> Fit:
        """How large pictures are shown."""
        return Fit(self._zoom * theme.current().scale, self._room, self._least, self.devicePixelRatioF())

    def show_picture(self, drawn: Drawn | None) -> None:
        """Show another picture, or nothing."""
        old, self._drawn = self._drawn, drawn
        if old is not None and drawn is not None and drawn.picture.source == old.picture.source:
            self._show_still(old, drawn)
            return
        self._stale = False
        self._under = None
        self._renderer = None
        self.setAccessibleDescription(drawn.told if drawn is not None else "")
        self._resize()

    def _show_still(self, old: Drawn, drawn: Drawn) -> None:
        self.show_stale(False)
        if drawn.fit != old.fit:
            self.update()

    def show_stale(self, stale: bool) -> None:
        """Whether what is shown is behind what is wanted."""
        if stale != self._stale:
            self._stale = stale
            self.update()

    def set_zoom(self, zoom: float) -> None:
        """The size of the picture; 1 is that of the theme."""
        if zoom != self._zoom:
            self._zoom = zoom
            self._resize()
            self.refitted.emit()

    def set_room(self, width: int) -> None:
        """Fit this width as far as possible (0: as wide as the picture is)."""
        if width != self._room:
            self._room = width
            self._resize()
            self.refitted.emit()

    @property
    def scale(self) -> float:
        """Pixels for one pixel of the picture."""
        return self.fit.scale(self.picture.width if self.picture is not None else 0.0)

    def hit_at(self, point: QPointF) -> Hit | None:
        """The smallest place under a point."""
        hits = self.picture.hits if self.picture is not None else ()
        under = [hit for hit in hits if self.rect_of(hit).contains(point)]
        return min(under, key=lambda hit: hit.width * hit.height, default=None)

    def rect_of(self, hit: Hit) -> QRectF:
        """Where a place is in the widget."""
        scale = self.scale
        return QRectF(hit.x * scale, hit.y * scale, hit.width * scale, hit.height * scale)

    def _resize(self) -> None:
        picture = self.picture
        size = QSize(round(picture.width * self.scale), round(picture.height * self.scale)) if picture else QSize(0, 0)
        self.setFixedSize(size)
        self.update()

    def sizeHint(self) -> QSize:
        """The size of the picture."""
        return self.minimumSize()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._drawn is None or self.width() < 1 or self.height() < 1:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        now = theme.current()
        if self._under is not None:
            painter.setPen(QPen(now.color("accent", 0.55), 1))
            painter.setBrush(now.color("accent", 0.10))
            spread = now.px(3)
            painter.drawRoundedRect(self.rect_of(self._under).adjusted(-spread, -1, spread, 1), spread, spread)
        painter.setOpacity(_STALE if self._stale else 1.0)
        if self._drawn.pixels is not None:
            image = _image(self._drawn.pixels)
            if self._drawn.fit == self.fit:
                image.setDevicePixelRatio(self._drawn.fit.ratio)
                painter.drawImage(0, 0, image)
            else:
                # One for this size is on its way.
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
                painter.drawImage(QRectF(self.rect()), image)
            return
        renderer = self._renderer = self._renderer or QSvgRenderer(self._drawn.picture.svg.encode())
        painter.setClipRect(event.rect())
        renderer.render(painter, QRectF(self.rect()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Mark the place under the mouse."""
        self._look_at(self.hit_at(event.position()))
        super().mouseMoveEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click on a place."""
        hit = self.hit_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and hit is not None:
            self.clicked.emit(hit)
        else:
            super().mousePressEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """The mouse is elsewhere."""
        self._look_at(None)

    def _look_at(self, hit: Hit | None) -> None:
        if hit is not self._under:
            self._under = hit
            if hit is None:
                self.unsetCursor()
            else:
                self.setCursor(Qt.CursorShape.PointingHandCursor)
            self.update()

    def event(self, event: QEvent) -> bool:
        """Say what the place under the mouse is."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            hit = self.hit_at(QPointF(event.pos()))
            tip = self.tip_of(hit) if hit is not None else ""
            if tip and hit is not None:
                QToolTip.showText(event.globalPos(), tip, self, self.rect_of(hit).toRect())
            else:
                QToolTip.hideText()
            return True
        return super().event(event)


def _image(pixels: Pixels) -> QImage:
    """A picture that shares the memory of `pixels`, which has to outlive it."""
    form = QImage.Format.Format_RGBA8888_Premultiplied
    return QImage(pixels.rgba, pixels.width, pixels.height, pixels.width * 4, form)
