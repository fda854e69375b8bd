"""How the picture of an operation is laid out and painted: what goes in at the left, what comes out at the right."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPen

from explorer.model.digits import number
from explorer.model.display import Maps
from explorer.model.gallery import Illustration, Port
from explorer.ui.pipeline.cards import shape_text
from explorer.ui.stage.map_layout import Window
from explorer.ui.stage.painting_maps import ink_on, paint_image, paint_tile
from explorer.ui.theme import Theme

COLUMNS = 3
MOST_TILES = 6
MOST_ROWS = 4
"""Of single numbers, such as the scores of classes."""


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of the picture, translated: `some` is "{0} of {1}", `size` stands where a port holds no numbers."""

    some: str
    size: str


@dataclass(frozen=True, slots=True)
class Block:
    """One port: a line with its name and shape, and below it a tile for each map that there is room for."""

    port: Port
    head: QRectF
    tiles: tuple[QRectF, ...]
    images: tuple[QRectF, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """The blocks of inputs and outputs, where the arrow between them stands, and the height of all."""

    inputs: tuple[Block, ...]
    outputs: tuple[Block, ...]
    arrow: QRectF
    height: float


def is_vector(maps: Maps) -> bool:
    """Whether every map is a single number."""
    return bool(maps.values[0].size == 1)


def laid_out(illustration: Illustration, width: float, theme: Theme) -> Layout:
    """The picture of an operation at a width."""
    between = theme.px(52)
    column = (width - between) / 2
    sides = []
    bottom = 0.0
    for left, ports in ((0.0, illustration.inputs), (column + between, illustration.outputs)):
        top, blocks = 0.0, []
        for port in ports:
            block, top = _block(port, left, top, column, theme)
            blocks.append(block)
        bottom = max(bottom, top - theme.px(14))
        sides.append(tuple(blocks))
    first = [rect for blocks in sides for rect in blocks[0].tiles[:1]]
    middle = min((rect.center().y() for rect in first), default=bottom / 2)
    return Layout(sides[0], sides[1], QRectF(column, middle - between / 2, between, between), max(bottom, 1.0))


def _block(port: Port, left: float, top: float, width: float, theme: Theme) -> tuple[Block, float]:
    """The block of a port, and where the next one begins."""
    head = QRectF(left, top, width, theme.px(24))
    top = head.bottom() + theme.px(2)
    below = theme.px(14)
    if port.maps is None:
        return Block(port, head, (), ()), top + theme.px(20) + below
    vector = is_vector(port.maps)
    gap = theme.px(4 if vector else 8)
    count = len(port.maps.values)
    if vector:
        columns = max(1, int((width + gap) // (theme.px(62) + gap)))
        count = min(count, columns * MOST_ROWS)
        across, high, inset = (width - gap * (columns - 1)) / columns, float(theme.px(28)), 0
        image = QRectF(0, 0, across, high)
    else:
        count = min(count, MOST_TILES)
        columns = min(COLUMNS, max(2, count)) if width > theme.px(280) else 2
        across = min((width - gap * (columns - 1)) / columns, float(theme.px(190)))
        inset = theme.px(6)
        image = _image(port.maps, across - 2 * inset)
        high = image.height() + inset + theme.px(40)
    tiles, images = [], []
    for place in range(count):
        row, at = divmod(place, columns)
        tile = QRectF(left + at * (across + gap), top + row * (high + gap), across, high)
        tiles.append(tile)
        images.append(image.translated(tile.left() + (across - image.width()) / 2, tile.top() + inset))
    return Block(port, head, tuple(tiles), tuple(images)), tiles[-1].bottom() + below


def _image(maps: Maps, side: float) -> QRectF:
    """The area of a map inside of a square, never thinner than a finger."""
    height, width = maps.values.shape[1:]
    scale = side / max(height, width)
    return QRectF(0, 0, max(width * scale, side / 4), max(height * scale, side / 4))


def paint_illustration(painter: QPainter, layout: Layout, theme: Theme, words: Words) -> None:
    """All ports and the arrow between inputs and outputs."""
    for block in (*layout.inputs, *layout.outputs):
        _paint_head(painter, block, theme, words)
        maps = block.port.maps
        if maps is None:
            continue
        for place, (tile, image) in enumerate(zip(block.tiles, block.images, strict=True)):
            if is_vector(maps):
                _paint_number(painter, tile, maps, place, theme)
            else:
                paint_tile(painter, tile, image, maps, place, Window(), theme, stacked=True)
    _paint_arrow(painter, layout.arrow, theme)


def _paint_head(painter: QPainter, block: Block, theme: Theme, words: Words) -> None:
    """Name and shape of a port; how many of its maps are shown where they are not all."""
    head, port = block.head, block.port
    middle = Qt.AlignmentFlag.AlignVCenter
    painter.setFont(theme.font("number"))
    painter.setPen(theme.color("text"))
    painter.drawText(head, Qt.AlignmentFlag.AlignLeft | middle, port.name)
    room = QFontMetricsF(painter.font()).horizontalAdvance(port.name) + theme.px(10)
    text = shape_text(port.shape)
    if port.maps is not None and len(block.tiles) < len(port.maps.values):
        text += " · " + words.some.format(len(block.tiles), len(port.maps.values))
    painter.setFont(theme.font("small number"))
    painter.setPen(theme.color("muted"))
    rest = head.adjusted(room, 0, 0, 0)
    text = QFontMetricsF(painter.font()).elidedText(text, Qt.TextElideMode.ElideRight, rest.width())
    painter.drawText(rest, Qt.AlignmentFlag.AlignLeft | middle, text)
    if port.maps is None:
        painter.setFont(theme.font("small"))
        line = QRectF(head.left(), head.bottom(), head.width(), theme.px(20))
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | middle, words.size)


def _paint_number(painter: QPainter, tile: QRectF, maps: Maps, place: int, theme: Theme) -> None:
    """A single number on its colour."""
    colour = QColor.fromRgb(int(maps.images[place][0, 0]))
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawRoundedRect(tile, theme.px(4), theme.px(4))
    painter.setPen(ink_on(colour))
    painter.setFont(theme.font("small number"))
    painter.drawText(tile, Qt.AlignmentFlag.AlignCenter, number(float(maps.values[place].ravel()[0]), 3))
    painter.restore()


def _paint_arrow(painter: QPainter, rect: QRectF, theme: Theme) -> None:
    """From what goes in to what comes out."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    pen = QPen(theme.color("muted"), theme.px(2))
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    reach, head = theme.px(11), theme.px(5)
    end = rect.center() + QPointF(reach, 0)
    painter.drawLine(rect.center() - QPointF(reach, 0), end)
    painter.drawPolyline([end + QPointF(-head, -head), end, end + QPointF(-head, head)])
    painter.restore()


def paint_waiting(painter: QPainter, rect: QRectF, text: str, theme: Theme) -> None:
    """In place of a picture: that it is being computed, or that there is none."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(QPen(theme.color("border"), 1))
    painter.setBrush(theme.color("card"))
    painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), theme.px(8), theme.px(8))
    painter.setPen(theme.color("muted"))
    painter.setFont(theme.font("small"))
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, text)
    painter.restore()


def paint_thumbnail(painter: QPainter, rect: QRectF, illustration: Illustration | None, theme: Theme) -> None:
    """The first output in small; of single numbers their colours beside each other."""
    port = illustration.outputs[0] if illustration is not None else None
    if port is None or port.maps is None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("ground"))
        painter.drawRoundedRect(rect, theme.px(4), theme.px(4))
        painter.restore()
        return
    pixels = port.maps.images[0]
    if is_vector(port.maps):
        pixels = port.maps.images[:8].reshape(1, -1).copy()
    rounded = QPainterPath()
    rounded.addRoundedRect(rect, theme.px(4), theme.px(4))
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setClipPath(rounded)
    paint_image(painter, rect, pixels, Window())
    painter.restore()
