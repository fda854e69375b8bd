"""Small pieces that every panel uses: captions, quiet buttons, a segmented choice."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

from explorer.ui import theme
from explorer.ui.theme import Role


class Text(QLabel):
    """A label in one of the theme's fonts; plain text, never markup."""

    def __init__(self, text: str = "", font: Role = "text", *, muted: bool = False, wrap: bool = False) -> None:
        super().__init__(text)
        self._role: Role = font
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        if muted or font == "caption":
            self.setProperty("role", "muted")
        self.setFont(theme.current().font(font))

    def changeEvent(self, event: QEvent) -> None:
        """A new theme may bring another scale."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self.setFont(theme.current().font(self._role))


class Elided(Text):
    """A label of as many lines as it is made with, each of which gives way in its middle where the panel is narrow.

    It paints its text itself: a `QLabel` with a new text has the whole window laid out anew, at every step of a drag.
    """

    def __init__(
        self, text: str = "", font: Role = "text", *, muted: bool = False, lines: int = 1, least: int = 0
    ) -> None:
        """`least`: it takes the width of its text where there is room, and this many pixels at least (0: what is left).

        Such a text belongs to what changes seldom.
        """
        super().__init__("", font, muted=muted)
        self._whole = ""
        self._shorter: tuple[str, ...] = ()
        self._lines, self._least = lines, least
        width = QSizePolicy.Policy.Maximum if least else QSizePolicy.Policy.Ignored
        self.setSizePolicy(width, QSizePolicy.Policy.Preferred)
        self.setText(text)

    def setText(self, text: str, *shorter: str) -> None:
        """The whole text; it is also the tool tip, and what assistive technology reads.

        Where it has no room the first of the `shorter` ones that has is shown, before anything is left out of the last.
        """
        if text == self._whole:
            return
        if self.accessibleName() in ("", self._whole):
            self.setAccessibleName(text)
        self._whole, self._shorter = text, shorter
        self.setToolTip(text)
        self.update()
        if self._least:
            self.updateGeometry()

    def text(self) -> str:
        """What there is room for."""
        room, metrics = max(self.contentsRect().width(), self._least, 40), self.fontMetrics()
        for text in (self._whole, *self._shorter):
            lines = text.split("\n")
            if all(metrics.horizontalAdvance(line) <= room for line in lines):
                break
        return "\n".join(metrics.elidedText(line, Qt.TextElideMode.ElideMiddle, room) for line in lines)

    def text_whole(self) -> str:
        """The text without its ellipsis."""
        return self._whole

    def sizeHint(self) -> QSize:
        """Its lines, and the width of its text where it has a width of its own."""
        metrics = self.fontMetrics()
        return QSize(
            metrics.horizontalAdvance(self._whole) + 1 if self._least else 0, metrics.lineSpacing() * self._lines
        )

    def minimumSizeHint(self) -> QSize:
        """What it can be narrowed to."""
        return QSize(self._least, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        ink, place = self.foregroundRole(), self.alignment().value
        self.style().drawItemText(
            painter, self.contentsRect(), place, self.palette(), self.isEnabled(), self.text(), ink
        )
        painter.end()


def restyled(widget: QWidget, role: str) -> None:
    """Give a widget another role of the style sheet."""
    if widget.property("role") != role:
        widget.setProperty("role", role)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def button(text: str, name: str, tip: str, *, role: str = "", accessible: str = "") -> QPushButton:
    """A push button with its object name, tool tip and accessible name."""
    made = QPushButton(text)
    made.setObjectName(name)
    made.setToolTip(tip)
    made.setAccessibleName(accessible or text)
    if role:
        made.setProperty("role", role)
    return made


def menu_button(text: str, name: str, tip: str) -> QToolButton:
    """A button that opens a menu."""
    made = QToolButton()
    made.setText(text)
    made.setObjectName(name)
    made.setToolTip(tip)
    made.setAccessibleName(tip)
    made.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    return made


class Segmented(QWidget):
    """One choice out of a few, side by side."""

    chosen = Signal(str)

    def __init__(self, name: str, accessible: str, options: Sequence[tuple[str, str, str]]) -> None:
        """`options` are (value, text, tool tip)."""
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(accessible)
        self.setProperty("role", "segmented")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self._group = QButtonGroup(self)
        self._values = [value for value, _, _ in options]
        for number, (value, text, tip) in enumerate(options):
            each = button(text, f"{name}.{value}", tip, role="segment", accessible=f"{accessible}: {text}")
            each.setCheckable(True)
            self._group.addButton(each, number)
            row.addWidget(each)
        self._group.button(0).setChecked(True)
        self._group.idClicked.connect(lambda number: self.chosen.emit(self._values[number]))

    def show_value(self, value: str) -> None:
        """Check the button of a value, silently."""
        if value in self._values:
            self._group.button(self._values.index(value)).setChecked(True)


def head(text: str, *widgets: QWidget) -> QWidget:
    """The head of a panel: its caption at the left, its buttons at the right. A dock is dragged by it."""
    now = theme.current()
    made = QWidget()
    made.setProperty("role", "panel")
    row = QHBoxLayout(made)
    row.setContentsMargins(now.px(14), now.px(8), now.px(10), now.px(2))
    row.setSpacing(now.px(2))
    row.addWidget(Text(text, "caption"))
    row.addStretch()
    for widget in widgets:
        row.addWidget(widget)
    return made
