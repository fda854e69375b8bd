"""The main window: the bar, the pages of the workspaces, the status, dropping and closing."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QMimeData, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QDockWidget, QMainWindow, QMenu, QStackedWidget, QWidget

from explorer.ui import theme
from explorer.ui.explore_page import ExplorePage
from explorer.ui.panels import Panels
from explorer.ui.topbar import TopBar, paint_mark


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
        self.panels = panels
        self.menu = QMenu(self)
        self._pages = _Pages()
        self._pages.setObjectName("pages")
        self.asked_to_close: Callable[[], bool] = lambda: True
        self.assembly: object = None
        self.explore = ExplorePage(panels)
        self._pages.addWidget(self.explore)
        self.setCentralWidget(self._pages)
        self.setStatusBar(panels.status)
        panels.stage.maps.setFocus()

    def show_bar(self, bar: TopBar) -> None:
        """Put the bar at the top."""
        self.setMenuWidget(bar)

    def add_page(self, page: QWidget) -> None:
        """Take the page of a workspace, to be shown later: styled and laid out now, which takes most of the time."""
        self._pages.addWidget(page)
        page.setGeometry(self._pages.rect())
        for each in page.findChildren(QWidget):
            each.ensurePolished()
        layout = page.layout()
        if layout is not None:
            layout.activate()

    def show_page(self, page: QWidget | None) -> None:
        """Show the page of a workspace alone; None brings back Explore."""
        for dock in self.docks.values():
            dock.toggleViewAction().setEnabled(page is None)
        self._pages.setCurrentWidget(page or self.explore)
        self._pages.updateGeometry()

    @property
    def docks(self) -> dict[str, QDockWidget]:
        """The docks of Explore by their names."""
        return self.explore.docks

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

    def changeEvent(self, event: QEvent) -> None:
        """Repaint the sign of the window with the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.setWindowIcon(icon())


def icon() -> QIcon:
    """The sign of the program."""
    pixmap = QPixmap(64, 64)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    paint_mark(painter, QRectF(0, 0, 64, 64), theme.current())
    painter.end()
    return QIcon(pixmap)
