"""The maps on the stage under the mouse and the keyboard."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QContextMenuEvent, QImage, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from explorer.model.display import BINS, Maps
from explorer.model.document import Link
from explorer.ui import theme
from explorer.ui.stage.map_grid import MapGrid, Place
from explorer.ui.stage.map_layout import Window, rect_of_cells

# The platform without a screen says this of every window.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


def maps(count: int = 4, height: int = 16, width: int = 16, *, gradient: bool = False) -> Maps:
    values = np.random.default_rng(int(gradient)).random((count, height, width))
    ends = np.tile([0.0, 1.0], (count, 1))
    images = (0xFF000000 | (values * 255).astype(np.uint32) * 0x10101).astype(np.uint32)
    return Maps(
        Link("n1", "y"), gradient, values, ("",) * count, 0, images, ends, ends, np.zeros(count, np.int64),
        0, np.zeros(BINS, np.int64), ("grey",) * count,
    )  # fmt: skip


class Heard:
    """A grid and what it says."""

    def __init__(self, grid: MapGrid) -> None:
        self.grid = grid
        self.hovered: list[Place | None] = []
        self.pinned: list[Place | None] = []
        self.selected: list[int] = []
        self.needs: list[tuple[int, int, tuple[int, int]]] = []
        self.menus: list[Place | None] = []
        grid.hovered.connect(self.hovered.append)
        grid.pinned.connect(self.pinned.append)
        grid.selected.connect(self.selected.append)
        grid.needs.connect(lambda *asked: self.needs.append(asked))
        grid.menu_wanted.connect(lambda place, point: self.menus.append(place))

    def point(self, tile: int, row: int, column: int) -> QPoint:
        """The middle of a cell of a map of 16 × 16."""
        image = self.grid.tile_image(tile)
        cell = rect_of_cells(QRectF(column, row, 1, 1), image, self.grid.window_shown, 16, 16)
        return cell.center().toPoint()

    def mouse(self, kind: QEvent.Type, point: QPoint, button: Qt.MouseButton = Qt.MouseButton.NoButton) -> None:
        """An event that comes for sure; without a screen Qt leaves some moves out."""
        viewport = self.grid.viewport()
        everywhere = QPointF(viewport.mapToGlobal(point))
        event = QMouseEvent(kind, QPointF(point), everywhere, button, button, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(viewport, event)

    def click(self, point: QPoint, button: Qt.MouseButton = Qt.MouseButton.LeftButton) -> None:
        self.mouse(QEvent.Type.MouseButtonPress, point, button)
        self.mouse(QEvent.Type.MouseButtonRelease, point, button)

    def drag(self, start: QPoint, by: QPoint) -> None:
        self.mouse(QEvent.Type.MouseButtonPress, start, Qt.MouseButton.LeftButton)
        self.mouse(QEvent.Type.MouseMove, start + by, Qt.MouseButton.LeftButton)
        self.mouse(QEvent.Type.MouseButtonRelease, start + by, Qt.MouseButton.LeftButton)

    def wheel(self, point: QPoint, angle: int, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        viewport = self.grid.viewport()
        event = QWheelEvent(
            QPointF(point), QPointF(viewport.mapToGlobal(point)), QPoint(), QPoint(0, angle),
            Qt.MouseButton.NoButton, modifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(viewport, event)

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(self.grid, key, modifier)


@pytest.fixture(autouse=True, scope="module")
def themed(qapp: QApplication) -> None:
    theme.load_fonts()
    theme.use(qapp, "light")


@pytest.fixture
def heard(qtbot: QtBot) -> Heard:
    grid = MapGrid()
    qtbot.addWidget(grid)
    grid.resize(800, 700)
    made = Heard(grid)
    grid.show()
    grid.show_maps((maps(),))
    return made


@pytest.mark.parametrize(("tile", "row", "column"), [(0, 0, 0), (1, 3, 12), (3, 15, 15)])
def test_hovering_says_which_cell_of_which_map_is_under_the_cursor(
    heard: Heard, tile: int, row: int, column: int
) -> None:
    heard.mouse(QEvent.Type.MouseMove, heard.point(tile, row, column))
    assert heard.hovered == [Place(False, tile, row, column)]


def test_between_the_tiles_and_outside_nothing_is_under_the_cursor(heard: Heard) -> None:
    heard.mouse(QEvent.Type.MouseMove, QPoint(0, 0))
    QApplication.sendEvent(heard.grid, QEvent(QEvent.Type.Leave))
    assert heard.hovered == [None, None]


def test_a_click_pins_the_cell_and_selects_its_map(heard: Heard) -> None:
    heard.click(heard.point(2, 5, 6))
    assert heard.pinned == [Place(False, 2, 5, 6)]
    assert heard.selected == [2]


def test_the_right_button_pins_nothing(heard: Heard) -> None:
    heard.click(heard.point(2, 5, 6), Qt.MouseButton.RightButton)
    assert heard.pinned == heard.selected == []


def test_arrows_move_the_pinned_cell_and_stop_at_the_edge(heard: Heard) -> None:
    heard.click(heard.point(1, 1, 8))
    heard.pinned.clear()
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Up):
        heard.key(key)
    cells = [(place.row, place.column) for place in heard.pinned if place is not None]
    assert cells == [(1, 9), (2, 9), (2, 8), (1, 8), (0, 8), (0, 8)]
    heard.key(Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert heard.pinned[-1] == Place(False, 1, 0, 15)


def test_arrows_begin_in_the_middle_where_nothing_is_pinned(heard: Heard) -> None:
    heard.key(Qt.Key.Key_Right)
    assert heard.pinned == [Place(False, 0, 8, 9)]


def test_escape_lets_go_of_the_pinned_cell(heard: Heard) -> None:
    heard.click(heard.point(1, 1, 8))
    heard.key(Qt.Key.Key_Escape)
    assert heard.pinned[-1] is None


def test_brackets_choose_the_map_round_and_round_and_the_pin_goes_along(heard: Heard) -> None:
    heard.key(Qt.Key.Key_BracketLeft)
    heard.key(Qt.Key.Key_BracketRight)
    assert heard.selected == [3, 0]
    assert heard.pinned == []
    heard.click(heard.point(0, 4, 5))
    heard.key(Qt.Key.Key_BracketRight)
    assert heard.pinned[-1] == Place(False, 1, 4, 5)


def test_what_is_shown_from_outside_is_not_said_back(heard: Heard) -> None:
    heard.grid.select(2)
    heard.grid.show_pin(Place(False, 2, 3, 4))
    heard.grid.show_stale(True)
    assert heard.selected == heard.pinned == heard.hovered == []
    heard.key(Qt.Key.Key_Down)
    assert heard.pinned == [Place(False, 2, 4, 4)]


def test_the_wheel_zooms_all_maps_and_keeps_the_cell_under_the_cursor(heard: Heard) -> None:
    point = heard.point(1, 4, 11)
    for _ in range(3):
        heard.wheel(point, 240)
    assert heard.grid.window_shown.zoom > 2
    assert heard.grid.place_at(QPointF(point)) == Place(False, 1, 4, 11)
    offset = QPointF(point) - heard.grid.tile_image(1).topLeft()
    elsewhere = heard.grid.place_at(heard.grid.tile_image(2).topLeft() + offset)
    assert elsewhere == Place(False, 2, 4, 11)


def test_zooming_ends_where_few_cells_are_left_and_where_the_map_is_whole(heard: Heard) -> None:
    for _ in range(30):
        heard.key(Qt.Key.Key_Plus)
    assert heard.grid.window_shown.zoom == 4
    for _ in range(30):
        heard.key(Qt.Key.Key_Minus)
    assert heard.grid.window_shown == Window()


def test_zero_and_a_double_click_show_the_whole_maps_again(heard: Heard) -> None:
    heard.key(Qt.Key.Key_Plus)
    heard.key(Qt.Key.Key_0)
    assert heard.grid.window_shown == Window()
    heard.key(Qt.Key.Key_Plus)
    heard.mouse(QEvent.Type.MouseButtonDblClick, heard.point(0, 8, 8), Qt.MouseButton.LeftButton)
    assert heard.grid.window_shown == Window()


def test_dragging_moves_a_zoomed_map_along_and_pins_nothing(heard: Heard) -> None:
    heard.grid.zoom(3)
    start, by = heard.point(0, 8, 8), QPoint(-20, 10)
    heard.drag(start, by)
    assert heard.pinned == heard.selected == []
    moved = heard.grid.window_shown
    assert moved.x > 0.5 > moved.y
    assert heard.grid.place_at(QPointF(start + by)) == Place(False, 0, 8, 8)


def test_the_view_stays_inside_of_the_maps_however_far_it_is_dragged(heard: Heard) -> None:
    heard.grid.zoom(2)
    heard.drag(heard.point(0, 8, 8), QPoint(-5000, 5000))
    assert heard.grid.window_shown == Window(2, 0.75, 0.25)


def test_it_asks_for_the_maps_in_view_with_every_cell(heard: Heard) -> None:
    assert heard.needs[-1] == (0, 4, (0, 0))


def test_large_maps_are_asked_for_as_large_as_they_are_drawn_and_whole_when_zoomed(heard: Heard) -> None:
    heard.grid.show_maps((maps(4, 1024, 1024),))
    size = heard.grid.tile_image(0).size().toSize()
    assert heard.needs[-1] == (0, 4, (size.height(), size.width()))
    heard.grid.zoom(1.5)
    first, count, (rows, columns) = heard.needs[-1]
    assert (first, count) == (0, 4)
    assert 1.5 * size.width() <= columns < 1024
    assert 1024 % columns == 1024 % rows == 0
    heard.grid.zoom(16)
    assert heard.needs[-1] == (0, 4, (0, 0))


@pytest.mark.parametrize(("height", "width"), [(16, 4096), (4096, 16), (100, 2000)])
def test_a_long_map_is_never_shown_coarser_for_being_looked_at_closer(heard: Heard, height: int, width: int) -> None:
    heard.grid.show_maps((maps(4, height, width),))
    before = (1, 1)
    for factor in (1, 1.1, 1.5, 3):
        heard.grid.zoom(factor)
        asked = heard.needs[-1][2]
        rows, columns = asked[0] or height, asked[1] or width
        assert before <= (rows, before[1])
        assert before[1] <= columns <= width
        before = rows, columns
    assert before[0] <= height


def test_another_screen_has_other_pixels(heard: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    heard.grid.show_maps((maps(4, 1024, 1024),))
    rows, columns = heard.needs[-1][2]
    monkeypatch.setattr(heard.grid, "devicePixelRatioF", lambda: 2.0)
    QApplication.sendEvent(heard.grid, QEvent(QEvent.Type.DevicePixelRatioChange))
    assert heard.needs[-1] == (0, 4, (2 * rows, 2 * columns))


def test_a_map_as_large_as_asked_for_is_painted_pixel_by_pixel(heard: Heard) -> None:
    heard.grid.show_maps((maps(4, 1024, 1024),))
    rows, columns = heard.needs[-1][2]
    asked = maps(4, rows, columns)
    heard.grid.show_maps((replace(asked, values=np.zeros((4, 1024, 1024))),))
    image = heard.grid.viewport().grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    for number in range(4):
        place = heard.grid.tile_image(number).toRect()
        seen = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), -1)
        seen = seen[place.top() : place.bottom() + 1, place.left() : place.right() + 1] | np.uint32(0xFF000000)
        # All of it but the corners, which are round, and the outline of the cell that is selected.
        assert (seen == asked.images[number]).mean() > 0.99


def test_the_same_need_is_told_once(heard: Heard) -> None:
    heard.needs.clear()
    for _ in range(3):
        heard.grid.show_maps((maps(),))
        heard.grid.set_window(Window())
    assert heard.needs == []


def seen(grid: MapGrid, count: int) -> set[int]:
    """Tiles of which something is in the viewport."""
    view = grid.viewport().rect().toRectF()
    return {number for number in range(count) if grid.tile_image(number).intersects(view)}


@pytest.mark.parametrize("both", [False, True], ids=["activations", "both"])
@pytest.mark.parametrize("width", [420, 480, 560, 700, 800])
def test_scrolling_asks_for_every_map_that_comes_into_view(heard: Heard, both: bool, width: int) -> None:
    shown = (maps(41), maps(41, gradient=True)) if both else (maps(41),)
    heard.grid.resize(width, 400)
    heard.grid.show_maps(shown)
    bar = heard.grid.verticalScrollBar()
    assert bar.maximum() > 0
    for value in range(0, bar.maximum() + 1, 97):
        bar.setValue(value)
        first, count, _ = heard.needs[-1]
        wanted = {number // len(shown) for number in seen(heard.grid, 41 * len(shown))}
        assert wanted <= set(range(first, first + count)) <= set(range(41))


def test_with_many_maps_the_wheel_scrolls_and_control_makes_it_zoom(heard: Heard) -> None:
    heard.grid.show_maps((maps(100),))
    point = heard.point(0, 8, 8)
    heard.wheel(point, -240)
    assert heard.grid.verticalScrollBar().value() > 0
    assert heard.grid.window_shown == Window()
    heard.wheel(point, 240, Qt.KeyboardModifier.ControlModifier)
    assert heard.grid.window_shown.zoom > 1


def test_activations_and_gradients_alternate(heard: Heard) -> None:
    heard.grid.show_maps((maps(3), maps(3, gradient=True)))
    for tile, (gradient, index) in enumerate([(False, 0), (True, 0), (False, 1), (True, 1), (False, 2), (True, 2)]):
        place = heard.grid.place_at(QPointF(heard.point(tile, 2, 3)))
        assert place == Place(gradient, index, 2, 3)


def test_stale_maps_are_dimmed_until_new_ones_come(heard: Heard) -> None:
    fresh = heard.grid.grab().toImage()
    heard.grid.show_stale(True)
    assert heard.grid.grab().toImage() != fresh
    heard.grid.show_maps((maps(),))
    assert heard.grid.grab().toImage() == fresh


def test_a_message_takes_the_place_of_the_maps(heard: Heard) -> None:
    heard.grid.show_message("There is nothing to show.")
    assert heard.grid.place_at(QPointF(100, 100)) is None
    said = heard.grid.grab().toImage()
    heard.grid.show_message("")
    assert heard.grid.grab().toImage() != said
    for key in (Qt.Key.Key_Right, Qt.Key.Key_BracketRight, Qt.Key.Key_Plus):
        heard.key(key)
    heard.click(QPoint(100, 100))
    heard.wheel(QPoint(100, 100), 120)
    assert heard.pinned == heard.selected == []


def test_the_menu_is_asked_for_at_the_cell_under_the_cursor(heard: Heard) -> None:
    point = heard.point(1, 2, 3)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, point, heard.grid.viewport().mapToGlobal(point))
    QApplication.sendEvent(heard.grid.viewport(), event)
    assert heard.menus == [Place(False, 1, 2, 3)]


@pytest.mark.parametrize("size", [(1, 1), (30, 300), (300, 30)])
def test_a_tiny_stage_is_painted_without_an_error(heard: Heard, size: tuple[int, int]) -> None:
    heard.grid.resize(*size)
    broken = maps(3, 1, 1)
    broken.values[:] = np.nan
    heard.grid.show_maps((broken,))
    assert not heard.grid.grab().isNull()
