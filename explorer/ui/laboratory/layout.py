"""How the pages of the laboratory are laid out: fields at the left, cards beside them, and a line for what runs."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QScrollArea, QSplitter, QVBoxLayout, QWidget

from explorer.ui import theme
from explorer.ui.captioned import Elided, Segmented, button


class ProgressLine(QWidget):
    """One line: what is known or being done, how far it is, and a button that begins or ends it."""

    pressed = Signal()
    given_up = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(f"{name}.progress")
        now = theme.current()
        self._text = Elided("", "small", muted=True)
        self._text.setObjectName(f"{name}.about")
        self._bar = QProgressBar()
        self._bar.setObjectName(f"{name}.bar")
        self._bar.setAccessibleName(self.tr("Progress"))
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(now.px(150))
        self.button = button("", f"{name}.run", "")
        self.button.clicked.connect(self.pressed)
        self.cancel = button(self.tr("Cancel"), f"{name}.cancel", self.tr("Give up what is running (Ctrl+.)"))
        self.cancel.clicked.connect(self.given_up)
        self.cancel.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(now.px(10))
        row.addWidget(self._text, 1)
        row.addWidget(self._bar)
        row.addWidget(self.button)
        row.addWidget(self.cancel)
        self.show_idle("", "", "")

    @property
    def text(self) -> str:
        """What it says."""
        return self._text.text_whole()

    def show_idle(self, text: str, action: str, tip: str) -> None:
        """Nothing runs; no button where there is nothing to begin."""
        self._text.setText(text)
        self._bar.hide()
        self._label(action, tip, "primary")

    def show_running(self, text: str, done: int, total: int, action: str, tip: str) -> None:
        """Something runs."""
        self._text.setText(text)
        self._bar.setRange(0, max(total, 1))
        self._bar.setValue(done)
        self._bar.show()
        self._label(action, tip, "")

    def _label(self, action: str, tip: str, role: str) -> None:
        self.button.setVisible(bool(action))
        if action != self.button.text():
            self.button.setText(action)
            self.button.setAccessibleName(action)
            self.button.setToolTip(tip)
            self.button.setProperty("role", role)
            self.button.style().unpolish(self.button)
            self.button.style().polish(self.button)


def card(*parts: QWidget, stretch: int = 0) -> QFrame:
    """Widgets under each other on a card; the one with this number takes the room that is left."""
    now = theme.current()
    made = QFrame()
    made.setProperty("role", "card")
    column = QVBoxLayout(made)
    column.setContentsMargins(now.px(14), now.px(10), now.px(14), now.px(10))
    column.setSpacing(now.px(8))
    for number, part in enumerate(parts):
        column.addWidget(part, int(number == stretch))
    return made


def row(*parts: QWidget, last: bool = False) -> QWidget:
    """Widgets beside each other; the rest of the room behind them, or before the last one."""
    made = QWidget()
    line = QHBoxLayout(made)
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(theme.current().px(10))
    for number, part in enumerate(parts):
        if last and number == len(parts) - 1:
            line.addStretch(1)
        line.addWidget(part)
    if not last:
        line.addStretch(1)
    return made


def column_of(*parts: QWidget, stretch: int = 0) -> QWidget:
    """Cards under each other on the ground."""
    now = theme.current()
    made = QWidget()
    column = QVBoxLayout(made)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(now.px(10))
    for number, part in enumerate(parts):
        column.addWidget(part, int(number == stretch))
    return made


def page(name: str, form: QWidget, middle: QWidget) -> QWidget:
    """Fields at the left, in a panel that scrolls, and what they are about beside them.

    Built from the outside: a widget that gets another parent is styled anew with all that is in it.
    """
    now = theme.current()
    made = QSplitter(Qt.Orientation.Horizontal)
    made.setObjectName(name)
    made.setHandleWidth(1)
    made.setChildrenCollapsible(False)
    side, ground = QFrame(), QWidget()
    side.setProperty("role", "panel")
    ground.setProperty("role", "ground")
    ground.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    made.addWidget(side)
    made.addWidget(ground)
    made.setStretchFactor(1, 1)
    area, inner = QScrollArea(), QWidget()
    area.setObjectName(f"{name}.fields")
    area.setProperty("role", "panel")
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setMinimumWidth(now.px(232))
    inner.setProperty("role", "panel")
    holder = QVBoxLayout(side)
    holder.setContentsMargins(0, 0, 0, 0)
    holder.addWidget(area)
    area.setWidget(inner)
    column = QVBoxLayout(inner)
    column.setContentsMargins(now.px(14), now.px(6), now.px(12), now.px(10))
    column.addWidget(form)
    column.addStretch(1)
    around = QVBoxLayout(ground)
    around.setContentsMargins(now.px(14), now.px(10), now.px(14), now.px(10))
    around.addWidget(middle)
    made.setSizes([now.px(262), now.px(1100)])
    return made


def tabs(name: str, accessible: str, options: list[tuple[str, str, str]], chosen: Callable[[str], object]) -> Segmented:
    """A choice of views of a page."""
    made = Segmented(name, accessible, options)
    made.chosen.connect(chosen)
    return made
