"""How a calculation is painted: what `explanation_layout` placed, and the number that it arrives at.

INPUT PATCH              KERNEL           PRODUCTS           OUTPUT
(1, 184…186, 290…292)
[ 3 × 3 numbers ]    ⊙   [ 3 × 3 ]   =    [ 3 × 3 ]     Σ    1.04
"""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QPainter, QPen

from explorer.ops.explanation import Grid, Sign, Sum
from explorer.ui.calculation.explanation_layout import (
    LEDGER_GAP,
    LEDGER_ROW,
    Calculation,
    Outcome,
    Placed,
    faces,
    outcome_size,
)
from explorer.ui.texts import said
from explorer.ui.theme import Theme

_CENTRE, _LEFT = Qt.AlignmentFlag.AlignCenter, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def paint_explanation(
    painter: QPainter, rect: QRectF, calculations: tuple[Calculation, ...], outcome: Outcome, theme: Theme
) -> None:
    """Calculations beside each other, a quiet line between them, and what they arrive at: for a figure."""
    gap, left = theme.px(18), rect.left()
    for place, calculation in enumerate(calculations):
        if place:
            painter.setPen(theme.color("border"))
            painter.drawLine(QLineF(left - gap / 2, rect.top(), left - gap / 2, rect.bottom()))
        size = calculation.size
        paint_calculation(painter, QRectF(QPointF(left, rect.top()), size), calculation, theme)
        left += size.width() + gap
    paint_outcome(painter, QRectF(QPointF(left, rect.top()), outcome_size(outcome, theme)), outcome, theme)


def paint_calculation(
    painter: QPainter,
    rect: QRectF,
    calculation: Calculation,
    theme: Theme,
    *,
    hovered: tuple[Placed, int, int] | None = None,
    exposed: QRectF | None = None,
) -> None:
    """A step that is laid out, from the top left of `rect`; `exposed` is the part of `rect` that is wanted."""
    painter.save()
    painter.translate(rect.topLeft())
    wanted = exposed.translated(-rect.topLeft()) if exposed is not None else None
    for placed in calculation.parts:
        if wanted is not None and not wanted.intersects(placed.column):
            continue
        _paint_caption(painter, placed, theme)
        if isinstance(placed.part, Grid):
            cell = hovered[1:] if hovered is not None and hovered[0] is placed else None
            _paint_grid(painter, placed, placed.part, theme, cell, wanted)
        elif isinstance(placed.part, Sum):
            _paint_ledger(painter, placed, placed.part, theme)
        else:
            sign = isinstance(placed.part, Sign)
            painter.setFont(faces(theme).sign if sign else faces(theme).number)
            painter.setPen(theme.color("muted" if sign else "text"))
            painter.drawText(placed.body, _CENTRE, str(placed.texts))
    painter.restore()


def paint_outcome(painter: QPainter, rect: QRectF, outcome: Outcome, theme: Theme) -> None:
    """The number a calculation arrives at, in large accent numerals."""
    painter.save()
    face = faces(theme)
    top = rect.top()
    for text, font, colour, below in (
        (outcome.caption, face.caption_of(outcome.caption), "muted", theme.px(3)),
        (outcome.value, face.result, "accent", theme.px(3)),
        *((line, face.label, "muted", 0) for line in outcome.lines),
    ):
        height = face.height(font)
        painter.setFont(font)
        painter.setPen(theme.color(colour))
        painter.drawText(QRectF(rect.left(), top, rect.width(), height), _LEFT, text)
        top += height + below
    painter.restore()


def _paint_caption(painter: QPainter, placed: Placed, theme: Theme) -> None:
    face = faces(theme)
    painter.setPen(theme.color("muted"))
    top = 0.0
    for text, font in ((placed.caption, face.caption_of(placed.caption)), (placed.note, face.note)):
        if text:
            painter.setFont(font)
            painter.drawText(QPointF(placed.column.left(), top + face.measure(font).ascent()), text)
        top += face.height(font)


def _strengths(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each value out of the largest finite magnitude, in [−1, 1]; 0 for NaN."""
    finite = np.where(np.isfinite(values), np.abs(values), 0.0)
    largest = float(finite.max(initial=0.0))
    strengths = np.sign(np.nan_to_num(values, nan=0.0)) * np.where(np.isinf(values), 1.0, finite / (largest or 1.0))
    return cast("NDArray[np.float64]", strengths)


def _paint_grid(
    painter: QPainter, placed: Placed, grid: Grid, theme: Theme, hovered: tuple[int, int] | None, wanted: QRectF | None
) -> None:
    body, (rows, columns), (top, left) = placed.body, placed.shown, placed.first
    if not rows or not columns:
        return
    width, height = body.width() / columns, body.height() / rows
    shown = np.asarray(grid.values[top : top + rows, left : left + columns], np.float64)
    strengths = _strengths(shown) if grid.role != "product" else np.zeros(shown.shape)
    texts = cast("list[list[str]]", placed.texts)
    painter.setFont(faces(theme).cell_of(rows))
    text, muted, border = theme.color("text"), theme.color("muted"), theme.color("border")
    for row in range(rows):
        for column in range(columns):
            cell = QRectF(body.left() + column * width, body.top() + row * height, width, height)
            if wanted is not None and not wanted.intersects(cell):
                continue
            padding = grid.padding is not None and bool(grid.padding[top + row, left + column])
            strength = float(strengths[row, column])
            if padding:
                painter.fillRect(cell, _hatched(theme))
            elif strength:
                painter.fillRect(cell, theme.color("positive" if strength > 0 else "negative", 0.55 * abs(strength)))
            painter.setPen(border)
            painter.drawRect(cell)
            painter.setPen(muted if padding else text)
            painter.drawText(cell, _CENTRE, texts[row][column])
    outlined = [(place, "accent") for place in grid.marked] + ([(hovered, "probe")] if hovered is not None else [])
    for (row, column), colour in outlined:
        if top <= row < top + rows and left <= column < left + columns:
            cell = QRectF(body.left() + (column - left) * width, body.top() + (row - top) * height, width, height)
            painter.setPen(QPen(theme.color(colour), theme.px(2)))
            painter.drawRect(cell)


def _hatched(theme: Theme) -> QBrush:
    return QBrush(theme.color("hatch"), Qt.BrushStyle.BDiagPattern)


def _paint_ledger(painter: QPainter, placed: Placed, part: Sum, theme: Theme) -> None:
    numbers = cast("tuple[list[str], str]", placed.texts)[0]
    rows = -(-len(part.terms) // max(len(placed.ledger), 1))
    gap, height = theme.px(LEDGER_GAP), theme.px(LEDGER_ROW)
    left = placed.body.left()
    for place, (label_width, number_width) in enumerate(placed.ledger):
        first = place * rows
        for row, ((label, _), number) in enumerate(
            zip(part.terms[first : first + rows], numbers[first : first + rows], strict=True)
        ):
            top = placed.body.top() + row * height
            painter.setFont(faces(theme).label)
            painter.setPen(theme.color("muted"))
            painter.drawText(QRectF(left, top, label_width + 1, height), _LEFT, said(label))
            painter.setFont(faces(theme).cell)
            painter.setPen(theme.color("text"))
            painter.drawText(QRectF(left + label_width + gap, top, number_width + 1, height), _RIGHT, number)
        left += label_width + gap + number_width + 2 * gap
