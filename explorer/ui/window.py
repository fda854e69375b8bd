"""The main window: where the panels stand, the menu and its keys, themes, and closing. What panels show is not here."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QByteArray, QChildEvent, QEvent, QMimeData, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import (
    QDockWidget,
    QMainWindow,
    QMenu,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QTabBar,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from explorer.ui import captioned, theme
from explorer.ui.panels import Panels
from explorer.ui.topbar import TopBar, paint_mark

_DOCKS_VERSION = 3


class _Pages(QStackedWidget):
    """Pages that ask for no more room than the one that is shown."""

    def sizeHint(self) -> QSize:
        """That of the page."""
        page = self.currentWidget()
        return page.sizeHint() if page is not None else super().sizeHint()

    def minimumSizeHint(self) -> QSize:
        """That of the page."""
        page = self.currentWidget()
        return page.minimumSizeHint() if page is not None else super().minimumSizeHint()


class MainWindow(QMainWindow):
    """Panels in their places. Everything it cannot do by itself it says by a signal."""

    closing = Signal()
    dropped = Signal(QMimeData)

    def __init__(self, panels: Panels) -> None:
        super().__init__()
        self.setObjectName("window")
        self.setWindowTitle("Kernelscope")
        self.setAcceptDrops(True)
        self.setDockNestingEnabled(True)
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self.panels = panels
        self.menu = QMenu(self)
        self._pages = _Pages()
        self._pages.setObjectName("pages")
        self._docked: QByteArray | None = None
        self.asked_to_close: Callable[[], bool] = lambda: True
        self.assembly: object = None
        self._place()
        self.setStatusBar(panels.status)
        panels.stage.maps.setFocus()

    def show_bar(self, bar: TopBar) -> None:
        """Put the bar at the top."""
        self.setMenuWidget(bar)

    def _place(self) -> None:
        now = theme.current()
        panels = self.panels
        middle = QSplitter(Qt.Orientation.Vertical)
        middle.setObjectName("middle")
        middle.setProperty("role", "ground")
        middle.setChildrenCollapsible(False)
        middle.addWidget(panels.stage)
        middle.addWidget(self._strip(panels.explanation))
        middle.setStretchFactor(0, 1)
        middle.setStretchFactor(1, 0)
        middle.setSizes([now.px(560), now.px(222)])
        self._middle = middle
        self._pages.addWidget(middle)
        self.setCentralWidget(self._pages)
        self.docks = {
            "picture": self._dock("picture", panels.picture.head, panels.picture, Qt.DockWidgetArea.LeftDockWidgetArea),
            "pipeline": self._dock(
                "pipeline", panels.pipeline.head, panels.pipeline, Qt.DockWidgetArea.LeftDockWidgetArea
            ),
            "layer": self._dock("layer", self.tr("Layer"), self._layer(), Qt.DockWidgetArea.RightDockWidgetArea),
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
        left = [self.docks["picture"], self.docks["pipeline"]]
        right = [self.docks[name] for name in ("layer", "softmax")]
        self.tabifyDockWidget(self.docks["softmax"], self.docks["histogram"])
        self.tabifyDockWidget(self.docks["histogram"], self.docks["methods"])
        self.docks["softmax"].raise_()
        self.resizeDocks([left[0]], [now.px(312)], Qt.Orientation.Horizontal)
        self.resizeDocks([right[0]], [now.px(306)], Qt.Orientation.Horizontal)
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

    def _layer(self) -> QWidget:
        """Parameters and weights of the layer, scrolling together."""
        now = theme.current()
        content = QWidget()
        content.setProperty("role", "panel")
        column = QVBoxLayout(content)
        column.setContentsMargins(now.px(14), 0, now.px(8), now.px(8))
        column.setSpacing(now.px(12))
        column.addWidget(self.panels.form)
        column.addWidget(self.panels.weights)
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

    def show_page(self, page: QWidget | None) -> None:
        """Show the page of a workspace alone; None brings back the middle of Explore and its docks as they were."""
        if page is not None and self._docked is None:
            self._docked = self.saveState(_DOCKS_VERSION)
            for dock in self.docks.values():
                dock.hide()
        for dock in self.docks.values():
            dock.toggleViewAction().setEnabled(page is None)
        if page is not None and self._pages.indexOf(page) < 0:
            self._pages.addWidget(page)
        self._pages.setCurrentWidget(self._middle if page is None else page)
        self._pages.updateGeometry()
        if page is None and self._docked is not None:
            docked, self._docked = self._docked, None
            self.restoreState(docked, _DOCKS_VERSION)

    def place(self) -> QByteArray:
        """Where the docks are, or will be again."""
        return self.saveState(_DOCKS_VERSION) if self._docked is None else self._docked

    def restore_place(self, state: QByteArray) -> None:
        """Docks where they were; ignored where it is of another version."""
        if not state.isEmpty():
            self.restoreState(state, _DOCKS_VERSION)

    def fit_screen(self) -> None:
        """A size for the first start: 1600 × 1000 or what the screen has."""
        screen = QGuiApplication.primaryScreen()
        room = screen.availableGeometry().size() if screen is not None else self.size()
        now = theme.current()
        self.resize(min(now.px(1600), room.width()), min(now.px(1000), room.height()))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Tell those who hold threads and files before the window goes."""
        if not self.asked_to_close():
            event.ignore()
            return
        self.closing.emit()
        event.accept()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files, folders and pictures can be dropped anywhere."""
        data = event.mimeData()
        if data.hasUrls() or data.hasImage():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Hand on what was dropped."""
        self.dropped.emit(event.mimeData())
        event.acceptProposedAction()

    def childEvent(self, event: QChildEvent) -> None:
        """Name the tabs that docks get when they are put over each other."""
        super().childEvent(event)
        tabs = event.child()
        if event.polished() and isinstance(tabs, QTabBar):
            tabs.setObjectName("docks.tabs")
            tabs.setAccessibleName(self.tr("Panels in one place"))

    def changeEvent(self, event: QEvent) -> None:
        """Repaint the sign of the window with the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.setWindowIcon(icon())


def _with_margin(panel: QWidget) -> QWidget:
    now = theme.current()
    box = QWidget()
    box.setProperty("role", "panel")
    column = QVBoxLayout(box)
    column.setContentsMargins(now.px(14), 0, now.px(8), now.px(8))
    column.addWidget(panel)
    return box


def icon() -> QIcon:
    """The sign of the program."""
    pixmap = QPixmap(64, 64)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    paint_mark(painter, QRectF(0, 0, 64, 64), theme.current())
    painter.end()
    return QIcon(pixmap)
