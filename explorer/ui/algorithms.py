"""Between the workspaces: a derived algorithm goes into a layer, and that of a layer is derived."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QMenu

from explorer.model.document import Document
from explorer.model.store import Store
from explorer.ui.explore import Explore
from explorer.ui.window import MainWindow
from explorer.ui.workspaces import DERIVE, EXPLORE, Workspaces

if TYPE_CHECKING:
    from explorer.model.algorithms import Home
    from explorer.model.derivation.problem import Filter

# The exact algebra is imported when an algorithm is met: a start has none.


class Algorithms(QObject):
    """Puts algorithms into layers of the document, as one step of undo."""

    def __init__(self, window: MainWindow, store: Store, explore: Explore, workspaces: Workspaces) -> None:
        super().__init__(window)
        self._window = window
        self._store = store
        self._explore = explore
        self._workspaces = workspaces

    def run(self, text: str) -> None:
        """Let a layer compute by the algorithm; ask which one where that is not clear."""
        from explorer.model.algorithms import homes

        found = homes(self._store.document, text, self._explore.view.layer)
        if len(found) == 1 and found[0].layer is not None and not found[0].changes:
            self._put(found[0], text)
            return
        self._ask(
            self.tr("Run it in which layer?"), [(self._name(home), partial(self._put, home, text)) for home in found]
        )

    def _name(self, home: Home) -> str:
        kernel = home.changes.get("kernel")
        size = " × ".join(map(str, kernel)) if kernel else ""
        if home.layer is None:
            return self.tr("Add a convolution layer with a kernel of {0}").format(size)
        name = home.layer.name
        if not home.changes:
            return self.tr("Run it in {0}").format(name)
        if not kernel:
            return self.tr("Set the stride and dilation of {0} to 1").format(name)
        if len(home.changes) == 1:
            return self.tr("Set the kernel of {0} to {1}").format(name, size)
        return self.tr("Set the kernel of {0} to {1}, its stride and dilation to 1").format(name, size)

    def _put(self, home: Home, text: str) -> None:
        from explorer.model.algorithms import put

        made: list[str] = []

        def change(document: Document) -> Document:
            new, id = put(document, home, text, self._explore.view.layer)
            made.append(id)
            return new

        if self._explore.edit(change, self.tr("Run a derived algorithm")):
            self._workspaces.show(EXPLORE)
            self._explore.look(layer=made[-1], port="")
            self._window.docks["methods"].raise_()

    def derive(self) -> None:
        """Show how the algorithm of the layer that is looked at is derived."""
        from explorer.model.algorithms import directions_of, problems

        document, id = self._store.document, self._explore.view.layer
        directions = directions_of(document.node(id).params) if document.has(id) else None
        if directions is None:
            return
        found = problems(directions)
        if len(found) == 1:
            self._show(found[0])
            return
        places = self.tr("Along the columns: F({0}, {1})"), self.tr("Along the rows: F({0}, {1})")
        self._ask(
            self.tr("Derive which direction?"),
            [
                (place.format(each.m, each.r), partial(self._show, each))
                for place, each in zip(places, found, strict=True)
            ],
        )

    def _show(self, problem: Filter) -> None:
        from explorer.ui.derive.asked import written
        from explorer.ui.derive.workspace import Derive

        self._workspaces.show(DERIVE)
        derive = self._workspaces.get(DERIVE)
        assert isinstance(derive, Derive)
        derive.ask(written(problem), self.tr("Derive the algorithm of a layer"), anew=True)

    def _ask(self, title: str, options: Sequence[tuple[str, Callable[[], None]]]) -> None:
        menu = QMenu(self._window)
        menu.setObjectName("running.menu")
        menu.setAccessibleName(title)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(title).setEnabled(False)
        for name, does in options:
            menu.addAction(name).triggered.connect(lambda _checked=False, does=does: does())
        focused = self._window.focusWidget()
        place = focused.mapToGlobal(QPoint(0, focused.height())) if focused is not None else QCursor.pos()
        menu.popup(place)
        menu.setActiveAction(menu.actions()[1])
