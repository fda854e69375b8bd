"""The grid of maps on the stage: one tile a map, zoom and pan linked over all, the cell under the cursor in each."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from explorer.model.display import Maps
from explorer.ui import theme
from explorer.ui.stage.map_layout import TileLayout, Window, cell_at, layout
from explorer.ui.stage.painting_maps import Mark, paint_tile

_MOST_CELLS_ACROSS = 4.0
"""Zoom ends where a map shows this many cells across."""
_ARROWS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A cell of a shown map."""

    gradient: bool
    map: int
    row: int
    column: int


class MapGrid(QAbstractScrollArea):
    """Shows `Maps`; says what the cursor is over, what was clicked, and which maps need colouring at which size."""

    hovered = Signal(object)  # Place | None
    pinned = Signal(object)  # Place | None
    selected = Signal(int)
    painted = Signal()
    needs = Signal(int, int, object)  # first map, count, rows and columns of pixels
    menu_wanted = Signal(object, object)  # Place | None, global point

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("stage.maps")
        self.setAccessibleName(self.tr("Maps of the layer"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setMouseTracking(True)
        self._maps: tuple[Maps, ...] = ()
        self._marks: dict[bool, tuple[Mark, ...]] = {}
        self._window = Window()
        self._stale = False
        self._selected = 0
        self._pin: Place | None = None
        self._press: QPointF | None = None
        self._grabbed: Window | None = None
        self._layout: TileLayout | None = None
        self._asked: tuple[int, int, tuple[int, int]] | None = None
        self._message = ""

    def show_maps(self, maps: tuple[Maps, ...]) -> None:
        """Show the maps of one output; activations and gradients alternate where both are given."""
        self.show_stale(False)
        if maps and maps == self._maps:
            return
        before = [each.values.shape for each in self._maps]
        self._maps = maps
        self._message = ""
        if not maps or [each.values.shape for each in maps] != before:
            self._arrange()
        self.viewport().update()

    def show_message(self, text: str) -> None:
        """Show no maps, and why."""
        self._maps = ()
        self._message = text
        self._arrange()
        self.viewport().update()

    def show_stale(self, stale: bool) -> None:
        """Dim the maps while they are behind the settings."""
        if stale != self._stale:
            self._stale = stale
            self.viewport().update()

    def show_marks(self, marks: dict[bool, tuple[Mark, ...]]) -> None:
        """Outline cells, by whether the map is a gradient."""
        if marks != self._marks:
            self._marks = marks
            self.viewport().update()

    def select(self, map: int) -> None:
        """Outline a map as the selected one."""
        self._selected = map
        self.viewport().update()

    @property
    def window_shown(self) -> Window:
        """The part of the maps that is in view."""
        return self._window

    def set_window(self, window: Window) -> None:
        """Show a part of every map."""
        self._window = window.moved(0, 0)
        self._ask()
        self.viewport().update()

    def zoom(self, factor: float, at: tuple[float, float] | None = None) -> None:
        """Zoom all maps about a point of them, given in shares (None: the middle of the view)."""
        if self._maps:
            height, width = self._maps[0].values.shape[1:]
            most = max(1.0, max(height, width) / _MOST_CELLS_ACROSS)
            x, y = at if at is not None else (self._window.x, self._window.y)
            self.set_window(self._window.zoomed(factor, x, y, most))

    def reset_zoom(self) -> None:
        """Show the whole maps."""
        self.set_window(Window())

    def tile_image(self, number: int) -> QRectF:
        """Where the image of a tile lies in the viewport."""
        assert self._layout is not None
        return self._layout.image_rect(number, self._scrolled())

    def place_at(self, point: QPointF) -> Place | None:
        """The cell under a point of the viewport."""
        if self._layout is None or not self._maps:
            return None
        number = self._layout.at(point, self._count(), self._scrolled())
        if number is None:
            return None
        maps, index = self._tile(number)
        cell = cell_at(point, self.tile_image(number), self._window, *maps.values.shape[1:])
        return None if cell is None else Place(maps.gradient, index, *cell)

    def _per_map(self) -> int:
        return max(1, len(self._maps))

    def _count(self) -> int:
        return sum(len(maps.values) for maps in self._maps)

    def _tile(self, number: int) -> tuple[Maps, int]:
        index, which = divmod(number, self._per_map())
        return self._maps[which], index

    def _scrolled(self) -> float:
        return float(self.verticalScrollBar().value())

    def _arrange(self) -> None:
        if not self._maps:
            self._layout = None
            self.verticalScrollBar().setRange(0, 0)
            return
        now = theme.current()
        height, width = self._maps[0].values.shape[1:]
        aspect = min(max(width / max(1, height), 0.2), 5.0)
        area = QSizeF(self.viewport().size())
        even = 2 if self._per_map() == 2 and area.width() < now.px(500) else 0
        self._layout = layout(
            self._count(),
            aspect,
            area,
            caption=now.px(26),
            gap=now.px(12),
            margin=now.px(2),
            inset=now.px(7),
            least=now.px(110),
            columns=even,
        )
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, round(self._layout.height - area.height())))
        bar.setPageStep(round(area.height()))
        bar.setSingleStep(round(self._layout.tile.height() / 3))
        self._ask()

    def _ask(self) -> None:
        if self._layout is None or not self._maps:
            return
        first, count = self._layout.visible(self._count(), self._scrolled(), float(self.viewport().height()))
        per = self._per_map()
        # A row may begin with the gradient of a map and end with the activation of another.
        asked = (first // per, -(-(first + count) // per) - first // per, self._pixels())
        if asked != self._asked:
            self._asked = asked
            self.needs.emit(*asked)

    def _pixels(self) -> tuple[int, int]:
        """Rows and columns that a map is painted with: the screen's, so that nothing is scaled while it is painted.

        Zoomed in, they are a whole part of the cells, so that not every step of the wheel colours all maps anew.
        """
        assert self._layout is not None
        height, width = self._maps[0].values.shape[1:]
        image, ratio = self._layout.image, self.devicePixelRatioF()
        rows, columns = (
            min(cells, _pixels_along(cells, max(1, int(length * ratio)), self._window.zoom))
            for cells, length in ((height, image.height()), (width, image.width()))
        )
        return (0, 0) if (rows, columns) == (height, width) else (rows, columns)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the tiles in view."""
        now = theme.current()
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), now.color("ground"))
        if self._layout is None:
            painter.setPen(now.color("muted"))
            painter.setFont(now.font("text"))
            area = self.viewport().rect().adjusted(now.px(40), 0, -now.px(40), 0)
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._message)
            return
        scrolled = self._scrolled()
        first, count = self._layout.visible(self._count(), scrolled, float(self.viewport().height()))
        for number in range(first, first + count):
            maps, index = self._tile(number)
            paint_tile(
                painter,
                self._layout.tile_rect(number, scrolled),
                self._layout.image_rect(number, scrolled),
                maps,
                index,
                self._window,
                now,
                selected=index == self._selected and self._count() > 1,
                stale=self._stale,
                marks=self._marks.get(maps.gradient, ()),
            )
        painter.end()
        self.painted.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the tiles to the new size."""
        super().resizeEvent(event)
        self._arrange()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Scrolling may bring maps into view that are not coloured yet."""
        self._ask()
        self.viewport().update()

    def changeEvent(self, event: QEvent) -> None:
        """A new theme may bring another scale."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self._arrange()
            self.viewport().update()

    def event(self, event: QEvent) -> bool:
        """On another screen a map may have other pixels."""
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._ask()
        return super().event(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Hover, or pan while a button is held."""
        if self._press is not None and self._grabbed is not None and self._layout is not None:
            delta = event.position() - self._press
            if delta.manhattanLength() > 4 or self._window != self._grabbed:
                zoom = self._grabbed.zoom
                self.set_window(
                    self._grabbed.moved(
                        -delta.x() / self._layout.image.width() / zoom, -delta.y() / self._layout.image.height() / zoom
                    )
                )
                return
        self.hovered.emit(self.place_at(event.position()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a click or a pan."""
        self._press = event.position()
        self._grabbed = self._window

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click pins the cell and selects its map; a pan ends."""
        press, self._press = self._press, None
        panned, self._grabbed = self._grabbed != self._window, None
        if press is None or panned or event.button() != Qt.MouseButton.LeftButton:
            return
        place = self.place_at(event.position())
        if place is not None:
            self.select(place.map)
            self.selected.emit(place.map)
            self._pin_at(place)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Back to the whole maps."""
        self.reset_zoom()

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the cursor now."""
        self.hovered.emit(None)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the cursor; with many maps the wheel scrolls and Ctrl makes it zoom."""
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if self.verticalScrollBar().maximum() > 0 and not control:
            super().wheelEvent(event)
            return
        point = event.position()
        place = self.place_at(point)
        if place is not None and self._layout is not None:
            number = self._layout.at(point, self._count(), self._scrolled())
            assert number is not None
            image = self.tile_image(number)
            view = self._window.cells(1, 1)
            x = view.left() + (point.x() - image.left()) / image.width() * view.width()
            y = view.top() + (point.y() - image.top()) / image.height() * view.height()
            self.zoom(1.0015 ** event.angleDelta().y(), (x, y))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move the pinned cell, Esc lets go, + − 0 zoom, [ ] choose the map."""
        key = Qt.Key(event.key())
        if key in _ARROWS and self._maps:
            step = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            self._move_pin(*(step * each for each in _ARROWS[key]))
        elif key == Qt.Key.Key_Escape:
            self._pin_at(None)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(1.25)
        elif key == Qt.Key.Key_Minus:
            self.zoom(0.8)
        elif key == Qt.Key.Key_0:
            self.reset_zoom()
        elif key in (Qt.Key.Key_BracketLeft, Qt.Key.Key_BracketRight) and self._maps:
            step = 1 if key == Qt.Key.Key_BracketRight else -1
            count = len(self._maps[0].values)
            self.select((self._selected + step) % count)
            self.selected.emit(self._selected)
            if self._pin is not None:
                self._pin_at(Place(self._pin.gradient, self._selected, self._pin.row, self._pin.column))
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu of the cell under the cursor, or of the pinned one from the keyboard."""
        place = self.place_at(QPointF(event.pos())) or self._pin
        self.menu_wanted.emit(place, event.globalPos())

    def show_pin(self, place: Place | None) -> None:
        """Take over the cell of these maps that is pinned, if one is."""
        self._pin = place

    def _pin_at(self, place: Place | None) -> None:
        self._pin = place
        self.pinned.emit(place)

    def _move_pin(self, rows: int, columns: int) -> None:
        count, height, width = self._maps[0].values.shape
        pin = self._pin or Place(self._maps[0].gradient, min(self._selected, count - 1), height // 2, width // 2)
        self._pin_at(
            Place(
                pin.gradient,
                min(pin.map, count - 1),
                min(max(pin.row + rows, 0), height - 1),
                min(max(pin.column + columns, 0), width - 1),
            )
        )


def _pixels_along(cells: int, screen: int, zoom: float) -> int:
    """Pixels for so many cells of which `screen` pixels show all, or a part where `zoom` is above 1."""
    return screen if zoom == 1 else max(1, cells // max(1, int(cells / zoom / screen)))
