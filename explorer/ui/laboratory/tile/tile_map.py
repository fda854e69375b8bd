"""The map on the page: a click or the arrows choose a tile."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.model.display import Maps
from explorer.model.laboratory.tiles import Cut, Pair
from explorer.ui import theme
from explorer.ui.laboratory.tile.painting_map import Area, near, paint_near, paint_whole, whole

_ARROWS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}
_FAR = 10


class TileMap(QWidget):
    """All of the map, or with `close` the tile and those around it."""

    chosen = Signal(tuple, bool)
    """A tile, and whether the mouse is being dragged."""

    def __init__(self, name: str, accessible: str, tip: str, *, close: bool = False) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(accessible)
        self.setToolTip(tip)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._close = close
        self._maps: Maps | None = None
        self._cut: Cut | None = None
        self._tile: Pair = (0, 0)

    def sizeHint(self) -> QSize:
        """A square."""
        side = theme.current().px(300)
        return QSize(side, side)

    def minimumSizeHint(self) -> QSize:
        """Large enough to be pointed into."""
        side = theme.current().px(120)
        return QSize(side, side)

    def show_tile(self, maps: Maps | None, cut: Cut | None, tile: Pair) -> None:
        """Another map, or another tile of it."""
        self._maps, self._cut, self._tile = maps, cut, tile
        self.setEnabled(maps is not None)
        self.update()

    def area(self) -> Area | None:
        """Where the cells are."""
        if self._cut is None:
            return None
        inset = theme.current().px(3)
        room = QRectF(self.rect()).adjusted(inset, inset, -inset, -inset)
        return near(self._cut, self._tile, room) if self._close else whole(self._cut, room)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The map; a quiet frame while it has the keys."""
        area, look = self.area(), theme.current()
        if area is None or self._maps is None or self._cut is None:
            return
        painter = QPainter(self)
        paint = paint_near if self._close else paint_whole
        paint(painter, area, self._maps, self._cut, self._tile, look)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(look.color("accent" if self.hasFocus() else "border"), 1))
        painter.drawRect(area.rect)
        painter.end()

    def _choose(self, tile: Pair, *, dragging: bool) -> None:
        if self._cut is not None and self._cut.clamped(tile) != self._tile:
            self.chosen.emit(self._cut.clamped(tile), dragging)

    def _choose_at(self, event: QMouseEvent, *, dragging: bool) -> None:
        area = self.area()
        if area is None or self._cut is None or self._maps is None:
            return
        row, column = area.at(event.position())
        self._choose(self._cut.around(row, column), dragging=dragging)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the tile that makes the output under the mouse."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._choose_at(event, dragging=False)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go with the mouse; in the close view the map would run away under it."""
        if event.buttons() & Qt.MouseButton.LeftButton and not self._close:
            self._choose_at(event, dragging=True)

    def event(self, event: QEvent) -> bool:
        """Arrows belong to the map while it has the keys, not to the steps."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._step(event):
            event.accept()
            return True
        return super().event(event)

    def _step(self, event: QKeyEvent) -> Pair | None:
        plain = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if plain not in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier):
            return None
        arrow = _ARROWS.get(Qt.Key(event.key()))
        times = _FAR if plain else 1
        return (arrow[0] * times, arrow[1] * times) if arrow is not None else None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go to the next tile, with Shift ten further."""
        step = self._step(event)
        if step is None:
            super().keyPressEvent(event)
        else:
            self._choose((self._tile[0] + step[0], self._tile[1] + step[1]), dragging=False)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show that it has the keys."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that it has them no more."""
        super().focusOutEvent(event)
        self.update()
