"""The bar at the top: the name of the program, how live it is, and what is used most."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QPushButton, QSizePolicy, QToolButton, QWidget

from explorer.ui import theme
from explorer.ui.captioned import Elided, Segmented, Text, menu_button
from explorer.ui.workspaces import DERIVE, EXPLORE, LABORATORY

_LIVE_WIDTH = 150
"""Of the state of the computation: it changes at every frame, and nothing may move then."""


class _Mark(QWidget):
    """The sign of the program: a map with a kernel in its corner."""

    def sizeHint(self) -> QSize:
        side = theme.current().px(20)
        return QSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        side = min(self.width(), self.height())
        rect = QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)
        paint_mark(QPainter(self), rect, theme.current())


def paint_mark(painter: QPainter, rect: QRectF, now: theme.Theme) -> None:
    """The sign of the program into a square."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    side = min(rect.width(), rect.height())
    line = side / 10
    outer = QRectF(rect.left() + line, rect.top() + line, side - 2 * line, side - 2 * line)
    painter.setPen(QPen(now.color("text"), line))
    painter.drawRoundedRect(outer, side / 8, side / 8)
    inner = QRectF(outer.left(), outer.top() + outer.height() * 0.45, outer.width() * 0.55, outer.height() * 0.55)
    painter.setPen(QPen(now.color("accent"), line))
    painter.setBrush(now.color("soft"))
    painter.drawRoundedRect(inner, side / 10, side / 10)


class _Dot(QWidget):
    """Green while everything shown belongs to the settings, amber while it is behind."""

    def __init__(self) -> None:
        super().__init__()
        self.colour = "good"

    def sizeHint(self) -> QSize:
        side = theme.current().px(8)
        return QSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.current().color(self.colour))
        side = min(self.width(), self.height())
        painter.drawEllipse(0, (self.height() - side) // 2, side, side)


class TopBar(QFrame):
    """The workspaces, and buttons over the actions of the window, which hold text, shortcut and state."""

    workspace_wanted = Signal(str)

    def __init__(self, menu: QMenu, undo: QAction, redo: QAction, themes: QAction, export: QAction) -> None:
        super().__init__()
        now = theme.current()
        self.setObjectName("topbar")
        self.setProperty("role", "bar")
        self._dot = _Dot()
        self._live = Elided("", "small", muted=True)
        self._live.setObjectName("topbar.live")
        self._live.setAccessibleName(self.tr("State of the computation"))
        self._live.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self._live.setFixedWidth(now.px(_LIVE_WIDTH))
        opener = menu_button("☰", "topbar.menu", self.tr("Menu (Alt+M)"))
        opener.setMenu(menu)
        opener.setShortcut("Alt+M")
        row = QHBoxLayout(self)
        row.setContentsMargins(now.px(14), now.px(7), now.px(14), now.px(7))
        row.setSpacing(now.px(8))
        row.addWidget(_Mark())
        row.addWidget(Text("Kernelscope", "title"))
        row.addSpacing(now.px(16))
        self._workspaces = Segmented(
            "topbar.workspace",
            self.tr("Workspace"),
            [
                (EXPLORE, self.tr("Explore"), self.tr("What the operations do to a picture (Ctrl+1)")),
                (DERIVE, self.tr("Derive"), self.tr("Why fast convolution is fast, step by step (Ctrl+2)")),
                (LABORATORY, self.tr("Laboratory"), self.tr("Fast convolution at work, and measured (Ctrl+3)")),
            ],
        )
        self._workspaces.chosen.connect(self.workspace_wanted)
        row.addWidget(self._workspaces)
        row.addStretch()
        row.addWidget(self._dot)
        row.addWidget(self._live)
        for action, name in ((undo, "undo"), (redo, "redo")):
            row.addWidget(self._tool(action, f"topbar.{name}"))
        row.addWidget(self._tool(themes, "topbar.theme", "◐"))
        row.addWidget(opener)
        row.addWidget(self._primary(export))

    def _tool(self, action: QAction, name: str, text: str = "") -> QToolButton:
        made = QToolButton()
        made.setObjectName(name)
        made.setDefaultAction(action)
        made.setAccessibleName(action.text())
        if text:
            made.setText(text)
        return made

    def _primary(self, action: QAction) -> QPushButton:
        made = QPushButton(action.text())
        made.setObjectName("topbar.export")
        made.setProperty("role", "primary")
        made.setToolTip(action.toolTip())
        made.setAccessibleName(action.text())
        made.clicked.connect(action.trigger)
        return made

    def show_workspace(self, name: str) -> None:
        """Mark a workspace; how live the numbers are is a matter of Explore."""
        self._workspaces.show_value(name)
        self._dot.setVisible(name == EXPLORE)
        self._live.setVisible(name == EXPLORE)

    def show_state(self, state: str, text: str) -> None:
        """live, busy, behind, preparing or stopped, with a text beside."""
        words = {
            "live": self.tr("live · {0}"),
            "busy": self.tr("computing"),
            "behind": self.tr("following"),
            "preparing": "{0}",
            "stopped": self.tr("stopped"),
        }
        self._dot.colour = "good" if state == "live" else "bad" if state == "stopped" else "warning"
        if state != "busy":
            self._live.setText(words[state].format(text))
        self._dot.update()
