"""The sheet in the middle: a step with its title, the reason of the stroke, its mathematics and its use."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QContextMenuEvent, QMouseEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from explorer.ui import theme
from explorer.ui.captioned import Text, restyled
from explorer.ui.derive.drawn import Drawn
from explorer.ui.derive.mathematics import Mathematics

ZOOMS = (0.4, 4.0)
"""Least and greatest."""
_LEAST = 0.75
"""How much smaller mathematics may be to fit the sheet; wider ones are scrolled."""


class Sheet(QScrollArea):
    """Shows what it is given; takes the keys of the workspace when it is clicked."""

    zoom_wanted = Signal(float)
    """By this factor."""
    menu_wanted = Signal(QPoint)

    def __init__(self) -> None:
        super().__init__()
        now = theme.current()
        self.setObjectName("derive.sheet")
        self.setAccessibleName(self.tr("Derivation"))
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setProperty("role", "sheet")
        self._behind = Text(font="small", wrap=True)
        self._behind.setObjectName("derive.behind")
        self._behind.setProperty("role", "behind")
        self._behind.hide()
        self._title = Text(font="heading", wrap=True)
        self._title.setObjectName("derive.title")
        self._reason = Text(font="text", muted=True, wrap=True)
        self._reason.setObjectName("derive.stroke")
        self.mathematics = Mathematics("derive.mathematics", self.tr("Mathematics"), least=_LEAST)
        self._note = Text(font="text", wrap=True)
        self._note.setObjectName("derive.note")
        self._note.setProperty("role", "bad")
        self._badge = Text(font="strong", wrap=True)
        self._badge.setObjectName("derive.check")
        self._badge.setProperty("role", "good badge")
        self._why = Text(font="text", muted=True, wrap=True)
        self._why.setObjectName("derive.why")
        self._texts = (self._behind, self._title, self._reason, self._note, self._badge, self._why)
        content = QWidget()
        content.setProperty("role", "sheet")
        column = QVBoxLayout(content)
        margin = now.px(34)
        column.setContentsMargins(margin, now.px(24), margin, now.px(24))
        column.setSpacing(0)
        column.addWidget(self._behind, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._title)
        column.addSpacing(now.px(4))
        column.addWidget(self._reason)
        column.addSpacing(now.px(18))
        column.addWidget(self.mathematics, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._note, 0, Qt.AlignmentFlag.AlignLeft)
        column.addSpacing(now.px(22))
        column.addWidget(self._badge, 0, Qt.AlignmentFlag.AlignLeft)
        column.addSpacing(now.px(22))
        column.addWidget(self._why)
        column.addStretch(1)
        self._margin = margin
        self.setWidget(content)
        for each in (self._note, self._badge):
            each.hide()
        self._follow = QTimer(self)
        self._follow.setSingleShot(True)
        self._follow.setInterval(0)
        self._follow.timeout.connect(self._show_bottom)

    def show_texts(self, title: str, reason: str, check: tuple[str, bool] | None, why: str) -> None:
        """All but the mathematics; `check` is what was verified and whether it holds."""
        self._title.setText(title)
        self._reason.setText(reason)
        self._why.setText(why)
        self._why.setVisible(bool(why))
        self._badge.setVisible(check is not None)
        if check is not None:
            text, holds = check
            sign = "✓" if holds else "✗"
            told = self.tr("checked: {0}") if holds else self.tr("does not hold: {0}")
            self._badge.setText(f"{sign} {told.format(text)}")
            restyled(self._badge, "good badge" if holds else "bad badge")
            self._fit(self._badge)

    def show_picture(self, drawn: Drawn) -> None:
        """The mathematics; what grew downwards is brought into view."""
        old = self.mathematics.picture
        grew = old is not None and drawn.picture.height > old.height
        self.mathematics.show_picture(drawn)
        self._note.hide()
        self.mathematics.show()
        if grew:
            self._follow.start()

    def show_note(self, text: str) -> None:
        """Why there is no mathematics here."""
        self.mathematics.hide()
        self._note.setText(text)
        self._note.show()

    def show_behind(self, text: str) -> None:
        """Say that what is shown is not what is asked, or nothing."""
        self._behind.setText(text)
        self._fit(self._behind)
        self._behind.setVisible(bool(text))

    def begin(self) -> None:
        """Another step: from its top."""
        self.verticalScrollBar().setValue(0)
        self.horizontalScrollBar().setValue(0)

    def set_zoom(self, zoom: float) -> None:
        """The size of the mathematics."""
        self.mathematics.set_zoom(zoom)

    def _show_bottom(self) -> None:
        bottom = self.mathematics.geometry().bottom() + theme.current().px(16)
        bar = self.verticalScrollBar()
        if bottom > bar.value() + self.viewport().height():
            bar.setValue(bottom - self.viewport().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Texts stay as wide as what is seen, however wide the mathematics are."""
        super().resizeEvent(event)
        room = max(self.viewport().width() - 2 * self._margin, 80)
        readable = min(room, theme.current().px(860))
        for each in self._texts:
            each.setMaximumWidth(readable)
        for each in (self._behind, self._badge):
            self._fit(each)
        self.mathematics.set_room(room)

    def _fit(self, label: Text) -> None:
        """As wide as its text, and wrapped only where that is wider than the sheet."""
        label.setWordWrap(False)
        label.setMinimumSize(0, 0)
        room = label.maximumWidth()
        if label.sizeHint().width() > room:
            label.setWordWrap(True)
            label.setMinimumSize(room, label.heightForWidth(room))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """With Ctrl it zooms."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom_wanted.emit(1.1 ** (event.angleDelta().y() / 120))
            event.accept()
        else:
            super().wheelEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the keys."""
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        super().mousePressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Copy and export."""
        self.menu_wanted.emit(event.globalPos())
