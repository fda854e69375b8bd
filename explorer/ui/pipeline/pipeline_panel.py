"""The list of layers with its head: what can be added, and the menu of a layer."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from explorer.model.gallery import grouped
from explorer.ui import theme
from explorer.ui.captioned import head, menu_button
from explorer.ui.pipeline.layer_list import LayerList
from explorer.ui.pipeline.painting_layers import LayerCard
from explorer.ui.texts import said


class PipelinePanel(QWidget):
    """Shows the layers; says what is wanted of them."""

    add_wanted = Signal(str)
    find_wanted = Signal()
    giver_wanted = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        now = theme.current()
        self.layers = LayerList()
        self._adder = menu_button(self.tr("+ Add layer"), "pipeline.add", self.tr("Add a layer behind the current one"))
        self._adder.setProperty("role", "quiet")
        self.add_menu = self._menu_of_operations()
        self._adder.setMenu(self.add_menu)
        self._givers: dict[str, tuple[tuple[str, str], ...]] = {}
        self.layers.menu_wanted.connect(self._menu)
        self.head = head(self.tr("Pipeline"), self._adder)
        self.setMinimumWidth(now.px(250))
        column = QVBoxLayout(self)
        column.setContentsMargins(now.px(14), now.px(2), now.px(4), now.px(6))
        column.addWidget(self.layers, 1)

    def show_cards(
        self, cards: Sequence[LayerCard], chosen: str, givers: dict[str, tuple[tuple[str, str], ...]]
    ) -> None:
        """The layers, the one that is looked at, and (id, name) of what can give side inputs to each."""
        self._givers = givers
        self.layers.show_cards(cards, chosen)

    def _menu_of_operations(self) -> QMenu:
        menu = QMenu(self)
        menu.setObjectName("pipeline.add.menu")
        find = menu.addAction(self.tr("Find an operation…") + "\tCtrl+L")
        find.setObjectName("pipeline.add.find")
        find.triggered.connect(lambda _checked=False: self.find_wanted.emit())
        menu.addSeparator()
        for group, found in grouped():
            inner = menu.addMenu(said(group))
            inner.setToolTipsVisible(True)
            for op in found:
                action = inner.addAction(said(op.title))
                action.setObjectName(f"pipeline.add.{op.name}")
                action.setToolTip(op.formula)
                action.triggered.connect(lambda _checked=False, name=op.name: self.add_wanted.emit(name))
        return menu

    def _menu(self, id: str, point: QPoint) -> None:
        menu = QMenu(self)
        layers = self.layers
        for text, shortcut, wanted in (
            (self.tr("Rename"), "F2", layers.rename_wanted),
            (self.tr("Duplicate"), "Ctrl+D", layers.duplicate_wanted),
            (self.tr("Switch on or off"), "Space", layers.switch_wanted),
            (self.tr("Remove"), "Del", layers.remove_wanted),
        ):
            action = menu.addAction(f"{text}\t{shortcut}")
            action.triggered.connect(lambda _checked=False, wanted=wanted: wanted.emit(id))
        givers = self._givers.get(id, ())
        if givers:
            menu.addSection(self.tr("Side inputs from"))
            for giver, name in givers:
                action = menu.addAction(name)
                action.triggered.connect(lambda _checked=False, giver=giver: self.giver_wanted.emit(id, giver))
        menu.popup(point)
