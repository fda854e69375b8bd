"""The equation of a step on the screen: scrolls where it is larger than its room, and follows the number being made."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPoint, QPointF, QSizeF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QToolTip, QWidget

from explorer.model.laboratory.tile_terms import Place
from explorer.ui import theme
from explorer.ui.laboratory.tile import naming
from explorer.ui.laboratory.tile.board import Board, laid_out, parts
from explorer.ui.laboratory.tile.painting_board import paint_board
from explorer.ui.laboratory.tile.showing import Shown, details


class _Canvas(QWidget):
    hovered = Signal(object)
    clicked = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setMouseTracking(True)
        self.board = Board()
        self.shown: Shown | None = None
        self.hovered_place: Place | None = None
        self.offset = QPointF(0, 0)

    def _place_at(self, point: QPointF) -> Place | None:
        place = self.board.place_at(point - self.offset)
        return place if place is not None and self.shown is not None and self.shown.known(place) else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.hovered.emit(self._place_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered.emit(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self.board.place_at(event.position() - self.offset)
        if place is not None and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(place)
        super().mousePressEvent(event)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip and self.shown is not None:
            place = self._place_at(QPointF(event.pos()))
            text = ""
            if place is not None:
                lines = [f"{naming.detail(name)}: {text}" for name, text in details(self.shown.of, place)]
                text = "\n".join([naming.symbol(self.shown.of, place), *lines])
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.shown is None:
            return
        hovered = self.hovered_place
        outlined = [read for term in self.shown.texts.terms(hovered) for read in term.reads] if hovered else []
        painter = QPainter(self)
        paint_board(painter, self.offset, self.board, theme.current(), hovered, outlined)
        painter.end()


class BoardView(QScrollArea):
    """Takes the keys of the page when it is clicked."""

    hovered = Signal(object)
    """A `Place` whose number is known, or None."""
    clicked = Signal(object)
    menu_wanted = Signal(QPoint)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("tile.board")
        self.setAccessibleName(self.tr("Equation of the step"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setProperty("role", "sheet")
        self.setWidgetResizable(True)
        self._canvas = _Canvas()
        self.setWidget(self._canvas)
        self._canvas.setAutoFillBackground(False)
        self._canvas.hovered.connect(self.hovered)
        self._canvas.clicked.connect(self.clicked)

    @property
    def board(self) -> Board:
        """What is shown."""
        return self._canvas.board

    def point_of(self, place: Place) -> QPoint | None:
        """The middle of a number in the canvas, or None where it is not on the board."""
        for placed in self.board.parts:
            if placed.part.key == place.key:
                return (placed.cell(place.row, place.column).center() + self._canvas.offset).toPoint()
        return None

    @property
    def canvas(self) -> QWidget:
        """What is scrolled."""
        return self._canvas

    def show_step(self, shown: Shown | None) -> None:
        """Another step."""
        self._canvas.shown = shown
        self._lay_out()
        if shown is not None:
            self._follow(shown.place)

    def show_hovered(self, place: Place | None) -> None:
        """The number under the cursor, wherever that is."""
        if place != self._canvas.hovered_place:
            self._canvas.hovered_place = place
            self._canvas.update()

    def _lay_out(self) -> None:
        canvas, look = self._canvas, theme.current()
        if canvas.shown is None:
            canvas.board = Board()
            canvas.update()
            return
        room = QSizeF(self.viewport().size()) - QSizeF(look.px(4), look.px(4))
        canvas.board = laid_out(parts(canvas.shown), room, look)
        size = canvas.board.size
        canvas.setMinimumSize(math.ceil(size.width()), math.ceil(size.height()))
        canvas.offset = QPointF(0, max((room.height() - size.height()) / 2, 0))
        canvas.update()

    def _follow(self, place: Place) -> None:
        point = self.point_of(place)
        if point is not None:
            self.ensureVisible(point.x(), point.y(), theme.current().px(60), theme.current().px(40))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """As large as there is room."""
        super().resizeEvent(event)
        self._lay_out()

    def changeEvent(self, event: QEvent) -> None:
        """A new theme may bring another scale."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self.widget() is not None:
            self._lay_out()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Copy and export."""
        self.menu_wanted.emit(event.globalPos())
