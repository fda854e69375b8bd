"""The little histogram in the footer of a map, and the numbers of the large one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPolygonF

from explorer.model.digits import number
from explorer.ui.theme import Theme


def bar_heights(counts: NDArray[Any], columns: int) -> NDArray[np.float64]:
    """Heights in [0, 1] of at most `columns` bars; neighbouring bins share one. Square roots keep small ones seen."""
    values = np.nan_to_num(np.asarray(counts, np.float64).ravel(), posinf=0.0, neginf=0.0).clip(0)
    if values.size == 0 or columns < 1:
        return np.zeros(0)
    together = -(-values.size // columns)
    padded = np.pad(values, (0, -values.size % together)).reshape(-1, together).sum(axis=1)
    largest = float(padded.max())
    return np.sqrt(padded / largest) if largest > 0 else np.zeros(padded.size)


def paint_histogram(painter: QPainter, rect: QRectF, counts: NDArray[Any], theme: Theme) -> None:
    """The counts of equal bins as one quiet silhouette over the width of `rect`."""
    heights = bar_heights(counts, int(rect.width() // max(theme.px(2), 1)))
    if not heights.size or rect.height() <= 0:
        return
    painter.save()
    width, bottom = rect.width() / heights.size, rect.bottom()
    outline = [QPointF(rect.left(), bottom)]
    for place, height in enumerate(heights.tolist()):
        top = bottom - height * rect.height()
        outline += [QPointF(rect.left() + place * width, top), QPointF(rect.left() + (place + 1) * width, top)]
    outline.append(QPointF(rect.right(), bottom))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color("muted", 0.55))
    painter.drawPolygon(QPolygonF(outline))
    painter.restore()


def scaled_counts(counts: NDArray[Any], *, log: bool) -> tuple[NDArray[np.float64], list[tuple[float, str]]]:
    """Heights of the bars in [0, 1], and the ticks (height, count) beside them; an empty bin has height 0."""
    values = np.asarray(counts, np.float64)
    peak = float(values.max(initial=0.0))
    if peak <= 0:
        return np.zeros(values.size), [(0.0, "0")]
    if not log:
        return values / peak, [(0.0, "0"), (1.0, f"{peak:.0f}")]
    # One value has to be seen: it is as high as a third of a decade.
    lift = 1 / 3
    top = np.log10(peak) + lift
    heights = np.where(values > 0, (np.log10(np.maximum(values, 1)) + lift) / top, 0.0)
    powers = range(int(np.log10(peak)) + 1)
    return heights, [((power + lift) / top, f"{10**power}") for power in powers]


def value_ticks(low: float, high: float) -> list[tuple[float, str]]:
    """(place in [0, 1], number) of the least and the greatest value, and of 0 where it stands clear of them."""
    if not low < high:
        return [(0.5, number(low, 3))]
    ticks = [(0.0, number(low, 3)), (1.0, number(high, 3))]
    zero = place_of(0.0, low, high)
    return [*ticks, (zero, "0")] if 0.14 < zero < 0.86 else ticks


def place_of(value: float, low: float, high: float) -> float:
    """Where a value lies between `low`, 0, and `high`, 1; without overflow."""
    half = high / 2 - low / 2
    return (value / 2 - low / 2) / half if half > 0 else 0.5
