"""Paints maps of errors beside each other: the fast filter and the direct one, in one range of colours.

Errors of one map differ by powers of ten, so the colours follow their logarithm.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from explorer.model.colours import table
from explorer.model.laboratory.error_map import ErrorMap
from explorer.ui.exporting.figures import coloured
from explorer.ui.laboratory.charts.chart import Axis, Span
from explorer.ui.laboratory.charts.scales import labelled, place, ticks
from explorer.ui.stage.map_layout import Window
from explorer.ui.stage.painting_maps import image_of, paint_image
from explorer.ui.theme import Theme

__all__ = ["COLOURS", "Pair", "laid_out", "paint_errors", "pair_of"]

COLOURS = "viridis"
_BAR, _GAP, _CAPTION = 92, 20, 42
_LOWEST = 5
"""Per cent of the errors that are not told apart."""
_WIDEST = 1e5


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Both maps with their colours, and what they are called; `said` stands under each.

    span  what the colours cover, in decades; less has the first colour, infinite errors that of no number
    """

    title: str
    found: ErrorMap
    span: Span
    pixels: tuple[NDArray[np.uint32], NDArray[np.uint32]]
    names: tuple[str, str]
    said: tuple[str, str]
    m: int


def pair_of(title: str, found: ErrorMap, names: tuple[str, str], said: tuple[str, str], m: int) -> Pair:
    """The colours of a map, the same for both."""
    errors = np.concatenate([found.fast.ravel(), found.direct.ravel()])
    errors = errors[np.isfinite(errors) & (errors > 0)]
    high = float(errors.max()) if errors.size else 1.0
    low = max(float(np.percentile(errors, _LOWEST)), high / _WIDEST) if errors.size else 0.1
    span = low, max(high, low * 1.01)
    return Pair(title, found, span, (_coloured(found.fast, span), _coloured(found.direct, span)), names, said, m)


def _coloured(errors: NDArray[np.float32], span: Span) -> NDArray[np.uint32]:
    with np.errstate(divide="ignore"):
        places = np.log10(errors)
    places[np.isneginf(places)] = np.log10(span[0])
    places[np.isposinf(places)] = np.nan
    return coloured(places, float(np.log10(span[0])), float(np.log10(span[1])), COLOURS)


def laid_out(rect: QRectF, shape: tuple[int, int], now: Theme) -> tuple[QRectF, QRectF, QRectF]:
    """Where the two maps and the bar of the colours lie: as large as they can be."""
    gap, caption, bar = now.px(_GAP), now.px(_CAPTION), now.px(_BAR)
    top = rect.top() + QFontMetricsF(now.font("strong")).height() + now.px(10)
    room_x, room_y = (rect.width() - bar - 2 * gap) / 2, rect.bottom() - caption - top
    rows, columns = shape
    scale = max(min(room_x / columns, room_y / rows), 0.01)
    wide, high = columns * scale, rows * scale
    left = rect.left() + max((rect.width() - 2 * wide - 2 * gap - bar) / 2, 0)
    first = QRectF(left, top, wide, high)
    second = first.translated(wide + gap, 0)
    return first, second, QRectF(second.right() + gap, top, bar, min(high, now.px(320)))


def paint_errors(
    painter: QPainter, rect: QRectF, pair: Pair, now: Theme, cell: tuple[int, int] | None = None
) -> None:  # fmt: skip
    """Both maps, the numbers under them, and the bar of the colours; a `cell` is outlined in both."""
    maps = laid_out(rect, pair.found.fast.shape, now)
    painter.setFont(now.font("strong"))
    painter.setPen(now.color("text"))
    painter.drawText(rect, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft, pair.title)
    for rect_of, pixels, name, said in zip(maps[:2], pair.pixels, pair.names, pair.said, strict=True):
        paint_image(painter, rect_of, pixels, Window())
        painter.setPen(QPen(now.color("border"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(rect_of)
        if cell is not None:
            rows, columns = pixels.shape
            high, wide = rect_of.height() / rows, rect_of.width() / columns
            around = QRectF(rect_of.left() + cell[1] * wide, rect_of.top() + cell[0] * high, wide, high)
            painter.setPen(QPen(now.color("probe"), now.px(1.5)))
            painter.drawRect(around.adjusted(-2, -2, 2, 2))
        line = QFontMetricsF(now.font("small")).height()
        under = QRectF(rect_of.left(), rect_of.bottom() + now.px(4), max(rect_of.width(), now.px(220)), line)
        painter.setFont(now.font("small"))
        painter.setPen(now.color("text"))
        painter.drawText(under, Qt.AlignmentFlag.AlignLeft, name)
        painter.setFont(now.font("small number"))
        painter.setPen(now.color("muted"))
        painter.drawText(under.translated(0, line), Qt.AlignmentFlag.AlignLeft, said)
    _bar(painter, maps[2], pair.span, now)


def _bar(painter: QPainter, rect: QRectF, span: Span, now: Theme) -> None:
    """The colours with their numbers, the least at the bottom."""
    strip = QRectF(rect.left(), rect.top(), now.px(12), rect.height())
    pixels = np.ascontiguousarray(table(COLOURS)[::-1, None])
    painter.drawImage(strip, image_of(pixels), QRectF(0, 0, 1, 256))
    axis = Axis("", log=True, powers=True)
    painter.setFont(now.font("small number"))
    high = QFontMetricsF(painter.font()).height()
    for value in ticks(axis, span, max(int(rect.height() / now.px(34)), 2)):
        y = strip.bottom() - place(value, span, log=True) * strip.height()
        painter.setPen(QPen(now.color("muted"), 1))
        painter.drawLine(QPointF(strip.right(), y), QPointF(strip.right() + now.px(4), y))
        painter.setPen(now.color("text"))
        text = QRectF(strip.right() + now.px(7), y - high / 2, rect.width(), high)
        painter.drawText(text, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, labelled(value, axis))
