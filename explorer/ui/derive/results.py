"""What is known so far: matrices, quotients and remainders, typeset, and whether they were verified."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from explorer.model.typesetting import Hit
from explorer.ui import theme
from explorer.ui.captioned import Text, button, head, menu_button, restyled
from explorer.ui.derive.drawn import Drawn, Fit
from explorer.ui.derive.mathematics import LEAST, Mathematics

_AT_ONCE = 6
"""Cards that are made before the window is painted again."""


@dataclass(frozen=True, slots=True)
class Result:
    """One thing that is known: its name, and whether that stands above it."""

    name: str
    named: bool


class _Card(QWidget):
    """A result: a matrix has its name above it, anything else is an equation."""

    def __init__(self, number: int) -> None:
        super().__init__()
        now = theme.current()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(now.px(3))
        self._name = Text(font="small", muted=True)
        self.mathematics = Mathematics(f"derive.result.{number}", self.tr("Result"))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        column.addWidget(self._name)
        column.addWidget(self.mathematics, 0, Qt.AlignmentFlag.AlignLeft)

    def show_result(self, result: Result, picture: Drawn | None) -> None:
        """Show one; without its picture the old one stays, marked."""
        self._name.setText(result.name)
        self._name.setVisible(result.named)
        self.mathematics.setAccessibleName(result.name)
        if picture is None:
            self.mathematics.show_stale(True)
        else:
            self.mathematics.show_picture(picture)


class Results(QWidget):
    """The panel at the right: the newest results, whether they are verified, the cost, and what was found before."""

    clicked = Signal(object)
    """A place in one of the results."""
    menu_wanted = Signal(int, QPoint)
    """The number of a result, and a point of the screen."""
    refitted = Signal()
    """Results are shown at another size."""

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
        self._area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self._area.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        content = QWidget()
        content.setProperty("role", "panel")
        body = QVBoxLayout(content)
        body.setContentsMargins(now.px(14), now.px(2), now.px(4), now.px(12))
        body.setSpacing(now.px(12))
        nothing = self.tr("What is found stands here, from the step on that finds it.")
        self._nothing = Text(nothing, "small", muted=True, wrap=True)
        body.addWidget(self._nothing)
        self._new, self._rest, self._earlier = QVBoxLayout(), QVBoxLayout(), QVBoxLayout()
        self._earlier_caption = Text(self.tr("Found before"), "caption")
        self._earlier_caption.hide()
        self._badge = Text(font="strong", wrap=True)
        self._badge.setObjectName("derive.verified")
        self._badge.setProperty("role", "good badge")
        self._badge.hide()
        for layout in (self._new, self._rest, self._earlier):
            layout.setSpacing(now.px(12))
        body.addLayout(self._new)
        body.addWidget(self._badge)
        body.addLayout(self._rest)
        body.addWidget(self._earlier_caption)
        body.addLayout(self._earlier)
        body.addStretch(1)
        self._cards: list[_Card] = []
        self._shown: tuple[Sequence[Result], Sequence[Drawn | None], int] = ((), (), 0)
        self._more = QTimer(self)
        self._more.setSingleShot(True)
        self._more.setInterval(0)
        self._more.timeout.connect(self._show_cards)
        self._area.setWidget(content)
        column.addWidget(self._area, 1)
        tip = self.tr("Let a convolution layer compute by this algorithm (Ctrl+Return)")
        self.run = button(self.tr("Run it on the image →"), "derive.run", tip, role="primary")
        self.run.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.run.hide()
        foot = QVBoxLayout()
        foot.setContentsMargins(now.px(14), now.px(6), now.px(14), now.px(12))
        foot.addWidget(self.run)
        column.addLayout(foot)

    def add(self, widget: QWidget) -> None:
        """A further part, below the newest results."""
        self._rest.addWidget(widget)

    def show_results(self, results: Sequence[Result], pictures: Sequence[Drawn | None], new: int) -> None:
        """All that is known, the newest first; the first `new` of them stand above the rest."""
        self._nothing.setVisible(not results)
        self._earlier_caption.setVisible(len(results) > new)
        self._shown = results, pictures, new
        self._show_cards()

    def _show_cards(self) -> None:
        """The cards of what is shown; those that are missing are made some at a time."""
        results, pictures, new = self._shown
        for _ in range(min(_AT_ONCE, len(results) - len(self._cards))):
            self._add_card()
        for number, card in enumerate(self._cards):
            card.setVisible(number < len(results))
            if number < len(results):
                card.show_result(results[number], pictures[number])
                wanted = self._new if number < new else self._earlier
                if wanted.indexOf(card) < 0:
                    (self._earlier if number < new else self._new).removeWidget(card)
                    # Cards above are in order; one that comes down is the first of those below.
                    wanted.insertWidget(wanted.count() if number < new else number - new, card)
        if len(self._cards) < len(results):
            self._more.start()

    @property
    def fit(self) -> Fit:
        """How large results are shown."""
        return Fit(theme.current().scale, self._room(), LEAST, self.devicePixelRatioF())

    def _add_card(self) -> None:
        number = len(self._cards)
        card = _Card(number)
        card.mathematics.set_room(self._room())
        card.mathematics.clicked.connect(self.clicked)
        card.mathematics.tip_of = lambda hit: self.tip_of(hit)
        card.customContextMenuRequested.connect(lambda point: self.menu_wanted.emit(number, card.mapToGlobal(point)))
        self._earlier.addWidget(card)
        self._cards.append(card)

    def show_verified(self, verified: bool | None, text: str) -> None:
        """What an exact check of the whole came to; None while it is not there yet."""
        self._badge.setVisible(verified is not None)
        if verified is not None:
            self._badge.setText(f"{'✓' if verified else '✗'} {text}")
            restyled(self._badge, "good badge" if verified else "bad badge")

    def _room(self) -> int:
        now = theme.current()
        return max(self._area.viewport().width() - now.px(20), now.px(80))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Results are no wider than the panel."""
        super().resizeEvent(event)
        for card in self._cards:
            card.mathematics.set_room(self._room())
        self.refitted.emit()
