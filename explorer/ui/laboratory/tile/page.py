"""The page: choices and the map at the left; the stages, the equation of the step and its formula at the right."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from explorer.ui import theme
from explorer.ui.captioned import Elided, Segmented, Text, restyled
from explorer.ui.laboratory.tile.board_view import BoardView
from explorer.ui.laboratory.tile.film import Film
from explorer.ui.laboratory.tile.form import Form
from explorer.ui.laboratory.tile.strip import Strip
from explorer.ui.laboratory.tile.tile_map import TileMap
from explorer.ui.transport.bar import Transport
from explorer.ui.transport.played import PlayedPage

NUMBER_MILLISECONDS = 800
"""How long a number is shown at speed 1."""


class Page(PlayedPage):
    """Holds the parts; what they show comes from outside."""

    def __init__(self, title_of: Callable[[int], str]) -> None:
        super().__init__("tile")
        self.form = Form()
        tip = self.tr("Click a tile, or move with the arrows (with Shift: by 10)")
        self.map = TileMap("tile.map", self.tr("Map with its tiles"), tip)
        self.near = TileMap("tile.close", self.tr("The tile and those around it"), tip, close=True)
        self.film = Film()
        self.board = BoardView()
        self.strip = Strip()
        self.transport = Transport("tile", title_of, NUMBER_MILLISECONDS)
        self.mode = Segmented(
            "tile.mode",
            self.tr("What is written of a number"),
            [
                ("exact", self.tr("Exact"), self.tr("The exact number, as a decimal (E)")),
                ("float32", self.tr("float32"), self.tr("The number that float32 computes, step by step (F)")),
                ("difference", self.tr("Difference"), self.tr("float32 less exact, in units of the last place (D)")),
            ],
        )
        self.title = Text("", "heading")
        self.title.setObjectName("tile.title")
        self._reason = Elided(font="text", muted=True)
        self._reason.setObjectName("tile.reason")
        self._behind = Elided(font="small")
        self._behind.setObjectName("tile.behind")
        self._behind.setProperty("role", "behind")
        self._behind.hide()
        self._note = Text(font="text", muted=True, wrap=True)
        self._note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._note.setObjectName("tile.note")
        self._badge = Text(font="small")
        self._badge.setObjectName("tile.check")
        self._badge.setProperty("role", "good")
        columns = QSplitter(Qt.Orientation.Horizontal)
        columns.setObjectName("tile.columns")
        columns.setChildrenCollapsible(False)
        columns.setHandleWidth(1)
        columns.addWidget(self._left())
        columns.addWidget(self._right())
        columns.setStretchFactor(0, 1)
        columns.setStretchFactor(1, 3)
        now = theme.current()
        columns.setSizes([now.px(420), now.px(1180)])
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(columns)
        self.show_note("")

    def _left(self) -> QWidget:
        now = theme.current()
        side = QFrame()
        side.setProperty("role", "panel")
        side.setMinimumWidth(now.px(280))
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, now.px(10))
        column.setSpacing(now.px(4))
        column.addWidget(self.form)
        self._map_title = Elided("", "small", muted=True)
        self._close_title = Elided("", "small", muted=True)
        for title, view, stretch in ((self._map_title, self.map, 5), (self._close_title, self.near, 5)):
            inner = QVBoxLayout()
            inner.setContentsMargins(now.px(14), 0, now.px(14), 0)
            inner.setSpacing(now.px(4))
            inner.addWidget(title)
            inner.addWidget(view, 1)
            column.addLayout(inner, stretch)
        return side

    def _right(self) -> QWidget:
        now = theme.current()
        side = QWidget()
        side.setProperty("role", "ground")
        side.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        side.setMinimumWidth(now.px(520))
        column = QVBoxLayout(side)
        column.setContentsMargins(now.px(16), now.px(12), now.px(16), now.px(12))
        column.setSpacing(now.px(10))
        head = QHBoxLayout()
        head.setSpacing(now.px(12))
        head.addWidget(self.title)
        head.addStretch()
        head.addWidget(self._badge)
        head.addWidget(self.mode)
        column.addLayout(head)
        column.addWidget(self._reason)
        column.addWidget(self._behind)
        self._cards = [self._card(self.film), self._card(self.board), self._card(self.strip)]
        for card, stretch in zip(self._cards, (0, 1, 0), strict=True):
            column.addWidget(card, stretch)
        self._rest = QWidget()
        about = QVBoxLayout(self._rest)
        about.addStretch(2)
        about.addWidget(self._note)
        about.addStretch(3)
        column.addWidget(self._rest, 1)
        column.addWidget(self.transport)
        return side

    def _card(self, content: QWidget) -> QWidget:
        now = theme.current()
        card = QFrame()
        card.setProperty("role", "card")
        inner = QVBoxLayout(card)
        inner.setContentsMargins(now.px(16), now.px(8), now.px(16), now.px(8))
        inner.addWidget(content)
        return card

    def show_texts(self, title: str, reason: str) -> None:
        """What the step is."""
        self.title.setText(title)
        self._reason.setText(reason)

    def show_map_titles(self, whole: str, close: str) -> None:
        """What stands above the two views of the map."""
        self._map_title.setText(whole)
        self._close_title.setText(close)

    def show_check(self, text: str, tip: str, good: bool) -> None:
        """What was checked of the outputs, or nothing."""
        self._badge.setVisible(bool(text))
        self._badge.setText(text)
        self._badge.setToolTip(tip)
        restyled(self._badge, "good" if good else "bad")

    def show_note(self, text: str) -> None:
        """Why there are no numbers; "" shows them."""
        self._note.setText(text)
        self._rest.setVisible(bool(text))
        for card in (*self._cards, self.transport, self._reason):
            card.setVisible(not text)
        if text:
            self._badge.hide()

    def show_behind(self, text: str) -> None:
        """Say that what is shown is behind the settings, or nothing."""
        self._behind.setText(text)
        self._behind.setVisible(bool(text))
