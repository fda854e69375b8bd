"""Maps as a figure for a paper: every cell a whole number of pixels, captions, and colour bars with their numbers.

`figure_layout` decides where everything lies, without fonts or a painter; `paint_figure` paints it. Both are pure and
may run in any thread.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from explorer import limits
from explorer.model.colours import table
from explorer.model.digits import number
from explorer.model.display import Maps
from explorer.ops.op import Tick, no_tick
from explorer.refusal import Refusal
from explorer.ui.stage.painting_maps import caption, image_of, paint_caption
from explorer.ui.theme import Theme

FigureFormat = Literal["png", "svg", "pdf"]
CELLS = (1, 64)
"""Least and greatest number of pixels that a cell is wide."""
LONGEST_SIDE = 32_767
"""Qt paints no further."""

_NATURAL = 320
"""A map this wide has type of natural size below it; type grows with wider maps."""
_LARGEST_SCALE = 8.0
_LONGEST_STRIP = 3
"""A map that is longer than this, beside its height, has no larger type for it."""
_ASPECT = 1.4
_MARGIN, _GAP, _TITLE, _CAPTION, _NARROWEST = 16, 16, 34, 24, 96
_BAR, _TO_BAR, _TO_LABEL, _LABEL = 12, 8, 6, 62
_OWN_BAR, _SHARED_BAR = 64, 130
"""Least heights of a colour bar beside its own map, and of one for all maps."""
_BETWEEN_TICKS = 30
_SMALLER = "Take fewer pixels for a cell, or a single map."
_BLOCK = 1 << 15
"""Pixels that are painted at a time."""


@dataclass(frozen=True, slots=True)
class FigureWanted:
    """What a figure shows, and where it goes.

    cell   pixels that a cell is wide and high
    map    the only map that is shown; None: all
    title  a line over the maps, or ""
    """

    path: Path
    format: FigureFormat = "png"
    cell: int = 1
    bar: bool = True
    captions: bool = True
    map: int | None = None
    title: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """One map: its image, exactly `cell` pixels a cell, and the strips for its caption and its own colour bar."""

    maps: Maps
    map: int
    image: QRect
    caption: QRect | None
    bar: QRect | None


@dataclass(frozen=True, slots=True, eq=False)
class FigureLayout:
    """Where everything of a figure lies, in pixels.

    scale  of type and gaps
    bars   colour bars that hold for all maps of an array, each with the array
    """

    width: int
    height: int
    scale: float
    cell: int
    title: QRect | None
    tiles: tuple[Tile, ...]
    bars: tuple[tuple[Maps, QRect], ...]


def figure_layout(maps: Sequence[Maps], wanted: FigureWanted) -> FigureLayout:
    """The layout whose maps fill a page best; a Refusal where it is larger than an image may be."""
    count = _count(maps, wanted)
    rows, columns = maps[0].values.shape[1:]
    wide, high = columns * wanted.cell, rows * wanted.cell
    scale: float = min(max(min(wide, _LONGEST_STRIP * high) / _NATURAL, 1.0), _LARGEST_SCALE)

    def px(length: float) -> int:
        return round(length * scale)

    shared = wanted.map is not None or all(_same_colours(each) for each in maps)
    beside = px(_TO_BAR + _BAR + _TO_LABEL + _LABEL)
    own = wanted.bar and not shared
    tile_width = max(wide, px(_NARROWEST) if wanted.captions else 0) + (beside if own else 0)
    image_height = max(high, px(_OWN_BAR)) if own else high
    tile_height = image_height + (px(_CAPTION) if wanted.captions else 0)
    across = _columns(count, len(maps), tile_width, tile_height)
    down = -(-count // across)
    top = px(_MARGIN) + (px(_TITLE) if wanted.title else 0)
    right = px(_MARGIN) + across * (tile_width + px(_GAP)) - px(_GAP)
    inner = down * (tile_height + px(_GAP)) - px(_GAP)
    bars: list[tuple[Maps, QRect]] = []
    if wanted.bar and shared:
        headed = px(_CAPTION) if len(maps) > 1 else 0
        bar_height = headed + max(high, px(_SHARED_BAR))
        inner = max(inner, bar_height)
        for each in maps:
            bars.append((each, QRect(right + px(_TO_BAR), top + headed, beside - px(_TO_BAR), bar_height - headed)))
            right += beside
    width, height = right + px(_MARGIN), top + inner + px(_MARGIN)
    _check_size(width, height)
    tiles = []
    for place in range(count):
        down, along = divmod(place, across)
        index, which = divmod(place, len(maps))
        x, y = px(_MARGIN) + along * (tile_width + px(_GAP)), top + down * (tile_height + px(_GAP))
        tiles.append(
            Tile(
                maps[which],
                index if wanted.map is None else wanted.map,
                QRect(x, y, wide, high),
                QRect(x, y + image_height, tile_width, px(_CAPTION)) if wanted.captions else None,
                QRect(x + tile_width - beside + px(_TO_BAR), y, beside - px(_TO_BAR), image_height) if own else None,
            )
        )
    title = QRect(px(_MARGIN), px(_MARGIN) // 2, width - 2 * px(_MARGIN), px(_TITLE)) if wanted.title else None
    return FigureLayout(width, height, scale, wanted.cell, title, tuple(tiles), tuple(bars))


def _same_colours(maps: Maps) -> bool:
    """Whether one colour bar holds for all maps."""
    return len(set(maps.colours)) == 1 and bool((maps.range == maps.range[0]).all())


def _count(maps: Sequence[Maps], wanted: FigureWanted) -> int:
    count = sum(len(each.values) for each in maps) if wanted.map is None else len(maps)
    if not count or not maps[0].values.size:
        raise Refusal("There is no map to paint.")
    if wanted.map is not None and not 0 <= wanted.map < len(maps[0].values):
        raise Refusal("There is no map {map}; the last is {last}.", map=wanted.map, last=len(maps[0].values) - 1)
    if not CELLS[0] <= wanted.cell <= CELLS[1]:
        raise Refusal(
            "A cell is {cell} pixels wide; it can be {least} to {most}.",
            cell=wanted.cell, least=CELLS[0], most=CELLS[1],
        )  # fmt: skip
    return count


def _columns(count: int, step: int, width: int, height: int) -> int:
    """How many tiles go side by side so that the whole is nearest to a page; an array's gradient stays beside it."""

    def distance(columns: int) -> float:
        return abs(math.log(columns * width / (-(-count // columns) * height) / _ASPECT))

    return min(range(step, count + 1, step), key=distance)


def _check_size(width: int, height: int) -> None:
    most = limits.current().pixels
    if width * height > most:
        raise Refusal(
            "The figure has {width} × {height} pixels, {count} in all; the limit is {limit}.",
            width=width, height=height, count=width * height, limit=most,
            hint=_SMALLER,
        )  # fmt: skip
    if max(width, height) > LONGEST_SIDE:
        raise Refusal(
            "The figure has {width} × {height} pixels; the limit of a side is {limit}.",
            width=width, height=height, limit=LONGEST_SIDE, hint=_SMALLER,
        )  # fmt: skip


def paint_figure(
    painter: QPainter,
    layout: FigureLayout,
    title: str,
    theme: Theme,
    paint_map: Callable[[QPainter, QRect, Maps, int], None],
) -> None:
    """Paint a figure; `paint_map` fills a rectangle with the cells of a map."""
    now = replace(theme, scale=layout.scale)
    strip = max(1, 64 * _BLOCK // layout.width)
    for top in range(0, layout.height, strip):
        painter.fillRect(QRect(0, top, layout.width, min(strip, layout.height - top)), now.color("card"))
    if layout.title is not None:
        painter.setFont(now.font("strong"))
        painter.setPen(now.color("text"))
        room = QFontMetricsF(painter.font()).elidedText(title, Qt.TextElideMode.ElideMiddle, layout.title.width())
        painter.drawText(layout.title, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, room)
    for tile in layout.tiles:
        paint_map(painter, tile.image, tile.maps, tile.map)
        if tile.caption is not None:
            paint_caption(painter, QRectF(tile.caption), *caption(tile.maps, tile.map), now)
        if tile.bar is not None:
            _paint_bar_of(painter, tile.bar, tile.maps, [tile.map], now)
    for maps, rect in layout.bars:
        _paint_bar_of(painter, rect, maps, [tile.map for tile in layout.tiles], now)
        if len(layout.bars) > 1:
            above = QRectF(rect.left(), rect.top() - now.px(_CAPTION), rect.width(), now.px(_CAPTION))
            painter.setFont(now.font("small"))
            painter.setPen(now.color("muted"))
            text = _tr("Figure", "gradients") if maps.gradient else _tr("Figure", "values")
            painter.drawText(above, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)


def paint_cells(painter: QPainter, rect: QRect, cells: NDArray[np.uint32], tick: Tick = no_tick) -> None:
    """Colours of cells as squares of whole pixels that fill `rect`; in blocks, for Qt lets no other thread go on.

    A block reaches over the next one by a cell: side by side, the seams would show in SVG and PDF.
    """
    height, width = cells.shape
    cell = max(1, rect.width() // width)
    columns = max(1, min(width, _BLOCK // cell**2))
    rows = max(1, _BLOCK // (columns * cell**2))
    for top in range(0, height, rows):
        for left in range(0, width, columns):
            tick()
            block = cells[top : top + rows + 1, left : left + columns + 1]
            large = np.repeat(np.repeat(block, cell, axis=0), cell, axis=1)
            painter.drawImage(rect.left() + left * cell, rect.top() + top * cell, image_of(large))


_tr = QCoreApplication.translate


def _paint_bar_of(painter: QPainter, rect: QRect, maps: Maps, shown: Sequence[int], theme: Theme) -> None:
    """The colour bar of maps that have the same one."""
    low, high = (float(each) for each in maps.range[shown[0]])
    own = maps.own[np.array(shown)]
    beyond = bool((own[:, 0] < low).any()), bool((own[:, 1] > high).any())
    paint_colour_bar(painter, rect, maps.colours[shown[0]], low, high, theme, beyond)


def paint_colour_bar(
    painter: QPainter,
    rect: QRect,
    colours: str,
    low: float,
    high: float,
    theme: Theme,
    beyond: tuple[bool, bool] = (False, False),
) -> None:
    """A table of colours from `low` at the bottom to `high` at the top, with numbers at the right of it.

    beyond  whether there are values below and above, which take the colours of the ends
    """
    px = theme.px
    strip = QRect(rect.left(), rect.top(), px(_BAR), max(1, rect.height()))
    places = np.linspace(255, 0, strip.height()).round().astype(np.intp)
    pixels = np.repeat(table(colours)[places][:, None], strip.width(), axis=1)
    painter.drawImage(strip, image_of(pixels))
    painter.setFont(theme.font("small number"))
    painter.setPen(QPen(theme.color("text"), px(1)))
    line = QFontMetricsF(painter.font()).height()
    for value in ticks(low, high, strip.height() / px(_BETWEEN_TICKS)):
        share = (value - low) / (high - low) if high > low else 0.0
        y = strip.bottom() - share * (strip.height() - 1)
        painter.drawLine(QPointF(strip.right() + 1, y), QPointF(strip.right() + px(4), y))
        top = min(max(y - line / 2, strip.top() - px(3)), strip.bottom() + px(3) - line)
        text = QRectF(strip.right() + px(_TO_LABEL), top, px(_LABEL), line)
        sign = "≤ " if value == low and beyond[0] else "≥ " if value == high and beyond[1] else ""
        painter.drawText(text, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, sign + number(value, 3))


def ticks(low: float, high: float, intervals: float) -> tuple[float, ...]:
    """Both ends, and between them multiples of 1, 2 or 5 · 10ᵏ in about so many intervals, none too near to an end."""
    span = high - low
    if not (math.isfinite(span) and span > 0):
        return (low,)
    if intervals < 2:
        return low, high
    raw = span / intervals
    unit = 10.0 ** math.floor(math.log10(raw))
    step = unit * next(each for each in (1, 2, 5, 10) if each * unit >= raw * 0.999)
    if not step:
        return low, high
    near = 0.6 * raw
    first, last = math.ceil((low + near) / step), math.floor((high - near) / step)
    return low, *(each * step for each in range(first, last + 1)), high
