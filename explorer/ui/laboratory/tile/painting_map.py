"""How the map is painted with its tiles: all of it, or the chosen tile with those around it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPen

from explorer.model.digits import number
from explorer.model.display import Maps
from explorer.model.laboratory.tiles import Cut, Pair
from explorer.ui.laboratory.tile.naming import hue
from explorer.ui.stage.painting_maps import image_of, ink_on
from explorer.ui.theme import Theme

_READABLE = 52
"""Pixels of a cell from which its number is written."""
_LINED = 5
"""Pixels between the beginnings of tiles from which these are ruled."""


@dataclass(frozen=True, slots=True)
class Area:
    """Cells of the map, padding included, in a rectangle of the screen: row and column `first`, so many from there."""

    first: Pair
    count: Pair
    rect: QRectF

    @property
    def cell(self) -> float:
        """Pixels of a cell."""
        return self.rect.width() / self.count[1]

    def cells(self, row: float, column: float, rows: float, columns: float) -> QRectF:
        """Where cells are on the screen."""
        side = self.cell
        return QRectF(
            self.rect.left() + (column - self.first[1]) * side,
            self.rect.top() + (row - self.first[0]) * side,
            columns * side,
            rows * side,
        )

    def at(self, point: QPointF) -> Pair:
        """The cell under a point, or the next one in a straight line outside."""
        inside = point - self.rect.topLeft()
        return int(inside.y() // self.cell) + self.first[0], int(inside.x() // self.cell) + self.first[1]


def whole(cut: Cut, room: QRectF) -> Area:
    """All that any tile reads."""
    top, left = cut.origin((0, 0))
    rows, columns = cut.count
    end = [
        max(extent, start + (tiles - 1) * m + size)
        for extent, start, tiles, m, size in zip(
            cut.extents, (top, left), (rows, columns), cut.m, cut.size, strict=True
        )
    ]
    return _fitted((min(top, 0), min(left, 0)), (end[0] - min(top, 0), end[1] - min(left, 0)), room)


def near(cut: Cut, tile: Pair, room: QRectF) -> Area:
    """The tile, and as much more on each side as the next one begins apart."""
    top, left = cut.origin(tile)
    return _fitted((top - cut.m[0], left - cut.m[1]), (cut.size[0] + 2 * cut.m[0], cut.size[1] + 2 * cut.m[1]), room)


def _fitted(first: Pair, count: Pair, room: QRectF) -> Area:
    side = max(min(room.width() / count[1], room.height() / count[0]), 0.01)
    width, height = side * count[1], side * count[0]
    return Area(first, count, QRectF(room.center().x() - width / 2, room.center().y() - height / 2, width, height))


def paint_whole(painter: QPainter, area: Area, maps: Maps, cut: Cut, tile: Pair, look: Theme) -> None:
    """The map, ruled where tiles begin, and the chosen tile."""
    painter.save()
    _paint_cells(painter, area, maps, cut, look)
    if min(cut.m) * area.cell >= look.px(_LINED):
        _rule(painter, area, cut, QColor(255, 255, 255, 70))
    top, left = cut.origin(tile)
    found = area.cells(top, left, *cut.size)
    least = look.px(9)
    grow = max(0.0, least - found.width()) / 2
    found.adjust(-grow, -grow, grow, grow)
    _frame(painter, found, look, "accent", 3)
    painter.restore()


def paint_near(painter: QPainter, area: Area, maps: Maps, cut: Cut, tile: Pair, look: Theme) -> None:
    """The chosen tile with those around it: what it shares with them is tinted, what it makes is outlined."""
    painter.save()
    painter.setClipRect(area.rect.adjusted(-1, -1, 1, 1))
    _paint_cells(painter, area, maps, cut, look)
    painter.setPen(QPen(QColor(128, 128, 128, 70), 1))
    for row in range(area.count[0] + 1):
        line = area.cells(area.first[0] + row, area.first[1], 0, area.count[1])
        painter.drawLine(QLineF(line.topLeft(), line.topRight()))
    for column in range(area.count[1] + 1):
        line = area.cells(area.first[0], area.first[1] + column, area.count[0], 0)
        painter.drawLine(QLineF(line.topLeft(), line.bottomLeft()))
    rows, columns = cut.count
    neighbours = [
        (tile[0] + i, tile[1] + j)
        for i in (-1, 0, 1)
        for j in (-1, 0, 1)
        if (i or j) and 0 <= tile[0] + i < rows and 0 <= tile[1] + j < columns
    ]
    chosen = area.cells(*cut.origin(tile), *cut.size)
    painter.setPen(Qt.PenStyle.NoPen)
    shared = QPainterPath()
    shared.setFillRule(Qt.FillRule.WindingFill)
    for each in neighbours:
        shared.addRect(area.cells(*cut.origin(each), *cut.size).intersected(chosen))
    painter.fillPath(shared, look.color("accent", 0.28))
    _paint_numbers(painter, area, maps, look)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for each in neighbours:
        if each[0] == tile[0] or each[1] == tile[1]:
            inset = look.px(2)
            found = area.cells(*cut.origin(each), *cut.size).adjusted(inset, inset, -inset, -inset)
            painter.setPen(QPen(QColor(255, 255, 255, 120), look.px(3)))
            painter.drawRect(found)
            painter.setPen(QPen(look.color("accent"), look.px(1)))
            painter.drawRect(found)
    top, left = cut.origin(tile)
    middle = tuple((taps - 1) // 2 for taps in cut.kernel)
    made = area.cells(top + middle[0], left + middle[1], *cut.m)
    _frame(painter, chosen, look, "accent", 3)
    painter.setPen(QPen(QColor(255, 255, 255, 200), look.px(4)))
    painter.drawRect(made)
    painter.setPen(QPen(hue("outputs", look), look.px(2)))
    painter.drawRect(made)
    painter.restore()


def _paint_cells(painter: QPainter, area: Area, maps: Maps, cut: Cut, look: Theme) -> None:
    painter.fillRect(area.rect, look.color("field"))
    painter.fillRect(area.rect, QBrush(look.color("hatch"), Qt.BrushStyle.BDiagPattern))
    pixels = maps.images[0]
    height, width = cut.extents
    shown = area.cells(0, 0, height, width).intersected(area.rect)
    if shown.isEmpty():
        return
    across, down = pixels.shape[1] / width, pixels.shape[0] / height
    first = (shown.left() - area.rect.left()) / area.cell + area.first[1]
    top = (shown.top() - area.rect.top()) / area.cell + area.first[0]
    source = QRectF(first * across, top * down, shown.width() / area.cell * across, shown.height() / area.cell * down)
    smaller = source.width() > shown.width() * painter.device().devicePixelRatioF()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smaller)
    painter.drawImage(shown, image_of(pixels), source)


def _rule(painter: QPainter, area: Area, cut: Cut, colour: QColor) -> None:
    painter.setPen(QPen(colour, 1))
    top, left = cut.origin((0, 0))
    for row in range(cut.count[0] + 1):
        y = area.cells(top + row * cut.m[0], 0, 0, 0).top()
        painter.drawLine(QPointF(area.rect.left(), y), QPointF(area.rect.right(), y))
    for column in range(cut.count[1] + 1):
        x = area.cells(0, left + column * cut.m[1], 0, 0).left()
        painter.drawLine(QPointF(x, area.rect.top()), QPointF(x, area.rect.bottom()))


def _paint_numbers(painter: QPainter, area: Area, maps: Maps, look: Theme) -> None:
    if area.cell < look.px(_READABLE):
        return
    values, pixels = maps.values[0], maps.images[0]
    painter.setFont(look.font("small number"))
    height, width = values.shape
    for row in range(area.first[0], area.first[0] + area.count[0]):
        for column in range(area.first[1], area.first[1] + area.count[1]):
            inside = 0 <= row < height and 0 <= column < width
            ink = ink_on(QColor.fromRgb(int(pixels[row, column]))) if inside else look.color("muted")
            painter.setPen(ink)
            text = number(float(values[row, column]), 2) if inside else "0"
            painter.drawText(area.cells(row, column, 1, 1), Qt.AlignmentFlag.AlignCenter, text)


def _frame(painter: QPainter, rect: QRectF, look: Theme, colour: str, width: int) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(255, 255, 255, 210), look.px(width + 2)))
    painter.drawRect(rect)
    painter.setPen(QPen(look.color(colour), look.px(width)))
    painter.drawRect(rect)
