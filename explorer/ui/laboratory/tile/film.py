"""All stages of a tile in small, in the order in which they follow from each other."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QHelpEvent, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from explorer.model.laboratory.tile_terms import Place
from explorer.model.laboratory.tiling import Key
from explorer.ops.op import Array
from explorer.ui import theme
from explorer.ui.laboratory.tile import naming
from explorer.ui.laboratory.tile.painting_board import FAINTEST, STRONGEST
from explorer.ui.laboratory.tile.showing import Shown
from explorer.ui.theme import Theme

HEIGHT = 158
"""At scale 1."""
_CAPTION, _GAP, _SIDE = 17, 22, 56
_ROWS: tuple[tuple[Key, ...], ...] = (("d", "Bd", "V"), ("g", "Gg", "U"))
_REST: tuple[Key, ...] = ("P", "M", "AM", "Y", "y", "direct")


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A stage in small: its caption above `body`, which holds the cells."""

    key: Key
    caption: QRectF
    body: QRectF
    shape: tuple[int, int]

    def cell(self, row: int, column: int) -> QRectF:
        """A cell."""
        rows, columns = self.shape
        width, height = self.body.width() / columns, self.body.height() / rows
        return QRectF(self.body.left() + column * width, self.body.top() + row * height, width, height)

    def place_at(self, point: QPointF) -> Place | None:
        """The number under a point."""
        if not self.body.contains(point):
            return None
        rows, columns = self.shape
        inside = point - self.body.topLeft()
        row = min(int(inside.y() * rows / self.body.height()), rows - 1)
        return Place(self.key, row, min(int(inside.x() * columns / self.body.width()), columns - 1))


def frames(shown: Shown, width: float, look: Theme) -> tuple[Frame, ...]:
    """Where the stages stand: tile above kernel, and behind them what is made of both."""
    of = shown.of
    rest = [key for key in _REST if key in of.stages]
    columns = 3 + len(rest)
    pitch = min(width / columns, look.px(132))
    side = min(look.px(_SIDE), pitch - look.px(_GAP))
    line = look.px(HEIGHT) / 2
    found = [
        _frame(shown, key, QPointF(number * pitch, row * line), pitch, side, look)
        for row, keys in enumerate(_ROWS)
        for number, key in enumerate(keys)
    ]
    found += [
        _frame(shown, key, QPointF((3 + number) * pitch, line / 2), pitch, side, look)
        for number, key in enumerate(rest)
    ]
    return tuple(found)


def _frame(shown: Shown, key: Key, at: QPointF, pitch: float, side: float, look: Theme) -> Frame:
    rows, columns = shown.of.stages[key].shape
    cell = side / max(rows, columns)
    caption = QRectF(at.x(), at.y(), pitch, look.px(_CAPTION))
    top = at.y() + look.px(_CAPTION) + (side - cell * rows) / 2
    return Frame(key, caption, QRectF(at.x() + 1, top, cell * columns, cell * rows), (rows, columns))


def paint_film(
    painter: QPainter, at: QPointF, found: tuple[Frame, ...], shown: Shown, look: Theme, hovered: Place | None
) -> None:
    """The stages, as far as their numbers are known; what the number under the cursor is made of is outlined."""
    painter.save()
    painter.translate(at)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    by_key = {each.key: each for each in found}
    for a, b in _arrows(shown):
        _paint_arrow(painter, by_key[a], by_key[b], look)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    about = hovered if hovered is not None and shown.known(hovered) else shown.place
    read = {each for term in shown.texts.terms(about) for each in term.reads}
    metrics = QFontMetricsF(look.font("small"))
    for frame in found:
        current = frame.key == shown.phase.key
        painter.setFont(look.font("small"))
        painter.setPen(naming.hue(naming.role(frame.key), look))
        text = naming.caption(shown.of, frame.key)
        room = frame.caption.width() - look.px(4)
        elided = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
        painter.drawText(frame.caption, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, elided)
        _paint_frame(painter, frame, shown, look)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for place in read:
            if place.key == frame.key:
                painter.setPen(QPen(look.color("accent"), look.px(1)))
                painter.drawRect(frame.cell(place.row, place.column))
        painter.setPen(QPen(look.color("accent" if current else "border"), look.px(2) if current else 1))
        painter.drawRect(frame.body)
        if about.key == frame.key and about.key != "d":
            painter.setPen(QPen(look.color("probe" if about is hovered else "accent"), look.px(2)))
            painter.drawRect(frame.cell(about.row, about.column))
    painter.restore()


