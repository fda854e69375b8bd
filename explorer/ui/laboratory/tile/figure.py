"""A step of a tile as a figure: its title, the stages, the equation and the formula, one below the other."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter

from explorer.ui.exporting.figures import Extent
from explorer.ui.laboratory.tile import film, naming, strip
from explorer.ui.laboratory.tile.board import laid_out, parts
from explorer.ui.laboratory.tile.painting_board import paint_board
from explorer.ui.laboratory.tile.showing import Shown
from explorer.ui.theme import Theme

_SCALE = 2.0
"""Of all lengths and of type."""
_LEAST, _MARGIN, _ROOM = 900, 20, 560


def figure(shown: Shown, now: Theme) -> tuple[Extent, Callable[[QPainter], None]]:
    """How large it is, and what paints it; the painting touches no widget."""
    look = replace(now, scale=_SCALE)
    margin = look.px(_MARGIN)
    board = laid_out(parts(shown), QSizeF(look.px(1100), look.px(_ROOM)), look)
    width = max(board.size.width(), look.px(_LEAST))
    frames = film.frames(shown, width, look)
    place = shown.place if shown.phase.key != "d" else None
    made = strip.fitting(shown.texts, place, width, look) if place is not None else None
    heading = look.font("heading")
    title = QFontMetricsF(heading).height()
    heights = (title, look.px(film.HEIGHT), board.size.height(), look.px(strip.HEIGHT))
    extent = Extent(math.ceil(width + 2 * margin), math.ceil(sum(heights) + (len(heights) + 1) * margin), _SCALE)

    def paint(painter: QPainter) -> None:
        try:
            painter.fillRect(0, 0, extent.width, extent.height, look.color("card"))
            top = float(margin)
            painter.setFont(heading)
            painter.setPen(look.color("text"))
            painter.drawText(
                QRectF(margin, top, width, title), Qt.AlignmentFlag.AlignLeft, naming.title(shown.of, shown.phase.key)
            )
            top += title + margin
            film.paint_film(painter, QPointF(margin, top), frames, shown, look, None)
            top += heights[1] + margin
            paint_board(painter, QPointF(margin, top), board, look)
            top += heights[2] + margin
            area = QRectF(margin, top, width, heights[3])
            if made is not None:
                strip.paint_strip(painter, area, made, look)
            else:
                strip.paint_overview(painter, area, shown.of, look)
        finally:
            painter.end()

    return extent, paint
