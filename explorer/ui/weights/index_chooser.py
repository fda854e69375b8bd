"""One of a numbered few: ‹ 3 › of 8."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from explorer.refusal import Refusal
from explorer.ui import theme
from explorer.ui.captioned import Text
from explorer.ui.parameters import typed_numbers
from explorer.ui.parameters.number_field import NumberField


class IndexChooser(QWidget):
    """An index from 0, by arrows, keys or typing."""

    chosen = Signal(int)
    refused = Signal(str)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._count = 1
        self._index = 0
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.current().px(2))
        self._title = Text("", "small", muted=True)
        self._back, self._on = _arrow("‹", f"{name}.back"), _arrow("›", f"{name}.on")
        self._number = NumberField(self._read, 2)
        self._number.setObjectName(f"{name}.number")
        for widget in (self._title, self._back, self._number, self._on):
            row.addWidget(widget)
        self._back.clicked.connect(lambda: self._go(-1))
        self._on.clicked.connect(lambda: self._go(1))
        self._number.stepped.connect(self._go)
        self._number.entered.connect(self._choose)
        self._number.refused.connect(self.refused)

    def show_texts(self, title: str, previous: str, following: str) -> None:
        """Title, and what the arrows do."""
        self._title.setText(title)
        for widget, text in ((self._back, previous), (self._on, following), (self._number, title)):
            widget.setAccessibleName(text)
            widget.setToolTip(text)
        self._show()

    def show_index(self, index: int, count: int) -> None:
        """Show an index out of `count`."""
        if (index, count) != (self._index, self._count):
            self._index, self._count = index, count
            self._show()

    def _show(self) -> None:
        self._number.show_text(str(self._index))
        self._number.set_hint(
            self.tr("{title} {index} of {count}, counted from 0").format(
                title=self._title.text(), index=self._index, count=self._count
            )
        )
        self._back.setEnabled(self._index > 0)
        self._on.setEnabled(self._index < self._count - 1)

    def _read(self, text: str) -> int:
        index = typed_numbers.whole(text)
        if not 0 <= index < self._count:
            raise Refusal("{index} is not among them; they are 0 to {last}.", index=index, last=self._count - 1)
        return index

    def _go(self, count: int) -> None:
        self._choose(max(0, min(self._index + count, self._count - 1)))

    def _choose(self, index: int) -> None:
        if index != self._index:
            self._index = index
            self._show()
            self.chosen.emit(index)


def _arrow(text: str, name: str) -> QToolButton:
    made = QToolButton()
    made.setText(text)
    made.setObjectName(name)
    made.setProperty("role", "arrow")
    made.setAutoRepeat(True)
    made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return made
