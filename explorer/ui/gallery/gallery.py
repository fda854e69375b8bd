"""The gallery of operations: to browse, to show on a projector, and to find what is added to the pipeline next."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractSlider, QDialog, QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from explorer.ops import operations
from explorer.ui import theme
from explorer.ui.captioned import Text, button
from explorer.ui.gallery.illustrations import Illustrations
from explorer.ui.gallery.operation_list import OperationList
from explorer.ui.gallery.page import Page
from explorer.ui.texts import said

_STEPS = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
_SCROLLING = {
    Qt.Key.Key_PageUp: QAbstractSlider.SliderAction.SliderPageStepSub,
    Qt.Key.Key_PageDown: QAbstractSlider.SliderAction.SliderPageStepAdd,
}


class Gallery(QDialog):
    """A search field over the list of operations at the left, the page of the chosen one at the right."""

    add_wanted = Signal(str)

    def __init__(self, illustrations: Illustrations, first: str = "", parent: QWidget | None = None) -> None:
        """`first` is the operation that it opens at."""
        super().__init__(parent)
        self._illustrations = illustrations
        self.setObjectName("gallery")
        self.setWindowTitle(self.tr("Operations"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._search = QLineEdit()
        self._search.setObjectName("gallery.search")
        self._search.setPlaceholderText(self.tr("Title, group or formula"))
        self._search.setAccessibleName(self.tr("Search for an operation"))
        self._search.setToolTip(self.tr("Words of a title, a group or a formula. Up and Down choose, Enter adds."))
        self._search.installEventFilter(self)
        self._none = Text(self.tr("No operation has all of these words."), "small", muted=True, wrap=True)
        self._none.setObjectName("gallery.none")
        self._list = OperationList(illustrations.get)
        self._list.installEventFilter(self)
        self._page = Page()
        self._group = Text(font="caption")
        self._title = Text(font="title", wrap=True)
        self._title.setObjectName("gallery.title")
        self._add = button(
            self.tr("Add to the pipeline"),
            "gallery.add",
            self.tr("Add it as a layer behind the current one (Enter)"),
            role="primary",
        )
        self._add.setAutoDefault(False)
        self._reason = Text(font="small", wrap=True)
        self._reason.setObjectName("gallery.reason")
        self._reason.setProperty("role", "bad")
        self._reason.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._left())
        row.addWidget(self._right(), 1)
        self._search.textChanged.connect(self._filter)
        self._list.chosen.connect(self._show)
        self._list.taken.connect(self._take)
        self._add.clicked.connect(self._take)
        self._illustrations.arrived.connect(self._arrived)
        self.finished.connect(lambda _: self._illustrations.stop())
        self._filter("")
        self._list.choose(first)
        self._search.setFocus()
        self._fit(parent)

    def _fit(self, parent: QWidget | None) -> None:
        now = theme.current()
        room = parent.size() if parent is not None else self.size()
        self.resize(
            max(now.px(640), min(now.px(1320), room.width() - now.px(80))),
            max(now.px(420), min(now.px(940), room.height() - now.px(60))),
        )

    def _left(self) -> QWidget:
        now = theme.current()
        side = QFrame()
        side.setProperty("role", "side")
        side.setFixedWidth(now.px(270))
        column = QVBoxLayout(side)
        column.setContentsMargins(now.px(14), now.px(16), now.px(6), now.px(12))
        column.setSpacing(now.px(8))
        field = QHBoxLayout()
        field.setContentsMargins(0, 0, now.px(8), 0)
        field.addWidget(self._search)
        column.addLayout(field)
        column.addWidget(self._none)
        column.addWidget(self._list, 1)
        keys = Text(self.tr("↑ ↓ choose · Enter adds · Esc closes"), "small", muted=True)
        column.addWidget(keys)
        return side

    def _right(self) -> QWidget:
        now = theme.current()
        side = QWidget()
        side.setProperty("role", "ground")
        side.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        names = QVBoxLayout()
        names.setSpacing(now.px(2))
        names.addWidget(self._group)
        names.addWidget(self._title)
        head = QHBoxLayout()
        head.setContentsMargins(now.px(24), now.px(16), now.px(24), now.px(6))
        head.setSpacing(now.px(16))
        head.addLayout(names, 1)
        head.addWidget(self._add, 0, Qt.AlignmentFlag.AlignVCenter)
        told = QHBoxLayout()
        told.setContentsMargins(now.px(24), 0, now.px(24), 0)
        told.addWidget(self._reason)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(now.px(6))
        column.addLayout(head)
        column.addLayout(told)
        column.addWidget(self._page, 1)
        return side

    def refuse(self, reason: str) -> None:
        """Say why the operation was not added; it goes with the next one that is looked at."""
        self._reason.setText(reason)
        self._reason.show()

    def _filter(self, wanted: str) -> None:
        self._reason.hide()
        self._list.filter(wanted)
        found = bool(self._list.operations)
        self._none.setVisible(not found)
        self._add.setEnabled(found)

    def _show(self, name: str) -> None:
        op = operations()[name]
        self._reason.hide()
        self._group.setText(said(op.group))
        self._title.setText(said(op.title))
        self._illustrations.want(name, dark=theme.current().name == "dark")
        self._show_page(name)
        self._page.verticalScrollBar().setValue(0)

    def _show_page(self, name: str) -> None:
        waiting = not self._illustrations.known(name)
        self._page.show_operation(operations()[name], self._illustrations.get(name), waiting=waiting)

    def _arrived(self, name: str) -> None:
        self._list.show_picture(name)
        if name == self._list.current:
            self._show_page(name)

    def _take(self) -> None:
        if self._list.operations and self._list.current:
            self.add_wanted.emit(self._list.current)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Wherever the keys go, arrows choose, Page Up and Page Down scroll the page, and Enter takes the operation."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            key = Qt.Key(event.key())
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._take()
                return True
            if key in _STEPS:
                self._list.step(_STEPS[key])
                return True
            if key in _SCROLLING:
                self._page.verticalScrollBar().triggerAction(_SCROLLING[key])
                return True
        return super().eventFilter(watched, event)

    def changeEvent(self, event: QEvent) -> None:
        """Pictures in the colours of another theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self.isVisible() and self._list.current:
            self._illustrations.want(self._list.current, dark=theme.current().name == "dark")
            self._show_page(self._list.current)
