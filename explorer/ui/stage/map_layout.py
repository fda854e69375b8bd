"""Where the tiles of the stage lie, which part of a map they show, and which cell a point is over. No painting."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from PySide6.QtCore import QPointF, QRectF, QSizeF


@dataclass(frozen=True, slots=True)
class Window:
    """The part of every map that is in view, in shares of its width and height, so that it fits maps of any size.

    zoom  1 shows the whole map; (x, y) is the centre
    """

    zoom: float = 1.0
    x: float = 0.5
    y: float = 0.5

    def moved(self, dx: float, dy: float) -> Window:
        """The window shifted by shares of the map, kept inside of it."""
        half = 0.5 / self.zoom
        return replace(self, x=min(max(self.x + dx, half), 1 - half), y=min(max(self.y + dy, half), 1 - half))

    def zoomed(self, factor: float, x: float, y: float, most: float) -> Window:
        """The window zoomed so that the point (x, y) of the map stays where it is on the screen."""
        zoom = min(max(self.zoom * factor, 1.0), most)
        ratio = self.zoom / zoom
        return Window(zoom, x + (self.x - x) * ratio, y + (self.y - y) * ratio).moved(0, 0)

    def cells(self, height: int, width: int) -> QRectF:
        """The part in view in cells of a map."""
        return QRectF(
            (self.x - 0.5 / self.zoom) * width,
            (self.y - 0.5 / self.zoom) * height,
            width / self.zoom,
            height / self.zoom,
        )


@dataclass(frozen=True, slots=True)
class TileLayout:
    """A grid of equal tiles: an image area with the aspect ratio of the maps, and a caption below it."""

    columns: int
    rows: int
    tile: QSizeF
    image: QSizeF
    gap: float
    margin: float
    inset: float

    @property
    def height(self) -> float:
        """The height of all rows."""
        return 2 * self.margin + self.rows * self.tile.height() + max(0, self.rows - 1) * self.gap

    def tile_rect(self, number: int, scrolled: float = 0.0) -> QRectF:
        """The whole tile, caption included."""
        row, column = divmod(number, self.columns)
        return QRectF(
            self.margin + column * (self.tile.width() + self.gap),
            self.margin + row * (self.tile.height() + self.gap) - scrolled,
            self.tile.width(),
            self.tile.height(),
        )

    def image_rect(self, number: int, scrolled: float = 0.0) -> QRectF:
        """The image area of a tile, on whole pixels: between them a picture would be blurred."""
        tile = self.tile_rect(number, scrolled)
        left = tile.left() + (tile.width() - self.image.width()) / 2
        return QRectF(QPointF(round(left), round(tile.top() + self.inset)), self.image)

    def at(self, point: QPointF, count: int, scrolled: float = 0.0) -> int | None:
        """The tile under a point, or None."""
        column = (point.x() - self.margin) / (self.tile.width() + self.gap)
        row = (point.y() + scrolled - self.margin) / (self.tile.height() + self.gap)
        if not (0 <= column < self.columns and row >= 0):
            return None
        number = int(row) * self.columns + int(column)
        return number if number < count and self.tile_rect(number, scrolled).contains(point) else None

    def visible(self, count: int, scrolled: float, height: float) -> tuple[int, int]:
        """First tile in view and the number of tiles from there to the last one in view."""
        pitch = self.tile.height() + self.gap
        first = max(0, math.floor((scrolled - self.margin) / pitch)) * self.columns
        last = min(count, (math.floor((scrolled + height - self.margin) / pitch) + 1) * self.columns)
        return min(first, count), max(0, last - min(first, count))


def layout(
    count: int,
    aspect: float,
    area: QSizeF,
    *,
    caption: float,
    gap: float,
    margin: float,
    inset: float,
    least: float,
    columns: int = 0,
) -> TileLayout:
    """The layout with the largest tiles that all fit into `area`; below `least` width they scroll instead.

    aspect is width / height of the maps; columns 0 is chosen here.
    """
    count = max(1, count)
    best: TileLayout | None = None
    for number in [columns] if columns else range(1, count + 1):
        candidate = _with(count, aspect, area, number, caption, gap, margin, inset)
        if best is None or _better(candidate, best, area, least):
            best = candidate
    assert best is not None
    return best


def _with(
    count: int, aspect: float, area: QSizeF, columns: int, caption: float, gap: float, margin: float, inset: float
) -> TileLayout:
    rows = -(-count // columns)
    width = max(24.0, (area.width() - 2 * margin - (columns - 1) * gap) / columns)
    height = (area.height() - 2 * margin - (rows - 1) * gap) / rows
    image_width = width - 2 * inset
    image_height = image_width / aspect
    most = max(area.height() - 2 * margin - caption - 2 * inset, 24.0)
    fitting = height - caption - 2 * inset
    if fitting >= 24 and image_height > fitting:
        shrunk = fitting * aspect
        if shrunk >= 24:
            image_height, image_width = fitting, shrunk
    if image_height > most:
        image_height, image_width = most, most * aspect
    image = QSizeF(math.floor(image_width), max(1.0, math.floor(image_height)))
    tile_width = max(image.width() + 2 * inset, min(width, 8 * caption))
    return TileLayout(
        columns, rows, QSizeF(tile_width, image.height() + caption + 2 * inset), image, gap, margin, inset
    )


def _better(one: TileLayout, other: TileLayout, area: QSizeF, least: float) -> bool:
    """Whether all of `one` fits in readable size and larger than `other`; without a fit, the fewest rows win."""

    def rank(each: TileLayout) -> tuple[bool, float]:
        fits = each.height <= area.height() + 0.5 and each.tile.width() >= least
        size = each.image.width() * each.image.height()
        return fits, size if fits else -abs(each.tile.width() - least)

    return rank(one) > rank(other)


def cell_at(point: QPointF, image: QRectF, window: Window, height: int, width: int) -> tuple[int, int] | None:
    """(row, column) of the cell under a point of an image area, or None outside of it."""
    if not image.contains(point) or image.isEmpty():
        return None
    cells = window.cells(height, width)
    column = cells.left() + (point.x() - image.left()) / image.width() * cells.width()
    row = cells.top() + (point.y() - image.top()) / image.height() * cells.height()
    return min(max(int(row), 0), height - 1), min(max(int(column), 0), width - 1)


def rect_of_cells(cells: QRectF, image: QRectF, window: Window, height: int, width: int) -> QRectF:
    """Where a rectangle of cells lies on the screen."""
    view = window.cells(height, width)
    across, down = image.width() / view.width(), image.height() / view.height()
    return QRectF(
        image.left() + (cells.left() - view.left()) * across,
        image.top() + (cells.top() - view.top()) * down,
        cells.width() * across,
        cells.height() * down,
    )
