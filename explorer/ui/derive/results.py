"""What is known so far: matrices, quotients and remainders, typeset, and whether they were verified."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from explorer.model.typesetting import Hit, Picture
from explorer.ui import theme
from explorer.ui.captioned import Text, head, menu_button, restyled
from explorer.ui.derive.mathematics import Mathematics


@dataclass(frozen=True, slots=True)
class Result:
    """One thing that is known: its name and its text."""

    name: str
    text: str


class _Card(QWidget):
    """A name over what it names."""

    def __init__(self, number: int) -> None:
        super().__init__()
        now = theme.current()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(now.px(3))
        self._name = Text(font="small", muted=True)
        self.mathematics = Mathematics(f"derive.result.{number}", self.tr("Result"))
        column.addWidget(self._name)
        column.addWidget(self.mathematics, 0, Qt.AlignmentFlag.AlignLeft)

    def show_result(self, result: Result, picture: Picture | None) -> None:
        """Show one; without its picture the old one stays, marked."""
        self._name.setText(result.name)
        self.mathematics.setAccessibleName(result.name)
        self.mathematics.setAccessibleDescription(result.text)
        if picture is None:
            self.mathematics.show_stale(True)
        else:
            self.mathematics.show_picture(picture)


class Results(QWidget):
    """The panel at the right."""

    clicked = Signal(object)
    """A place in one of the results."""

    def __init__(self) -> None:
        super().__init__()
        now = theme.current()
        self.tip_of: Callable[[Hit], str] = lambda hit: hit.label
        self.setObjectName("derive.results")
        self.setProperty("role", "panel")
        self.code = menu_button(self.tr("Copy ▾"), "derive.copy", self.tr("Copy or export what was found"))
        self.code.setProperty("role", "link")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(head(self.tr("Result so far"), self.code))
        self._area = QScrollArea()
        self._area.setObjectName("derive.results.scroll")
        self._area.setAccessibleName(self.tr("Result so far"))
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        content = QWidget()
        content.setProperty("role", "panel")
        self._body = QVBoxLayout(content)
        self._body.setContentsMargins(now.px(14), now.px(2), now.px(14), now.px(12))
        self._body.setSpacing(now.px(12))
        self._nothing = Text(
            self.tr("What is found stands here, from the step on that finds it."), "small", muted=True, wrap=True
        )
        self._body.addWidget(self._nothing)
        self._cards: list[_Card] = []
        self._badge = Text(font="strong", wrap=True)
        self._badge.setObjectName("derive.verified")
        self._badge.hide()
        self._body.addWidget(self._badge)
        self._body.addStretch(1)
        self._area.setWidget(content)
        column.addWidget(self._area, 1)

    def add(self, widget: QWidget) -> None:
        """A further part, below the results."""
        self._body.insertWidget(self._body.count() - 1, widget)

    def show_results(self, results: Sequence[Result], pictures: Sequence[Picture | None]) -> None:
        """All that is known."""
        self._nothing.setVisible(not results)
        while len(self._cards) < len(results):
            card = _Card(len(self._cards))
            card.mathematics.set_room(self._room())
            card.mathematics.clicked.connect(self.clicked)
            card.mathematics.tip_of = lambda hit: self.tip_of(hit)
            self._body.insertWidget(1 + len(self._cards), card)
            self._cards.append(card)
        for number, card in enumerate(self._cards):
            card.setVisible(number < len(results))
            if number < len(results):
                card.show_result(results[number], pictures[number])

    def show_verified(self, verified: bool | None, text: str) -> None:
        """What an exact check of the whole came to; None while it is not there yet."""
        self._badge.setVisible(verified is not None)
        if verified is not None:
            self._badge.setText(f"{'✓' if verified else '✗'} {text}")
            restyled(self._badge, "good badge" if verified else "bad badge")

    def _room(self) -> int:
        now = theme.current()
        return max(self._area.viewport().width() - now.px(28), now.px(80))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Results are no wider than the panel."""
        super().resizeEvent(event)
        for card in self._cards:
            card.mathematics.set_room(self._room())
