"""The tile page: a tile of the picture goes through Winograd's algorithm."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from explorer.ui.captioned import Text
from explorer.ui.laboratory.pages import Bench
from explorer.ui.workspaces import Acts


class Tile(QObject):
    """The page."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self._bench = bench
        self.page = QWidget()
        column = QVBoxLayout(self.page)
        column.addWidget(Text(self.tr("Winograd's algorithm on one tile of the picture."), "heading"))
        self.menu = QMenu(self.page)
        self.acts = Acts(
            undo=lambda: None,
            redo=lambda: None,
            history=lambda: (None, None),
            export=lambda: None,
            cancel=lambda: None,
            keys=list,
        )

    def enter(self) -> None:
        """It is shown now."""

    def leave(self) -> None:
        """Another page is shown now."""

    def close(self) -> None:
        """Join every thread."""
