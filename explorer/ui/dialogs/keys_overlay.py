"""A card over the window that lists its keys. Any key and any click close it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QHideEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from explorer.ui import theme
from explorer.ui.captioned import Text

Sections = Sequence[tuple[str, Sequence[tuple[str, str]]]]
"""(title, rows of (keys, what they do)); texts are translated already."""

_MODIFIERS = {
    Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_AltGr, Qt.Key.Key_Meta, Qt.Key.Key_CapsLock,
}  # fmt: skip
_SCROLLING = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -10, Qt.Key.Key_PageDown: 10}


class KeysOverlay(QWidget):
    """Covers its window; goes, and gives the focus back, at the next key or click."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setObjectName("keys")
        self.setAccessibleName(self.tr("Keys"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._window = window
        self._focused = QApplication.focusWidget()
        self._area = QScrollArea(self)
        self._area.setObjectName("keys.scroll")
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setWidgetResizable(True)
        window.installEventFilter(self)
        self.hide()

    def show_keys(self, sections: Sections) -> None:
        """List keys over the window."""
        self.setAccessibleDescription("\n".join(f"{keys}: {what}" for _, rows in sections for keys, what in rows))
        self._area.setWidget(self._card(sections))
        self._place()
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.PopupFocusReason)

    def _card(self, sections: Sections) -> QWidget:
        now = theme.current()
        card = QFrame()
        card.setProperty("role", "card")
        column = QVBoxLayout(card)
        column.setContentsMargins(now.px(24), now.px(20), now.px(24), now.px(20))
        column.setSpacing(now.px(16))
        head = QHBoxLayout()
        head.addWidget(Text(self.tr("Keys"), "title"))
        head.addStretch(1)
        head.addWidget(Text(self.tr("Any key closes this"), "small", muted=True))
        column.addLayout(head)
        columns = QHBoxLayout()
        columns.setSpacing(now.px(40))
        for each in _halves(sections):
            columns.addLayout(self._column(each), 1)
        column.addLayout(columns)
        column.addStretch(1)
        return card

    def _column(self, sections: Sections) -> QGridLayout:
        now = theme.current()
        grid = QGridLayout()
        grid.setHorizontalSpacing(now.px(16))
        grid.setVerticalSpacing(now.px(7))
        grid.setColumnStretch(1, 1)
        line = 0
        for title, rows in sections:
            if line:
                grid.setRowMinimumHeight(line, now.px(10))
                line += 1
            grid.addWidget(Text(title, "caption"), line, 0, 1, 2)
            for keys, what in rows:
                line += 1
                pressed = Text(keys, "small number")
                pressed.setProperty("role", "key")
                grid.addWidget(pressed, line, 0, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
                grid.addWidget(Text(what, "text", wrap=True), line, 1)
            line += 1
        grid.setRowStretch(line, 1)
        return grid

    def _place(self) -> None:
        now = theme.current()
        self.setGeometry(self._window.rect())
        around = now.px(32)
        card = self._area.widget()
        if card is None:
            return
        width = min(now.px(900), max(self.width() - 2 * around, now.px(240)))
        needed = card.heightForWidth(width) if card.hasHeightForWidth() else card.sizeHint().height()
        height = min(needed, max(self.height() - 2 * around, now.px(120)))
        self._area.setGeometry((self.width() - width) // 2, (self.height() - height) // 2, width, height)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Dim what lies below."""
        QPainter(self).fillRect(self.rect(), theme.current().color("ground", 0.86))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The card stays in the middle."""
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Cover the window also when it grows."""
        if event.type() == QEvent.Type.Resize and watched is self._window:
            self._place()
        return False

    def event(self, event: QEvent) -> bool:
        """Shortcuts of the window do nothing now: every key comes here."""
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Close; the arrows scroll a list that is longer than the window."""
        key = cast(Qt.Key, event.key())
        bar = self._area.verticalScrollBar()
        if key in _MODIFIERS:
            return
        if key in _SCROLLING and bar.maximum() > 0:
            bar.setValue(bar.value() + _SCROLLING[key] * theme.current().px(40))
        elif not event.isAutoRepeat():
            self.close()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Close."""
        self.close()

    def focusNextPrevChild(self, next: bool) -> bool:
        """Tab is a key like any other."""
        return False

    def hideEvent(self, event: QHideEvent) -> None:
        """Give the focus back."""
        if self._focused is not None and isValid(self._focused):
            self._focused.setFocus(Qt.FocusReason.PopupFocusReason)
        super().hideEvent(event)


def _halves(sections: Sections) -> tuple[Sections, Sections]:
    """Two columns of about the same height, in order."""
    heights = [len(rows) + 2 for _, rows in sections]
    cut = min(range(len(sections) + 1), key=lambda place: abs(sum(heights[:place]) - sum(heights[place:])))
    return sections[:cut], sections[cut:]
