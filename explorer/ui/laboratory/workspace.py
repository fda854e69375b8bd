"""The Laboratory workspace: a chooser, and under it the page that is shown; pages are built when wanted, or at rest."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QStackedWidget, QVBoxLayout, QWidget

from explorer.ui import theme
from explorer.ui.actions import Entry, added
from explorer.ui.calculation.probe import Probe
from explorer.ui.captioned import Segmented
from explorer.ui.laboratory.pages import TILE, Bench, pages
from explorer.ui.workspaces import Acts, Keys, Workspace


class Laboratory(QObject):
    """Holds the pages that were built, and which of them is shown."""

    history_changed = Signal()
    failed = Signal(object)
    """A defect beside the window."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self._bench = replace(bench, history_changed=self.history_changed.emit, failed=self.failed.emit)
        self._made: dict[str, Workspace] = {}
        self._listed = {each.name: each for each in pages()}
        self._shown = next(iter(self._listed))
        self._entered = False
        self.page = QWidget()
        self.page.setObjectName("laboratory")
        self.page.setProperty("role", "ground")
        self.page.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._stack = QStackedWidget()
        self._chooser = Segmented(
            "laboratory.page",
            self.tr("Page of the laboratory"),
            [
                (each.name, each.title, f"{each.tip} (Alt+{number})")
                for number, each in enumerate(self._listed.values(), 1)
            ],
        )
        self._chooser.chosen.connect(self.show_page)
        column = QVBoxLayout(self.page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._head())
        column.addWidget(self._stack, 1)
        self.menu = QMenu(self.tr("Laboratory"), self.page)
        self._entries = [
            Entry(f"laboratory.{name}", each.title, partial(self.show_page, name), (f"Alt+{number}",))
            for number, (name, each) in enumerate(self._listed.items(), 1)
        ]
        added(self.page, self.menu, self._entries, Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self.menu.addSeparator()
        self.show_page(self._shown)

    def _head(self) -> QWidget:
        now = theme.current()
        made = QFrame()
        made.setProperty("role", "bar")
        row = QHBoxLayout(made)
        row.setContentsMargins(now.px(14), now.px(6), now.px(14), now.px(6))
        row.addWidget(self._chooser)
        row.addStretch()
        if len(self._listed) == 1:
            made.hide()
        return made

    @property
    def shown(self) -> str:
        """The name of the page that is shown."""
        return self._shown

    def get(self, name: str) -> Workspace | None:
        """A page, or None while it is not built."""
        return self._made.get(name)

    def build(self) -> bool:
        """Build the next page ahead of time; whether there is none left to build."""
        name = next((each for each in self._listed if each not in self._made), None)
        if name is not None:
            self._make(name)
        return name is None

    def _make(self, name: str) -> None:
        made = self._made[name] = self._listed[name].make(self._bench)
        self._stack.addWidget(made.page)
        made.menu.setTitle(self._listed[name].title)
        self.menu.addMenu(made.menu)

    def show_page(self, name: str) -> Workspace:
        """Go to a page."""
        if name not in self._made:
            self._make(name)
        if self._entered and name != self._shown:
            self._made[self._shown].leave()
        self._stack.setCurrentWidget(self._made[name].page)
        self._chooser.show_value(name)
        new = name != self._shown
        self._shown = name
        self.history_changed.emit()
        if self._entered and new:
            self._made[name].enter()
        return self._made[name]

    def show_tile(self, layer: str, pin: Probe | None) -> None:
        """A convolution layer tile by tile, at the tile that makes the pinned cell where that is one of its outputs."""
        from explorer.ui.laboratory.tile.tile import Tile

        page = self.show_page(TILE)
        assert isinstance(page, Tile)
        page.open_at(layer, pin)

    # The workspace ---------------------------------------------------------------------------------------------------

    @property
    def acts(self) -> Acts:
        """Those of the page that is shown; the list of keys begins with the pages."""
        acts = self._made[self._shown].acts
        return replace(acts, keys=lambda: [*self._keys(), *acts.keys()])

    def _keys(self) -> Keys:
        rows = [(" / ".join(each.keys), each.text) for each in self._entries]
        return [(self.tr("Pages of the laboratory"), rows)] if len(rows) > 1 else []

    def enter(self) -> None:
        """It is shown now."""
        self._entered = True
        self._made[self._shown].enter()

    def leave(self) -> None:
        """Another workspace is shown now."""
        self._entered = False
        self._made[self._shown].leave()

    def close(self) -> None:
        """Close the pages that were built."""
        for each in self._made.values():
            each.close()
