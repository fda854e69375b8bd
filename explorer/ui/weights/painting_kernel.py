"""How the numbers of a kernel are painted: cells tinted by sign and size, and the numbers where they can be read."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPen

from explorer.model.digits import number
from explorer.ops.op import Array
from explorer.ui.theme import Theme

STRONGEST = 0.6
"""How much of the full colour the largest number takes, so that its digits stay readable."""
LINED_CELL = 7
READABLE_CELL = 24


def largest(values: Array) -> float:
    """The greatest finite |value|, 0 where there is none: the tint of the cells is relative to it."""
    if not values.size:
        return 0.0
    low, high = float(np.min(values)), float(np.max(values))
    if not (np.isfinite(low) and np.isfinite(high)):
        finite = values[np.isfinite(values)]
        if not finite.size:
            return 0.0
        low, high = float(finite.min()), float(finite.max())
    return max(abs(low), abs(high))


def tints(values: Array, scale: float, colours: Theme) -> NDArray[np.uint32]:
    """0xffRRGGBB of each value: the card's colour at 0, towards blue or red up to |value| = scale."""
    part = np.nan_to_num(np.asarray(values, np.float64), nan=0.0, posinf=np.inf, neginf=-np.inf)
    part = np.clip(part / scale if scale > 0 else np.sign(part), -1.0, 1.0) * STRONGEST
    card, positive, negative = (_rgb(getattr(colours, name)) for name in ("card", "positive", "negative"))
    amount = np.abs(part)[..., None]
    toward = np.where(part[..., None] > 0, positive, negative)
    rgb = np.rint(card + (toward - card) * amount).astype(np.uint32)
    return np.ascontiguousarray(0xFF000000 | rgb[..., 0] << 16 | rgb[..., 1] << 8 | rgb[..., 2], dtype=np.uint32)


def paint_kernel(
    painter: QPainter,
    rect: QRectF,
    values: Array,
    colours: Theme,
    *,
    scale: float | None = None,
    current: tuple[int, int] | None = None,
    focused: bool = False,
    editable: bool = True,
    count: int | None = None,
) -> None:
    """A matrix that fills `rect`, each cell tinted by its value.

    scale    |value| of the strongest tint; None: the largest of `values`
    current  cell (row, column) to outline, in the accent colour while `focused`
    count    cells that there are, in row order, where the last row is not full
    """
    if values.ndim != 2 or not values.size or rect.isEmpty():
        return
    rows, columns = values.shape
    width, height = rect.width() / columns, rect.height() / rows
    pixels = tints(values, largest(values) if scale is None else scale, colours)
    count = rows * columns if count is None else count
    if count < rows * columns:
        pixels.ravel()[max(count, 0) :] = QColor(colours.panel).rgb()
    image = QImage(pixels.data, columns, rows, columns * 4, QImage.Format.Format_RGB32)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, width < 1 or height < 1)
    painter.drawImage(rect, image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    if min(width, height) >= colours.px(LINED_CELL):
        _lines(painter, rect, rows, columns, count, colours)
    if width >= colours.px(READABLE_CELL) and height >= colours.px(14):
        _numbers(painter, rect, values, count, colours, editable)
    if current is not None and current[0] * columns + current[1] < count:
        cell = QRectF(rect.x() + current[1] * width, rect.y() + current[0] * height, width, height)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colours.color("accent" if focused else "muted"), colours.px(2 if focused else 1)))
        painter.drawRect(cell.adjusted(1, 1, -1, -1))
    painter.restore()


def texts_of(values: Array, room: float, metrics: QFontMetricsF) -> list[str]:
    """The numbers in the most digits at which all fit into `room`: significant ones, or else decimals.

    Where neither does, as for a mixture of very large and very small numbers, those that fit.
    """
    numbers = values.ravel().tolist()
    texts = [number(value, 1) for value in numbers]
    for digits in (4, 3, 2, 1):
        tried = [number(value, digits) for value in numbers]
        if _fit(tried, room, metrics):
            return tried
    for decimals in (2, 1):
        tried = [_decimals(value, decimals) for value in numbers]
        if any(float(each) for each in np.round(values, decimals).flat) and _fit(tried, room, metrics):
            return tried
    return [text if _fit([text], room, metrics) else "" for text in texts]


def _decimals(value: float, decimals: int) -> str:
    """Rounded; "0" is exactly 0, and what only rounds to it is "0.0"."""
    if not math.isfinite(value) or value == 0:
        return number(value)
    rounded = round(value, decimals)
    return number(rounded, 9) if rounded else f"{0:.{decimals}f}"


def _fit(texts: list[str], room: float, metrics: QFontMetricsF) -> bool:
    return all(metrics.horizontalAdvance(text) <= room for text in texts)


def _lines(painter: QPainter, rect: QRectF, rows: int, columns: int, count: int, colours: Theme) -> None:
    painter.setPen(QPen(colours.color("border"), 1))
    width, height = rect.width() / columns, rect.height() / rows
    right, bottom = rect.right() - 1, rect.bottom() - 1
    whole, rest = divmod(count, columns)
    end = rect.y() + whole * height if rest else bottom
    lines = [
        QLineF(
            min(rect.x() + column * width, right),
            rect.y(),
            min(rect.x() + column * width, right),
            bottom if column <= rest else end,
        )
        for column in range(columns + 1)
    ]
    lines += [
        QLineF(
            rect.x(),
            min(rect.y() + row * height, bottom),
            rect.x() + rest * width if row > whole else right,
            min(rect.y() + row * height, bottom),
        )
        for row in range(rows + 1)
    ]
    painter.drawLines(lines)


def _numbers(painter: QPainter, rect: QRectF, values: Array, count: int, colours: Theme, editable: bool) -> None:
    rows, columns = values.shape
    width, height = rect.width() / columns, rect.height() / rows
    small = width < colours.px(38) or height < colours.px(22)
    font = colours.font("small number" if small else "number")
    painter.setFont(font)
    painter.setPen(colours.color("text", 1.0 if editable else 0.8))
    metrics = QFontMetricsF(font)
    texts = texts_of(values.ravel()[:count], width - colours.px(6), metrics)
    for place, text in enumerate(texts):
        row, column = divmod(place, columns)
        cell = QRectF(rect.x() + column * width, rect.y() + row * height, width, height)
        painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, text)


def _rgb(name: str) -> NDArray[np.float64]:
    color = QColor(name)
    return np.array([color.red(), color.green(), color.blue()], np.float64)
