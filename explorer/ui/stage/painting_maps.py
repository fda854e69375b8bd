"""How a map is painted. The stage, the exported figure and the tests call the same functions."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPainterPath, QPen

from explorer.model.digits import number
from explorer.model.display import Maps
from explorer.ui.stage.map_layout import Window, rect_of_cells
from explorer.ui.theme import Theme

READABLE_CELL = 34
"""A cell this wide shows its number."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A rectangle of cells to outline: the cell under the cursor, a receptive field.

    maps  the half-open range of the maps that it is outlined in; None is all
    """

    cells: QRectF
    pinned: bool = False
    maps: tuple[int, int] | None = None

    def lies_in(self, map: int) -> bool:
        """Whether it is outlined in this map."""
        return self.maps is None or self.maps[0] <= map < self.maps[1]


def image_of(pixels: NDArray[np.uint32]) -> QImage:
    """A picture that shares the memory of `pixels` (rows × columns of 0xffRRGGBB), which has to outlive it."""
    height, width = pixels.shape
    return QImage(pixels.data, width, height, width * 4, QImage.Format.Format_RGB32)


def paint_image(painter: QPainter, rect: QRectF, pixels: NDArray[np.uint32], window: Window) -> None:
    """The part of a coloured map that is in view: averaged when smaller than its cells, hard-edged when larger."""
    height, width = pixels.shape
    if not height or not width or rect.isEmpty():
        return
    source = window.cells(height, width)
    painter.save()
    ratio = painter.device().devicePixelRatioF()
    smaller = source.width() > rect.width() * ratio or source.height() > rect.height() * ratio
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smaller)
    painter.drawImage(rect, image_of(pixels), source)
    painter.restore()


def round_off(painter: QPainter, rect: QRectF, radius: float, behind: QColor) -> None:
    """Corners of what is `behind` a picture, painted over it: to clip it to a path takes as long as twenty pictures."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    corners = QPainterPath()
    corners.addRect(rect)
    corners.addRoundedRect(rect, radius, radius)
    painter.fillPath(corners, behind)
    painter.restore()


