"""How a layer is painted in the list: title, shape and time, a line on its side inputs or its trouble, thumbnails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from explorer.ui.stage.map_layout import Window
from explorer.ui.stage.painting_maps import paint_image, round_off
from explorer.ui.theme import Theme

State = Literal["ready", "stale", "refused", "waiting", "off"]


@dataclass(frozen=True, slots=True, eq=False)
class LayerCard:
    """What the list shows of one layer; all texts are translated already."""

    id: str
    title: str
    name: str
    shape: str
    time: str
    note: str
    state: State
    thumbnails: NDArray[np.uint32] | None

    def looks_like(self, other: LayerCard) -> bool:
        """Whether both are painted alike: thumbnails are made anew whenever they change."""
        mine = self.id, self.title, self.name, self.shape, self.time, self.note, self.state
        its = other.id, other.title, other.name, other.shape, other.time, other.note, other.state
        return mine == its and self.thumbnails is other.thumbnails


def card_height(card: LayerCard, theme: Theme) -> int:
    """Pixels that a card takes, the gap below it included."""
    height = 22 + 14
    if card.note:
        height += 17
    if card.thumbnails is not None and card.thumbnails.size and card.thumbnails[0].size > 1:
        height += 32
    return theme.px(height + 8)


def paint_layer(
    painter: QPainter,
    rect: QRectF,
    card: LayerCard,
    theme: Theme,
    *,
    selected: bool,
    focused: bool,
) -> None:
    """One card of the list into `rect`, the gap below included."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    body = rect.adjusted(0.5, 0.5, -0.5, -theme.px(8) + 0.5)
    painter.setPen(
        QPen(
            theme.color("accent" if selected else "bad" if card.state == "refused" else "border"),
            1.6 if selected and focused else 1,
        )
    )
    ground = theme.color("soft" if selected else "card")
    painter.setBrush(ground)
    painter.drawRoundedRect(body, theme.px(7), theme.px(7))
    inner = body.adjusted(theme.px(11), theme.px(7), -theme.px(11), -theme.px(7))
    line = QRectF(inner.left(), inner.top(), inner.width(), theme.px(22))
    _paint_first_line(painter, line, card, theme)
    top = line.bottom()
    if card.note:
        painter.setFont(theme.font("small"))
        painter.setPen(theme.color("bad" if card.state == "refused" else "muted"))
        note = QFontMetricsF(painter.font()).elidedText(card.note, Qt.TextElideMode.ElideRight, inner.width())
        painter.drawText(
            QRectF(inner.left(), top, inner.width(), theme.px(17)),
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
            note,
        )
        top += theme.px(17)
    if card.thumbnails is not None and card.thumbnails.size and card.thumbnails[0].size > 1:
        _paint_thumbnails(
            painter,
            QRectF(inner.left(), top + theme.px(4), inner.width(), theme.px(26)),
            card.thumbnails,
            ground,
            theme,
        )
        if card.state == "stale":
            painter.fillRect(
                QRectF(inner.left(), top + theme.px(4), inner.width(), theme.px(26)), theme.color("card", 0.5)
            )
    painter.restore()


def _paint_first_line(painter: QPainter, line: QRectF, card: LayerCard, theme: Theme) -> None:
    painter.setFont(theme.font("small number"))
    right = " · ".join(text for text in (card.shape, card.time) if text)
    metrics = QFontMetricsF(painter.font())
    strong = theme.font("strong")
    title_width = QFontMetricsF(strong).horizontalAdvance(card.title)
    if title_width + theme.px(8) + metrics.horizontalAdvance(right) > line.width():
        right = card.shape
    painter.setPen(theme.color("muted"))
    painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, right)
    room = line.width() - metrics.horizontalAdvance(right) - (theme.px(8) if right else 0)
    if card.state == "off":
        strong.setStrikeOut(True)
    painter.setFont(strong)
    painter.setPen(theme.color("muted" if card.state in ("off", "waiting") else "text"))
    title = QFontMetricsF(strong).elidedText(card.title, Qt.TextElideMode.ElideRight, room)
    painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, title)


def _paint_thumbnails(
    painter: QPainter, row: QRectF, thumbnails: NDArray[np.uint32], ground: QColor, theme: Theme
) -> None:
    gap = theme.px(4)
    _, height, width = thumbnails.shape
    left = row.left()
    for pixels in thumbnails:
        across = min(max(row.height() * width / max(1, height), theme.px(4)), row.height() * 2.5)
        if left + across > row.right() + 0.5:
            break
        place = QRectF(left, row.top(), across, row.height())
        paint_image(painter, place, pixels, Window())
        round_off(painter, place, theme.px(3), ground)
        left += across + gap
