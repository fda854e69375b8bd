"""Paints a plot: axes, spreads, lines with their names at their ends, and marks. Pure, for a widget and for a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF

from explorer.ui.laboratory.charts.chart import Chart, Line, Span
from explorer.ui.laboratory.charts.scales import labelled, place, ticks
from explorer.ui.theme import Theme

__all__ = ["Frame", "colour_of", "framed", "paint_chart"]

_BETWEEN_ROWS, _BETWEEN_COLUMNS = 34, 52
_INSET = 14
_WIDEST_NAMES = 0.34
"""Of the width, for the names at the ends of the lines."""
_LEFT, _RIGHT, _MIDDLE = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignHCenter
_CENTRE = Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class Frame:
    """Where the inside of the plot lies, and what it spans."""

    inside: QRectF
    xs: Span
    ys: Span
    chart: Chart

    def x(self, value: float) -> float:
        """The column of a value."""
        return self.inside.left() + place(value, self.xs, log=self.chart.x.log) * self.inside.width()

    def y(self, value: float) -> float:
        """The row of a value."""
        return self.inside.bottom() - place(value, self.ys, log=self.chart.y.log) * self.inside.height()

    def drawn(self, value: float) -> bool:
        """Whether a value has a row."""
        return isfinite(value) and (value > 0 or not self.chart.y.log)

    def nearest(self, column: float) -> float | None:
        """The x with a value that is nearest to a column."""
        return min(self.chart.places, key=lambda x: abs(self.x(x) - column), default=None)


def framed(chart: Chart, rect: QRectF, now: Theme) -> Frame:
    """The layout of a plot in a rectangle."""
    small, number = QFontMetricsF(now.font("small")), QFontMetricsF(now.font("small number"))
    ys = chart.y_span()
    top = rect.top() + (small.height() + now.px(6) if chart.title else 0) + small.height() + now.px(10)
    bottom = rect.bottom() - number.height() - small.height() - now.px(10)
    rows = ticks(chart.y, ys, int((bottom - top) / now.px(_BETWEEN_ROWS)))
    left = rect.left() + max((number.horizontalAdvance(labelled(each, chart.y)) for each in rows), default=0)
    names = max((small.horizontalAdvance(line.name) for line in chart.lines), default=0.0)
    right = rect.right() - min(names, rect.width() * _WIDEST_NAMES) - now.px(22)
    left += now.px(10)
    return Frame(
        QRectF(left, top, max(right - left, 1), max(bottom - top, 1)), _widened(chart, left, right, now), ys, chart
    )


def _widened(chart: Chart, left: float, right: float, now: Theme) -> Span:
    """The span of x with room for a mark at either end."""
    low, high = chart.x_span()
    share = now.px(_INSET) / max(right - left - 2 * now.px(_INSET), 1)
    if chart.x.log:
        factor = (high / low) ** share
        return low / factor, high * factor
    return low - (high - low) * share, high + (high - low) * share


def colour_of(hue: int | None, now: Theme) -> QColor:
    """The colour of a line."""
    return now.color("muted") if hue is None else QColor(now.hues[hue % len(now.hues)])


def paint_chart(painter: QPainter, rect: QRectF, chart: Chart, now: Theme, at: float | None = None) -> Frame:
    """Paint a plot into a rectangle; the values at `at` are pointed out. Where everything lies comes back."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    frame = framed(chart, rect, now)
    small = QFontMetricsF(now.font("small"))
    if chart.title:
        painter.setFont(now.font("strong"))
        painter.setPen(now.color("text"))
        painter.drawText(
            QRectF(rect.left(), rect.top(), rect.width(), small.height() + now.px(4)), _LEFT | _CENTRE, chart.title
        )
    if not chart.filled:
        painter.setFont(now.font("text"))
        painter.setPen(now.color("muted"))
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, chart.empty)
        return frame
    _axes(painter, rect, frame, now)
    if at is not None:
        painter.setPen(QPen(now.color("muted", 0.6), 1, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(frame.x(at), frame.inside.top()), QPointF(frame.x(at), frame.inside.bottom()))
    for line in chart.lines:
        _spread(painter, frame, line, now)
    for line in chart.lines:
        _line(painter, frame, line, now, at)
    _marks(painter, frame, now)
    _names(painter, rect, frame, now)
    return frame


def _axes(painter: QPainter, rect: QRectF, frame: Frame, now: Theme) -> None:
    inside, chart = frame.inside, frame.chart
    small, number = QFontMetricsF(now.font("small")), QFontMetricsF(now.font("small number"))
    painter.setFont(now.font("small number"))
    for value in ticks(chart.y, frame.ys, int(inside.height() / now.px(_BETWEEN_ROWS))):
        y = frame.y(value)
        painter.setPen(QPen(now.color("border"), 1))
        painter.drawLine(QPointF(inside.left(), y), QPointF(inside.right(), y))
        painter.setPen(now.color("muted"))
        beside = QRectF(rect.left(), y - number.height() / 2, inside.left() - rect.left() - now.px(7), number.height())
        painter.drawText(beside, _RIGHT | _CENTRE, labelled(value, chart.y))
    for value in ticks(chart.x, frame.xs, int(inside.width() / now.px(_BETWEEN_COLUMNS))):
        x = frame.x(value)
        painter.setPen(QPen(now.color("border"), 1))
        painter.drawLine(QPointF(x, inside.bottom()), QPointF(x, inside.bottom() + now.px(4)))
        painter.setPen(now.color("muted"))
        below = QRectF(x - now.px(40), inside.bottom() + now.px(5), now.px(80), number.height())
        painter.drawText(below, _MIDDLE | _CENTRE, labelled(value, chart.x))
    painter.setPen(QPen(now.color("muted", 0.7), 1))
    painter.drawLine(inside.bottomLeft(), inside.bottomRight())
    painter.setFont(now.font("small"))
    painter.setPen(now.color("muted"))
    above = QRectF(rect.left(), inside.top() - small.height() - now.px(7), rect.width(), small.height())
    painter.drawText(above, _LEFT | _CENTRE, chart.y.title)
    under = QRectF(inside.left(), inside.bottom() + number.height() + now.px(7), inside.width(), small.height())
    painter.drawText(under, _MIDDLE | _CENTRE, chart.x.title)


def _spread(painter: QPainter, frame: Frame, line: Line, now: Theme) -> None:
    if not line.low:
        return
    kept = [i for i in range(len(line.x)) if frame.drawn(line.low[i]) and frame.drawn(line.high[i])]
    colour = colour_of(line.hue, now)
    if line.style == "points":
        painter.setPen(QPen(colour, now.px(1.5)))
        for i in kept:
            x = frame.x(line.x[i])
            painter.drawLine(QPointF(x, frame.y(line.low[i])), QPointF(x, frame.y(line.high[i])))
        return
    colour.setAlphaF(0.18)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    edge = [QPointF(frame.x(line.x[i]), frame.y(line.high[i])) for i in kept]
    edge += [QPointF(frame.x(line.x[i]), frame.y(line.low[i])) for i in reversed(kept)]
    painter.drawPolygon(QPolygonF(edge))


def _line(painter: QPainter, frame: Frame, line: Line, now: Theme, at: float | None) -> None:
    colour = colour_of(line.hue, now)
    kept = [i for i in range(len(line.x)) if frame.drawn(line.y[i])]
    points = [QPointF(frame.x(line.x[i]), frame.y(line.y[i])) for i in kept]
    pen = QPen(colour, now.px(2) if line.hue is not None else now.px(1.5))
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    if line.style == "dashed":
        pen.setDashPattern([3, 2.5])
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if line.style == "steps":
        painter.drawPolyline([each for a, b in pairwise(points) for each in (a, QPointF(b.x(), a.y()), b)])
    elif line.style != "points":
        painter.drawPolyline(points)
    painter.setPen(QPen(now.color("card"), now.px(1)))
    painter.setBrush(colour)
    for i, point in zip(kept, points, strict=True):
        side = now.px(3.5) if line.x[i] == at else now.px(2.5)
        if line.style == "points":
            painter.drawRect(QRectF(point.x() - side - 1, point.y() - side - 1, 2 * side + 2, 2 * side + 2))
        elif line.style != "steps":
            painter.drawEllipse(point, side, side)
    painter.setFont(now.font("strong"))
    painter.setPen(colour)
    for x, y in zip(line.x, line.y, strict=True):
        if not isfinite(y):
            painter.drawText(QRectF(frame.x(x) - 12, frame.inside.top() - 4, 24, 18), _MIDDLE | _CENTRE, "∞")


def _marks(painter: QPainter, frame: Frame, now: Theme) -> None:
    font = now.font("small")
    painter.setFont(font)
    points = [QPointF(frame.x(mark.x), frame.y(mark.y)) for mark in frame.chart.marks]
    side = now.px(5)
    taken = [QRectF(point.x() - side, point.y() - side, 2 * side, 2 * side) for point in points]
    for mark, point in zip(frame.chart.marks, points, strict=True):
        box = _beside(point, QFontMetricsF(font), mark.text, frame.inside, taken, now)
        taken.append(box)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(now.color("card", 0.85))
        painter.drawRoundedRect(box, now.px(3), now.px(3))
        painter.setPen(now.color("text"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, mark.text)
    painter.setPen(QPen(now.color("text"), now.px(1.5)))
    painter.setBrush(now.color("card"))
    for point in points:
        painter.drawEllipse(point, side, side)


def _beside(
    point: QPointF, metrics: QFontMetricsF, text: str, inside: QRectF, others: Sequence[QRectF], now: Theme
) -> QRectF:
    """The box of a text above its point, clear of `others`; below it where there is no room above."""
    wide, high = metrics.horizontalAdvance(text) + now.px(8), metrics.height()
    left = min(max(point.x() - wide / 2, inside.left()), inside.right() - wide)
    box = QRectF(left, point.y() - now.px(9) - high, wide, high)
    while other := next((each for each in others if each.intersects(box)), None):
        box.moveBottom(other.top())
    if box.top() - inside.top() > now.px(9):
        return box
    box.moveTop(point.y() + now.px(9))
    while other := next((each for each in others if each.intersects(box)), None):
        box.moveTop(other.bottom())
    return box


def _names(painter: QPainter, rect: QRectF, frame: Frame, now: Theme) -> None:
    """The names beside the ends of the lines, moved apart where they would cover each other."""
    font = now.font("small")
    painter.setFont(font)
    metrics = QFontMetricsF(font)
    high = metrics.height()
    ends = []
    for line in frame.chart.lines:
        kept = [(x, y) for x, y in zip(line.x, line.y, strict=True) if frame.drawn(y)]
        if kept and line.name:
            ends.append((QPointF(frame.x(kept[-1][0]), frame.y(kept[-1][1])), line))
    ends.sort(key=lambda end: end[0].y())
    rows = _apart([point.y() for point, _ in ends], high, frame.inside.top(), frame.inside.bottom())
    left = frame.inside.right() + now.px(14)
    for (point, line), row in zip(ends, rows, strict=True):
        colour = colour_of(line.hue, now)
        faint = QColor(colour)
        faint.setAlphaF(0.45)
        painter.setPen(QPen(faint, 1))
        painter.drawLine(QPointF(point.x() + now.px(6), point.y()), QPointF(left - now.px(3), row))
        painter.setPen(colour)
        text = metrics.elidedText(line.name, Qt.TextElideMode.ElideMiddle, rect.right() - left)
        painter.drawText(QRectF(left, row - high / 2, rect.right() - left, high), _LEFT | _CENTRE, text)


def _apart(wanted: list[float], gap: float, top: float, bottom: float) -> list[float]:
    """Rows in order, as near to those wanted as they can be with `gap` between neighbours."""
    rows = list(wanted)
    for i in range(1, len(rows)):
        rows[i] = max(rows[i], rows[i - 1] + gap)
    if rows and rows[-1] > bottom:
        rows[-1] = bottom
        for i in range(len(rows) - 2, -1, -1):
            rows[i] = min(rows[i], rows[i + 1] - gap)
    return [max(row, top - gap) for row in rows]