def paint_numbers(
    painter: QPainter,
    rect: QRectF,
    values: NDArray[np.generic],
    pixels: NDArray[np.uint32],
    window: Window,
    theme: Theme,
) -> None:
    """The numbers of the cells in view, once a cell is wide enough to read one."""
    height, width = values.shape
    cells = window.cells(height, width)
    across = rect.width() / cells.width()
    if across < theme.px(READABLE_CELL):
        return
    painter.save()
    painter.setClipRect(rect)
    painter.setFont(theme.font("small number"))
    for row in range(max(0, math.floor(cells.top())), min(height, math.ceil(cells.bottom()))):
        for column in range(max(0, math.floor(cells.left())), min(width, math.ceil(cells.right()))):
            behind = int(pixels[row * pixels.shape[0] // height, column * pixels.shape[1] // width])
            painter.setPen(ink_on(QColor.fromRgb(behind)))
            place = rect_of_cells(QRectF(column, row, 1, 1), rect, window, height, width)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, number(float(values[row, column]), 3))
    painter.restore()


def ink_on(background: QColor) -> QColor:
    """Black or white, whichever is read better on a colour."""
    red, green, blue = background.redF(), background.greenF(), background.blueF()
    return QColor("#101010" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 else "#ffffff")


def paint_marks(
    painter: QPainter, rect: QRectF, marks: tuple[Mark, ...], window: Window, height: int, width: int, theme: Theme
) -> None:
    """Outlines of cells, at least a few pixels wide so that a single cell is found in a large map."""
    painter.save()
    painter.setClipRect(rect.adjusted(-1, -1, 1, 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    least = theme.px(9)
    for mark in marks:
        place = rect_of_cells(mark.cells, rect, window, height, width)
        grow_x, grow_y = max(0.0, least - place.width()) / 2, max(0.0, least - place.height()) / 2
        place.adjust(-grow_x, -grow_y, grow_x, grow_y)
        painter.setPen(QPen(theme.color("card", 0.8), 1))
        painter.drawRect(place.adjusted(-2, -2, 2, 2))
        painter.setPen(QPen(theme.color("pinned" if mark.pinned else "probe"), theme.px(2)))
        painter.drawRect(place)
    painter.restore()


def paint_caption(
    painter: QPainter, rect: QRectF, left: str, right: str, theme: Theme, *, stacked: bool = False
) -> None:
    """Name of the map at the left, its range at the right; the name gives way when both do not fit.

    `stacked` puts the range on a line of its own below the name.
    """
    if stacked:
        half = rect.height() / 2
        paint_caption(painter, rect.adjusted(0, theme.px(3), 0, -half), left, "", theme)
        painter.save()
        painter.setFont(theme.font("small number"))
        painter.setPen(theme.color("muted"))
        line = rect.adjusted(0, half, 0, -theme.px(3))
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, right)
        painter.restore()
        return
    painter.save()
    painter.setFont(theme.font("small number"))
    metrics = QFontMetricsF(painter.font())
    painter.setPen(theme.color("muted"))
    needed = metrics.horizontalAdvance(right)
    if needed <= rect.width() - metrics.horizontalAdvance("∂ 00 …") or not left:
        painter.drawText(rect, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, right)
    else:
        needed = 0.0
    painter.setFont(theme.font("small"))
    metrics = QFontMetricsF(painter.font())
    room = rect.width() - needed - (theme.px(8) if needed else 0)
    painter.setPen(theme.color("text"))
    elided = metrics.elidedText(left, Qt.TextElideMode.ElideRight, room)
    painter.drawText(rect, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, elided)
    painter.restore()


def caption(maps: Maps, index: int) -> tuple[str, str]:
    """Left and right text under a map: number and name, and the range of its values."""
    label = maps.labels[index]
    left = f"{index} · {label}" if label else str(index)
    if maps.gradient:
        left = f"∂ {left}"
    low, high = (float(each) for each in maps.own[index])
    digits = 2 if maps.gradient else 3
    right = f"{number(low, digits)} … {number(high, digits)}" if low < high else number(low, digits)
    lost = int(maps.not_finite[index])
    return left, f"{right} · {lost} NaN/∞" if lost else right


def paint_tile(
    painter: QPainter,
    tile: QRectF,
    image: QRectF,
    maps: Maps,
    index: int,
    window: Window,
    theme: Theme,
    *,
    selected: bool = False,
    stale: bool = False,
    marks: tuple[Mark, ...] = (),
    stacked: bool = False,
) -> None:
    """One map with frame, caption and marks; `stale` dims what is behind the settings, `stacked` as in the caption."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(QPen(theme.color("accent" if selected else "border"), theme.px(2) if selected else 1))
    painter.setBrush(theme.color("card"))
    painter.drawRoundedRect(tile.adjusted(0.5, 0.5, -0.5, -0.5), theme.px(8), theme.px(8))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    place = index - maps.first
    if 0 <= place < len(maps.images):
        pixels = maps.images[place]
        paint_image(painter, image, pixels, window)
        round_off(painter, image, theme.px(4), theme.color("card"))
        paint_numbers(painter, image, maps.values[index], pixels, window, theme)
        height, width = maps.values.shape[1:]
        here = tuple(mark for mark in marks if mark.lies_in(index))
        paint_marks(painter, image, here, window, height, width, theme)
    if stale:
        painter.fillRect(image, theme.color("card", 0.45))
    inset = theme.px(8)
    strip = QRectF(QPointF(tile.left() + inset, image.bottom()), QPointF(tile.right() - inset, tile.bottom()))
    paint_caption(painter, strip, *caption(maps, index), theme, stacked=stacked)
    painter.restore()
