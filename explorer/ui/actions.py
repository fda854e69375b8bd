"""Everything that can be done from the menu or by a key: declared once, for the menu, the shortcuts and the help."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

Context = Qt.ShortcutContext


@dataclass(frozen=True, slots=True)
class Entry:
    """One action; texts are translated already. `keys` may hold several, the first is shown.

    only   the workspace in which it can be done; "" for all
    """

    name: str
    text: str
    does: Callable[[], object]
    keys: tuple[str, ...] = ()
    tip: str = ""
    only: str = ""


def added(
    owner: QWidget, menu: QMenu, entries: Sequence[Entry | None], context: Context = Context.WindowShortcut
) -> dict[str, QAction]:
    """Actions of `owner`, in the order of the menu; None is a separator. `context` says where their keys work."""
    made: dict[str, QAction] = {}
    for entry in entries:
        if entry is None:
            menu.addSeparator()
            continue
        action = QAction(entry.text, owner)
        action.setObjectName(f"action.{entry.name}")
        action.setShortcuts([QKeySequence(keys) for keys in entry.keys])
        action.setShortcutContext(context)
        keys = f" ({entry.keys[0]})" if entry.keys else ""
        action.setToolTip(f"{entry.tip or entry.text.rstrip('…')}{keys}")
        action.triggered.connect(lambda _checked=False, does=entry.does: does())
        menu.addAction(action)
        owner.addAction(action)
        made[entry.name] = action
    return made
