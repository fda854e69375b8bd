"""The list of layers with its head: what can be added, and the menu of a layer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from explorer.model.gallery import grouped
from explorer.ui import theme
from explorer.ui.captioned import head, menu_button
from explorer.ui.parameters.giver_field import GiverChoice
from explorer.ui.pipeline.layer_list import LayerList
from explorer.ui.pipeline.painting_layers import LayerCard
from explorer.ui.texts import said


class PipelinePanel(QWidget):
    """Shows the layers; says what is wanted of them."""

    add_wanted = Signal(str)
    find_wanted = Signal()
    menu_made = Signal(str, QMenu)
    """The menu of a layer is complete but for what others add."""
    giver_wanted = Signal(str, str, str)
    """Layer, its side input, and the layer (or the source) to take it from."""

    def __init__(self) -> None:
        super().__init__()
        now = theme.current()
        self.layers = LayerList()
        self._adder = menu_button(self.tr("+ Add layer"), "pipeline.add", self.tr("Add a layer behind the current one"))
        self._adder.setProperty("role", "quiet")
        self.add_menu = QMenu(self)
        self.add_menu.setObjectName("pipeline.add.menu")
        self.add_menu.aboutToShow.connect(self._fill_add_menu)
        self._adder.setMenu(self.add_menu)
        self._choices: Callable[[str], tuple[GiverChoice, ...]] = lambda id: ()
        self._foldable: frozenset[str] = frozenset()
        self.layers.menu_wanted.connect(lambda id, point: self.menu_of(id).popup(point))
        self.head = head(self.tr("Pipeline"), self._adder)
        self.setMinimumWidth(now.px(250))
        column = QVBoxLayout(self)
        column.setContentsMargins(now.px(14), now.px(2), now.px(14), now.px(6))
        column.addWidget(self.layers, 1)

    def show_cards(
        self,
        cards: Sequence[LayerCard],
        chosen: str,
        choices: Callable[[str], tuple[GiverChoice, ...]],
        foldable: frozenset[str] = frozenset(),
    ) -> None:
        """The layers, the one that is looked at, what can give side inputs to each, and what can be folded."""
        self._choices = choices
        self._foldable = foldable
        self.layers.show_cards(cards, chosen)

    def _fill_add_menu(self) -> None:
        """When it is first opened: until then only the operations of the document need to be known."""
        menu = self.add_menu
        if not menu.isEmpty():
            return
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

    def menu_of(self, id: str) -> QMenu:
        """What can be done with a layer."""
        menu = QMenu(self)
        menu.setObjectName("pipeline.layer.menu")
        layers = self.layers
        for text, shortcut, wanted in (
            (self.tr("Rename"), "F2", layers.rename_wanted),
            (self.tr("Duplicate"), "Ctrl+D", layers.duplicate_wanted),
            (self.tr("Switch on or off"), "Space", layers.switch_wanted),
            (self.tr("Remove"), "Del", layers.remove_wanted),
        ):
            action = menu.addAction(f"{text}\t{shortcut}")
            action.triggered.connect(lambda _checked=False, wanted=wanted: wanted.emit(id))
        if id in self._foldable:
            action = menu.addAction(self.tr("Fold into the layer before") + "\tCtrl+M")
            action.setObjectName("pipeline.fold")
            action.triggered.connect(lambda: layers.fold_wanted.emit(id))
        for choice in self._choices(id):
            self._add_givers(menu, id, choice)
        self.menu_made.emit(id, menu)
        return menu

    def _add_givers(self, menu: QMenu, id: str, choice: GiverChoice) -> None:
        offered = menu.addMenu(self.tr("{0} from").format(choice.label))
        offered.setToolTipsVisible(True)
        for option in choice.options:
            action = offered.addAction(option.text)
            action.setObjectName(f"pipeline.input.{choice.port}.{option.id}")
            action.setCheckable(True)
            action.setChecked(option.id == choice.taken)
            action.setEnabled(not option.reason)
            action.setToolTip(option.reason or choice.hint)
            action.triggered.connect(
                lambda _checked=False, giver=option.id: self.giver_wanted.emit(id, choice.port, giver)
            )
