"""Copying and exporting a step or the whole derivation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint
from PySide6.QtWidgets import QMenu, QWidget

from explorer.ui.desk import Desk
from explorer.ui.dialogs.settings import Settings
from explorer.ui.status import Status

if TYPE_CHECKING:
    from explorer.ui.derive.workspace import Derive


class Copying(QObject):
    """The menus for it, and what they do."""

    def __init__(self, derive: Derive, desk: Desk, settings: Settings, status: Status) -> None:
        super().__init__()
        self._derive = derive
        self._desk = desk
        self._settings = settings
        self._status = status

    def fill(self, menu: QMenu) -> None:
        """All that can be copied and exported."""

    def made_menu(self, owner: QWidget) -> QMenu:
        """A menu of it."""
        menu = QMenu(owner)
        self.fill(menu)
        return menu

    def popup(self, point: QPoint) -> None:
        """The menu at a point of the screen."""
        self.made_menu(self._derive.page).popup(point)

    def latex(self) -> None:
        """Copy the step as LaTeX."""

    def ask(self) -> None:
        """Ask where to, and export."""
