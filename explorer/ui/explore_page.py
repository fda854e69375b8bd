"""The page of Explore: the stage in the middle, and docks around it that can be moved, stacked and closed."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QChildEvent, Qt
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QMainWindow,
    QScrollArea,
    QSplitter,
    QTabBar,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from explorer.ui import captioned, theme
from explorer.ui.panels import Panels

_VERSION = 3
"""Of the places of docks."""


class ExplorePage(QMainWindow):
    """A main window within the window: only such a one has docks."""

    def __init__(self, panels: Panels) -> None:
        super().__init__()
        self.setWindowFlags(Qt.WindowType.Widget)
        self.setObjectName("explore")
        self.setDockNestingEnabled(True)
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self._wanted: QByteArray | None = QByteArray()
        self._away: QByteArray | None = None
        self._floating: list[QDockWidget] = []
        self._lay_out(panels)

    def _lay_out(self, panels: Panels) -> None:
        now = theme.current()
        middle = QSplitter(Qt.Orientation.Vertical)
        middle.setObjectName("middle")
        middle.setProperty("role", "ground")
        middle.setChildrenCollapsible(False)
        middle.addWidget(panels.stage)
        middle.addWidget(self._strip(panels.explanation))
        middle.setStretchFactor(0, 1)
        middle.setStretchFactor(1, 0)
        middle.setSizes([now.px(560), now.px(222)])
        self.setCentralWidget(middle)
        self.docks = {
            "picture": self._dock("picture", panels.picture.head, panels.picture, Qt.DockWidgetArea.LeftDockWidgetArea),
            "pipeline": self._dock(
                "pipeline", panels.pipeline.head, panels.pipeline, Qt.DockWidgetArea.LeftDockWidgetArea
            ),
            "layer": self._dock("layer", self.tr("Layer"), self._layer(panels), Qt.DockWidgetArea.RightDockWidgetArea),
            "histogram": self._dock(
                "histogram", self.tr("Histogram"), _with_margin(panels.histogram), Qt.DockWidgetArea.RightDockWidgetArea
            ),
            "softmax": self._dock(
                "softmax", self.tr("Classes"), _with_margin(panels.softmax), Qt.DockWidgetArea.RightDockWidgetArea
            ),
            "methods": self._dock(
                "methods", self.tr("Methods"), _with_margin(panels.methods), Qt.DockWidgetArea.RightDockWidgetArea
            ),
        }
        self.docks["methods"].visibilityChanged.connect(panels.methods.show_looked_at)
        self.docks["picture"].setWindowTitle(self.tr("Image"))
        self.docks["pipeline"].setWindowTitle(self.tr("Pipeline"))
        self.tabifyDockWidget(self.docks["softmax"], self.docks["histogram"])
        self.tabifyDockWidget(self.docks["histogram"], self.docks["methods"])
        self.docks["softmax"].raise_()

    def _share_room(self) -> None:
        """How much each dock has of its side at first."""
        now = theme.current()
        left = [self.docks["picture"], self.docks["pipeline"]]
        right = [self.docks[name] for name in ("layer", "softmax")]
        # A fifth of a small window each: the maps have to keep their captions.
        for side, width in ((left, 312), (right, 306)):
            self.resizeDocks([side[0]], [min(now.px(width), self.width() // 5)], Qt.Orientation.Horizontal)
        self.resizeDocks(left, [now.px(120), now.px(640)], Qt.Orientation.Vertical)
        self.resizeDocks(right, [now.px(640), now.px(250)], Qt.Orientation.Vertical)

    def _strip(self, panel: QWidget) -> QWidget:
        now = theme.current()
        box = QWidget()
        box.setProperty("role", "ground")
        column = QVBoxLayout(box)
        column.setContentsMargins(now.px(16), now.px(4), now.px(16), now.px(12))
        column.addWidget(panel)
        return box

    def _layer(self, panels: Panels) -> QWidget:
        """Parameters and weights of the layer, scrolling together."""
        now = theme.current()
        content = QWidget()
        content.setProperty("role", "panel")
        column = QVBoxLayout(content)
        column.setContentsMargins(now.px(14), 0, now.px(8), now.px(8))
        column.setSpacing(now.px(12))
        column.addWidget(panels.form)
        column.addWidget(panels.weights)
        column.addStretch(1)
        area = QScrollArea()
        area.setObjectName("layer.scroll")
        area.setAccessibleName(self.tr("Parameters and weights"))
        area.setWidget(content)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        return area

    def _dock(self, name: str, head: QWidget | str, content: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        dock = QDockWidget(head if isinstance(head, str) else "", self)
        dock.setObjectName(f"dock.{name}")
        dock.setTitleBarWidget(captioned.head(head) if isinstance(head, str) else head)
        dock.setWidget(content)
        self.addDockWidget(area, dock)
        return dock

    def place(self) -> QByteArray:
        """Where the docks are, or will be again."""
        kept = self._wanted or self._away
        return self.saveState(_VERSION) if kept is None else kept

    def restore_place(self, state: QByteArray) -> None:
        """Docks where they were, once the page is shown; ignored where it is of another version."""
        self._wanted = state

    def hideEvent(self, event: QHideEvent) -> None:
        """Docks that float are windows of their own, and go too."""
        super().hideEvent(event)
        if not event.spontaneous() and self._away is None:
            self._away = self.saveState(_VERSION)
            self._floating = [dock for dock in self.docks.values() if dock.isFloating() and dock.isVisible()]
            for dock in self._floating:
                dock.hide()

    def showEvent(self, event: QShowEvent) -> None:
        """They come back."""
        super().showEvent(event)
        if self._wanted is not None:
            # Not before: room is shared out of the size that the page has then.
            if self._wanted.isEmpty() or not self.restoreState(self._wanted, _VERSION):
                self._share_room()
            self._wanted = None
        self._away = None
        for dock in self._floating:
            dock.show()
        self._floating = []

    def childEvent(self, event: QChildEvent) -> None:
        """Name the tabs that docks get when they are put over each other."""
        super().childEvent(event)
        tabs = event.child()
        if event.polished() and isinstance(tabs, QTabBar):
            tabs.setObjectName("docks.tabs")
            tabs.setAccessibleName(self.tr("Panels in one place"))


def _with_margin(panel: QWidget) -> QWidget:
    now = theme.current()
    box = QWidget()
    box.setProperty("role", "panel")
    column = QVBoxLayout(box)
    column.setContentsMargins(now.px(14), 0, now.px(8), now.px(8))
    column.addWidget(panel)
    return box
