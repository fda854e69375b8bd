"""The signs of the transport bar, painted: no font has all of them."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent, QTransform
from PySide6.QtWidgets import QToolButton

from explorer.ui import theme

Sign = Literal["first", "back", "play", "pause", "next", "last"]


def _triangle(left: float, right: float, side: float) -> QPainterPath:
    """A triangle whose tip is at `right`, `side` high around 0."""
    path = QPainterPath(QPointF(left, -side / 2))
    path.lineTo(right, 0)
    path.lineTo(left, side / 2)
    path.closeSubpath()
    return path


def sign_path(sign: Sign, side: float) -> QPainterPath:
    """A sign around the origin, `side` high."""
    path = QPainterPath()
    width = side * 0.8
    bar = side * 0.18
    if sign == "pause":
        for left in (-side * 0.34, side * 0.12):
            path.addRect(QRectF(left, -side / 2, side * 0.24, side))
    elif sign in ("play", "next", "back"):
        path = _triangle(-width / 2, width / 2, side)
    else:
        path = _triangle(-width / 2 - bar / 2, width / 2 - bar, side)
        path.addRect(QRectF(width / 2 - bar / 2, -side / 2, bar, side))
    if sign in ("back", "first"):
        return QTransform.fromScale(-1, 1).map(path)
    return path


class SignButton(QToolButton):
    """A button with a painted sign."""

    def __init__(self, sign: Sign, name: str) -> None:
        super().__init__()
        self._sign: Sign = sign
        self.setObjectName(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    @property
    def sign(self) -> Sign:
        """What is painted."""
        return self._sign

    def show_sign(self, sign: Sign) -> None:
        """Paint another one."""
        if sign != self._sign:
            self._sign = sign
            self.update()

    def sizeHint(self) -> QSize:
        """A square."""
        side = theme.current().px(34)
        return QSize(side, side)

    def minimumSizeHint(self) -> QSize:
        """The same."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        now = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.translate(QRectF(self.rect()).center())
        primary = self.property("role") == "primary"
        ink = "on_accent" if primary else "text"
        painter.fillPath(sign_path(self._sign, now.px(11)), now.color(ink, 1.0 if self.isEnabled() else 0.35))
