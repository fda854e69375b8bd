"""How the equation of a step is painted, on the screen and in a figure."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QPainter, QPen

from explorer.model.laboratory.tile_terms import Place
from explorer.ui.laboratory.tile.board import Board, Part, Placed, caption_font, digits_font, sign_font
from explorer.ui.laboratory.tile.naming import hue
from explorer.ui.theme import Theme

_CENTRE, _LEFT = Qt.AlignmentFlag.AlignCenter, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
FAINTEST, STRONGEST = 0.06, 0.42
"""How much of its colour the smallest and the largest number of a stage take."""


def paint_board(
    painter: QPainter,
    at: QPointF,
    board: Board,
    theme: Theme,
    hovered: Place | None = None,
    outlined: Collection[Place] = (),
) -> None:
    """The parts from `at` on; `hovered` is the number under the cursor, `outlined` are those that it is made of."""
    painter.save()
    painter.translate(at)
    for placed in board.parts:
        if placed.part.sign:
            painter.setFont(sign_font(theme, board.digits))
            painter.setPen(theme.color("muted"))
            painter.drawText(placed.body, _CENTRE, placed.part.sign)
            continue
        painter.setFont(caption_font(theme, board.digits))
        painter.setPen(hue(placed.part.role, theme))
        painter.drawText(placed.caption, _LEFT, placed.part.caption)
        _paint_matrix(painter, placed, board, theme)
        for place, colour in [*((each, "accent") for each in outlined), *([(hovered, "probe")] if hovered else [])]:
            if place.key == placed.part.key:
                _outline(painter, placed.cell(place.row, place.column), theme, colour)
    painter.restore()


def _paint_matrix(painter: QPainter, placed: Placed, board: Board, theme: Theme) -> None:
    part, (rows, columns) = placed.part, placed.part.shape
    painter.setFont(digits_font(theme, board.digits))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for row in range(rows):
        for column in range(columns):
            _paint_cell(painter, placed.cell(row, column), part, row, column, theme)
    painter.setPen(QPen(theme.color("border"), 1))
    for row in range(rows + 1):
        y = placed.body.top() + row * placed.body.height() / rows
        painter.drawLine(QPointF(placed.body.left(), y), QPointF(placed.body.right(), y))
    for column in range(columns + 1):
        x = placed.body.left() + column * placed.body.width() / columns
        painter.drawLine(QPointF(x, placed.body.top()), QPointF(x, placed.body.bottom()))
    colour = hue(part.role, theme) if part.role != "matrix" else theme.color("muted")
    for row, column in part.lit:
        painter.setPen(QPen(colour, theme.px(2)))
        painter.drawRect(placed.cell(row, column))
    if part.current is not None:
        _outline(painter, placed.cell(*part.current), theme, "accent")


def _paint_cell(painter: QPainter, cell: QRectF, part: Part, row: int, column: int, theme: Theme) -> None:
    text = part.texts[row][column]
    hatched = (row, column) in part.hatched
    if hatched:
        painter.fillRect(cell, QBrush(theme.color("hatch"), Qt.BrushStyle.BDiagPattern))
    elif text and part.strengths is not None:
        colour = hue(part.role, theme)
        colour.setAlphaF(FAINTEST + (STRONGEST - FAINTEST) * float(part.strengths[row, column]))
        painter.fillRect(cell, colour)
    if part.current == (row, column):
        painter.fillRect(cell, theme.color("accent", 0.18))
    if text:
        faint = hatched or (part.strengths is None and text == "0")
        painter.setPen(theme.color("muted" if faint else "text"))
        painter.drawText(cell, _CENTRE, text)


def _outline(painter: QPainter, cell: QRectF, theme: Theme, colour: str) -> None:
    painter.setPen(QPen(theme.color(colour), theme.px(3)))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(cell)
