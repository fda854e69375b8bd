"""What can be done to a whole kernel or weight at once."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QGridLayout, QMenu, QPushButton, QToolButton, QVBoxLayout, QWidget

from explorer.ui import theme
from explorer.ui.captioned import button, menu_button
from explorer.ui.parameters.choices import CheckBox


class WeightButtons(QWidget):
    """Zero, sum 1, flip, random, as drawn, and a menu to copy and paste; a check box widens them to all channels."""

    asked = Signal(str)
    """zero, normalise, flip, random, drawn, copy or paste."""
    widened = Signal()

    def __init__(self) -> None:
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.current().px(8))
        self._all = CheckBox()
        self._all.setObjectName("weights.all")
        self._all.clicked.connect(self.widened)
        layout.addWidget(self._all)
        grid = QGridLayout()
        grid.setSpacing(theme.current().px(6))
        layout.addLayout(grid)
        self._buttons: dict[str, QPushButton] = {}
        for place, name in enumerate(("zero", "normalise", "flip", "random", "drawn")):
            made = self._buttons[name] = button("", f"weights.{name}", "")
            made.clicked.connect(lambda _=False, name=name: self.asked.emit(name))
            grid.addWidget(made, *divmod(place, 3))
        self._more: QToolButton = menu_button("⋯", "weights.more", "")
        self._more.setSizePolicy(self._buttons["zero"].sizePolicy())
        grid.addWidget(self._more, 1, 2)
        for column in range(3):
            grid.setColumnStretch(column, 1)
        self._menu = QMenu(self._more)
        self._copy = self._menu.addAction("")
        self._paste = self._menu.addAction("")
        for action, name, key in (
            (self._copy, "copy", QKeySequence.StandardKey.Copy),
            (self._paste, "paste", QKeySequence.StandardKey.Paste),
        ):
            action.setShortcut(key)
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            action.triggered.connect(lambda _=False, name=name: self.asked.emit(name))
        self._more.setMenu(self._menu)
        self._texts()

    @property
    def all_channels(self) -> bool:
        """Whether the buttons act on all channels of the kernel."""
        return not self._all.isHidden() and self._all.isChecked()

    def narrow(self) -> None:
        """Back to one channel; says nothing."""
        self._all.setChecked(False)

    def show_state(self, *, editable: bool, kernel: bool, channels: int, edited: bool) -> None:
        """Which of them make sense now."""
        self._all.setVisible(kernel and channels > 1 and editable)
        for name, each in self._buttons.items():
            each.setEnabled(editable and (name != "flip" or kernel) and (name != "drawn" or edited))
        self._paste.setEnabled(editable)

    def popup(self, place: QPoint) -> None:
        """Open the menu at a place of the screen."""
        self._menu.popup(place)

    def _texts(self) -> None:
        self._all.setText(self.tr("Act on all channels"))
        self._all.setToolTip(self.tr("Presets and pasted kernels are spread evenly over the channels"))
        self._all.setAccessibleName(self._all.text())
        self._copy.setText(self.tr("Copy numbers"))
        self._paste.setText(self.tr("Paste numbers"))
        self._more.setToolTip(self.tr("Copy and paste numbers (Ctrl+C, Ctrl+V)"))
        self._more.setAccessibleName(self._more.toolTip())
        texts = {
            "zero": (self.tr("Zero"), self.tr("Set every number to 0")),
            "normalise": (self.tr("Sum 1"), self.tr("Divide by the sum, so that it becomes 1")),
            "flip": (self.tr("Flip"), self.tr("Turn by 180°: correlation becomes convolution")),
            "random": (self.tr("Random"), self.tr("Draw all weights of the layer again, from the next seed")),
            "drawn": (self.tr("As drawn"), self.tr("Give up what was edited; the seed stays")),
        }
        for name, (text, tip) in texts.items():
            self._buttons[name].setText(text)
            self._buttons[name].setToolTip(tip)
            self._buttons[name].setAccessibleName(text)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._texts()