def _arrows(shown: Shown) -> list[tuple[Key, Key]]:
    chain: list[Key] = [key for key in _REST if key in shown.of.stages]
    return [
        *(pair for keys in _ROWS for pair in pairwise(keys)),
        ("V", "P"),
        ("U", "P"),
        *pairwise(chain),
    ]


def _paint_arrow(painter: QPainter, a: Frame, b: Frame, look: Theme) -> None:
    painter.setPen(QPen(look.color("muted", 0.7), 1.2))
    gap = look.px(4)
    start = QPointF(a.body.right() + gap, a.body.center().y())
    end = QPointF(b.body.left() - gap, b.body.center().y())
    if abs(a.body.center().y() - b.body.center().y()) > 1:
        end.setY(end.y() + (look.px(8) if a.body.center().y() > end.y() else -look.px(8)))
    if b.key == "direct":
        painter.drawText(QRectF(start, end).adjusted(0, -look.px(9), 0, look.px(9)), Qt.AlignmentFlag.AlignCenter, "=")
        return
    line = QLineF(start, end)
    painter.drawLine(line)
    unit = line.unitVector()
    dx, dy = unit.dx() * look.px(4), unit.dy() * look.px(4)
    painter.drawLine(QLineF(end.x(), end.y(), end.x() - dx - dy, end.y() - dy + dx))
    painter.drawLine(QLineF(end.x(), end.y(), end.x() - dx + dy, end.y() - dy - dx))


def _paint_frame(painter: QPainter, frame: Frame, shown: Shown, look: Theme) -> None:
    painter.fillRect(frame.body, look.color("field"))
    painter.fillRect(frame.body, QBrush(look.color("hatch"), Qt.BrushStyle.BDiagPattern))
    colour, ground = (_channels(each) for each in (naming.hue(naming.role(frame.key), look), look.color("field")))
    sizes = shown.texts.strengths(frame.key)
    known = shown.all_known(frame.key)
    strengths = np.where(known, np.minimum(2 * (FAINTEST + (STRONGEST - FAINTEST) * sizes), 1.0), 0.0)[..., None]
    mixed = np.round(colour * strengths + ground * (1 - strengths)).astype(np.uint32)
    pixels = 0xFF000000 | mixed[..., 0] << 16 | mixed[..., 1] << 8 | mixed[..., 2]
    if frame.key == "d":
        pixels[shown.of.padding] = 0
    pixels = np.ascontiguousarray(pixels, np.uint32)
    rows, columns = frame.shape
    painter.drawImage(frame.body, QImage(pixels.data, columns, rows, columns * 4, QImage.Format.Format_ARGB32))


def _channels(colour: QColor) -> Array:
    return np.array([colour.red(), colour.green(), colour.blue()], np.float64)


class Film(QWidget):
    """Shows the stages; a click goes to the step of a number."""

    hovered = Signal(object)
    """A `Place`, or None."""
    clicked = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("tile.film")
        self.setAccessibleName(self.tr("Stages of the tile"))
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._shown: Shown | None = None
        self._hovered: Place | None = None

    def sizeHint(self) -> QSize:
        """Two rows of stages."""
        look = theme.current()
        return QSize(look.px(640), look.px(HEIGHT))

    def minimumSizeHint(self) -> QSize:
        """As high, and as narrow as can still be told apart."""
        look = theme.current()
        return QSize(look.px(360), look.px(HEIGHT))

    def show_step(self, shown: Shown | None) -> None:
        """Another step."""
        self._shown = shown
        self.update()

    def show_hovered(self, place: Place | None) -> None:
        """The number under the cursor, wherever that is."""
        if place != self._hovered:
            self._hovered = place
            self.update()

    def frames(self) -> tuple[Frame, ...]:
        """Where the stages stand now."""
        return frames(self._shown, self.width(), theme.current()) if self._shown is not None else ()

    def _place_at(self, point: QPointF) -> Place | None:
        return next((found for each in self.frames() if (found := each.place_at(point)) is not None), None)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say which number is under the cursor."""
        self.hovered.emit(self._place_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """None is."""
        self.hovered.emit(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the step that makes the number."""
        place = self._place_at(event.position())
        if place is not None and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(place)

    def event(self, event: QEvent) -> bool:
        """Say which stage is under the cursor."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip and self._shown is not None:
            place = self._place_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), naming.title(self._shown.of, place.key) if place else "", self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """All of it."""
        if self._shown is not None:
            painter = QPainter(self)
            paint_film(painter, QPointF(0, 0), self.frames(), self._shown, theme.current(), self._hovered)
            painter.end()
