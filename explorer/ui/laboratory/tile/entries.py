"""What can be done on the page by a key, declared once for its menu, its shortcuts and the list on F1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from explorer.ui.actions import Entry
from explorer.ui.workspaces import Keys

if TYPE_CHECKING:
    from explorer.ui.laboratory.tile.tile import Tile

_tr = QCoreApplication.translate


def entries(tile: Tile) -> list[Entry | None]:
    """The menu of the page; its keys work while the focus is within it."""
    transport, copying = tile.page.transport, tile.copying
    return [
        Entry("tile.next", _tr("Tile", "Next number"), lambda: tile.move(1), ("Right", "PgDown")),
        Entry("tile.back", _tr("Tile", "Previous number"), lambda: tile.move(-1), ("Left", "PgUp")),
        Entry("tile.next_stage", _tr("Tile", "Next stage"), lambda: tile.stage(1), ("Shift+Right",)),
        Entry("tile.back_stage", _tr("Tile", "Previous stage"), lambda: tile.stage(-1), ("Shift+Left",)),
        Entry("tile.first", _tr("Tile", "First number"), tile.first, ("Home",)),
        Entry("tile.last", _tr("Tile", "Last number"), tile.last, ("End",)),
        None,
        Entry("tile.slower", _tr("Tile", "Play slower"), lambda: transport.change_speed(-1), ("<",)),
        Entry("tile.faster", _tr("Tile", "Play faster"), lambda: transport.change_speed(1), (">",)),
        None,
        Entry("tile.exact", _tr("Tile", "Exact numbers"), lambda: tile.set_mode("exact"), ("E",)),
        Entry("tile.float32", _tr("Tile", "Numbers of float32"), lambda: tile.set_mode("float32"), ("F",)),
        Entry("tile.difference", _tr("Tile", "Their difference"), lambda: tile.set_mode("difference"), ("D",)),
        None,
        Entry("tile.copy", _tr("Tile", "Copy the numbers of this stage"), copying.stage, ("Ctrl+C",)),
        Entry("tile.copy_all", _tr("Tile", "Copy the numbers of all stages"), copying.stages),
        Entry("tile.copy_formula", _tr("Tile", "Copy the formula as text"), copying.formula, ("Ctrl+Shift+C",)),
        Entry("tile.copy_picture", _tr("Tile", "Copy the picture of this step"), copying.picture),
        Entry("tile.export", _tr("Tile", "Export this step…"), copying.ask),
    ]


def keys(made: Sequence[Entry | None]) -> Keys:
    """For the list of keys."""
    rows = [(" / ".join(each.keys), each.text) for each in made if each is not None and each.keys]
    return [
        (_tr("Tile", "Tile"), [("Space", _tr("Tile", "Play or pause")), *rows]),
        (_tr("Tile", "Map"), [("← ↑ → ↓", _tr("Tile", "Choose the next tile (with Shift: 10 further)"))]),
    ]
