"""Where the tiles of the stage lie, and which cell is under a point."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, QRectF, QSizeF

from explorer.ui.stage.map_layout import TileLayout, Window, cell_at, layout, rect_of_cells

COUNTS = st.integers(1, 80)
ASPECTS = st.floats(0.2, 5)
AREAS = st.builds(QSizeF, st.floats(130, 2000), st.floats(80, 1500))
SHARES = st.floats(-0.5, 1.5)


def laid(count: int, aspect: float, area: QSizeF, columns: int = 0) -> TileLayout:
    return layout(count, aspect, area, caption=26, gap=12, margin=2, inset=7, least=110, columns=columns)


@given(COUNTS, ASPECTS, AREAS)
def test_tiles_never_overlap(count: int, aspect: float, area: QSizeF) -> None:
    made = laid(count, aspect, area)
    tiles = [made.tile_rect(number) for number in range(count)]
    beside_and_below = [(a, b) for a in range(count) for b in (a + 1, a + made.columns) if b < count]
    assert not any(tiles[a].intersects(tiles[b]) for a, b in beside_and_below)
    assert all(tiles[number].contains(made.image_rect(number)) for number in range(count))


@given(COUNTS, ASPECTS, AREAS)
def test_tiles_stay_in_the_area_or_scroll_downwards_and_never_sideways(count: int, aspect: float, area: QSizeF) -> None:
    made = laid(count, aspect, area)
    tiles = [made.tile_rect(number) for number in range(count)]
    assert min(tile.left() for tile in tiles) >= 0
    assert max(tile.right() for tile in tiles) <= area.width() + 0.5
    assert max(tile.bottom() for tile in tiles) <= made.height


@given(COUNTS, ASPECTS, AREAS)
def test_images_keep_the_aspect_of_the_maps(count: int, aspect: float, area: QSizeF) -> None:
    image = laid(count, aspect, area).image
    assert abs(image.width() - image.height() * aspect) <= 1 + aspect


def test_few_maps_are_shown_without_scrolling_as_large_as_they_can_be() -> None:
    area = QSizeF(900, 600)
    made = laid(8, 1.0, area)
    assert made.height <= 600
    assert (made.columns, made.rows) == (4, 2)
    assert laid(1, 1.0, area).image.height() > 500


def test_many_maps_scroll_instead_of_shrinking_beyond_recognition() -> None:
    made = laid(200, 1.0, QSizeF(600, 400))
    assert made.height > 400
    assert made.tile.width() > 80


def test_the_number_of_columns_can_be_given() -> None:
    assert laid(6, 1.0, QSizeF(400, 600), columns=2).rows == 3


@given(COUNTS, ASPECTS, AREAS, st.floats(0, 3000))
def test_a_tile_is_found_under_its_own_middle_and_none_in_the_gaps(
    count: int, aspect: float, area: QSizeF, scrolled: float
) -> None:
    made = laid(count, aspect, area)
    for number in range(count):
        tile = made.tile_rect(number, scrolled)
        assert made.at(tile.center(), count, scrolled) == number
        assert made.at(QPointF(tile.right() + made.gap / 2, tile.center().y()), count, scrolled) is None
        assert made.at(QPointF(tile.center().x(), tile.bottom() + made.gap / 2), count, scrolled) is None
    assert made.at(made.tile_rect(count, scrolled).center(), count, scrolled) is None


@given(COUNTS, ASPECTS, AREAS, st.floats(0, 1))
def test_every_tile_that_can_be_seen_is_among_the_visible_ones(
    count: int, aspect: float, area: QSizeF, share: float
) -> None:
    made = laid(count, aspect, area)
    scrolled = share * max(0.0, made.height - area.height())
    first, number = made.visible(count, scrolled, area.height())
    view = QRectF(QPointF(0, 0), area)
    seen = {each for each in range(count) if made.tile_rect(each, scrolled).intersects(view)}
    assert seen <= set(range(first, first + number)) <= set(range(count))


WINDOWS = st.builds(
    lambda zoom, x, y: Window(zoom).moved(x - 0.5, y - 0.5), st.floats(1, 16), st.floats(0, 1), st.floats(0, 1)
)
SIDES = st.integers(1, 300)


def inside(window: Window) -> bool:
    part, whole = window.cells(1, 1), QRectF(0, 0, 1, 1).adjusted(-1e-9, -1e-9, 1e-9, 1e-9)
    return whole.contains(part)


@given(WINDOWS, st.lists(st.tuples(st.floats(0.1, 10), SHARES, SHARES), max_size=6))
def test_whatever_is_zoomed_and_moved_the_view_stays_inside_of_the_map(
    window: Window, acts: list[tuple[float, float, float]]
) -> None:
    for factor, x, y in acts:
        window = window.zoomed(factor, x, y, 16)
        assert inside(window)
        window = window.moved(x, y)
        assert inside(window)
        assert 1 <= window.zoom <= 16


@given(st.floats(0.3, 0.7), st.floats(0.3, 0.7))
def test_zooming_in_leaves_the_point_under_the_cursor_where_it_is(x: float, y: float) -> None:
    window = Window().zoomed(2, x, y, 16).zoomed(2, x, y, 16)
    part = window.cells(1, 1)
    assert (x - part.left()) / part.width() == pytest.approx(x)
    assert (y - part.top()) / part.height() == pytest.approx(y)


@given(WINDOWS, SIDES, SIDES, st.floats(0, 1), st.floats(0, 1))
def test_a_cell_is_found_where_it_was_drawn(
    window: Window, height: int, width: int, down: float, across: float
) -> None:
    image = QRectF(30, 40, 200, 150)
    row, column = min(int(down * height), height - 1), min(int(across * width), width - 1)
    place = rect_of_cells(QRectF(column, row, 1, 1), image, window, height, width)
    expected = (row, column) if image.contains(place.center()) else None
    assert cell_at(place.center(), image, window, height, width) == expected


@given(WINDOWS, SIDES, SIDES, st.floats(30.01, 229.99), st.floats(40.01, 189.99))
def test_a_point_lies_in_the_cell_found_for_it(window: Window, height: int, width: int, x: float, y: float) -> None:
    image = QRectF(30, 40, 200, 150)
    found = cell_at(QPointF(x, y), image, window, height, width)
    assert found is not None
    place = rect_of_cells(QRectF(found[1], found[0], 1, 1), image, window, height, width)
    assert place.adjusted(-1e-6, -1e-6, 1e-6, 1e-6).contains(QPointF(x, y))


def test_outside_of_the_image_and_in_an_empty_one_there_is_no_cell() -> None:
    assert cell_at(QPointF(5, 5), QRectF(30, 40, 200, 150), Window(), 4, 4) is None
    assert cell_at(QPointF(0, 0), QRectF(), Window(), 4, 4) is None
