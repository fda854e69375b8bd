"""The window as a test uses it: built once a module, begun anew for each test, driven by events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from explorer.model import document, editing, plan
from explorer.model.display import View
from explorer.model.document import Document, Node
from explorer.model.pictures import from_array
from explorer.model.session import Session
from explorer.model.starting import starting_document
from explorer.ops import operations
from explorer.ops.op import Op
from explorer.ui.assembly import Assembly
from explorer.ui.stage.map_grid import Place

SIDE = 48
PATIENCE = 90
FIRST_PATIENCE = 300
"""Seconds; on the first run all kernels have to be compiled."""


def small_picture(side: int = SIDE, seed: int = 0, name: str = "noise") -> np.ndarray:
    """An RGB image of 8 bits."""
    return np.random.default_rng(seed).integers(0, 256, (side, side, 3), np.uint8)


def small_document() -> Document:
    """The pipeline of the first start over a small picture."""
    return starting_document(from_array(small_picture(), "noise"))


def wait(condition: Callable[[], bool], what: str = "", patience: float = PATIENCE) -> None:
    """Let events happen until it holds."""
    until = monotonic() + patience
    while not condition():
        assert monotonic() < until, what or "waited in vain"
        QTest.qWait(2)


class Driver:
    """A window and what a person does with it."""

    def __init__(self, **assembly: object) -> None:
        self.assembly = Assembly(**assembly)  # type: ignore[arg-type]
        self.window = self.assembly.window
        self.explore = self.assembly.explore
        self.store = self.assembly.store
        self.desk = self.assembly.desk
        self.panels = self.assembly.panels
        self.maps = self.panels.stage.maps
        self.window.resize(1300, 850)
        self.window.show()
        QTest.qWaitForWindowExposed(self.window)
        wait(self.explore.settled, "the window does not settle", FIRST_PATIENCE)

    @property
    def document(self) -> Document:
        return self.store.document

    def begin(self, document: Document | None = None) -> None:
        """A fresh document, looked at in its convolution."""
        document = document or small_document()
        conv = next((node.id for node in document if node.op == "conv"), document.nodes[0].id)
        self.desk.path = None
        self.desk.show_session(Session(document, View(layer=conv, dark=self.explore.view.dark)))
        self.maps.reset_zoom()
        self.maps.show_pin(None)
        self.panels.status.clear_refusal()
        self.settle()

    def settle(self) -> None:
        """Wait until all that is shown belongs to the settings, and nothing is read or written."""
        wait(lambda: not self.desk.busy and self.explore.settled(), "the window does not settle")
        QApplication.processEvents()

    def settle_files(self) -> None:
        """Wait until nothing is read or written."""
        wait(lambda: not self.desk.busy, "a file is still being read or written")

    def node(self, op: str) -> Node:
        """The first layer of an operation."""
        return next(node for node in self.document if node.op == op)

    def look(self, op: str, **changes: object) -> None:
        self.explore.look(layer=self.node(op).id, port="", **changes)
        self.settle()

    def act(self, name: str) -> None:
        """Trigger an action of the menu."""
        action = self.window.findChild(QAction, f"action.{name}")
        assert action is not None, name
        action.trigger()

    def child(self, name: str) -> QWidget:
        """A widget by its object name."""
        found = self.window.findChild(QWidget, name)
        assert found is not None, name
        return found

    def click(self, name: str) -> None:
        """Click a button in its middle."""
        QTest.mouseClick(self.child(name), Qt.MouseButton.LeftButton)

    def choose(self, menu_of: str, value: str) -> None:
        """Trigger the entry with this data, name or text in the menu of a button, or in one of its sub-menus."""
        menu = self.child(menu_of).menu()
        menu.aboutToShow.emit()
        entries = menu.actions()
        for action in [*entries, *(inner for each in entries if each.menu() for inner in each.menu().actions())]:
            if value in (action.data(), action.objectName(), action.text()):
                action.trigger()
                return
        raise AssertionError(f"{menu_of} has no {value}")

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier, on: str = "") -> None:
        QTest.keyClick(self.child(on) if on else self.maps, key, modifier)

    @property
    def refused(self) -> str:
        """The reason that the status bar shows, if it shows one."""
        label = self.panels.status._reason
        return label.text_whole() if not label.isHidden() and label.property("role") == "bad" else ""

    @property
    def told(self) -> str:
        """The good news that the status bar shows."""
        label = self.panels.status._reason
        return label.text_whole() if not label.isHidden() and label.property("role") == "good" else ""

    @property
    def values(self) -> str:
        """What the status bar says of the cell under the cursor."""
        return self.panels.status._values.text_whole()

    def point_of(self, tile: int, row: int, column: int) -> QPoint:
        """The middle of a cell of a tile, in the viewport."""
        report = self.explore.report
        assert report is not None
        height, width = report.maps[0].values.shape[1:]
        image = self.maps.tile_image(tile)
        cells = self.maps.window_shown.cells(height, width)
        x = image.left() + (column + 0.5 - cells.left()) / cells.width() * image.width()
        y = image.top() + (row + 0.5 - cells.top()) / cells.height() * image.height()
        return QPoint(round(x), round(y))

    def hover(self, tile: int, row: int, column: int) -> Place:
        """Move the mouse over a cell; the place that is really under it."""
        point = self.point_of(tile, row, column)
        QTest.mouseMove(self.maps.viewport(), point)
        place = self.maps.place_at(QPointF(point))
        assert place is not None
        self.explore.pointer.hover(place)  # without a screen a mouse that did not move far sends nothing
        QApplication.processEvents()
        return place

    def pin(self, tile: int, row: int, column: int) -> Place:
        """Click a cell."""
        point = self.point_of(tile, row, column)
        place = self.maps.place_at(QPointF(point))
        assert place is not None
        QTest.mouseClick(self.maps.viewport(), Qt.MouseButton.LeftButton, pos=point)
        QApplication.processEvents()
        return place

    def drop(self, *paths: Path) -> None:
        """Drag files into the window and let go of them."""
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        self.drop_data(data)

    def drop_data(self, data: QMimeData) -> None:
        buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        enter = QDragEnterEvent(QPoint(300, 300), Qt.DropAction.CopyAction, data, buttons, keys)
        QApplication.sendEvent(self.window, enter)
        assert enter.isAccepted()
        drop = QDropEvent(QPointF(300, 300), Qt.DropAction.CopyAction, data, buttons, keys)
        QApplication.sendEvent(self.window, drop)

    def close(self) -> None:
        self.window.asked_to_close = lambda: True
        self.window.close()
        # What is connected to it would keep it for the rest of the tests, and each change of theme would restyle it.
        self.window.deleteLater()


@contextmanager
def driven(**assembly: object) -> Iterator[Driver]:
    """A window that is closed at the end, whatever happens."""
    driver = Driver(**assembly)
    try:
        yield driver
    finally:
        driver.close()


@contextmanager
def with_operation(monkeypatch: pytest.MonkeyPatch, operation: Op) -> Iterator[None]:
    """Another record of an operation, under its name."""
    changed = {**operations(), operation.name: operation}
    with monkeypatch.context() as patch:
        for module in (document, editing, plan):
            patch.setattr(module, "operations", lambda: changed)
        yield
