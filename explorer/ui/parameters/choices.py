"""Check boxes, lists of options and the toggle that keeps two numbers equal, in the theme's own colours."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF, QWheelEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QToolButton

from explorer.ui import theme
from explorer.ui.theme import Theme

_BOX, _GAP = 16, 6


class CheckBox(QCheckBox):
    """A check box."""

    def sizeHint(self) -> QSize:
        """Its box, and its text if it has one."""
        unit = theme.current().px
        text = self.fontMetrics().horizontalAdvance(self.text()) + unit(_GAP) if self.text() else 0
        return QSize(unit(_BOX) + text, max(unit(_BOX), self.fontMetrics().height()) + unit(4))

    def minimumSizeHint(self) -> QSize:
        """All of it."""
        return self.sizeHint()

    def hitButton(self, place: object) -> bool:
        """The whole widget answers."""
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.current()
        painter = QPainter(self)
        side = colours.px(_BOX)
        box = QRectF(0, (self.height() - side) / 2, side, side)
        paint_check(painter, box, self.isChecked(), self.hasFocus(), self.isEnabled(), colours)
        painter.setPen(colours.color("text", 1.0 if self.isEnabled() else 0.5))
        rest = QRectF(self.rect()).adjusted(side + colours.px(_GAP), 0, 0, 0)
        painter.drawText(rest, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextShowMnemonic, self.text())
        painter.end()


class ComboBox(QComboBox):
    """A list of options that is no wider than its panel."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumContentsLength(6)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        colours = theme.current()
        painter = QPainter(self)
        middle = QPointF(self.width() - colours.px(13), self.height() / 2)
        paint_chevron(painter, middle, colours.px(3.5), colours)
        painter.end()


def paint_check(painter: QPainter, box: QRectF, checked: bool, focused: bool, enabled: bool, colours: Theme) -> None:
    """A box with a tick in it, or an empty one."""
    strength = 1.0 if enabled else 0.5
    unit = box.width() / 16
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    edge = "accent" if checked or focused else "muted"
    if focused:
        painter.setPen(QPen(colours.color("accent", 0.4), 2 * unit))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box.adjusted(unit, unit, -unit, -unit), 4 * unit, 4 * unit)
    painter.setPen(QPen(colours.color(edge, strength), unit))
    painter.setBrush(colours.color("accent" if checked else "field", strength))
    inset = 1.5 * unit
    painter.drawRoundedRect(box.adjusted(inset, inset, -inset, -inset), 3 * unit, 3 * unit)
    if checked:
        painter.setPen(
            QPen(
                colours.color("on_accent"),
                1.8 * unit,
                Qt.PenStyle.SolidLine,
                Qt.PenCapStyle.RoundCap,
                Qt.PenJoinStyle.RoundJoin,
            )
        )
        tick = ((4.8, 8.2), (7.1, 10.5), (11.3, 5.8))
        painter.drawPolyline(QPolygonF([box.topLeft() + QPointF(x, y) * unit for x, y in tick]))


def paint_chevron(painter: QPainter, middle: QPointF, half: float, colours: Theme) -> None:
    """The mark of a list that opens."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(
        QPen(
            colours.color("muted"),
            half * 0.45,
            Qt.PenStyle.SolidLine,
            Qt.PenCapStyle.RoundCap,
            Qt.PenJoinStyle.RoundJoin,
        )
    )
    points = ((-half, -half / 2), (0.0, half / 2), (half, -half / 2))
    painter.drawPolyline(QPolygonF([middle + QPointF(x, y) for x, y in points]))


class LinkButton(QToolButton):
    """Two links of a chain, joined while checked."""

    def __init__(self) -> None:
        super().__init__()
        self.setCheckable(True)
        self.setProperty("role", "link")

    def sizeHint(self) -> QSize:
        """A small square."""
        side = theme.current().px(22)
        return QSize(side, side)

    def minimumSizeHint(self) -> QSize:
        """The same square."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        paint_link(painter, QRectF(self.rect()), self.isChecked(), theme.current())
        painter.end()


def paint_link(painter: QPainter, rect: QRectF, joined: bool, colours: Theme) -> None:
    """Two links of a chain, joined or apart, in the middle of `rect`."""
    unit = colours.px(12) / 12
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(colours.color("accent" if joined else "muted"), 1.4 * unit))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    apart = 0.0 if joined else 1.6
    for side in (-1, 1):
        middle = rect.center() + QPointF(side * (2.2 + apart) * unit, 0)
        box = QRectF(0, 0, 6.4 * unit, 5 * unit)
        box.moveCenter(middle)
        painter.drawRoundedRect(box, 2.5 * unit, 2.5 * unit)
